"""The benchmark of relations: its columns by definition, its tables, libraries that are missing."""

import math

import numpy as np
import pytest

from mariel_gnn.evaluation.relation_benchmark import (
    FIRST_SEED,
    Measured,
    Result,
    benchmark_tables,
    benchmarked_rows,
    measure,
    run_benchmark,
)
from mariel_gnn.evaluation.relation_rows import METHOD, ROWS, Scores
from mariel_gnn.mocap.synthetic.planted_duets import planted_duet


@pytest.fixture(scope="module")
def planted():
    return planted_duet("lagged", 1.0, seed=0, seconds=12.0)


def test_the_ground_truth_itself_is_perfect(planted):
    lag_s = np.where(planted.related, planted.lag_s, 0.0) + 2 / planted.rate_hz
    measured = measure(lambda *_: Scores(planted.related.astype(float), lag_s), planted)
    assert measured[:4] == (1, 1, 1, 1)
    assert measured.lag_error_frames == pytest.approx(2)
    assert math.isnan(measured.false_positives)


def test_the_other_direction_is_wrong_with_direction_and_right_without(planted):
    turned = planted.related[::-1].astype(float)
    measured = measure(lambda *_: Scores(turned, planted.lag_s), planted)
    assert measured.auc < 0.5
    assert measured.auc_undirected == 1


def test_false_positives_of_a_random_score_are_at_the_level(planted):
    rng = np.random.default_rng(0)
    random = [
        measure(lambda *_: Scores(rng.random((2, 10, 10)), planted.lag_s), planted, planted)
        for _ in range(20)
    ]
    assert np.mean([each.false_positives for each in random]) == pytest.approx(0.05, abs=0.02)


def test_p_values_of_a_row_are_used(planted):
    p_value = np.linspace(0, 1, 200).reshape(2, 10, 10)
    measured = measure(lambda *_: Scores(p_value, p_value, p_value), planted, planted)
    assert measured.false_positives == pytest.approx(0.05)


def test_a_missing_library_leaves_its_row_out():
    def missing(*_):
        raise ImportError("No module named 'nothing'")

    said: list[str] = []
    rows = {
        "missing": missing,
        "constant": lambda *_: Scores(np.zeros((2, 10, 10)), np.zeros((2, 10, 10))),
    }
    results = list(run_benchmark([0], rows, ["lagged"], [3.0, 0.3], said.append))
    assert [result.row for result in results] == ["constant", "constant"]
    assert said == [
        "missing is left out: No module named 'nothing': pip install 'mariel_gnn[relations]'"
    ]


def test_tables_have_a_row_for_each_method_and_say_what_they_are_means_of():
    results = [
        Result(row, scene, snr, seed, Measured(value, value, value, value, 1.0, math.nan))
        for row, value in (("good", 0.9), ("poor", 0.5))
        for scene in ("lagged", "chain")
        for snr in (3.0, 1.0, 0.3)
        for seed in (0, 1)
    ]
    overall, by_scene, by_snr = benchmark_tables(results)
    assert "2 duets of each scene" in overall[0]
    assert overall[2] == [
        ["good", "0.900", "0.900", "0.90", "0.90", "1.0", "-"],
        ["poor", "0.500", "0.500", "0.50", "0.50", "1.0", "-"],
    ]
    assert by_scene[1:] == (
        ["row", "lagged", "chain"],
        [["good", *["0.900"] * 2], ["poor", *["0.500"] * 2]],
    )
    assert by_snr[1] == ["row", "3", "1", "0.3"]


def test_the_very_slow_row_is_an_extra():
    assert METHOD in ROWS
    assert set(benchmarked_rows(True)) - set(benchmarked_rows()) == {"PCMCI+"}
    assert FIRST_SEED >= 1000
