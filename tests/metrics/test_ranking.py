"""Laws of ranking measures: order alone counts, and their values by definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mariel_gnn.errors import UserError
from mariel_gnn.metrics.ranking import auc, average_precision, hits_in_top

scores = arrays(np.float64, 12, elements=st.integers(0, 5).map(float))
truths = arrays(np.bool_, 12).filter(lambda truth: truth.any() and not truth.all())


@given(scores, truths)
def test_the_auc_is_the_share_of_ordered_pairs(score, truth):
    ordered = [
        1.0 if hit > miss else 0.5 if hit == miss else 0.0
        for hit in score[truth]
        for miss in score[~truth]
    ]
    assert auc(score, truth) == pytest.approx(np.mean(ordered))


@given(scores, truths)
def test_the_order_alone_counts(score, truth):
    for measure in (auc, average_precision, hits_in_top):
        assert measure(np.exp(score) + 3, truth) == pytest.approx(measure(score, truth))


@given(scores, truths)
def test_a_reversed_score_has_the_complement(score, truth):
    assert auc(-score, truth) == pytest.approx(1 - auc(score, truth))


@given(truths)
def test_the_truth_itself_is_perfect_and_a_constant_is_no_better_than_chance(truth):
    for measure in (auc, average_precision, hits_in_top):
        assert measure(truth.astype(float), truth) == 1
    constant = np.zeros(truth.size)
    assert auc(constant, truth) == 0.5
    # True elements come last among equals: a constant has no hits by luck.
    assert average_precision(constant, truth) <= truth.mean() + 1e-9 or truth.sum() > 1


def test_average_precision_by_hand():
    truth = np.array([True, False, True, False])
    assert average_precision(np.array([4.0, 3.0, 2.0, 1.0]), truth) == pytest.approx(
        (1 + 2 / 3) / 2
    )
    assert hits_in_top(np.array([4.0, 3.0, 2.0, 1.0]), truth) == 0.5


def test_an_auc_needs_both_kinds():
    with pytest.raises(UserError, match="related pairs and unrelated"):
        auc(np.zeros(3), np.ones(3, bool))
