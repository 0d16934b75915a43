"""Kinetic features: at most 32 numbers that describe how a phrase moves, for any skeleton.

The features are invariant to place and heading. Motion scales enter as logarithms: twice the speed is as
far from the data as half the speed.

Source: kinetic features for dance (Onuma, Faloutsos and Hodgins, FMDistance, Eurographics 2008; FID_k of
AIST++, Li et al., ICCV 2021). The features are our own and are named below.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.metrics.reconstruction import without_travel
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MAX_FEATURES = 32
_MAX_PARTS = 7  # three features a part, and eleven of the whole body
_BLOCK_HZ = 10.0  # averages over 0.1 s remove camera noise and the effect of the frame rate
# m/s, m/s², rad/s: added before the logarithm, or a body at rest would be infinitely far away
_LOG_OFFSET = 0.05


def kinetic_features(
    positions: Float[Tensor, "N T J 3"], skeleton: Skeleton, rate_hz: float
) -> dict[str, Float[Tensor, " N"]]:
    """Return the features of phrases, each `[N]` under its name, in a fixed order.

    Args:
        positions: `[N, T, J, C]` metres, with travel; T is 3 or more.
        skeleton: the markers; its body parts and left/right pairs are used if it has any.
        rate_hz: frames per second.
    """
    positions, rate_hz = _block_means(positions, rate_hz)
    centred = without_travel(positions)
    velocity = centred.diff(dim=1) * rate_hz
    speed = velocity.norm(dim=-1)  # [N, T-1, J] m/s
    acceleration = (velocity.diff(dim=1) * rate_hz).norm(dim=-1)  # [N, T-2, J] m/s²
    features = {}
    for part, members in _parts(skeleton).items():
        part_speed = speed[..., members].mean(dim=-1)
        features[f"{part} speed"] = _log(part_speed.mean(dim=1))
        features[f"{part} peak speed"] = _log(part_speed.quantile(0.95, dim=1))
        features[f"{part} acceleration"] = _log(acceleration[..., members].mean(dim=(1, 2)))
    whole_body = _travel(positions, rate_hz) | _shape(centred) | _timing(speed, skeleton, rate_hz)
    return features | whole_body


def _block_means(positions: Tensor, rate_hz: float) -> tuple[Tensor, float]:
    """Means over blocks of about 0.1 s, and the rate of the blocks."""
    frames = positions.shape[1]
    block = max(1, min(round(rate_hz / _BLOCK_HZ), frames // 3))
    blocks = positions[:, : frames // block * block].unflatten(1, (-1, block))
    return blocks.mean(dim=2), rate_hz / block


def _parts(skeleton: Skeleton) -> dict[str, list[int]]:
    """The skeleton's largest parts, or the whole body if it has none."""
    parts = sorted(skeleton.parts.items(), key=lambda part: -len(part[1]))[:_MAX_PARTS]
    return {name: list(members) for name, members in parts} or {"body": list(range(len(skeleton)))}


def _log(scale: Tensor) -> Tensor:
    return (scale + _LOG_OFFSET).log()


def _travel(positions: Tensor, rate_hz: float) -> dict[str, Tensor]:
    """Motion of the whole body over the floor, and its rotation about the vertical."""
    path = positions[..., :2].mean(dim=2)
    turn = _turn_rad(positions)
    return {
        "travel": _log(rate_hz * path.diff(dim=1).norm(dim=-1).mean(dim=1)),
        "displacement": (path[:, -1] - path[:, 0]).norm(dim=-1),
        "turning": _log(rate_hz * turn.abs().mean(dim=1)),
        "net turning": turn.sum(dim=1).abs(),
    }


def _turn_rad(positions: Tensor) -> Tensor:
    """The best rotation about the vertical from each frame to the next `[N, T-1]`, radians."""
    horizontal = torch.view_as_complex(without_travel(positions)[..., :2].contiguous())
    return (horizontal[:, :-1].conj() * horizontal[:, 1:]).sum(dim=-1).angle()


def _shape(centred: Tensor) -> dict[str, Tensor]:
    """Height and width of the body, and how much they change."""
    height = centred[..., 2].mean(dim=-1)
    width = centred[..., :2].square().sum(dim=-1).mean(dim=-1).sqrt()
    extent = centred[..., 2].amax(dim=-1) - centred[..., 2].amin(dim=-1)
    return {
        "height": height.mean(dim=1),
        "vertical range": height.amax(dim=1) - height.amin(dim=1),
        "width": width.mean(dim=1),
        "change of width": width.std(dim=1),
        "vertical extent": extent.mean(dim=1),
    }


def _timing(speed: Tensor, skeleton: Skeleton, rate_hz: float) -> dict[str, Tensor]:
    """The mean frequency of the body's speed, and the correlation of left and right."""
    body = speed.mean(dim=-1)
    power = torch.fft.rfft(body - body.mean(dim=1, keepdim=True)).abs().square()
    hz = torch.fft.rfftfreq(body.shape[1], 1 / rate_hz)
    features = {"rhythm": (power * hz).sum(dim=1) / power.sum(dim=1).clamp(min=1e-12)}
    if skeleton.pairs:
        left, right = (
            speed[..., list(side)].mean(-1) for side in zip(*skeleton.pairs, strict=True)
        )
        features["symmetry"] = _correlation(left, right)
    return features


def _correlation(first: Tensor, second: Tensor) -> Tensor:
    """Correlation over frames of `[N, T]`; 0 if one of them is constant."""
    a, b = (x - x.mean(dim=1, keepdim=True) for x in (first, second))
    norms = a.norm(dim=1) * b.norm(dim=1)
    correlation: Tensor = (a * b).sum(dim=1) / norms.clamp(min=1e-6)
    return correlation
