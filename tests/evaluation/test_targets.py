"""Laws of the targets: recorded motion meets nearly all of them, and what cheats a measure misses some.

On the synthetic dancer, and on real recordings where they are.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.motion_graph import MotionGraph
from mariel_gnn.evaluation.sample_quality import SampleQuality
from mariel_gnn.evaluation.targets import TARGETS, Target, missed_of, targets_met, with_targets
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.metrics.reconstruction import without_travel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

RATE_HZ, T = 35.0, 105
COPIES = {"samples/nearest_training_mm", "samples/nearest_training_second_mm"}


class Material(NamedTuple):
    quality: SampleQuality
    rows: dict[str, dict[str, float]]
    phrases: torch.Tensor  # training windows
    others: torch.Tensor  # windows of recordings that are neither training nor test data
    joined: torch.Tensor  # samples of the motion graph

    def missed(self, positions: torch.Tensor) -> set[str]:
        numbers = self.quality.measure(positions)
        numbers |= self.quality.to_reconstructions(positions, self.phrases)
        found = missed_of(numbers, self.rows["data"], self.rows["training_data"])
        return {name.removeprefix("samples/") for name in found}


def material(train: MarielDataset, test: MarielDataset, others: MarielDataset) -> Material:
    places = evenly_spaced(len(train), 240)
    positions = train.positions_m(places)
    pairs = measure_pairs(train.recordings_m())
    quality = SampleQuality(train, test, places, positions, pairs)
    some = others.positions_m(evenly_spaced(len(others), 60))
    graph = MotionGraph(train.recordings_m(), train.skeleton, RATE_HZ)
    joined = graph.sample(40, T, torch.Generator().manual_seed(0))
    return Material(quality, quality.measure_data(), positions[::6], some, joined)


def synthetic_windows(seeds: range) -> MarielDataset:
    takes = [
        Recording(
            f"take{seed}", synthesize_recording(seed, 30).astype("float32"), RATE_HZ, f"{seed}"
        )
        for seed in seeds
    ]
    return MarielDataset(takes, seq_len=T, predicted_timesteps=0, stride=8)


@pytest.fixture(scope="module")
def synthetic() -> Material:
    return material(*(synthetic_windows(range(start, start + 4)) for start in (0, 10, 20)))


@pytest.fixture(scope="module")
def real(real_recordings) -> Material:
    salsa = [path for path in real_recordings if path.name.startswith("salsa_61")]
    sets = salsa[::3], salsa[1::3], salsa[2::3]
    return material(*(MarielDataset(p, seq_len=T, predicted_timesteps=0, stride=8) for p in sets))


@pytest.fixture(params=["synthetic", "real"])
def dance_of(request) -> Material:
    return request.getfixturevalue(request.param)


def along_x(path: torch.Tensor) -> torch.Tensor:
    return path[:, None, None] * torch.tensor([1.0, 0.0, 0.0])


SECONDS = torch.arange(T) / RATE_HZ


def vibrating(hz: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """One pose that vibrates; with a mean speed of half a metre per second."""
    swing = along_x(0.5 / (4 * hz) * (2 * torch.pi * hz * SECONDS + 0.3).sin())
    return lambda phrases: phrases[:, 50:51].expand_as(phrases) + swing


def gliding(phrases: torch.Tensor) -> torch.Tensor:
    """A pose that dances above feet that slide."""
    return without_travel(phrases) + along_x(0.7 * SECONDS)


def gliding_frozen(phrases: torch.Tensor) -> torch.Tensor:
    return phrases[:, 50:51].expand_as(phrases) + along_x(0.7 * SECONDS)


def shuffled(phrases: torch.Tensor) -> torch.Tensor:
    return phrases[:, torch.randperm(T, generator=torch.Generator().manual_seed(0))]


def averaged(frames: int) -> Callable[[torch.Tensor], torch.Tensor]:
    def average(phrases: torch.Tensor) -> torch.Tensor:
        flat = phrases.flatten(2).mT
        padded = torch.nn.functional.pad(flat, (frames // 2, frames // 2), mode="replicate")
        smooth = torch.nn.functional.avg_pool1d(padded, frames, stride=1)
        return smooth.mT.unflatten(2, phrases.shape[2:])

    return average


def mean_pose(phrases: torch.Tensor) -> torch.Tensor:
    return phrases.mean(dim=1, keepdim=True).expand_as(phrases)


def sunk(phrases: torch.Tensor) -> torch.Tensor:
    """More contact with the floor, from below."""
    return phrases - torch.tensor([0.0, 0.0, 0.05])


def slower(phrases: torch.Tensor) -> torch.Tensor:
    half = phrases[:, : T // 2 + 1]
    smooth = torch.nn.functional.interpolate(
        half.flatten(2).mT, size=T, mode="linear", align_corners=True
    )
    return smooth.mT.unflatten(2, phrases.shape[2:])


def leaping(phrases: torch.Tensor) -> torch.Tensor:
    """A still figure that is a metre further on from the second frame."""
    still = phrases[:, :1].expand_as(phrases).clone()
    still[:, 1:, :, 0] += 1.0
    still[:, 1:, ::2, 2] += 0.3
    return still


def slower_and_vibrating(phrases: torch.Tensor) -> torch.Tensor:
    """Half the speed, made up for by a vibration just under the filter's limit."""
    hz = 4.375
    return slower(phrases) + along_x(0.3 / (4 * hz) * (2 * torch.pi * hz * SECONDS).sin())


CHEATS = {  # name -> the cheat, and targets that it must miss
    "vibrates at 4.4 Hz": (vibrating(4.375), {"power_3_to_5hz_rate", "speed_variation_between"}),
    "vibrates at 5.8 Hz": (vibrating(5.833), {"power_over_5hz_rate", "speed_ratio"}),
    "vibrates at 8.8 Hz": (vibrating(8.75), {"power_over_5hz_rate", "jerk_m_per_s3"}),
    "vibrates from frame to frame": (vibrating(17.5), {"power_over_5hz_rate", "jerk_m_per_s3"}),
    "glides": (gliding, {"foot_skating_m_per_s"}),
    "glides, frozen": (
        gliding_frozen,
        {"foot_skating_m_per_s", "speed_variation_within", "accents_per_s"},
    ),
    "shuffled": (shuffled, {"power_over_5hz_rate", "jerk_m_per_s3", "foot_skating_m_per_s"}),
    "averaged over a second": (averaged(35), {"accents_per_s", "jerk_m_per_s3", "speed_ratio"}),
    "averaged over nine frames": (averaged(9), {"power_over_5hz_rate", "jerk_m_per_s3"}),
    "the mean": (mean_pose, {"speed_variation_within", "accents_per_s", "jerk_m_per_s3"}),
    "still, but for one leap": (leaping, {"speed_variation_within", "pauses_s_per_min"}),
    "sunk": (sunk, {"below_floor_rate"}),
    "at half the speed": (slower, {"speed_ratio"}),
    "slower and vibrating": (slower_and_vibrating, {"power_3_to_5hz_rate"}),
    "copied": (lambda phrases: phrases, {"nearest_training_mm", "nearest_training_second_mm"}),
}


@pytest.mark.parametrize("name", CHEATS)
def test_what_cheats_misses_its_targets(dance_of, name):
    cheat, must_miss = CHEATS[name]
    assert must_miss <= dance_of.missed(cheat(dance_of.phrases))


def test_training_windows_miss_only_the_targets_of_copies(dance_of):
    assert {f"samples/{name}" for name in dance_of.missed(dance_of.phrases)} == COPIES


def test_recorded_seconds_that_are_joined_are_copies(dance_of):
    assert "nearest_training_second_mm" in dance_of.missed(dance_of.joined)


def test_other_recordings_meet_nearly_all_targets(dance_of):
    assert len(dance_of.missed(dance_of.others)) <= 4


def test_nothing_is_met_by_samples_that_are_not_finite(dance_of):
    broken = torch.full_like(dance_of.phrases, math.nan)
    assert len(dance_of.missed(broken)) >= len(TARGETS) - 1


def test_a_range_is_relative_to_the_data():
    target = Target("a", 0.5, 2.0)
    assert target.range({"a": 10.0}, {"a": 1.0}) == (5, 20)
    assert target.range({}, {"a": 1.0}) is None
    assert Target("a", 0.9, 1.1, absolute=True).range({"a": 10.0}, {}) == (0.9, 1.1)


def test_the_calmer_of_test_and_training_data_counts():
    least = Target("a", low=0.85, either=True)
    assert least.range({"a": 10.0}, {"a": 8.0}) == (0.85 * 8, math.inf)
    assert least.range({"a": 8.0}, {"a": 10.0}) == (0.85 * 8, math.inf)
    assert least.range({"a": 0.0}, {"a": 10.0}) == (0, math.inf)
    assert Target("a", high=1.0, either=True).range({"a": 0.0}, {"a": 0.1}) == (-math.inf, 0.1)


def test_a_number_without_a_value_of_the_data_counts_as_met():
    assert targets_met({}, {}, {}) == sum(not target.absolute for target in TARGETS)


def test_only_rows_of_samples_are_counted(synthetic):
    rows = with_targets({"model": {}, **synthetic.rows})
    assert [row for row, numbers in rows.items() if "samples/targets_met" in numbers] == ["model"]
