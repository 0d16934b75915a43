"""The command of the benchmark, as it is called."""

import pytest

from experiments import benchmark
from mariel_gnn.benchmark.ceiling import PRODUCTS
from mariel_gnn.benchmark.report import FIGURE, RESULTS, TABLE, load_result


def test_it_prints_and_writes_the_table(run_command, tmp_path):
    out = tmp_path / "results"
    arguments = ["--quick", "--only", "ceiling", "--rounds", "1", "--out", out]
    said, code = run_command(benchmark, *arguments)
    assert code == 0
    assert {path.name for path in out.iterdir()} == {RESULTS, TABLE, FIGURE}
    assert len(load_result(out).rows) == len(PRODUCTS) + 1
    for name in (*PRODUCTS, "processor", "threads", "torch-scatter", str(out)):
        assert name in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "gnn_va"], "no model 'gnn_va'. Did you mean 'gnn_vae'"),
        (["--accelerator", "tpu"], "'tpu' is none of auto, cpu, gpu"),
        (["--batch", "64"], "unknown option --batch"),
    ],
)
def test_a_mistake_is_one_line(run_command, arguments, message):
    said, code = run_command(benchmark, *arguments)
    assert (code, said.count("\n")) == (2, 0)
    assert message in said


def test_a_folder_with_other_results_is_kept(run_command, tmp_path):
    (tmp_path / "results.json").write_text("{}")
    said, code = run_command(benchmark, "--quick", "--only", "ceiling", "--out", tmp_path)
    assert code == 2
    assert "is not empty" in said
    assert (tmp_path / "results.json").read_text() == "{}"


def test_the_start_of_every_command_is_measured():
    names = {name.rpartition(".")[2] for name in benchmark.commands()}
    assert {"run", "compare", "generate", "view", "convert", "prepare", "benchmark"} <= names
    assert not {"parser", "console", "pipeline", "command_line"} & names
