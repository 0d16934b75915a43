"""The README's commands and code, run as they stand there, only smaller and on the synthetic dancer."""

import re
import shlex
from pathlib import Path

import pytest

from experiments import run as command
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings

README = (Path(__file__).parent.parent / "README.md").read_text()
COMMANDS = [shlex.split(line) for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
            for line in block.splitlines()]  # fmt: skip
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SMALLER = ["--trainer.epoch_windows=8", "--trainer.batch_size=8", "--network.hidden_size=16",
           "--evaluation.samples=4", "--tracking.wandb=disabled"]  # fmt: skip


def in_small(arguments):
    """The command's arguments, ended by options that make it quick; a resumed run keeps its network."""
    kept = [
        word for word in SMALLER if "resume" not in " ".join(arguments) or "network" not in word
    ]
    asked = [word for word in arguments if word.startswith("--trainer.max_epochs")]
    epochs = ["--trainer.max_epochs=2"] if asked else ["--trainer.max_epochs=1"]
    whole = any("first" in word for word in arguments)  # the run that the code loads
    return [*arguments, *kept, *epochs, *([] if whole else ["--data.seq_len=32"])]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone")
    write_synthetic_recordings(folder / "data" / "mine", count=6, seconds=10)
    (folder / "configs").symlink_to(Path(__file__).parent.parent / "configs")
    return folder


def test_the_readme_has_commands_and_code():
    assert len(COMMANDS) >= 5
    assert len(PYTHON) >= 2
    assert all(words[:3] == ["python", "-m", "experiments.run"] for words in COMMANDS)


@pytest.mark.slow
def test_the_readme_does_what_it_says(workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    for words in COMMANDS:
        command.main(in_small(words[3:]))
    for code in PYTHON:
        exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "PhraseModel(GNNVAE" in printed
    assert "DataBatch(x=[212, 768]" in printed
    assert len(list(workplace.glob("runs/*/pictures/*.mp4"))) >= 2 * 5
