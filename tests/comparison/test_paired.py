"""Paired differences: properties and verdict sentences."""

import numpy as np
import pytest

from mariel_gnn.comparison.comparison import compare, load_runs
from mariel_gnn.comparison.groups import group_runs
from mariel_gnn.comparison.paired import reference_of
from tests.comparison.synthetic_runs import TAKES, write_run


def pairs_of(*folders):
    return {(pair.group, pair.reference): pair for pair in compare(load_runs(folders)).pairs}


def two(tmp_path, **of_the_second):
    """A run of each model, and the pair of the second with the first."""
    first = write_run(tmp_path / "lstm0", "lstm_vae", 0, 100.0)
    second = write_run(tmp_path / "gnn0", "gnn_vae", 0, **of_the_second)
    return pairs_of(first, second)[("gnn_vae", "lstm_vae")]


def test_the_difference_of_means_changes_sign_with_the_order(folders):
    one = pairs_of(*folders)[("gnn_vae", "lstm_vae")]
    other = pairs_of(*folders[2:], *folders[:2])[("lstm_vae", "gnn_vae")]
    assert one.difference_mm.value == pytest.approx(-60, abs=1e-3)
    assert one.difference_mm.value == pytest.approx(-other.difference_mm.value)
    assert one.difference_mm.low == pytest.approx(-other.difference_mm.high)
    assert one.ratio.value == pytest.approx(1 / other.ratio.value)
    np.testing.assert_allclose(one.by_recording_mm, -other.by_recording_mm)
    assert one.better_on + other.better_on == len(TAKES)


def test_the_difficulty_of_a_take_cancels_in_the_difference(comparison):
    """The takes differ by 50 mm; the difference between the models is constant."""
    pair = comparison.pairs[0]
    assert pair.difference_mm.high - pair.difference_mm.low < 1e-3
    alone = comparison.rows["gnn_vae"]["test/mpjpe_mm_over_recordings"]
    assert alone.high - alone.low > 10


def test_equal_errors_are_not_significant(tmp_path):
    pair = two(tmp_path, error_mm=100.0)
    assert pair.difference_mm.value == pytest.approx(0, abs=1e-4)
    assert not pair.is_significant
    assert pair.verdict().startswith("no significant difference between gnn_vae and lstm_vae")


def test_a_verdict_has_interval_and_recordings(tmp_path):
    by_take = {"take_0": 15.0, "take_1": -5.0}
    verdict = two(tmp_path, error_mm=60.0, by_take_mm=by_take).verdict()
    assert verdict.startswith("gnn_vae is better than lstm_vae by 39.")
    assert "95 % interval" in verdict
    assert "on 6 of 6 recordings" in verdict
    assert verdict.endswith("one seed only: the effect of the seed is unknown")


def test_worse_counts_the_worse_recordings(tmp_path):
    more = {take: 20.0 + 2 * number for number, take in enumerate(TAKES)}
    verdict = two(tmp_path, error_mm=100.0, by_take_mm=more).verdict()
    assert verdict.startswith("gnn_vae is worse than lstm_vae by 2")
    assert "on 6 of 6 recordings" in verdict


def test_takes_that_disagree_are_not_significant(tmp_path):
    mixed = {"take_0": -60.0, "take_1": 40.0, "take_2": -50.0, "take_3": 45.0, "take_5": -20.0}
    pair = two(tmp_path, error_mm=100.0, by_take_mm=mixed)
    assert not pair.is_significant
    assert pair.better_on == 3


def test_seeds_that_disagree_are_not_significant(tmp_path):
    """Significant over recordings for the trained models, but not over seeds."""
    folders = [write_run(tmp_path / f"{model}{seed}", model, seed, error)
               for model, errors in (("lstm_vae", (80, 120)), ("gnn_vae", (70, 110)))
               for seed, error in enumerate(errors)]  # fmt: skip
    pair = pairs_of(*folders)[("gnn_vae", "lstm_vae")]
    assert pair.difference_mm.excludes_zero
    assert not pair.is_significant
    assert "over seeds" in pair.verdict()


def test_the_difference_uses_only_common_seeds(tmp_path):
    """The second seed is worse: with it, one seed would be compared with the mean of two."""
    errors = {("lstm_vae", 0): 80, ("lstm_vae", 1): 120, ("gnn_vae", 0): 81}
    folders = [write_run(tmp_path / f"{model}{seed}", model, seed, error)
               for (model, seed), error in errors.items()]  # fmt: skip
    found = compare(load_runs(folders))
    assert found.pairs[0].difference_mm.value == pytest.approx(1, abs=1e-3)
    assert any("lstm_vae 0, 1; gnn_vae 0. Paired differences use" in note for note in found.notes)


def test_without_common_seeds_all_are_compared(tmp_path):
    folders = [
        write_run(tmp_path / "lstm0", "lstm_vae", 0, 80.0),
        write_run(tmp_path / "gnn1", "gnn_vae", 1, 70.0),
    ]
    assert pairs_of(*folders)[("gnn_vae", "lstm_vae")].difference_mm.value == pytest.approx(-10)


def test_one_recording_gives_no_interval(tmp_path):
    takes = {"take_0[0:90]": 4, "take_0[120:300]": 5}  # two parts of one recording
    folders = [write_run(tmp_path / name, name, 0, error, takes)
               for name, error in (("lstm_vae", 100.0), ("gnn_vae", 50.0))]  # fmt: skip
    pair = pairs_of(*folders)[("gnn_vae", "lstm_vae")]
    assert len(pair.by_recording_mm) == 1
    assert "one recording gives no interval" in pair.verdict()


def test_pca_has_the_same_latent_size(tmp_path):
    folders = [write_run(tmp_path / f"z{size}", "lstm_vae", 0, 100.0, pca_mm=pca,
                         options={"network.latent_size": size})
               for size, pca in ((8, 50.0), (4, 80.0))]  # fmt: skip
    pairs = pairs_of(*folders)
    assert pairs[("lstm_vae z4", "PCA z4")].difference_mm.value == pytest.approx(20, abs=1e-3)
    assert pairs[("lstm_vae z8", "PCA z8")].difference_mm.value == pytest.approx(50, abs=1e-3)


def test_groups_are_compared_at_equal_latent_sizes(tmp_path):
    folders = [write_run(tmp_path / f"{model}{size}", model, 0, 100.0,
                         options={"network.latent_size": size})
               for model in ("lstm_vae", "gnn_vae") for size in (8, 4)]  # fmt: skip
    groups = group_runs(load_runs(folders))
    assert [group.name for group in groups] == [
        "lstm_vae z4",
        "lstm_vae z8",
        "gnn_vae z4",
        "gnn_vae z8",
    ]
    references = [reference_of(group, groups) for group in groups]
    assert references == [None, groups[0], groups[0], groups[1]]


def test_each_model_of_a_ladder_is_compared_with_the_one_before(tmp_path):
    ladder = ["pose_vae", "lstm_vae", "transformer_vae", "gnn_vae"]
    folders = [write_run(tmp_path / model, model, 0, 100.0 - place)
               for place, model in enumerate(ladder)]  # fmt: skip
    found = compare(load_runs(folders)).pairs
    models = [(pair.group, pair.reference) for pair in found if pair.reference in ladder]
    assert models == list(zip(ladder[1:], ladder, strict=False))
    assert [pair.difference_mm.value for pair in found[:3]] == pytest.approx([-1, -1, -1], abs=1e-3)


def test_controls_of_a_model_are_compared_with_its_first_options(tmp_path):
    controls = [{}, {"network.edges": "skeleton"}, {"network.edge_features": "none"}]
    folders = [write_run(tmp_path / "lstm", "lstm_vae", 0, 100.0)]
    folders += [write_run(tmp_path / f"gnn{place}", "gnn_vae", 0, 50.0, options=options)
                for place, options in enumerate(controls)]  # fmt: skip
    groups = group_runs(load_runs(folders))
    references = [reference_of(group, groups) for group in groups]
    assert references == [None, groups[0], groups[1], groups[1]]


def test_both_pca_are_references_where_runs_have_them(tmp_path):
    old = write_run(tmp_path / "old", "lstm_vae", 0, 100.0)
    new = write_run(tmp_path / "new", "gnn_vae", 0, 40.0, motion_pca_mm=45.0)
    pairs = pairs_of(old, new)
    assert pairs[("gnn_vae", "motion PCA z8")].difference_mm.value == pytest.approx(-5, abs=1e-3)
    assert ("lstm_vae", "motion PCA z8") not in pairs
    assert {("lstm_vae", "PCA z8"), ("gnn_vae", "PCA z8")} < set(pairs)
