"""Tempo: time is bent and bent back, and never runs backwards."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.models.motion.tempo import Tempo, at_places, frames_at_even_steps

FRAMES, TERMS = 64, 6


def bursts(phrases, seed=0):
    """Phrases that swing at one rate, but by fits and starts."""
    generator = torch.Generator().manual_seed(seed)
    size = torch.randn(phrases, 3, generator=generator)[:, :, None]
    waves = torch.arange(1, 4)[:, None] * torch.linspace(0, 6.0, FRAMES)
    time = (size * waves.sin()).sum(1).exp().cumsum(1)
    swing = torch.stack([time.cos(), time.sin(), 0 * time], dim=-1)
    return swing[:, :, None] * torch.tensor([1.0, 2.0])[:, None]


@pytest.fixture(scope="module")
def tempo():
    found = Tempo(FRAMES, TERMS)
    found.fit(bursts(200))
    return found


@given(st.lists(st.floats(-4, 4), min_size=TERMS, max_size=TERMS))
def test_time_runs_from_first_to_last_frame_and_never_back(levels):
    time = Tempo(FRAMES, TERMS).even_time(torch.tensor([levels]))
    assert time[0, 0] == 0
    torch.testing.assert_close(time[0, -1], torch.tensor(FRAMES - 1.0))
    assert (time.diff(dim=1) >= 0).all()


def test_no_levels_leave_time_as_it_is(tempo):
    frames = torch.arange(float(FRAMES))[None]
    torch.testing.assert_close(tempo.even_time(torch.zeros(1, TERMS)), frames)
    torch.testing.assert_close(frames_at_even_steps(frames), frames)
    torch.testing.assert_close(Tempo(FRAMES, 0).even_time(torch.zeros(1, 0)), frames)


def test_there_and_back_is_where_it_was(tempo):
    time = tempo.even_time(torch.randn(20, TERMS, generator=torch.Generator().manual_seed(1)))
    back = at_places(time[..., None], frames_at_even_steps(time))[..., 0]
    torch.testing.assert_close(back, torch.arange(float(FRAMES)).expand(20, -1), atol=1e-3, rtol=0)


def test_in_even_time_phrases_move_more_evenly(tempo):
    phrases = bursts(50, seed=1)
    places = frames_at_even_steps(tempo.even_time(tempo.levels(phrases)))
    even = at_places(phrases.flatten(2), places).view_as(phrases)
    unevenness = [
        (x.diff(dim=1).norm(dim=-1).mean(-1) + 0.3 * tempo.speed).log().std(dim=1).mean()
        for x in (even, phrases)
    ]
    assert unevenness[0] < 0.6 * unevenness[1]


def test_levels_are_as_large_as_usual_at_one(tempo):
    levels = tempo.levels(bursts(200))
    torch.testing.assert_close(levels.square().mean(0), torch.ones(TERMS), atol=1e-3, rtol=0)


def test_turned_or_moved_phrases_have_the_same_tempo(tempo):
    phrases = bursts(5)
    turned = phrases[..., [1, 0, 2]] * torch.tensor([-1.0, 1.0, 1.0]) + 3
    torch.testing.assert_close(tempo.levels(turned), tempo.levels(phrases), atol=1e-3, rtol=1e-3)


def test_standing_still_is_even(tempo):
    still = torch.ones(1, FRAMES, 2, 3)
    torch.testing.assert_close(tempo.levels(still), torch.zeros(1, TERMS), atol=1e-4, rtol=0)


def test_between_frames_lies_the_straight_line():
    series = torch.tensor([[[0.0], [2.0], [6.0]]])
    found = at_places(series, torch.tensor([[0.0, 0.5, 1.25, 2.0]]))[0, :, 0]
    torch.testing.assert_close(found, torch.tensor([0.0, 1.0, 3.0, 6.0]))


def test_the_tempo_of_a_prediction_can_be_learned(tempo):
    levels = torch.zeros(1, TERMS, requires_grad=True)
    at_places(bursts(1).flatten(2), tempo.even_time(levels)).square().sum().backward()
    assert levels.grad.isfinite().all()
    at_places(bursts(1, seed=3)[..., 0], tempo.even_time(levels))[0, 20].sum().backward()
    assert levels.grad.abs().max() > 0
