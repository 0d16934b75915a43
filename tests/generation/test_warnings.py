"""Warnings: each limit has one, with what to try; usual options have none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.generation.tasks import clip_name
from mariel_gnn.generation.transition import Transition
from mariel_gnn.generation.warnings import FEW_PHRASES, generation_warnings
from mariel_gnn.mocap.loading import _split

FINE = Transition(1.0, 1.5, 0.9, 0.5)


def test_usual_options_give_no_warning():
    usual = {"temperature": 1.0, "tempo": 0.8, "motion_scale": 1.4, "seed": 3, "prior": None}
    assert generation_warnings("continue", usual, [FINE], FEW_PHRASES) == []
    assert generation_warnings("sample", {}, [], None) == []


@pytest.mark.parametrize(
    ("task", "arguments", "transitions", "phrases", "words", "advice"),
    [
        ("continue", {}, [FINE, Transition(2, 2.5, 0.5, 1.7)], 99, "2.0 to 2.5 s is 1.70 times", "--seed"),
        ("join", {}, [Transition(2, 3, 1.2, 0.5)], 99, "1.20 times", "--transition_s"),
        ("sample", {"temperature": 1.5}, [], 99, "temperature 1.5", "0.5 to 1.2"),
        ("vary", {"tempo": 0.7}, [], 99, "tempo 0.7 (times as fast)", "0.8 to 1.25"),
        ("vary", {"motion_scale": 2.0}, [], 99, "motion_scale 2", "0.7 to 1.4"),
        ("sample", {}, [], 7.4, "learned from 7 phrases", "more recordings"),
    ],
)  # fmt: skip
def test_each_limit_has_a_warning_with_what_to_try(
    task, arguments, transitions, phrases, words, advice
):
    (warning,) = generation_warnings(task, arguments, transitions, phrases)
    assert words in warning.text
    assert advice in warning.advice
    assert warning.line() == f"warning: {warning.text}. Try {warning.advice}"


def test_a_run_without_a_motion_range_has_one_warning_whatever_the_number_of_transitions():
    unknown = [Transition(1, 2, None, None)] * 3
    (warning,) = generation_warnings("join", {}, unknown, None, has_motion_range=False)
    assert "transitions are not judged" in warning.text
    assert generation_warnings("sample", {}, [], None, has_motion_range=False) == []


@given(start=st.integers(0, 10**6), frames=st.integers(1, 10**4), rate_hz=st.floats(5, 2000))
def test_the_name_of_a_clip_reads_as_exactly_its_frames(start, frames, rate_hz):
    file, start_s, stop_s = _split(clip_name("/takes @1/a b.npz", start, frames, rate_hz))
    assert file == "/takes @1/a b.npz"
    assert round(start_s * rate_hz) == start
    assert round(stop_s * rate_hz) == start + frames
