"""TensorBoard gets the rows, the summary and the pictures; without it a run says what to install."""

import importlib.util

import numpy as np
import pytest
from PIL import Image

from mariel_gnn.config import check
from mariel_gnn.errors import UserError
from mariel_gnn.tracking import tensorboard as board
from mariel_gnn.tracking.tracker import Tracker, TrackingOptions

OPTIONS = TrackingOptions(wandb="disabled", tensorboard=True)
ROWS = [{"epoch": epoch, "train/loss_nats": 3.0 / epoch} for epoch in (1, 2, 3)]


def written(folder):
    """Scalars as name -> {step: value}, and the names of pictures."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / board.FOLDER))
    events.Reload()
    scalars = {
        name: {event.step: event.value for event in events.Scalars(name)}
        for name in events.Tags()["scalars"]
    }
    return scalars, events.Tags()["images"]


def test_rows_summary_and_pictures_are_written(tmp_path):
    pytest.importorskip("tensorboard")
    Image.fromarray(np.zeros((6, 8, 4), np.uint8)).save(tmp_path / "stills.png")
    tracker = Tracker(tmp_path, OPTIONS)
    for row in ROWS:
        tracker.log(row)
    summary = {"test/mpjpe_mm": 20.5, "test/odd_mm": float("nan")}
    tracker.finish(summary, [tmp_path / "stills.png", tmp_path / "film.mp4"])
    scalars, pictures = written(tmp_path)
    assert scalars == {
        "train/loss_nats": {1: 3.0, 2: 1.5, 3: 1.0},
        "test/mpjpe_mm": {3: 20.5},
    }
    assert pictures == ["pictures/stills"]


def test_a_resumed_run_has_each_epoch_once(tmp_path):
    pytest.importorskip("tensorboard")
    first = Tracker(tmp_path, OPTIONS)
    for row in ROWS:
        first.log(row)
    first.close()
    second = Tracker(tmp_path, OPTIONS)
    second.restore(ROWS[:2])
    second.log({"epoch": 3, "train/loss_nats": 9.0})
    second.finish({})
    assert written(tmp_path)[0] == {"train/loss_nats": {1: 3.0, 2: 1.5, 3: 9.0}}


def test_a_failure_gives_one_warning_and_stops_nothing(tmp_path):
    pytest.importorskip("tensorboard")
    (tmp_path / board.FOLDER).write_text("a file in place of the folder")
    warnings = []
    tracker = Tracker(tmp_path, OPTIONS, warn=warnings.append)
    for row in ROWS:
        tracker.log(row)
    tracker.finish({"a": 1.0})
    assert len(warnings) == 1
    assert "TensorBoard failed" in warnings[0]
    assert (tmp_path / "summary.json").exists()


def test_without_the_option_nothing_is_written(tmp_path):
    tracker = Tracker(tmp_path, TrackingOptions(wandb="disabled"))
    tracker.log(ROWS[0])
    tracker.finish({})
    assert not (tmp_path / board.FOLDER).exists()


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    from experiments.command_line import parse_run

    options = parse_run([])
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        board, "find_spec", lambda name: None if name == "tensorboard" else find_spec(name)
    )
    check(options)
    with pytest.raises(UserError, match=r"mariel_gnn\[tensorboard\]") as raised:
        parse_run(["--tracking.tensorboard", "true"])
    assert "\n" not in str(raised.value)
