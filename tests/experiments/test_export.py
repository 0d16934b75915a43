"""The command `export`: its help, and mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments import export as command
from tests.generation.small_run import write_small_run

ROOT = Path(__file__).parents[2]


def test_help_lists_the_options_without_torch():
    code = (
        "import sys; from experiments import export\n"
        "try: export.main(['--help'])\nexcept SystemExit: pass\nassert 'torch' not in sys.modules"
    )
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=ROOT).stdout  # fmt: skip
    assert [option for option in ("--out", "--licence", "--data", "--push", "--public")
            if option not in text] == []  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["runs/nowhere", "--out", "new"], ["runs/nowhere", "no such file"]),
        (["runs/nowhere"], ["required", "out"]),
        (["runs/nowhere", "--out", "new", "--license", "mit"], ["Did you mean '--licence'"]),
    ],
)
def test_a_mistake_is_one_line(arguments, words, tmp_path, monkeypatch, run_command):
    monkeypatch.chdir(tmp_path)
    said, code = run_command(command, *arguments)
    assert code == 2
    assert "\n" not in said
    assert [word for word in words if word not in said] == []
    assert list(tmp_path.iterdir()) == []


def test_without_huggingface_hub_nothing_is_written_before_the_error(
    tmp_path, monkeypatch, run_command
):
    run = tmp_path / "run"
    write_small_run(run)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    arguments = (run, "--out", tmp_path / "new")
    said, code = run_command(command, *arguments, "--push", "her/dancer")
    assert (code, "mariel_gnn[hub]" in said) == (2, True)
    assert not (tmp_path / "new").exists()
    assert run_command(command, *arguments)[1] == 0
    assert (tmp_path / "new" / "config.json").exists()
