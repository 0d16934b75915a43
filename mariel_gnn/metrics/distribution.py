"""Do samples, taken together, move as held-out phrases do? Two distances between sets of features.

The kernel distance is the squared maximum mean discrepancy,
    MMD²(P, Q) = E k(p, p') + E k(q, q') - 2 E k(p, q),    k(a, b) = exp(-|a - b|² / 2 s²),
with s the median distance between training phrases (Gretton et al., A kernel two-sample test, JMLR
2012). P is what draws were made from: as in KID (Binkowski et al., Demystifying MMD GANs, ICLR 2018)
no draw is paired with itself, so that the number of draws brings no bias. Q is the held-out windows
as they are, every pair of them: how few they are is part of the floor, which is not zero therefore
and can be divided by. KID's cubic kernel has no bound, and a single wild phrase would decide it.

The Fréchet distance is that between the two Gaussians (Heusel et al., NIPS 2017):
    |m_P - m_Q|² + tr(S_P + S_Q - 2 (S_P S_Q)^½).
It grows as draws get fewer: compare sets of one size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from mariel_gnn.metrics.reconstruction import without_travel

REPETITIONS = 200  # of the bootstrap
Distance = Callable[[Tensor, Tensor], Tensor]  # from weights [R, N] and [R, M] to `[R]`


def kernel_distances(
    draws: Float[Tensor, "N D"],
    data: Float[Tensor, "M D"],
    bandwidth: float,
    draw_weights: Float[Tensor, "R N"],
    data_weights: Float[Tensor, "R M"],
) -> Float[Tensor, " R"]:
    """The kernel distance of draws to data for each row of weights, `[R]`.

    Args:
        draws: `[N, D]` features of what was drawn.
        data: `[M, D]` features of the data, taken as they are.
        bandwidth: s of the kernel.
        draw_weights: how often each draw counts; each row sums to 1.
        data_weights: the same of the data.
    """

    def kernel(first: Tensor, second: Tensor) -> Tensor:
        return (-torch.cdist(first, second).square() / (2 * bandwidth**2)).exp()

    p, q, u, v = (given.double() for given in (draws, data, draw_weights, data_weights))
    others = kernel(p, p).fill_diagonal_(0)
    among_draws = (u @ others * u).sum(dim=1) / (1 - u.square().sum(dim=1))
    among_data = (v @ kernel(q, q) * v).sum(dim=1)
    across = (u @ kernel(p, q) * v).sum(dim=1)
    # One draw alone has no other to be paired with (0 / 0): it is like itself.
    return among_draws.nan_to_num(nan=1.0) + among_data - 2 * across


def frechet_distances(
    draws: Float[Tensor, "N D"],
    data: Float[Tensor, "M D"],
    draw_weights: Float[Tensor, "R N"],
    data_weights: Float[Tensor, "R M"],
) -> Float[Tensor, " R"]:
    """The Fréchet distance of draws to data for each row of weights, `[R]`; the same both ways.

    Args:
        draws: `[N, D]` features of what was drawn.
        data: `[M, D]` features of the data.
        draw_weights: how often each draw counts; each row sums to 1.
        data_weights: the same of the data.
    """
    p, spread_p = _moments(draws.double(), draw_weights.double())
    q, spread_q = _moments(data.double(), data_weights.double())
    values, vectors = torch.linalg.eigh(spread_p)
    root = vectors * values.clamp(min=0).sqrt()[:, None] @ vectors.mT
    # tr (S_P S_Q)^½ from the symmetric S_P^½ S_Q S_P^½, which has the same eigenvalues
    shared = torch.linalg.eigvalsh(root @ spread_q @ root).clamp(min=0).sqrt().sum(dim=1)
    apart: Tensor = (p - q).square().sum(dim=1) + _trace(spread_p) + _trace(spread_q) - 2 * shared
    return apart


def with_interval(
    distance: Distance, draw_groups: Int[Tensor, " N"], data_groups: Int[Tensor, " M"]
) -> tuple[float, float, float]:
    """A distance, and its 95 % bootstrap interval.

    What is taken again is the group: the windows of one recording come or stay together, since they
    are not independent. A window that is taken twice is like itself, which brings a bias of its own;
    so the repetitions say how wide the interval is, and the distance itself where it lies.

    Args:
        distance: from weights `[R, N]` and `[R, M]` to distances `[R]`.
        draw_groups: `[N]` the group of each draw, from 0.
        data_groups: `[M]` the same of the data.

    Returns:
        The distance, the lower and the upper end.
    """
    generator = torch.Generator().manual_seed(0)
    groups = draw_groups, data_groups
    value = distance(*(torch.full((1, len(group)), 1 / len(group)) for group in groups))
    again = distance(*(_taken_again(group, generator) for group in groups))
    ends = (value + again - again.mean()).quantile(again.new_tensor([0.025, 0.975]))
    low, high = ends.clamp(min=min(0.0, float(value))).tolist()
    return float(value), low, high


def _taken_again(groups: Tensor, generator: torch.Generator) -> Float[Tensor, "R N"]:
    """How often each phrase counts each time that as many groups as there are, are taken."""
    count = int(groups.max()) + 1
    taken = torch.randint(count, (REPETITIONS, count), generator=generator)
    ones = torch.ones(REPETITIONS, count)
    weights = torch.zeros(REPETITIONS, count).scatter_add_(1, taken, ones)[:, groups]
    return weights / weights.sum(dim=1, keepdim=True)


def _moments(features: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Means `[R, D]` and covariances `[R, D, D]` of `[N, D]` under weights `[R, N]`."""
    mean = weights @ features
    square = torch.einsum("rn,nd,ne->rde", weights, features, features)
    return mean, square - mean[:, :, None] * mean[:, None]


def _trace(matrices: Tensor) -> Tensor:
    return matrices.diagonal(dim1=-2, dim2=-1).sum(dim=-1)


_EVERY = 4  # of the frames are compared where all pairs are; a dancer's neighbours are nearly alike


@dataclass(frozen=True)
class ComplexPhrases:
    """Phrases for comparing all pairs of two sets; D are all markers of some frames.

    Attributes:
        flat: `[N, D]` x + iy in metres, travel taken away.
        height: `[N, D]` metres.
    """

    flat: Complex[Tensor, "N D"]
    height: Float[Tensor, "N D"]

    def rms_mm(self, other: ComplexPhrases) -> Float[Tensor, "N M"]:
        """RMS-3D of all pairs, each turned to where it is least, millimetres."""
        along = (self.flat.conj() @ other.flat.T).abs() + self.height @ other.height.T
        squares = self._square()[:, None] + other._square() - 2 * along
        return 1000 * (squares.clamp(min=0) / self.flat.shape[1]).sqrt()

    def _square(self) -> Float[Tensor, " N"]:
        return self.flat.abs().square().sum(dim=1) + self.height.square().sum(dim=1)


def to_complex(positions: Float[Tensor, "N T J 3"], every: int = _EVERY) -> ComplexPhrases:
    """Phrases `[N, T, J, C]` in metres, made ready; only each `every`th frame is looked at."""
    still = without_travel(positions[:, ::every])
    flat = torch.view_as_complex(still[..., :2].contiguous())
    return ComplexPhrases(flat.flatten(1), still[..., 2].flatten(1))


def diversity_mm(positions: Float[Tensor, "N T J 3"]) -> float:
    """Mean distance (RMS-3D, turned) between two different phrases of `[N, T, J, C]`, millimetres."""
    phrases = to_complex(positions)
    first, second = torch.triu_indices(len(positions), len(positions), offset=1)
    return float(phrases.rms_mm(phrases)[first, second].mean())


def turned_mpjpe_mm(
    phrase: Float[Tensor, "T J 3"], others: Float[Tensor, "N T J 3"]
) -> Float[Tensor, " N"]:
    """MPJPE between a phrase and others, each turned as a whole to be nearest, millimetres.

    Args:
        phrase: `[T, J, C]` metres.
        others: `[N, T, J, C]` metres.
    """
    one, many = to_complex(phrase[None], every=1), to_complex(others, every=1)
    turn = torch.sgn((many.flat.conj() * one.flat).sum(dim=1, keepdim=True))
    squares = (one.flat - turn * many.flat).abs().square() + (one.height - many.height).square()
    distance: Tensor = squares.sqrt().mean(dim=1)
    return 1000 * distance
