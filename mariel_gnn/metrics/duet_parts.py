"""Ten body parts of each dancer: their distances between the dancers, and bodies that overlap.

The kernel distance compares *how the 10 x 10 part distances of a pair go on*: each distance series of a
window gives its 10 %, 50 % and 90 % quantiles and its mean change, all as logarithms. Fréchet distances on
time means of such distances (Duolando, Siyao et al., ICLR 2024) are singular with fewer windows than
distances, and a frozen pair does well on them; a mean change near zero is far from the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mariel_gnn.metrics.distribution import kernel_distances
from mariel_gnn.metrics.phrase_statistics import Ratio
from mariel_gnn.mocap.body_parts import ten_parts
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_QUANTILES = (0.1, 0.5, 0.9)
_BLOCK_S = 0.1  # averages over it remove camera noise from the change
_LOG_DISTANCE_M, _LOG_CHANGE_M = 0.05, 0.005  # added before the logarithm, or 0 were infinitely far
_MIN_SCALE = 1e-3  # of a block of features that is constant in training


def part_distances_m(
    pairs: Float[Tensor, "*N 2 J 3"], skeleton: Skeleton
) -> Float[Tensor, "*N P P"]:
    """Return the distances of the dancer's parts (rows) from the partner's (columns), metres.

    Args:
        pairs: `[..., 2, J, C]` metres.
        skeleton: the markers.
    """
    parts = ten_parts(skeleton).values()
    centres = torch.stack([pairs[..., list(members), :].mean(-2) for members in parts], dim=-2)
    return torch.cdist(centres[..., 0, :, :], centres[..., 1, :, :])


def part_distance_features(
    pairs: Float[Tensor, "N T 2 J 3"], skeleton: Skeleton, rate_hz: float
) -> Float[Tensor, "N 4 D"]:
    """Return the features of each window's series of part distances; the D distances have four each.

    Args:
        pairs: `[N, T, 2, J, C]` metres, all frames valid; T is at least 0.2 s.
        skeleton: the markers.
        rate_hz: frames per second.
    """
    series = part_distances_m(pairs, skeleton).flatten(2)  # [N, T, D]
    quantiles = (series + _LOG_DISTANCE_M).log().quantile(series.new_tensor(_QUANTILES), dim=1)
    block = max(1, min(round(_BLOCK_S * rate_hz), series.shape[1] // 2))
    blocks = series[:, : series.shape[1] // block * block].unflatten(1, (-1, block)).mean(dim=2)
    change = (blocks.diff(dim=1).abs().mean(dim=1) + _LOG_CHANGE_M).log()
    return torch.stack([*quantiles, change], dim=1)


@dataclass(frozen=True)
class PartDistanceKernel:
    """The kernel distance between sets of pairs, in the units of the training pairs.

    Attributes:
        skeleton: the markers.
        rate_hz: frames per second.
        mean: `[4, D]` mean of the training features.
        scale: `[4, 1]` root of the summed variance of each of the four kinds of features.
        bandwidth: the median distance between two training windows.
    """

    skeleton: Skeleton
    rate_hz: float
    mean: Float[Tensor, "4 D"]
    scale: Float[Tensor, "4 1"]
    bandwidth: float

    def embed(self, pairs: Float[Tensor, "N T 2 J 3"]) -> Float[Tensor, "N 4D"]:
        """Return the standardized features of pairs `[N, T, 2, J, C]` in metres, for `distance`."""
        features = part_distance_features(pairs, self.skeleton, self.rate_hz)
        return ((features - self.mean) / self.scale).flatten(1)

    def distance(self, samples: Float[Tensor, "N 4D"], data: Float[Tensor, "M 4D"]) -> float:
        """Return the kernel distance of embedded samples to embedded recorded pairs.

        Its floor is the distance of the training pairs to the same recorded pairs. It does not reach 0,
        because the recorded pairs are few; see `metrics.distribution`.
        """
        equal = (torch.full((1, len(each)), 1 / len(each)) for each in (samples, data))
        return float(kernel_distances(samples, data, self.bandwidth, *equal))


def fit_part_distance_kernel(
    training: Float[Tensor, "N T 2 J 3"], skeleton: Skeleton, rate_hz: float
) -> PartDistanceKernel:
    """Fit the units of the kernel distance.

    Args:
        training: `[N, T, 2, J, C]` recorded pairs of the training takes, metres; three windows or more.
        skeleton: the markers.
        rate_hz: frames per second.
    """
    features = part_distance_features(training, skeleton, rate_hz)
    mean = features.mean(dim=0)
    variance = (features - mean).square().mean(dim=0).sum(dim=1, keepdim=True)
    scale = variance.sqrt().clamp(min=_MIN_SCALE)
    bandwidth = torch.pdist(((features - mean) / scale).flatten(1)).median()
    return PartDistanceKernel(skeleton, rate_hz, mean, scale, float(bandwidth))


# Capsules between the centres of parts, radius in metres: a little thinner than an adult's limbs (half
# the breadth of the head; girth over 2π of the limbs), so that bodies that touch do not overlap.
_TRUNK = ("pelvis", "torso", 0.10)
_CAPSULES = (
    ("head", "head", 0.08),
    *((trunk, f"{side} {limb}", radius) for side in ("left", "right")
      for trunk, limb, radius in (("torso", "arm", 0.04), ("pelvis", "leg", 0.06))),
    *((f"{side} {limb}", f"{side} {end}", radius) for side in ("left", "right")
      for limb, end, radius in (("arm", "hand", 0.03), ("leg", "foot", 0.045))),
)  # fmt: skip


def measure_penetration(
    pairs: Float[Tensor, "N T 2 J 3"], valid: Bool[Tensor, "N T"], skeleton: Skeleton
) -> dict[str, Ratio]:
    """Measure how deep the bodies overlap.

    ``penetration_mm``: mean over frames of the deepest overlap of two capsules, one of each body.
    Recorded pairs have some too, as capsules are no bodies: compare it with theirs. Less than theirs is no
    merit: dancers who stay apart have none.

    Args:
        pairs: `[N, T, 2, J, C]` metres.
        valid: `[N, T]` frames with a recorded relative place.
        skeleton: the markers; without pelvis, trunk and limbs nothing is measured.
    """
    depth = _deepest_overlap_m(pairs, skeleton)
    if depth is None:
        return {}
    depth = 1000 * depth.where(valid, torch.zeros(()))
    return {"penetration_mm": Ratio(depth.sum(dim=1), valid.sum(dim=1))}


def _deepest_overlap_m(pairs: Tensor, skeleton: Skeleton) -> Float[Tensor, "N T"] | None:
    """The deepest overlap of two capsules in each frame; None for a skeleton without capsules."""
    parts = ten_parts(skeleton) | {"pelvis": skeleton.parts.get("pelvis", ())}
    wanted = (_TRUNK, *_CAPSULES)
    capsules = [(a, b, radius) for a, b, radius in wanted if parts.get(a) and parts.get(b)]
    if not capsules:
        return None
    starts, ends = (
        torch.stack([pairs[..., list(parts[name]), :].mean(-2) for name in names], dim=-2)
        for names in ([a for a, _, _ in capsules], [b for _, b, _ in capsules])
    )
    radii = pairs.new_tensor([radius for _, _, radius in capsules])
    distance = segment_distances(
        starts[..., 0, :, None, :], ends[..., 0, :, None, :],
        starts[..., 1, None, :, :], ends[..., 1, None, :, :],
    )  # fmt: skip
    return (radii[:, None] + radii - distance).flatten(-2).amax(-1).clamp(min=0)


def segment_distances(
    start_a: Float[Tensor, "*N 3"],
    end_a: Float[Tensor, "*N 3"],
    start_b: Float[Tensor, "*N 3"],
    end_b: Float[Tensor, "*N 3"],
) -> Float[Tensor, "*N"]:
    """Return the least distance of two line segments, whose ends are points `[..., 3]`; shapes broadcast.

    A segment may be a point. Source: Ericson, Real-Time Collision Detection, 2005, section 5.1.9.
    """
    along_a, along_b, between = end_a - start_a, end_b - start_b, start_a - start_b
    aa, bb = along_a.square().sum(-1), along_b.square().sum(-1)
    ab = (along_a * along_b).sum(-1)
    a_between, b_between = (along_a * between).sum(-1), (along_b * between).sum(-1)
    tiny = torch.finfo(aa.dtype).tiny
    determinant = aa * bb - ab.square()
    # parallel segments: any point of one, here its start, has a nearest one that is right or an end
    on_a = ((ab * b_between - a_between * bb) / determinant.clamp(min=tiny)).clamp(0, 1)
    on_a = on_a.where(determinant > 1e-6 * aa * bb, torch.zeros(()))
    on_b = ((ab * on_a + b_between) / bb.clamp(min=tiny)).clamp(0, 1)
    on_a = ((ab * on_b - a_between) / aa.clamp(min=tiny)).clamp(0, 1)
    nearest = between + on_a[..., None] * along_a - on_b[..., None] * along_b
    distance: Tensor = nearest.norm(dim=-1)
    return distance
