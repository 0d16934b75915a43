"""How well a score ranks what is true before what is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


def auc(score: Floats, is_true: Mask) -> float:
    """The area under the ROC curve.

    It is the probability that a true element scores higher than one that is not; ties count half, and a
    random score has 0.5.

    Args:
        score: of any shape.
        is_true: of the same shape.

    Raises:
        UserError: nothing is true, or everything.
    """
    if not is_true.any() or is_true.all():
        raise UserError("an AUC needs related pairs and unrelated pairs: give both among the pairs")
    above = score[is_true][:, None] - score[~is_true]
    return float((np.sign(above) + 1).mean() / 2)


def average_precision(score: Floats, is_true: Mask) -> float:
    """The area under the curve of precision over recall; a random score has the share of true elements.

    Among equal scores the true ones come last.
    """
    order = np.lexsort((is_true.ravel(), -score.ravel()))
    ranked = is_true.ravel()[order]
    precision = np.cumsum(ranked) / np.arange(1, ranked.size + 1)
    return float(precision[ranked].mean())


def hits_in_top(score: Floats, is_true: Mask) -> float:
    """The share of true elements among the k highest scores, where k is the number of true elements."""
    order = np.lexsort((is_true.ravel(), -score.ravel()))
    return float(is_true.ravel()[order][: is_true.sum()].mean())
