"""The README's commands and code, run as they stand there, only smaller and on the synthetic dancer."""

import re
import shlex
from functools import partial
from pathlib import Path

import pytest

from experiments import run as command
from mariel_gnn.data import files_by_role
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
            for line in block.splitlines()]  # fmt: skip
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
SMALLER = ["--trainer.epoch_windows=8", "--trainer.batch_size=8", "--network.hidden_size=16",
           "--evaluation.samples=4", "--evaluation.pictures=none", "--tracking.wandb=disabled"]  # fmt: skip
LINKS = [
    (page, link)
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    if "://" not in link
]


def shortened(arguments):
    """The arguments with options that shorten the run; a resumed run keeps its network."""
    resumed = "--trainer.resume" in arguments
    options = [option for option in SMALLER if not (resumed and "network" in option)]
    epochs = (
        "--trainer.max_epochs=2"
        if "--trainer.max_epochs" in arguments
        else "--trainer.max_epochs=1"
    )
    if not resumed and "notebook_lstm_vae" not in arguments:
        options.append("--network.pair_bounds=false")
    # The README's code reads windows of the length and the markers of the first run.
    if not any("first" in word for word in arguments):
        options += ["--data.seq_len=32", "--data.reduced_joints=true"]
    return [*arguments, *options, epochs]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with recordings and configs; the synthetic dancer dances for seconds, not minutes."""
    write_synthetic_recordings(tmp_path / "data" / "mine", count=6, seconds=3)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    short = partial(write_synthetic_recordings, count=5, seconds=5)
    monkeypatch.setattr(files_by_role, "write_synthetic_recordings", short)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_has_commands_and_code():
    assert len(COMMANDS) >= 5
    assert len(PYTHON) >= 2
    assert all(words[:3] == ["python", "-m", "experiments.run"] for words in COMMANDS)


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda value: str(value).split("/")[-1])
def test_links_between_pages_lead_somewhere(page, link):
    assert (page.parent / link).exists()


@pytest.mark.slow
def test_the_readme_does_what_it_says(workplace, capsys):
    for words in COMMANDS:
        command.main(shortened(words[3:]))
    for code in PYTHON:
        exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "PhraseModel(GNNVAE" in printed
    assert "DataBatch(x=[212, 768]" in printed
    assert len(list(workplace.glob("runs/*/summary.json"))) == len(COMMANDS) - 1  # one is resumed
