"""How far apart two phrases are, wherever they are danced and whichever way they face.

Travel is taken from both, and the second is turned about the vertical to where it is nearest to the
first. With x + iy as one complex number h and the height z, that nearest turn has a closed form:
    min over a of |h - e^{ia} g|² = |h|² + |g|² - 2 |<g, h>|,    a = arg <g, h>,
so that all pairs of two sets are two matrix products, for any skeleton.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.metrics.reconstruction import without_travel

_EVERY = 4  # of the frames are compared where all pairs are; a dancer's neighbours are nearly alike
_CANDIDATES = 2


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


def as_complex(positions: Float[Tensor, "N T J 3"], every: int = _EVERY) -> ComplexPhrases:
    """Phrases `[N, T, J, C]` in metres, made ready; only each `every`th frame is looked at."""
    still = without_travel(positions[:, ::every])
    flat = torch.view_as_complex(still[..., :2].contiguous())
    return ComplexPhrases(flat.flatten(1), still[..., 2].flatten(1))


def diversity_mm(positions: Float[Tensor, "N T J 3"]) -> float:
    """Mean distance (RMS-3D, turned) between two different phrases of `[N, T, J, C]`, millimetres."""
    phrases = as_complex(positions)
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
    one, many = as_complex(phrase[None], every=1), as_complex(others, every=1)
    turn = torch.sgn((many.flat.conj() * one.flat).sum(dim=1, keepdim=True))
    squares = (one.flat - turn * many.flat).abs().square() + (one.height - many.height).square()
    distance: Tensor = squares.sqrt().mean(dim=1)
    return 1000 * distance


class TrainingPhrases:
    """Finds the training window nearest to a phrase.

    All phrases are held against the same windows, spread over the training data; then the windows
    between those are looked at around the nearest, so that a copy is found wherever it was taken.

    Args:
        train: training windows.
        places: `[N]` indices of the spread ones, at even steps.
        known: `[N, T, J, C]` those windows in metres.
    """

    def __init__(
        self, train: MarielDataset, places: Int[Tensor, " N"], known: Float[Tensor, "N T J 3"]
    ) -> None:
        self.train, self.places = train, places
        half_way = int(places[1] - places[0]) // 2 if len(places) > 1 else 0
        self.between = torch.arange(-half_way, half_way + 1)
        self.known = as_complex(known)

    def nearest_mm(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, " N"]:
        """MPJPE to the nearest training window, `[N]`, millimetres, for `[N, T, J, C]` in metres."""
        far = as_complex(positions).rms_mm(self.known)
        near = far.topk(min(_CANDIDATES, len(self.places)), largest=False).indices
        return torch.stack(
            [
                turned_mpjpe_mm(phrase, self.train.positions_m(self._around(found))).min()
                for phrase, found in zip(positions, near, strict=True)
            ]
        )

    def _around(self, found: Int[Tensor, " K"]) -> Int[Tensor, " L"]:
        around = self.places[found][:, None] + self.between
        indices: Tensor = around.clamp(0, len(self.train) - 1).unique()
        return indices
