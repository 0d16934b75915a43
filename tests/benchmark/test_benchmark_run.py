"""The benchmark of tiny models and files yields a complete table."""

import sys
from dataclasses import replace

import pytest
import torch

from experiments.command_line import parse_run
from mariel_gnn.benchmark import models
from mariel_gnn.benchmark.benchmark import run_benchmark
from mariel_gnn.benchmark.child import run_child
from mariel_gnn.benchmark.data import data_cases, exponent, write_frames
from mariel_gnn.benchmark.loops import PARTS
from mariel_gnn.benchmark.options import BenchmarkOptions as Options
from mariel_gnn.benchmark.options import Plan, plan_of
from mariel_gnn.benchmark.profiling import ELEMENTS, KINDS, shares_of_step
from mariel_gnn.benchmark.rounds import run_rounds
from mariel_gnn.benchmark.startup import startup_cases
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError

TINY = Plan(rounds=1, batches=(2,), frames=(200,), growth_frames=330)
SMALL = ["--data.seq_len=16", "--network.hidden_size=8", "--network.latent_size=8"]
MOTION = ["--network.pose_size=8", "--network.frequencies=4", "--network.pair_bounds=false"]
NOTEBOOK = ["--network.layers=1"]


@pytest.fixture(scope="module")
def rows():
    """The rows of a graph model, and of the notebook's with its loop."""
    runs = [
        parse_run(["--model", "gnn_vae", *SMALL, *MOTION]),
        parse_run(["--model", "notebook_lstm_vae", *SMALL, *NOTEBOOK]),
    ]
    result = run_benchmark(replace(TINY, sections=("ceiling", "models"), quick=True), runs, [])
    return {row.name: row for row in result.rows}


def test_the_table_of_models_is_complete(rows):
    assert [row.error for row in rows.values()] == [""] * len(rows)
    for name in ("gnn_vae, batch 2", "notebook_lstm_vae, batch 2"):
        expected = {
            *("parameters", "mflop_per_window", "peak_mb", "training_windows_per_s"),
            *("inference_windows_per_s", "ceiling_ratio", "products_ratio", "notebook_ratio"),
        }
        assert expected <= rows[name].numbers().keys()
        numbers = rows[name].numbers()
        assert numbers.pop("bf16_share") == 0  # the tests' arithmetic
        assert all(value > 0 for value in numbers.values())
    variants = [name for name in rows if any(f" {each}," in name for each in models.VARIANTS)]
    assert {"gnn_vae by scatter, batch 2", "gnn_vae by the trainer, batch 2"} <= {*variants}
    assert all("slowdown_ratio" in rows[name].samples for name in variants)
    assert rows["gnn_vae by the trainer, batch 2"].samples["saving_share"][0] > 0
    assert rows["the notebook's loop, batch 2"].samples["notebook_ratio"] == [1]


def test_the_profile_of_a_step_is_whole():
    runs = [parse_run(["--model", "gnn_vae", *SMALL, *MOTION])]
    (row,) = run_benchmark(replace(TINY, sections=("profile",)), runs, []).rows
    assert (row.error, row.name) == ("", "gnn_vae, batch 2")
    found = row.numbers()
    for names in (PARTS, (*KINDS, ELEMENTS)):
        shares = [found[f"{name}_share"] for name in names]
        assert sum(shares) == pytest.approx(1)
        assert min(shares) >= 0
    assert found["backward_share"] > found["data_share"] > 0
    assert found["products_share"] > 0


WIDE = torch.ones(2000, 400)


@pytest.mark.parametrize(
    ("dominates", "operation"),
    [
        ("products", lambda: WIDE.T @ WIDE),
        ("norms", lambda: WIDE.softmax(1)),
        ("copies", lambda: WIDE.T.contiguous()),
        ("elements", lambda: WIDE.exp()),
        ("random", lambda: torch.rand(2000, 400)),
    ],
)
def test_operations_are_of_their_kind(dominates, operation):
    class Loop:
        def step(self, size):
            for name in PARTS:
                with torch.profiler.record_function(name):
                    operation()

    found = shares_of_step(Loop(), 1)
    kinds = {kind: found[f"{kind}_share"] for kind in (*KINDS, ELEMENTS)}
    assert max(kinds, key=kinds.get) == dominates


def test_the_notebooks_loop_trains_the_same_model(rows):
    own, loop = (rows[f"{name}, batch 2"].facts["parameters"]
                 for name in ("notebook_lstm_vae", "the notebook's loop"))  # fmt: skip
    assert own == loop


def test_the_table_of_the_data_is_complete(tmp_path):
    elsewhere = ("file to first batch", "item, inside two workers")  # start processes
    cases = [case for case in data_cases(TINY, tmp_path) if not case.name.startswith(elsewhere)]
    found = {row.name: row for row in run_rounds(cases, 1)}
    assert [row.error for row in found.values()] == [""] * len(found)
    for name in ("frames", "markers", "window length", "dancers"):
        assert {"time_exponent", "memory_exponent"} <= found[f"growth with {name}"].numbers().keys()
    assert {name for name, row in found.items() if "ms" in row.samples} == {
        *("item, 1 thread", "item, 2 threads", "dense batch of 64"),
    }


def test_a_file_is_read_in_a_process_of_its_own(tmp_path):
    (case,) = [case for case in data_cases(TINY, tmp_path) if case.name.startswith("file to first")]
    assert case.name == "file to first batch, 200 frames"
    assert case.prepare().measure().keys() == {"seconds", "mb", "memory_ratio"}


def test_memory_grows_linearly_with_frames(tmp_path):
    (case,) = [case for case in data_cases(TINY, tmp_path) if case.name == "growth with frames"]
    assert case.prepare().facts["memory_exponent"] < 1.1


def test_the_exponent_of_a_power_is_its_exponent():
    sizes = [1, 2, 4, 8]
    for power in (0, 1, 2.5):
        assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(
            power, abs=1e-9
        )


def test_a_written_file_has_its_frames_and_no_leaps(tmp_path):
    windows = MarielDataset(write_frames(tmp_path / "take.npy", 500), 64, 0)
    assert windows.recordings[0][1] == 500
    assert len(windows) == 500 - 63


def test_the_start_of_a_command_and_its_mistake_are_measured(tmp_path):
    wanted = ("convert, a mistake", "page of one dancer, 128 frames")
    cases = startup_cases(["experiments.convert", "no.such.command"], tmp_path, quick=True)
    chosen = [each for each in cases if each.name in wanted or each.name == "command --help"]
    found = {row.name: row for row in run_rounds(chosen, 1)}
    assert found["convert, a mistake"].error == ""
    assert {"seconds", "mb"} == found["convert, a mistake"].samples.keys()
    assert {"seconds", "file_mb"} == found["page of one dancer, 128 frames"].samples.keys()
    assert "exit status 1 in place of 0" in found["command --help"].error


def test_the_memory_of_a_child_is_its_own():
    """Not that of this process, which has loaded torch."""
    small = run_child([sys.executable, "-c", "print(1)"])
    large = run_child([sys.executable, "-c", "print(len(bytearray(b'1') * 100_000_000))"])
    assert (small.status, small.output) == (0, "1\n")
    assert small.peak_mb < 60
    assert large.peak_mb > small.peak_mb + 90


def test_torch_scatter_is_on_again_after_the_block_without_it():
    import torch_geometric.typing as installed

    before = installed.WITH_TORCH_SCATTER
    with models.without_torch_scatter():
        assert installed.WITH_TORCH_SCATTER is False
    assert installed.WITH_TORCH_SCATTER is before


def test_the_scatter_variant_has_the_weights_of_the_dense_model():
    options = parse_run(["--model", "gnn_vae", *SMALL, *MOTION])
    dense = models.Subject(options, torch.device("cpu"), "32-true")
    other = models.Subject(options, torch.device("cpu"), "32-true", like=dense)
    for name, value in dense.loop.model.state_dict().items():
        assert torch.equal(other.loop.model.state_dict()[name], value), name


def test_options_are_resolved():
    assert plan_of(Options()).batches == (64, 256, 1024)
    assert plan_of(Options()).frames == (38_000, 1_000_000)
    assert "flow_motion" in plan_of(Options()).models
    quick = plan_of(Options(quick=True, models="gnn_vae", rounds=7, only="models,ceiling"))
    assert (quick.models, quick.batches, quick.rounds) == (("gnn_vae",), (64,), 7)
    assert quick.sections == ("ceiling", "models")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(only="ceilng"), "--only ceilng: no such section. Did you mean 'ceiling'"),
        (Options(batches="64,many"), "--batches 64,many: must be whole numbers of 1 or more"),
        (Options(frames="10"), "--frames 10: must be whole numbers of 1000 or more"),
        (Options(rounds=0), "rounds is 0; it must be 1 or more"),
    ],
)
def test_a_wrong_option_is_one_line(options, message):
    with pytest.raises(UserError) as error:
        plan_of(options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
