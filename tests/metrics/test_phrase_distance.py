"""Laws of distances between phrases: turned and moved they are the same, and a copy is found out."""

import math

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.sample_quality import TrainingPhrases
from mariel_gnn.metrics.distribution import diversity_mm, to_complex, turned_mpjpe_mm
from mariel_gnn.metrics.reconstruction import mpjpe_mm, without_travel
from mariel_gnn.mocap.recording import Recording

RATE_HZ = 35.0
T = 40


@pytest.fixture(scope="module")
def train(dance) -> MarielDataset:
    recording = Recording("dance", dance, RATE_HZ, "/dance.npy")
    return MarielDataset([recording], seq_len=T, predicted_timesteps=0)


def searched(train: MarielDataset, step: int) -> TrainingPhrases:
    places = torch.arange(0, len(train), step)
    return TrainingPhrases(train, places, train.positions_m(places))


def turned(positions: torch.Tensor, angle: float) -> torch.Tensor:
    """Danced elsewhere, facing elsewhere."""
    x, y, z = positions.unbind(-1)
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.stack([cos * x - sin * y + 2, sin * x + cos * y - 3, z], dim=-1)


@pytest.mark.parametrize("angle", [0.0, 0.5, 3.0, -2.0])
def test_the_same_phrase_turned_and_moved_is_no_distance_away(phrases, angle):
    copies = turned(phrases, angle)
    for phrase, copy in zip(phrases, copies, strict=True):
        assert turned_mpjpe_mm(phrase, copy[None]).item() < 0.01
    found = to_complex(phrases).rms_mm(to_complex(copies))
    assert found.diag().max() < 2  # rounding of float32: metres squared by the thousand
    torch.testing.assert_close(
        found, to_complex(phrases).rms_mm(to_complex(phrases)), rtol=0, atol=2
    )


def test_no_other_turn_is_nearer(phrases):
    first, others = phrases[0], phrases[1:6]
    found = to_complex(first[None], every=1).rms_mm(to_complex(others, every=1))[0]
    tried = []
    for step in range(360):
        error = without_travel(first) - without_travel(turned(others, step * math.pi / 180))
        tried.append(1000 * error.square().sum(-1).mean((1, 2)).sqrt())
    nearest = torch.stack(tried).amin(0)
    assert (found <= nearest + 0.1).all()
    torch.testing.assert_close(found, nearest, rtol=1e-3, atol=0.1)


def test_a_distance_is_in_millimetres(phrases):
    raised = phrases[:1] + torch.tensor([0.0, 0.0, 0.1])
    assert turned_mpjpe_mm(phrases[0], raised).item() == pytest.approx(100, rel=1e-4)
    found = to_complex(phrases[:1]).rms_mm(to_complex(raised))
    assert found.item() == pytest.approx(100, rel=1e-2)


def test_turning_can_only_bring_nearer(phrases):
    turned_away = torch.stack([turned_mpjpe_mm(phrases[0], other[None])[0] for other in phrases])
    as_is = mpjpe_mm(phrases[:1].expand_as(phrases), phrases)
    assert (turned_away < as_is + 20).all()  # nearest by squares, not by lengths
    assert turned_away.mean() < as_is.mean()


def test_one_phrase_again_and_again_is_no_variety(phrases):
    again = torch.stack([turned(phrases[0], angle) for angle in (0.0, 1.0, 2.0)])
    assert diversity_mm(again) < 2
    assert diversity_mm(phrases) > 50
    assert diversity_mm(phrases) == pytest.approx(diversity_mm(turned(phrases, 1.0)), rel=1e-3)
    still = phrases.mean(dim=(0, 1))
    assert diversity_mm(still + 2 * (phrases - still)) > 1.3 * diversity_mm(phrases)


@pytest.mark.parametrize("place", [0, 3, 100, 101, 777])  # on the spread windows and between them
def test_a_copied_training_window_is_found_wherever_it_was_taken(train, place):
    copy = turned(train.positions_m([place]), 2.0)
    nearest = searched(train, 9).nearest_mm(copy)
    assert nearest.item() < 0.01


def test_a_copy_with_noise_is_as_far_away_as_its_noise(train):
    phrase = train.positions_m([200])
    noise = 0.02 * torch.randn(phrase.shape, generator=torch.Generator().manual_seed(0))
    own = 1000 * without_travel(noise).norm(dim=-1).mean().item()
    found = searched(train, 9).nearest_mm(phrase + noise).item()
    assert own * 0.9 < found <= own + 0.01


def test_nothing_in_the_training_data_is_nearer(train, phrases):
    found_by = searched(train, 7)
    every = train.positions_m(torch.arange(len(train)))
    foreign = phrases[:3] + 0.3 * torch.sin(torch.arange(53.0))[:, None]
    for phrase, found in zip(foreign, found_by.nearest_mm(foreign), strict=True):
        least = turned_mpjpe_mm(phrase, every).min().item()
        assert least - 0.01 <= found.item() <= 1.02 * least


def test_fewer_windows_than_candidates_will_do(train):
    one = train.subset(torch.tensor([5]))
    assert searched(one, 1).nearest_mm(train.positions_m([5])).item() < 0.01
