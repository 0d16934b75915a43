"""What can be wrong with generated motion, each with what to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mariel_gnn.generation.edits import SAFE_MOTION_SCALE, SAFE_TEMPO
from mariel_gnn.generation.transition import Transition

FEW_PHRASES = 30  # of training: less than two minutes with windows of 3.7 s
HIGH_TEMPERATURE = 1.2

_TRY = {
    "continue": "another --seed, a lower --temperature, or end the clip at a calmer moment",
    "join": "a longer --transition_s, or cut the clips at calmer moments",
}


class GenerationWarning(NamedTuple):
    """A reason to look twice.

    Attributes:
        text: what is the matter.
        advice: what to try.
    """

    text: str
    advice: str

    def line(self) -> str:
        """Return a line for the terminal."""
        return f"warning: {self.text}. Try {self.advice}"


def generation_warnings(
    task: str,
    arguments: Mapping[str, Any],
    transitions: Sequence[Transition],
    training_phrases: float | None,
    has_motion_range: bool = True,
) -> list[GenerationWarning]:
    """Return the warnings of a task.

    Args:
        task: its name.
        arguments: of the model's method.
        transitions: of the generated recording.
        training_phrases: training frames over the frames of a window; None if unknown.
        has_motion_range: whether the run has one; without it transitions are not judged.
    """
    found = [*_of_transitions(task, transitions), *_of_options(arguments)]
    if transitions and not has_motion_range:
        found.append(
            GenerationWarning(
                "the run has no motion_range.json: transitions are not judged",
                "python -m experiments.run --trainer.resume RUN, which writes it",
            )
        )
    return found + few_phrases(training_phrases)


def few_phrases(training_phrases: float | None) -> list[GenerationWarning]:
    """Return a warning if the model has learned from few phrases that do not overlap."""
    if training_phrases is None or training_phrases >= FEW_PHRASES:
        return []
    return [
        GenerationWarning(
            f"few windows: the model has learned from {training_phrases:.0f} phrases that do not "
            "overlap, and repeats them or falls apart",
            "a run with more recordings: ten minutes of dance give a first result",
        )
    ]


def _of_transitions(task: str, transitions: Sequence[Transition]) -> Iterator[GenerationWarning]:
    for each in transitions:
        ratio = each.peak_ratio()
        if ratio is not None and ratio > 1:
            yield GenerationWarning(
                f"the transition at {each.start_s:.1f} to {each.stop_s:.1f} s is {ratio:.2f} times as "
                "fast or abrupt as the training data's 99th percentile",
                _TRY[task],
            )


def _of_options(arguments: Mapping[str, Any]) -> Iterator[GenerationWarning]:
    temperature = arguments.get("temperature", 1.0)
    if temperature > HIGH_TEMPERATURE:
        yield GenerationWarning(
            f"temperature {temperature:g} is wilder than the recordings: bodies bend where bodies do not",
            "--temperature 0.5 to 1.2",
        )
    for name, unit, why, (least, most) in (
        ("tempo", "times as fast", "bodies look too light or too heavy", SAFE_TEMPO),
        ("motion_scale", "times as much motion", "few dances are like that", SAFE_MOTION_SCALE),
    ):
        value = arguments.get(name, 1.0)
        if not least <= value <= most:
            yield GenerationWarning(
                f"{name} {value:g} ({unit}) is outside the safe range {least:g} to {most:g}: {why}",
                f"--{name} {least:g} to {most:g}",
            )
