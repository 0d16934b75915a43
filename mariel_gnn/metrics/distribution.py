"""Distances between sets of phrases, and between single phrases.

Sets are compared by their kinetic features. The kernel distance is the squared maximum mean
discrepancy,
    MMD²(P, Q) = E k(p, p') + E k(q, q') - 2 E k(p, q),    k(a, b) = exp(-|a - b|² / 2 s²),
where s is the median distance between training phrases (Gretton et al., A kernel two-sample test,
JMLR 2012). P is the distribution of the samples. As in KID (Binkowski et al., Demystifying MMD GANs,
ICLR 2018), no sample is paired with itself, so the number of samples adds no bias. Q is the empirical
distribution of the held-out windows, with all pairs. The bias of few windows is therefore part of the
reference distance, which stays above zero and can be a divisor. KID's cubic kernel is unbounded: one
outlier would dominate it.

The Fréchet distance compares two Gaussians (Heusel et al., NIPS 2017):
    |m_P - m_Q|² + tr(S_P + S_Q - 2 (S_P S_Q)^½).
It grows as the number of samples falls: compare sets of one size.

Single phrases are compared after their travel is removed and one of them is rotated about the vertical
to the least distance. With h = x + iy as a complex number and the height z, the best rotation has a
closed form:
    min over a of |h - e^{ia} g|² = |h|² + |g|² - 2 |<g, h>|,    a = arg <g, h>.
All pairs of two sets then cost two matrix products, for any skeleton.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from mariel_gnn.metrics.reconstruction import without_travel

BOOTSTRAP_REPETITIONS = 200
Distance = Callable[[Tensor, Tensor], Tensor]  # weights [R, N] and [R, M] -> distances [R]


def kernel_distances(
    samples: Float[Tensor, "N D"],
    data: Float[Tensor, "M D"],
    bandwidth: float,
    sample_weights: Float[Tensor, "R N"],
    data_weights: Float[Tensor, "R M"],
) -> Float[Tensor, " R"]:
    """Return the kernel distance between samples and data for each row of weights, `[R]`.

    Args:
        samples: `[N, D]` features of the samples.
        data: `[M, D]` features of the data.
        bandwidth: s of the kernel.
        sample_weights: weight of each sample; each row sums to 1.
        data_weights: weight of each data point; each row sums to 1.
    """

    def kernel(first: Tensor, second: Tensor) -> Tensor:
        return (-torch.cdist(first, second).square() / (2 * bandwidth**2)).exp()

    p, q, u, v = (each.double() for each in (samples, data, sample_weights, data_weights))
    off_diagonal = kernel(p, p).fill_diagonal_(0)
    within_samples = (u @ off_diagonal * u).sum(dim=1) / (1 - u.square().sum(dim=1))
    within_data = (v @ kernel(q, q) * v).sum(dim=1)
    across = (u @ kernel(p, q) * v).sum(dim=1)
    # A single sample has no other to pair with (0 / 0): its kernel value is k(p, p) = 1.
    return within_samples.nan_to_num(nan=1.0) + within_data - 2 * across


def frechet_distances(
    samples: Float[Tensor, "N D"],
    data: Float[Tensor, "M D"],
    sample_weights: Float[Tensor, "R N"],
    data_weights: Float[Tensor, "R M"],
) -> Float[Tensor, " R"]:
    """Return the Fréchet distance between samples and data for each row of weights, `[R]`.

    It is symmetric.

    Args:
        samples: `[N, D]` features of the samples.
        data: `[M, D]` features of the data.
        sample_weights: weight of each sample; each row sums to 1.
        data_weights: weight of each data point; each row sums to 1.
    """
    p, cov_p = _moments(samples.double(), sample_weights.double())
    q, cov_q = _moments(data.double(), data_weights.double())
    values, vectors = torch.linalg.eigh(cov_p)
    root = vectors * values.clamp(min=0).sqrt()[:, None] @ vectors.mT
    # tr (S_P S_Q)^½ from the symmetric S_P^½ S_Q S_P^½, which has the same eigenvalues
    cross = torch.linalg.eigvalsh(root @ cov_q @ root).clamp(min=0).sqrt().sum(dim=1)
    distance: Tensor = (p - q).square().sum(dim=1) + _trace(cov_p) + _trace(cov_q) - 2 * cross
    return distance


def with_interval(
    distance: Distance,
    sample_groups: Int[Tensor, " N"],
    data_groups: Int[Tensor, " M"],
    least: float = 0.0,
) -> tuple[float, float, float]:
    """Return a distance and its 95 % bootstrap interval.

    The bootstrap resamples groups: windows of one recording are not independent, so they are resampled
    together. A window that is drawn twice is identical to itself, which biases the resampled distances.
    The resamples therefore set the width of the interval, and the distance itself sets its centre.

    Args:
        distance: weights `[R, N]` and `[R, M]` -> distances `[R]`.
        sample_groups: `[N]` the group of each sample, from 0.
        data_groups: `[M]` the group of each data point, from 0.
        least: the least possible distance.

    Returns:
        The distance, the lower and the upper end.
    """
    generator = torch.Generator().manual_seed(0)
    groups = sample_groups, data_groups
    value = distance(*(torch.full((1, len(group)), 1 / len(group)) for group in groups))
    resampled = distance(*(bootstrap_weights(group, generator) for group in groups))
    low, high = interval(value, resampled).clamp(min=min(least, float(value))).tolist()
    return float(value), low, high


def interval(value: Float[Tensor, " 1"], resampled: Float[Tensor, " R"]) -> Float[Tensor, " 2"]:
    """Return both ends of the 95 % interval: the width of the resampled values around the value."""
    ends: Tensor = value + resampled - resampled.mean()
    return ends.quantile(resampled.new_tensor([0.025, 0.975]))


def bootstrap_weights(
    groups: Int[Tensor, " N"], generator: torch.Generator
) -> Float[Tensor, "R N"]:
    """The weight of each phrase when groups `[N]`, from 0, are drawn with replacement, in each repetition."""
    count = int(groups.max()) + 1
    drawn = torch.randint(count, (BOOTSTRAP_REPETITIONS, count), generator=generator)
    ones = torch.ones(BOOTSTRAP_REPETITIONS, count)
    weights = torch.zeros(BOOTSTRAP_REPETITIONS, count).scatter_add_(1, drawn, ones)[:, groups]
    return weights / weights.sum(dim=1, keepdim=True)


def _moments(features: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Means `[R, D]` and covariances `[R, D, D]` of `[N, D]` under weights `[R, N]`."""
    mean = weights @ features
    square = torch.einsum("rn,nd,ne->rde", weights, features, features)
    return mean, square - mean[:, :, None] * mean[:, None]


def _trace(matrices: Tensor) -> Tensor:
    return matrices.diagonal(dim1=-2, dim2=-1).sum(dim=-1)


_FRAME_STRIDE = 4  # frames between those compared over all pairs: neighbouring frames are similar


@dataclass(frozen=True)
class ComplexPhrases:
    """Phrases as complex vectors, for distances of all pairs; D are all markers of the kept frames.

    Attributes:
        horizontal: `[N, D]` x + iy in metres, without travel.
        height: `[N, D]` z in metres.
    """

    horizontal: Complex[Tensor, "N D"]
    height: Float[Tensor, "N D"]

    def rms_mm(self, other: ComplexPhrases) -> Float[Tensor, "N M"]:
        """Return RMS-3D of all pairs, each at its best rotation, millimetres."""
        inner = (self.horizontal.conj() @ other.horizontal.T).abs() + self.height @ other.height.T
        squares = self._squared_norm()[:, None] + other._squared_norm() - 2 * inner
        return 1000 * (squares.clamp(min=0) / self.horizontal.shape[1]).sqrt()

    def _squared_norm(self) -> Float[Tensor, " N"]:
        return self.horizontal.abs().square().sum(dim=1) + self.height.square().sum(dim=1)


def to_complex(positions: Float[Tensor, "N T J 3"], stride: int = _FRAME_STRIDE) -> ComplexPhrases:
    """Convert phrases `[N, T, J, C]` in metres, keeping every `stride`-th frame."""
    centred = without_travel(positions[:, ::stride])
    horizontal = torch.view_as_complex(centred[..., :2].contiguous())
    return ComplexPhrases(horizontal.flatten(1), centred[..., 2].flatten(1))


def diversity_mm(positions: Float[Tensor, "N T J 3"]) -> float:
    """Return the mean RMS-3D of all pairs of phrases `[N, T, J, C]`, millimetres."""
    phrases = to_complex(positions)
    first, second = torch.triu_indices(len(positions), len(positions), offset=1)
    return float(phrases.rms_mm(phrases)[first, second].mean())


def aligned_mpjpe_mm(
    phrase: Float[Tensor, "T J 3"], others: Float[Tensor, "N T J 3"]
) -> Float[Tensor, " N"]:
    """Return MPJPE between a phrase and others `[N]`, each at its best rotation, millimetres.

    Args:
        phrase: `[T, J, C]` metres.
        others: `[N, T, J, C]` metres.
    """
    one, many = to_complex(phrase[None], stride=1), to_complex(others, stride=1)
    rotation = torch.sgn((many.horizontal.conj() * one.horizontal).sum(dim=1, keepdim=True))
    horizontal = (one.horizontal - rotation * many.horizontal).abs().square()
    squares = horizontal + (one.height - many.height).square()
    distance: Tensor = squares.sqrt().mean(dim=1)
    return 1000 * distance
