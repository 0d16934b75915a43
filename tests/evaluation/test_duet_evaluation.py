"""The numbers of runs on two dancers: what is exact has no error, and rows have their own names."""

import pytest
import torch

from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import as_one_take, pair_dancers
from mariel_gnn.data.run_data import DuetSets
from mariel_gnn.evaluation.duet_evaluation import (
    PARTNER_PREFIX,
    describe_left_out,
    duet_takes,
    measure_pairs_of,
    partner_rows,
    partner_table,
)
from mariel_gnn.evaluation.rows import expected_row, summary_name
from mariel_gnn.evaluation.table import as_markdown, tables_of
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.mocap.synthetic.couple import synthesize_couple

WINDOW = 64


class Recorded:
    """A model that knows the recorded partners by their dancers' first frame."""

    def __init__(self, takes) -> None:
        self.takes = takes

    def partners(self, given, count, temperature, generator, is_first=True):
        (take,) = (take for take in self.takes if torch.equal(take.dancer[0], given[0]))
        return take.partner.expand(count, -1, -1, -1)


def couple(seed: int, scene: str = "mirrored"):
    positions = synthesize_couple(scene, seed, 8.0).positions.astype("float32")
    first, second = (
        Recording(
            f"{seed}_{n}", positions[:, n], 35.0, source=f"{seed}_{n}.npy", file=f"{seed}_{n}.npy"
        )
        for n in (0, 1)
    )
    return pair_dancers(list(as_one_take(first, second)))


@pytest.fixture(scope="module")
def sets(mariel53) -> DuetSets:
    train = DuetDataset([d for seed in range(3) for d in couple(seed)], WINDOW, skeleton=mariel53)
    test = DuetDataset(couple(9), WINDOW, stride=16, skeleton=mariel53, normalizer=train.normalizer)
    return DuetSets(train, test)


def test_takes_are_the_recordings_in_the_room(sets):
    (take,) = duet_takes(sets.test)
    (duet,) = sets.test.duets
    for number, dancer in enumerate(duet.dancers):
        assert torch.allclose(take.pair[:, number], torch.from_numpy(dancer.positions), atol=1e-4)


def test_an_exact_reconstruction_has_no_error(sets, mariel53):
    numbers = measure_pairs_of(lambda pairs: pairs, sets.test, pair_skeleton(mariel53))
    assert all(value == pytest.approx(0, abs=0.05) for value in numbers.values())


def test_a_dancer_who_stands_elsewhere_has_an_error_of_place_and_none_of_her_own(sets, mariel53):
    def moved(pairs):
        found = pairs.clone()
        found[:, :, len(mariel53) :, 0] += 0.3
        return found

    numbers = measure_pairs_of(moved, sets.test, pair_skeleton(mariel53))
    assert numbers["test/pair_place_mm"] == pytest.approx(300, abs=1)
    assert numbers["test/pair_facing_deg"] == pytest.approx(0, abs=0.01)
    assert numbers["test/pair_dancer_mpjpe_mm"] == pytest.approx(0, abs=0.05)


def test_the_recorded_partner_beats_every_row(sets):
    model = Recorded(duet_takes(sets.test))
    table = partner_table("model", model, sets)
    assert table is not None
    rows = partner_rows(table)
    own = rows["model"][f"{PARTNER_PREFIX}partner_mpjpe_mm"]
    assert own == pytest.approx(0, abs=0.1)
    for row in ("mean_pose_at_mean_place", "nearest_frame", "ridge", "shuffled_in_room"):
        assert rows[row][f"{PARTNER_PREFIX}partner_mpjpe_mm"] > 50
    assert rows["model"][f"{PARTNER_PREFIX}spread_mm"] == pytest.approx(0, abs=0.1)
    assert expected_row("model") in rows
    assert len(describe_left_out(table.left_out)) == len(table.left_out)


def test_a_run_with_too_few_takes_has_no_partners(sets):
    one = sets.train.duets[:1]
    few = DuetSets(DuetDataset(one, WINDOW, skeleton=sets.train.skeleton), sets.test)
    assert partner_table("model", Recorded([]), few) is None


def test_rows_of_a_single_dancer_have_no_tables_of_pairs():
    rows = {"gnn_vae": {"test/mpjpe_mm": 30.0}}
    assert [name for name, _ in tables_of(rows)] == ["on test windows"]
    assert "partner" not in as_markdown(rows)


def test_the_mean_of_the_answers_has_a_name_of_its_own():
    name = f"{PARTNER_PREFIX}place_mm"
    assert summary_name(expected_row("duet"), "duet", name) == f"expected/{name}"
    assert summary_name("duet", "duet", name) == name
