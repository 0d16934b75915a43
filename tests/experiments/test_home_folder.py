"""`~` is the home folder in every option with a path, also where the shell leaves it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments import convert, prepare, view
from experiments.command_line import parse_run
from experiments.generate_options import parse_generate
from mariel_gnn.config import with_absolute_paths
from mariel_gnn.mocap.skeletons.loading import load_skeleton


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dance) -> Path:
    """A home folder with a take and a marker set; the working folder is another one."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    np.save(home / "take.npy", dance[:100])
    (home / "two.yaml").write_text("markers: [A, B]")
    return home


def test_commands_read_and_write_in_the_home_folder(home: Path) -> None:
    convert.main(["~/take.npy", "~/take.npz"])
    view.main(["~/take.np?", "--out=~/page.html"])
    prepare.main(["~/take.npz", "--out=~/mine"])
    assert {path.name for path in home.iterdir()} >= {"take.npz", "page.html", "mine"}
    assert not list(Path.cwd().iterdir())
    assert load_skeleton("~/two.yaml").markers == ("A", "B")


def test_a_run_records_the_home_folder(home: Path) -> None:
    options = with_absolute_paths(
        parse_run(["--data.recordings", "~/*.npy", "--data.skeleton=~/two.yaml", "--out=~/runs"])
    )
    assert options.out == f"{home}/runs"
    assert options.data.recordings in (f"{home}/*.npy", [f"{home}/*.npy"])
    assert options.data.skeleton == f"{home}/two.yaml"
    given = parse_generate(["~/runs/X", "sample", "--out=~/phrases"])
    assert (given.run, given.out) == (home / "runs" / "X", home / "phrases")
