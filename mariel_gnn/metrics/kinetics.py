"""Kinetic features: a phrase in at most 32 numbers that say how it moves, for any skeleton.

Where a phrase is danced and which way it faces leaves them as they are. Amounts of motion are taken
as logarithms: twice as fast is as far from the data as half as fast.

Source: the idea is that of kinetic features for dance (Onuma, Faloutsos and Hodgins, FMDistance,
Eurographics 2008; AIST++'s FID_k, Li et al., ICCV 2021); the features are our own, named below.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.metrics.reconstruction import without_travel
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

MAX_FEATURES = 32
_MAX_PARTS = 7  # three features each, and eleven of the whole body
_SEEN_HZ = 10.0  # the cameras' noise and the frame rate must not decide: tenths of a second do
_STILL = (
    0.05  # m/s, m/s², rad/s: added before the logarithm, or standing still would be infinitely far
)


def kinetic_features(
    positions: Float[Tensor, "N T J 3"], skeleton: Skeleton, rate_hz: float
) -> dict[str, Float[Tensor, " N"]]:
    """The features of phrases, each `[N]` under its name, always in the same order.

    Args:
        positions: `[N, T, J, C]` metres, travelling as recorded; T is 3 or more.
        skeleton: its markers; body parts and left/right pairs where it has them.
        rate_hz: frames per second.
    """
    positions, rate_hz = _in_tenths(positions, rate_hz)
    still = without_travel(positions)
    velocity = still.diff(dim=1) * rate_hz
    speed = velocity.norm(dim=-1)  # [N, T-1, J] m/s
    acceleration = (velocity.diff(dim=1) * rate_hz).norm(dim=-1)  # [N, T-2, J] m/s²
    features = {}
    for part, members in _parts(skeleton).items():
        own = speed[..., members].mean(dim=-1)
        features[f"{part} speed"] = _log(own.mean(dim=1))
        features[f"{part} fastest"] = _log(own.quantile(0.95, dim=1))
        features[f"{part} acceleration"] = _log(acceleration[..., members].mean(dim=(1, 2)))
    return (
        features | _travel(positions, rate_hz) | _shape(still) | _timing(speed, skeleton, rate_hz)
    )


def _in_tenths(positions: Tensor, rate_hz: float) -> tuple[Tensor, float]:
    """Means over about a tenth of a second, and their rate."""
    frames = positions.shape[1]
    block = max(1, min(round(rate_hz / _SEEN_HZ), frames // 3))
    blocks = positions[:, : frames // block * block].unflatten(1, (-1, block))
    return blocks.mean(dim=2), rate_hz / block


def _parts(skeleton: Skeleton) -> dict[str, list[int]]:
    """The skeleton's largest parts, or the whole body where it has none."""
    parts = sorted(skeleton.parts.items(), key=lambda part: -len(part[1]))[:_MAX_PARTS]
    return {name: list(members) for name, members in parts} or {"body": list(range(len(skeleton)))}


def _log(amount: Tensor) -> Tensor:
    return (amount + _STILL).log()


def _travel(positions: Tensor, rate_hz: float) -> dict[str, Tensor]:
    """How the body goes over the floor, and how it turns."""
    path = positions[..., :2].mean(dim=2)
    turn = _turn_rad(positions)
    return {
        "travel": _log(rate_hz * path.diff(dim=1).norm(dim=-1).mean(dim=1)),
        "displacement": (path[:, -1] - path[:, 0]).norm(dim=-1),
        "turning": _log(rate_hz * turn.abs().mean(dim=1)),
        "net turning": turn.sum(dim=1).abs(),
    }


def _turn_rad(positions: Tensor) -> Tensor:
    """The turn about the vertical `[N, T-1]` that brings each frame nearest to the next, radians."""
    flat = torch.view_as_complex(without_travel(positions)[..., :2].contiguous())
    return (flat[:, :-1].conj() * flat[:, 1:]).sum(dim=-1).angle()


def _shape(still: Tensor) -> dict[str, Tensor]:
    """How high and how wide the body is, and by how much that changes."""
    height = still[..., 2].mean(dim=-1)
    width = still[..., :2].square().sum(dim=-1).mean(dim=-1).sqrt()
    return {
        "height": height.mean(dim=1),
        "vertical range": height.amax(dim=1) - height.amin(dim=1),
        "width": width.mean(dim=1),
        "change of width": width.std(dim=1),
        "tallness": (still[..., 2].amax(dim=-1) - still[..., 2].amin(dim=-1)).mean(dim=1),
    }


def _timing(speed: Tensor, skeleton: Skeleton, rate_hz: float) -> dict[str, Tensor]:
    """How quickly does the motion swell and fade, and do left and right do so together?"""
    body = speed.mean(dim=-1)
    power = torch.fft.rfft(body - body.mean(dim=1, keepdim=True)).abs().square()
    hz = torch.fft.rfftfreq(body.shape[1], 1 / rate_hz)
    found = {"rhythm": (power * hz).sum(dim=1) / power.sum(dim=1).clamp(min=1e-12)}
    if skeleton.pairs:
        left, right = (
            speed[..., list(side)].mean(-1) for side in zip(*skeleton.pairs, strict=True)
        )
        found["symmetry"] = _correlation(left, right)
    return found


def _correlation(first: Tensor, second: Tensor) -> Tensor:
    """Over frames `[N, T]`; 0 where one of them stands still."""
    a, b = (x - x.mean(dim=1, keepdim=True) for x in (first, second))
    size = a.norm(dim=1) * b.norm(dim=1)
    correlation: Tensor = (a * b).sum(dim=1) / size.clamp(min=1e-6)
    return correlation
