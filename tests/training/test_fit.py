"""Training: exact on resume, repeatable, and usable at every end."""

import csv

import pytest
import torch

from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import load
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import NotebookLSTMVAEOptions, PoseVAEOptions
from mariel_gnn.models.weights import Identity, load_weights
from mariel_gnn.tracking.tracker import Tracker, TrackingOptions
from mariel_gnn.training.fit import Trainer
from mariel_gnn.training.options import TrainerOptions
from mariel_gnn.training.state import load_state
from tests.training.takes import training_and_validation

FRAMES = 16
NETWORKS = {
    "notebook_lstm_vae": NotebookLSTMVAEOptions(
        latent_size=4, hidden_size=12, layers=2, dropout=0.2
    ),
    "pose_vae": PoseVAEOptions(latent_size=6, pose_size=12),
}
QUICK = {"epoch_windows": 48, "batch_size": 16, "accelerator": "cpu"}


@pytest.fixture(scope="module")
def windows(dance):
    return training_and_validation(dance, FRAMES, train=900, held_out=60)


def trainer(windows, folder, model_name="notebook_lstm_vae", **options):
    train, _ = windows
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, 53)
    identity = Identity(model_name, NETWORKS[model_name], shape, train.skeleton)
    model = identity.build(train.normalizer)
    return Trainer(model, identity, TrainerOptions(**(QUICK | options)), folder)


def fit(windows, folder, resume=False, **options):
    found = trainer(windows, folder, **options)
    tracker = Tracker(folder, TrackingOptions(wandb="disabled"))
    if resume:
        found.resume(load_state(folder))
    return found.fit(*windows, tracker)


def weights(folder, name="last"):
    model, _ = load_weights(folder / f"{name}.safetensors")
    return model.state_dict()


def rows(folder):
    with (folder / "metrics.csv").open() as file:
        timings = ("windows_per_s", "minutes")
        return [{k: v for k, v in row.items() if k not in timings} for row in csv.DictReader(file)]


def test_four_epochs_equal_two_and_resume_and_two_to_the_bit(windows, tmp_path):
    fit(windows, tmp_path / "whole", max_epochs=4)
    fit(windows, tmp_path / "halves", max_epochs=2)
    fit(windows, tmp_path / "halves", max_epochs=4, resume=True)
    whole, halves = weights(tmp_path / "whole"), weights(tmp_path / "halves")
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    assert rows(tmp_path / "whole") == rows(tmp_path / "halves")
    best = weights(tmp_path / "whole", "best"), weights(tmp_path / "halves", "best")
    assert all(torch.equal(best[0][name], best[1][name]) for name in best[0])


def test_the_same_seed_gives_the_same_numbers(windows, tmp_path):
    for name in "ab":
        fit(windows, tmp_path / name, max_epochs=2)
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_training_learns(windows, tmp_path):
    fit(windows, tmp_path, max_epochs=6, learning_rate=3e-3)
    losses = [float(row["validation/loss_nats"]) for row in rows(tmp_path)]
    assert losses[-1] < losses[0]


def test_best_weights_are_those_of_the_best_validation(windows, tmp_path):
    ended = fit(windows, tmp_path, max_epochs=4)
    losses = [float(row["validation/loss_nats"]) for row in rows(tmp_path)]
    assert ended.progress.best_loss == min(losses)
    assert ended.progress.best_epoch == 1 + losses.index(min(losses))


def test_after_ctrl_c_a_run_can_be_used_and_resumed(windows, tmp_path):
    found = trainer(windows, tmp_path, max_epochs=5)
    tracker = Tracker(tmp_path, TrackingOptions(wandb="disabled"))

    def press(done, total):
        if found.progress.epoch == 1:
            raise KeyboardInterrupt

    found.on_step = press
    ended = found.fit(*windows, tracker)
    assert "stopped by you" in ended.reason
    assert ended.progress.epoch == 1
    assert load(tmp_path).sample(1).shape == (1, FRAMES, 53, 3)
    fit(windows, tmp_path, max_epochs=2, resume=True)
    fit(windows, tmp_path / "whole", max_epochs=2)
    stopped, whole = weights(tmp_path), weights(tmp_path / "whole")
    assert all(torch.equal(whole[name], stopped[name]) for name in whole)


def test_after_ctrl_c_in_the_first_epoch_a_run_can_be_used(windows, tmp_path):
    found = trainer(windows, tmp_path, max_epochs=5)

    def press(done, total):
        raise KeyboardInterrupt

    found.on_step = press
    found.fit(*windows, Tracker(tmp_path, TrackingOptions(wandb="disabled")))
    assert load(tmp_path).sample(1).isfinite().all()
    assert load_state(tmp_path)["progress"]["epoch"] == 0


def test_early_stopping_counts_epochs(windows, tmp_path):
    still = {"learning_rate": 0.0, "max_epochs": 20, "patience_epochs": 2, "kl_warmup_epochs": 0}
    ended = fit(windows, tmp_path, **still)
    assert ended.progress.epoch - ended.progress.best_epoch == 3
    assert "no better validation loss" in ended.reason


def test_until_the_first_validation_the_latest_weights_are_saved_as_best(windows, tmp_path):
    found = trainer(windows, tmp_path, max_epochs=3, validate_every=2)

    def press(done, total):
        if found.progress.epoch == 1:
            raise KeyboardInterrupt

    found.on_step = press
    found.fit(*windows, Tracker(tmp_path, TrackingOptions(wandb="disabled")))
    best, last = weights(tmp_path, "best"), weights(tmp_path)
    assert all(torch.equal(best[name], last[name]) for name in best)
    assert "validation/loss_nats" not in rows(tmp_path)[0]


def stepping_clock(monkeypatch, step_s):
    """A clock that advances by `step_s` whenever it is read."""
    now = iter(range(10**9))
    monkeypatch.setattr(
        "mariel_gnn.training.schedules.time.perf_counter", lambda: step_s * next(now)
    )


def test_an_epoch_cut_by_time_validates_saves_and_resumes_with_the_next(
    windows, tmp_path, monkeypatch
):
    stepping_clock(monkeypatch, 1.0)
    ended = fit(windows, tmp_path, max_epochs=50, max_minutes=2, validate_every=50)
    assert ended.reason == "2 minutes are over"
    assert 110 <= ended.progress.seconds <= 125  # the clock counts readings, not seconds
    last = rows(tmp_path)[-1]
    assert float(last["validation/loss_nats"]) == ended.progress.best_loss
    assert load_state(tmp_path)["progress"]["epoch"] == ended.progress.epoch == int(last["epoch"])
    again = fit(windows, tmp_path, max_epochs=50, max_minutes=3, resume=True)
    assert again.progress.epoch > ended.progress.epoch
    assert [int(row["epoch"]) for row in rows(tmp_path)] == [*range(1, again.progress.epoch + 1)]


def test_a_new_run_trains_one_step_in_no_time(windows, tmp_path):
    ended = fit(windows, tmp_path, max_epochs=50, max_minutes=0)
    assert ended.progress.epoch == ended.progress.best_epoch == 1


def test_a_time_limit_that_is_not_reached_changes_nothing(windows, tmp_path):
    fit(windows, tmp_path / "free", max_epochs=2)
    fit(windows, tmp_path / "limited", max_epochs=2, max_minutes=60)
    free, limited = weights(tmp_path / "free"), weights(tmp_path / "limited")
    assert all(torch.equal(free[name], limited[name]) for name in free)
    assert rows(tmp_path / "free") == rows(tmp_path / "limited")


def test_a_diverged_loss_is_one_line(windows, tmp_path):
    with pytest.raises(UserError, match=r"learning_rate"):
        fit(windows, tmp_path, max_epochs=3, learning_rate=1e9, gradient_clip=None)


@pytest.mark.parametrize("name", ["kl_weight", "path_weight"])
@pytest.mark.parametrize("weight", [1e30, 1e39])
def test_an_absurd_weight_is_one_line(windows, tmp_path, name, weight):
    with pytest.raises(UserError, match=rf"diverged: the (loss|gradient) .*{name}"):
        fit(
            windows,
            tmp_path,
            model_name="pose_vae",
            max_epochs=1,
            kl_warmup_epochs=0,
            **{name: weight},
        )


def test_nothing_half_written_is_left(windows, tmp_path):
    fit(windows, tmp_path, max_epochs=1)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"best.safetensors", "last.safetensors", "training_state.pt", "metrics.csv"}


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x02}q\x00."])
def test_a_damaged_state_is_one_clear_line(tmp_path, content):
    (tmp_path / "training_state.pt").write_bytes(content)
    with pytest.raises(UserError, match="damaged") as refused:
        load_state(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_damaged_weights_are_one_clear_line(tmp_path, content):
    (tmp_path / "best.safetensors").write_bytes(content)
    with pytest.raises(UserError) as refused:
        load(tmp_path)
    assert "\n" not in str(refused.value)
    assert "best.safetensors" in str(refused.value)


def test_a_missing_run_is_one_clear_line(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        load(tmp_path / "nowhere")
