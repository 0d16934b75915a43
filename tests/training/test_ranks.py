"""Two processes train as one: the same windows, loss, weights and end."""

import functools
import os
import signal
import types
from types import SimpleNamespace

import pytest
import torch

from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.errors import UserError
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import NotebookLSTMVAEOptions, PoseVAEOptions
from mariel_gnn.models.weights import Identity, load_weights
from mariel_gnn.tracking.tracker import Tracker, TrackingOptions
from mariel_gnn.training.fit import Trainer
from mariel_gnn.training.options import TrainerOptions
from mariel_gnn.training.ranks import launch
from mariel_gnn.training.state import load_state
from tests.training.forked import on_two_ranks
from tests.training.takes import training_and_validation

FRAMES = 8
NETWORKS = {
    "notebook_lstm_vae": NotebookLSTMVAEOptions(
        latent_size=4, hidden_size=8, layers=1, dropout=0.0
    ),
    "pose_vae": PoseVAEOptions(latent_size=6, pose_size=12),
}
AS_RECORDED = AugmentationOptions(turn=False, mirror=False, noise_mm=0.0, speed=1.0)
QUICK = {"epoch_windows": 21, "batch_size": 16, "max_epochs": 2, "accelerator": "cpu",
         "augmentation": AS_RECORDED}  # fmt: skip


@pytest.fixture(scope="module")
def windows(dance):
    return training_and_validation(dance, FRAMES, train=60, held_out=24)


class Noting:
    """Windows that note which of them are taken."""

    def __init__(self, windows):
        self.windows, self.taken = windows, []

    def __len__(self):
        return len(self.windows)

    def to(self, device):
        return self

    def batch(self, indices, speed=None):
        self.taken.append(indices.tolist())
        return self.windows.batch(indices, speed)


def at_the_mean(self, windows, sample=True):
    """The forward pass of a VAE without its random numbers, which differ between ranks."""
    return type(self).forward(self, windows, sample=False)


def trainer(windows, folder, model_name="notebook_lstm_vae", **options):
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, 53)
    identity = Identity(model_name, NETWORKS[model_name], shape, windows[0].skeleton)
    model = identity.build(windows[0].normalizer)
    model.forward = types.MethodType(at_the_mean, model)
    devices = 2 if "LOCAL_RANK" in os.environ else None
    given = TrainerOptions(**(QUICK | {"devices": devices} | options))
    return Trainer(model, identity, given, folder)


def fit(windows, folder, resume=False, prepare=lambda found: None, **options):
    """The end of training, the rows, and the windows that this rank has taken, without its files."""
    found = trainer(windows, folder, **options)
    if resume:
        found.resume(load_state(folder))
    prepare(found)
    tracker = Tracker(folder, TrackingOptions(wandb="disabled")) if found.ranks.is_first else None
    noting = [Noting(each) for each in windows]
    ended = found.fit(*noting, tracker)
    return SimpleNamespace(
        reason=ended.reason, interrupted=ended.interrupted, epoch=ended.progress.epoch,
        rows=found.rows, taken=[each.taken for each in noting],
    )  # fmt: skip


def weights(folder, name="last"):
    return load_weights(folder / f"{name}.safetensors")[0].state_dict()


def without_clock(rows):
    return [{k: v for k, v in row.items() if k not in ("minutes", "windows_per_s")} for row in rows]


def assert_same_run(one, other, folder, other_folder):
    """Numbers and weights of two runs are equal to 1e-5."""
    for mine, theirs in zip(without_clock(one.rows), without_clock(other.rows), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5)
    for name in ("last", "best"):
        mine, theirs = weights(folder, name), weights(other_folder, name)
        for key in mine:
            torch.testing.assert_close(mine[key], theirs[key], atol=1e-5, rtol=1e-5)


# 21: parts of different sizes; 17: a last batch of one window, of which rank 1 has none
@pytest.mark.parametrize(
    "options",
    [
        {"epoch_windows": 21, "gradient_clip": 0.05},
        {"epoch_windows": 17, "gradient_clip": None},
        {"epoch_windows": 21, "model_name": "pose_vae"},
    ],
)
def test_two_ranks_are_one_process_with_the_batch_of_both(windows, tmp_path, options):
    alone = fit(windows, tmp_path / "alone", **options)
    first, second = on_two_ranks(functools.partial(fit, windows, tmp_path / "both", **options))
    assert_same_run(first, alone, tmp_path / "both", tmp_path / "alone")
    assert without_clock(second.rows) == without_clock(first.rows)


def test_each_window_is_taken_once_in_an_epoch(windows, tmp_path):
    options = {"epoch_windows": None, "batch_size": 32, "max_epochs": 1}
    alone = fit(windows, tmp_path / "alone", **options)
    both = on_two_ranks(functools.partial(fit, windows, tmp_path / "both", **options))
    for role in (0, 1):  # windows to train on, and to validate on
        steps = zip(*(rank.taken[role] for rank in both), strict=True)
        for own, batch in zip(steps, alone.taken[role], strict=True):
            assert sorted([*own[0], *own[1]]) == sorted(batch)
    assert sorted(number for batch in alone.taken[0] for number in batch) == [
        *range(len(windows[0]))
    ]


def test_ranks_draw_random_numbers_of_their_own(windows, tmp_path):
    def draw(folder):
        found = trainer(windows, folder)
        torch.manual_seed(7)
        found.ranks.seed_own(7, 0)
        return torch.rand(3).tolist()

    first, second = on_two_ranks(draw, tmp_path)
    torch.manual_seed(7)
    assert torch.rand(3).tolist() == first != second


def test_only_rank_0_writes(windows, tmp_path):
    def fit_in_own_folder():
        folder = tmp_path / os.environ["LOCAL_RANK"]
        folder.mkdir()
        return fit(windows, folder)

    on_two_ranks(fit_in_own_folder)
    names = {path.name for path in (tmp_path / "0").iterdir()}
    assert names == {"best.safetensors", "last.safetensors", "training_state.pt", "metrics.csv"}
    assert not [*(tmp_path / "1").iterdir()]


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 2)])
def test_a_run_is_resumed_with_any_number_of_devices(windows, tmp_path, before, after):
    def on(count, **options):
        run = functools.partial(fit, windows, tmp_path / "parts", **options)
        return on_two_ranks(run)[0] if count == 2 else run()

    whole = fit(windows, tmp_path / "whole", max_epochs=2)
    on(before, max_epochs=1)
    parts = on(after, max_epochs=2, resume=True)
    assert_same_run(parts, whole, tmp_path / "parts", tmp_path / "whole")


@pytest.mark.parametrize("pressed", [{0}, {0, 1}])
def test_ctrl_c_ends_both_ranks_at_the_same_step(windows, tmp_path, pressed):
    def prepare(found):
        def press(done, total):
            if found.ranks.rank in pressed and found.progress.epoch == 1:
                os.kill(os.getpid(), signal.SIGINT)

        found.on_step = press

    run = functools.partial(fit, windows, tmp_path, max_epochs=50, prepare=prepare)
    ended = on_two_ranks(run)
    assert [each.interrupted for each in ended] == [True, True]
    assert load_state(tmp_path)["progress"]["epoch"] == ended[0].epoch == 1
    assert len(ended[0].taken[0]) == len(ended[1].taken[0])


def test_ctrl_c_of_another_rank_alone_ends_nothing(windows, tmp_path):
    def prepare(found):
        def press(done, total):
            if found.ranks.rank == 1:
                os.kill(os.getpid(), signal.SIGINT)

        found.on_step = press

    ended = on_two_ranks(functools.partial(fit, windows, tmp_path, prepare=prepare))
    assert [(each.interrupted, each.epoch) for each in ended] == [(False, 2)] * 2


@pytest.mark.parametrize("slow", [0, 1])
def test_the_clock_of_rank_0_ends_both(windows, tmp_path, slow, monkeypatch):
    """Clocks advance with each reading; that of the slow rank a hundred times as fast."""

    def slow_down():
        seconds = 1.0 if int(os.environ["LOCAL_RANK"]) == slow else 0.01
        now = iter(range(10**9))
        clock = "mariel_gnn.training.schedules.time.perf_counter"
        monkeypatch.setattr(clock, lambda: seconds * next(now))
        return fit(windows, tmp_path, max_epochs=3, max_minutes=0.5)

    ended = on_two_ranks(slow_down)
    assert ended[0].reason == ended[1].reason
    assert ("minutes are over" in ended[0].reason) == (slow == 0)
    assert len(ended[0].taken[0]) == len(ended[1].taken[0])


def test_a_loss_that_diverges_on_one_rank_is_a_mistake_on_both(windows, tmp_path):
    def prepare(found):
        if found.ranks.rank == 1:
            loss = found.model.loss
            found.model.loss = lambda *batch: {k: v * torch.nan for k, v in loss(*batch).items()}

    ended = on_two_ranks(functools.partial(fit, windows, tmp_path, prepare=prepare))
    assert [type(each) for each in ended] == [UserError] * 2
    assert all("diverged: the loss is nan" in str(each) for each in ended)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_file_that_one_rank_lacks_is_a_mistake_on_both(rank):
    def read():
        found = launch(TrainerOptions(accelerator="cpu", devices=2))
        with found.fail_together():
            if found.rank == rank:
                raise UserError(f"rank {rank} has no file")

    first, second = on_two_ranks(read)
    assert isinstance(first, UserError)
    assert str(first) == str(second) == f"rank {rank} has no file"
