"""All commands: Ctrl-C and an existing file or folder give one line."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from mariel_gnn.files import write_text

# A command that says when it loads and when it runs, and waits for Ctrl-C in either.
WAITING = """
import experiments, time
print("loading", flush=True)
time.sleep({loading})
from experiments.parser import guarded
def main(arguments):
    print("running", flush=True)
    time.sleep(60)
guarded(main)
"""


@pytest.mark.parametrize(("loading", "until"), [(60, "loading"), (0, "running")])
def test_ctrl_c_is_one_line_while_a_command_loads_and_while_it_runs(tmp_path, loading, until):
    (tmp_path / "waiting.py").write_text(WAITING.format(loading=loading))
    started = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.argv = ['-m']; import waiting"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.getcwd()}"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    while started.stdout.readline().strip() != until:
        pass
    time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert said == "stopped\n"
    assert started.returncode == 130


def test_a_file_or_folder_in_the_way_is_one_line(tmp_path, run_command):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()

    def writing(path):
        return SimpleNamespace(__name__="write", main=lambda _: write_text(path, "new"))

    for path, says in (
        (tmp_path / "file" / "below", "a file stands where a folder is needed"),
        (tmp_path / "file" / "far" / "below", "a file stands where a folder is needed"),
        (tmp_path / "folder", "is a folder"),
    ):
        said, code = run_command(writing(path))
        assert code == 2
        assert says in said
        assert "partial" not in said
    assert {path.name for path in tmp_path.rglob("*")} == {"file", "folder"}
    assert (tmp_path / "file").read_text() == "kept"
