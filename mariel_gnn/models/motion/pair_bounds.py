"""Bounds of pair distances: the range of each pair of markers in the training recordings.

Bones have constant length and markers do not pass through each other, but the mean of several poses
violates both. Each pair has a least and a greatest distance (without the tails of the distribution);
`forward` moves markers along the lines between them until the pairs are within bounds:

    x_i <- x_i + w mean_j over violated pairs of (d_ij* - d_ij) / (2 d_ij) (x_i - x_j)

This is the projection of Müller et al., "Position based dynamics" (2007), for all pairs at once: a
message-passing step over the complete graph with two distances as edge features.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

STEPS = 10
OVER_RELAXATION = 1.5
LOOSE = 0.1  # relative std of a distance above which a pair is not on one bone
TAIL, BONE_TAIL = 5e-4, 0.01  # share of frames cut off at each end: bones only stretch by errors
_NEAR_ZERO = 1e-6


class PairBounds(nn.Module):
    """Moves markers so that pair distances are within those of training.

    Args:
        markers: J.
    """

    first: Tensor
    second: Tensor
    least: Tensor
    greatest: Tensor

    def __init__(self, markers: int) -> None:
        super().__init__()
        first, second = torch.triu_indices(markers, markers, offset=1)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)
        self.register_buffer("least", torch.zeros(len(first)))
        self.register_buffer("greatest", torch.full((len(first),), float("inf")))

    @torch.no_grad()
    def fit(self, frames: Float[Tensor, "N J 3"]) -> None:
        """Measure the distances of all pairs in training frames, in the units of `forward`."""
        distances = (frames[:, self.first] - frames[:, self.second]).norm(dim=-1)
        loose = distances.std(0) > LOOSE * distances.mean(0)
        for pairs, part in ((loose, TAIL), (~loose, BONE_TAIL)):
            tail = max(1, round(part * len(frames)))
            own = distances[:, pairs]
            self.least[pairs] = own.kthvalue(tail, dim=0).values
            self.greatest[pairs] = own.kthvalue(len(frames) + 1 - tail, dim=0).values

    def forward(self, frames: Float[Tensor, "N J 3"]) -> Float[Tensor, "N J 3"]:
        """The frames with all pairs (nearly) within their bounds."""
        moved = frames.transpose(0, 1).contiguous()  # [J, N, 3]: contiguous by marker
        least, greatest = self.least[:, None], self.greatest[:, None]
        for _ in range(STEPS):
            between = moved[self.first] - moved[self.second]
            distance = between.norm(dim=-1).clamp(min=_NEAR_ZERO)
            bounded = torch.minimum(torch.maximum(distance, least), greatest)
            push = between * ((bounded - distance) / distance)[..., None]
            violated = (bounded != distance).to(moved.dtype)
            shift = torch.zeros_like(moved).index_add_(0, self.first, push)
            shift.index_add_(0, self.second, push, alpha=-1)
            count = torch.zeros_like(moved[..., 0]).index_add_(0, self.first, violated)
            count.index_add_(0, self.second, violated)
            moved = moved + 0.5 * OVER_RELAXATION * shift / count.clamp(min=1)[..., None]
        return moved.transpose(0, 1)
