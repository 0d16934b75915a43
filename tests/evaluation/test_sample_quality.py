"""Properties of sample quality: training windows are the reference, the mean pose is far from it."""

import dataclasses
import math

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.baselines import fit_mean_pose
from mariel_gnn.evaluation.sample_quality import SampleQuality, non_overlapping
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

RATE_HZ = 35.0
T = 48
SAMPLES = 60


def windows_of(seeds: range, seconds: float, seq_len: int = T, stride: int = 4) -> MarielDataset:
    takes = [
        Recording(f"take{seed}", synthesize_recording(seed, seconds).astype("float32"), RATE_HZ, f"{seed}")
        for seed in seeds
    ]  # fmt: skip
    return MarielDataset(takes, seq_len=seq_len, predicted_timesteps=0, stride=stride)


@pytest.fixture(scope="module")
def train() -> MarielDataset:
    return windows_of(range(4), 30)


@pytest.fixture(scope="module")
def test() -> MarielDataset:
    return windows_of(range(10, 13), 30, stride=8)


def quality_of(train: MarielDataset, test: MarielDataset) -> SampleQuality:
    indices = evenly_spaced(len(train), 400)
    pairs = measure_pairs(train.recordings_m())
    return SampleQuality(train, test, indices, train.positions_m(indices), pairs)


@pytest.fixture(scope="module")
def quality(train, test) -> SampleQuality:
    return quality_of(train, test)


@pytest.fixture(scope="module")
def some(train) -> torch.Tensor:
    """Training windows used as samples."""
    generator = torch.Generator().manual_seed(0)
    return train.positions_m(torch.randperm(len(train), generator=generator)[:SAMPLES])


def test_training_windows_are_at_the_reference_distance(quality, train):
    between_the_reference = train.positions_m(torch.arange(1, len(train), 3))
    found = quality.measure_motion(between_the_reference)
    assert found["samples/kernel_distance_ratio"] == pytest.approx(1, abs=0.3)


def test_training_windows_are_copies_with_the_quality_of_the_data(quality, some):
    found, data = quality.measure(some), quality.measure_data()["data"]
    assert found["samples/nearest_training_mm"] < 0.01
    assert data["samples/nearest_training_mm"] > 20
    assert found["samples/diversity_ratio"] == pytest.approx(1, abs=0.15)
    assert found["samples/foot_skating_m_per_s"] == pytest.approx(
        data["samples/foot_skating_m_per_s"], rel=0.5
    )


def test_the_mean_pose_is_far_from_the_data(quality, some):
    pose = fit_mean_pose(some).pose.expand_as(some)
    found, data = quality.measure_motion(pose), quality.measure_data()["data"]
    for name in ("samples/kernel_distance", "samples/frechet_distance"):
        assert found[name] > 10 * data[name]
        assert data[f"{name}_low"] <= data[name] <= data[f"{name}_high"]
    assert "samples/kernel_distance_ratio" not in data  # it would be 1


def test_noise_and_slowing_raise_the_distances(quality, test):
    held_out = test.positions_m(evenly_spaced(len(test), SAMPLES))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(held_out.shape, generator=generator)
    for name in ("samples/kernel_distance", "samples/frechet_distance"):
        found = [quality.measure_motion(held_out + size * noise)[name] for size in (0, 0.03, 0.1)]
        assert found == sorted(found)
        assert found[2] > 10 * found[0]
    slow = held_out[:, : T // 2].repeat_interleave(2, dim=1)
    slowed = quality.measure_motion(slow)["samples/kernel_distance"]
    assert slowed > 2 * quality.measure_motion(held_out)["samples/kernel_distance"]


def test_place_and_heading_have_no_effect(quality, some):
    x, y, z = some.double().unbind(-1)
    cos, sin = math.cos(1.0), math.sin(1.0)
    moved = torch.stack([cos * x - sin * y + 2, sin * x + cos * y - 1, z], dim=-1).float()
    before, after = quality.measure(some), quality.measure(moved)
    for measures in (before, after):  # markers on the surface of their box: see test_samples
        measures.pop("samples/out_of_range_rate")
    assert after == pytest.approx(before, rel=0.02, abs=0.02)


def test_nan_samples_have_no_distances(quality, some):
    failed = quality.measure_motion(torch.full_like(some, float("nan")))
    assert failed == {}


def test_windows_of_two_frames_have_no_distances():
    train, test = (windows_of(seeds, 4, seq_len=2) for seeds in (range(2), range(2, 4)))
    quality = quality_of(train, test)
    found = quality.measure(train.positions_m(range(10)))
    assert found["samples/nearest_training_mm"] < 0.01
    assert "samples/kernel_distance" not in found


def test_it_accepts_a_skeleton_without_parts_and_pairs(train, test):
    bare = dataclasses.replace(train.skeleton, parts={}, pairs=(), root=tuple(range(53)))
    one, other = (dataset.subset(torch.arange(0, len(dataset), 3)) for dataset in (train, test))
    one.skeleton = other.skeleton = bare
    found = quality_of(one, other).measure_data()["data"]
    assert all(math.isfinite(value) for value in found.values())
    assert found["samples/kernel_distance"] > 0


def test_non_overlapping_windows_share_no_frame_and_fill_the_recordings(train):
    starts = train.starts[non_overlapping(train)]
    assert starts.diff().min() >= T
    lengths = [length for _, length in train.recordings]
    assert len(starts) >= sum(length // (T + 3) for length in lengths)
