"""Properties of phrase distances: invariant to rotation and shift; a copy is found."""

import math

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.sample_quality import TrainingPhrases
from mariel_gnn.metrics.distribution import aligned_mpjpe_mm, diversity_mm, to_complex
from mariel_gnn.metrics.reconstruction import mpjpe_mm, without_travel
from mariel_gnn.mocap.recording import Recording

RATE_HZ = 35.0
T = 40


@pytest.fixture(scope="module")
def train(dance) -> MarielDataset:
    recording = Recording("dance", dance, RATE_HZ, "/dance.npy")
    return MarielDataset([recording], seq_len=T, predicted_timesteps=0)


def search(train: MarielDataset, step: int) -> TrainingPhrases:
    return TrainingPhrases(train, most=-(-len(train) // step))


def moved(positions: torch.Tensor, angle: float) -> torch.Tensor:
    """The phrase at another place with another heading."""
    x, y, z = positions.unbind(-1)
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.stack([cos * x - sin * y + 2, sin * x + cos * y - 3, z], dim=-1)


@pytest.mark.parametrize("angle", [0.0, 0.5, 3.0, -2.0])
def test_the_distance_to_a_rotated_and_shifted_copy_is_zero(phrases, angle):
    copies = moved(phrases, angle)
    for phrase, copy in zip(phrases, copies, strict=True):
        assert aligned_mpjpe_mm(phrase, copy[None]).item() < 0.01
    found = to_complex(phrases).rms_mm(to_complex(copies))
    assert found.diag().max() < 2  # rounding of float32: metres squared by the thousand
    torch.testing.assert_close(
        found, to_complex(phrases).rms_mm(to_complex(phrases)), rtol=0, atol=2
    )


def test_no_other_rotation_is_closer(phrases):
    first, others = phrases[0], phrases[1:6]
    found = to_complex(first[None], stride=1).rms_mm(to_complex(others, stride=1))[0]
    tried = []
    for step in range(360):
        error = without_travel(first) - without_travel(moved(others, step * math.pi / 180))
        tried.append(1000 * error.square().sum(-1).mean((1, 2)).sqrt())
    nearest = torch.stack(tried).amin(0)
    assert (found <= nearest + 0.1).all()
    torch.testing.assert_close(found, nearest, rtol=1e-3, atol=0.1)


def test_a_distance_is_in_millimetres(phrases):
    raised = phrases[:1] + torch.tensor([0.0, 0.0, 0.1])
    assert aligned_mpjpe_mm(phrases[0], raised).item() == pytest.approx(100, rel=1e-4)
    found = to_complex(phrases[:1]).rms_mm(to_complex(raised))
    assert found.item() == pytest.approx(100, rel=1e-2)


def test_aligning_reduces_the_distance(phrases):
    aligned = torch.stack([aligned_mpjpe_mm(phrases[0], other[None])[0] for other in phrases])
    as_is = mpjpe_mm(phrases[:1].expand_as(phrases), phrases)
    assert (aligned < as_is + 20).all()  # the alignment minimizes squares, not lengths
    assert aligned.mean() < as_is.mean()


def test_copies_of_one_phrase_have_no_diversity(phrases):
    copies = torch.stack([moved(phrases[0], angle) for angle in (0.0, 1.0, 2.0)])
    assert diversity_mm(copies) < 2
    assert diversity_mm(phrases) > 50
    assert diversity_mm(phrases) == pytest.approx(diversity_mm(moved(phrases, 1.0)), rel=1e-3)
    mean = phrases.mean(dim=(0, 1))
    assert diversity_mm(mean + 2 * (phrases - mean)) > 1.3 * diversity_mm(phrases)


@pytest.mark.parametrize("index", [0, 3, 100, 101, 777])  # some of the coarse search, some not
def test_a_copy_of_any_training_window_is_found(train, index):
    copy = moved(train.positions_m([index]), 2.0)
    nearest = search(train, 9).nearest_mm(copy)
    assert nearest.item() < 0.01


def test_the_distance_of_a_noisy_copy_is_its_noise(train):
    phrase = train.positions_m([200])
    noise = 0.02 * torch.randn(phrase.shape, generator=torch.Generator().manual_seed(0))
    size = 1000 * without_travel(noise).norm(dim=-1).mean().item()
    found = search(train, 9).nearest_mm(phrase + noise).item()
    assert size * 0.9 < found <= size + 0.01


def test_no_training_window_is_closer(train, phrases):
    coarse = search(train, 7)
    every = train.positions_m(torch.arange(len(train)))
    changed = phrases[:3] + 0.3 * torch.sin(torch.arange(53.0))[:, None]
    for phrase, found in zip(changed, coarse.nearest_mm(changed), strict=True):
        least = aligned_mpjpe_mm(phrase, every).min().item()
        assert least - 0.01 <= found.item() <= 1.02 * least


def test_it_accepts_fewer_windows_than_candidates(train):
    one = train.subset(torch.tensor([5]))
    assert search(one, 1).nearest_mm(train.positions_m([5])).item() < 0.01
