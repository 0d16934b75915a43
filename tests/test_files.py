"""Files appear complete under their final name, or not at all."""

import subprocess
import sys

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.files import remove_partial_files, written_aside

KILLED = """
import os, sys
from mariel_gnn.files import written_aside
with written_aside(sys.argv[1]) as aside:
    aside.write_text("half")
    os._exit(1)
"""


def test_the_path_to_write_has_the_final_name_and_a_suffix_in_lower_case(tmp_path):
    with written_aside(tmp_path / "deep" / "Take.NPY") as aside:
        assert aside.name == "Take.npy"
        aside.write_text("whole")
        assert [path.name for path in (tmp_path / "deep").iterdir()] == [aside.parent.name]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["Take.NPY"]


def write_half(path):
    with written_aside(path) as aside:
        aside.write_text("half")
        raise UserError("no")


def test_nothing_remains_of_a_failure_and_an_earlier_file_stays(tmp_path):
    path = tmp_path / "take.csv"
    path.write_text("before")
    with pytest.raises(UserError, match="no"):
        write_half(path)
    assert [each.name for each in tmp_path.iterdir()] == ["take.csv"]
    assert path.read_text() == "before"


def test_what_a_killed_process_left_in_a_run_folder_is_removed(tmp_path):
    """`generate` writes below the run folder, and `--trainer.resume` cleans it."""
    path = tmp_path / "generated" / "sample" / "sample_1.npz"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == 1
    assert [each.name for each in path.parent.glob(".*.partial/*")] == [path.name]
    remove_partial_files(tmp_path)
    assert list(path.parent.iterdir()) == []
