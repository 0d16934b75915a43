"""Properties of errors: zero for equality, exact in millimetres, means over examples."""

import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.metrics.reconstruction import ReconstructionErrors, mpjpe_mm, without_travel
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import NotebookLSTMVAEOptions
from mariel_gnn.models.weights import Identity
from mariel_gnn.training.fit import Trainer
from mariel_gnn.training.options import TrainerOptions

RATE_HZ = 35.0
ROOT = (0, 2, 5)
UNITS = 1.7
SHAPE = (6, 12, 8, 3)  # B T J C


def windows(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape or SHAPE, generator=generator, dtype=torch.float64)


def errors(target: torch.Tensor, predicted: torch.Tensor, split: int = 100) -> ReconstructionErrors:
    found = ReconstructionErrors(RATE_HZ, ROOT, UNITS)
    for a, b in zip(target.split(split), predicted.split(split), strict=True):
        found.update(a, b)
    return found


def numbers(target: torch.Tensor, predicted: torch.Tensor) -> dict[str, float]:
    return errors(target, predicted).compute()


def ramp(by_frame: torch.Tensor) -> torch.Tensor:
    """A displacement in z `[1, T, 1, C]` of the given metres in each frame."""
    return torch.stack([torch.zeros_like(by_frame)] * 2 + [by_frame], dim=-1)[None, :, None]


def test_equal_positions_have_no_error():
    target = windows(1)
    found = numbers(target, target.clone())
    assert math.isnan(found.pop("first_frames_ratio"))  # 0 / 0
    assert found == dict.fromkeys(found, 0.0)
    assert not mpjpe_mm(target, target).any()


def test_a_shift_of_ten_millimetres_is_an_error_of_ten_millimetres():
    target = windows(1)
    found = numbers(target, target + torch.tensor([0, 0, 0.01]))
    assert found["mpjpe_mm"] == pytest.approx(10)
    assert found["rms3d_mm"] == pytest.approx(10)
    assert found["first_frames_ratio"] == pytest.approx(1)
    assert found["notebook_loss"] == pytest.approx(12 * 8 * (0.01 * UNITS) ** 2)
    for name in ("root_mpjpe_mm", "mpjve_mm_per_s", "accel_mm_per_frame2", "path_error_mm"):
        assert found[name] == pytest.approx(0, abs=1e-6)


def test_a_shift_of_the_whole_body_changes_only_the_path_error():
    target = windows(1)
    shift = torch.tensor([0.3, -0.4, 0.0]) * torch.linspace(0, 2, 12)[:, None, None]
    found = numbers(target, target + shift)
    assert found["path_error_mm"] == pytest.approx(500)
    for name in ("mpjpe_mm", "rms3d_mm", "root_mpjpe_mm", "mpjve_mm_per_s", "accel_mm_per_frame2"):
        assert found[name] == pytest.approx(0, abs=1e-6)


def test_velocity_is_per_second_and_acceleration_per_frame_squared():
    target, frame = windows(1), torch.arange(12, dtype=torch.float64)
    steady = numbers(target, target + ramp(0.002 * frame))
    assert steady["mpjve_mm_per_s"] == pytest.approx(2 * RATE_HZ)
    assert steady["accel_mm_per_frame2"] == pytest.approx(0, abs=1e-6)
    falling = numbers(target, target + ramp(0.001 * frame**2))
    assert falling["accel_mm_per_frame2"] == pytest.approx(2)


def test_first_frames_are_compared_with_the_rest():
    target, frame = windows(1), torch.arange(12)
    found = numbers(target, target + ramp(torch.where(frame < 5, 0.03, 0.01).double()))
    assert found["first_frames_ratio"] == pytest.approx(3)
    assert found["mpjpe_mm"] == pytest.approx((5 * 30 + 7 * 10) / 12)


@given(st.integers(0, 10_000), st.floats(1e-3, 10))
def test_rms_is_at_least_the_mean_and_errors_scale(seed, size):
    target, error = windows(seed), windows(seed + 1)
    one, more = numbers(target, target + size * error), numbers(target, target + 2 * size * error)
    assert one["rms3d_mm"] >= one["mpjpe_mm"] > 0
    for name in one:
        power = {"first_frames_ratio": 0, "notebook_loss": 2}.get(name, 1)
        assert more[name] == pytest.approx(2**power * one[name], rel=1e-6)


@given(st.integers(0, 10_000))
def test_errors_are_symmetric(seed):
    one, other = windows(seed), windows(seed + 1)
    assert numbers(one, other) == pytest.approx(numbers(other, one))


def test_each_error_equals_its_definition():
    target, predicted = windows(1), windows(2)
    found = numbers(target, predicted)
    flat = (target - target[..., :2].mean(-2, keepdim=True) @ torch.eye(2, 3).double()) - (
        predicted - predicted[..., :2].mean(-2, keepdim=True) @ torch.eye(2, 3).double()
    )
    assert found["mpjpe_mm"] == pytest.approx(1000 * flat.norm(dim=-1).mean().item())
    assert found["rms3d_mm"] == pytest.approx(1000 * (3 * flat.square().mean().item()) ** 0.5)
    speed = (flat[:, 1:] - flat[:, :-1]) * RATE_HZ
    assert found["mpjve_mm_per_s"] == pytest.approx(1000 * speed.norm(dim=-1).mean().item())
    acceleration = flat[:, 2:] - 2 * flat[:, 1:-1] + flat[:, :-2]
    assert found["accel_mm_per_frame2"] == pytest.approx(
        1000 * acceleration.norm(dim=-1).mean().item()
    )
    rooted = [p - p[:, :, list(ROOT)].mean(2, keepdim=True) for p in (target, predicted)]
    error = (rooted[0] - rooted[1]).norm(dim=-1).mean().item()
    assert found["root_mpjpe_mm"] == pytest.approx(1000 * error)
    loss = (flat * UNITS).square().sum(dim=(1, 2, 3)).mean().item()
    assert found["notebook_loss"] == pytest.approx(loss)


@pytest.mark.parametrize("split", [1, 4, 5])
def test_the_batch_size_has_no_effect(split):
    target, predicted = windows(1), windows(2)
    whole, parts = errors(target, predicted), errors(target, predicted, split)
    assert parts.compute() == pytest.approx(whole.compute())
    for part, all_at_once in zip(
        vars(parts.by_window()).values(), vars(whole.by_window()).values(), strict=True
    ):
        torch.testing.assert_close(part, all_at_once)


def test_errors_by_frame_and_marker_average_to_the_window_error():
    target, predicted = windows(1), windows(2)
    found = errors(target, predicted).by_window()
    assert (found.frame_mm.shape, found.marker_mm.shape) == (SHAPE[:2], (SHAPE[0], SHAPE[2]))
    torch.testing.assert_close(found.window_mm(), mpjpe_mm(target, predicted))
    torch.testing.assert_close(found.marker_mm.mean(1), found.window_mm())
    mpjpe = errors(target, predicted).compute()["mpjpe_mm"]
    assert found.window_mm().mean().item() == pytest.approx(mpjpe)


def test_an_error_is_assigned_to_its_window_frame_and_marker():
    target = windows(1)
    moved = target.clone()
    moved[3, 5, 7, 2] += 0.8
    found = errors(target, moved).by_window()
    assert found.frame_mm.nonzero().tolist() == [[3, 5]]
    assert found.marker_mm.nonzero().tolist() == [[3, 7]]
    assert found.frame_mm[3, 5].item() == pytest.approx(800 / 8)
    assert found.marker_mm[3, 7].item() == pytest.approx(800 / 12)


def test_without_travel_subtracts_only_the_horizontal_mean():
    positions = windows(1)
    centred = without_travel(positions)
    assert centred[..., :2].mean(dim=-2).abs().max() < 1e-12
    assert torch.equal(centred[..., 2], positions[..., 2])
    torch.testing.assert_close(without_travel(centred), centred)
    moved = positions + torch.tensor([3.0, -5.0, 0.0])
    torch.testing.assert_close(without_travel(moved), centred)


# ------------------------------------------------------------------ in training


def test_validation_averages_over_examples_not_over_batches(record, tmp_path, mariel53):
    dataset = MarielDataset([record(85, 1)], seq_len=16, predicted_timesteps=0)
    assert len(dataset) == 70  # 64 and 6; 23 times 3 and 1
    dataset.nodes[70:] *= 3  # the last, smaller batch differs from the others
    identity = Identity(
        "notebook_lstm_vae",
        NotebookLSTMVAEOptions(latent_size=4, hidden_size=8),
        WindowShape(16, 53, RATE_HZ),
        mariel53,
    )
    torch.manual_seed(0)
    weights = identity.build(dataset.normalizer).state_dict()
    found = {}
    for batch_size in (3, 64, 70):
        model = identity.build(dataset.normalizer)
        model.load_state_dict(weights)
        options = TrainerOptions(batch_size=batch_size, accelerator="cpu")
        silent = SimpleNamespace(log=lambda row: None)
        trainer = Trainer(model, identity, options, tmp_path, silent)
        found[batch_size] = trainer.validate(dataset)
    assert found[3] == pytest.approx(found[70], rel=1e-4)
    assert found[64] == pytest.approx(found[70], rel=1e-4)
    # An average over batches would differ.
    last = trainer.validate(dataset.subset(torch.arange(64, 70)))
    assert abs(last["validation/loss_nats"] / found[70]["validation/loss_nats"] - 1) > 0.1
