"""What a task makes: recordings, and how their transitions stand to what the data does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mariel_gnn.errors import UserError
from mariel_gnn.generation.continuation import inertialization_frames
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.loading import SAME_RATE
from mariel_gnn.mocap.recording import Recording

OnFrames = Callable[[int, int], None]


@dataclass(frozen=True)
class Transition:
    """Frames in which what was there meets what was result.

    Attributes:
        start_s: when it begins.
        stop_s: when it ends.
        speed_of_range: the fastest marker there over what it stays within in the data; None if the
            run does not say what that is.
        acceleration_of_range: likewise.
    """

    start_s: float
    stop_s: float
    speed_of_range: float | None
    acceleration_of_range: float | None

    def line(self) -> str:
        """The transition in words."""
        where = f"transition at {self.start_s:.1f} to {self.stop_s:.1f} s"
        if self.speed_of_range is None or self.acceleration_of_range is None:
            return f"{where}: not judged, the run has no motion_range.json (--trainer.resume RUN makes it)"
        worst = max(self.speed_of_range, self.acceleration_of_range)
        return (
            f"{where}: fastest {self.speed_of_range:.2f}, sharpest {self.acceleration_of_range:.2f} of "
            f"what 99 % of the training frames stay within{'' if worst <= 1 else ' (over it)'}"
        )


@dataclass(frozen=True)
class GenerationResult:
    """What a task has result.

    Attributes:
        recordings: in order.
        transitions: those of the only recording, for tasks that have any.
        inputs: the clips that it was made from.
    """

    recordings: list[Recording]
    transitions: list[Transition]
    inputs: list[Recording]

    def record(self) -> dict[str, Any]:
        """What there is to keep beside the recordings."""
        inputs = [{"source": clip.source, "start": clip.start_frame, "end": clip.end_frame}
                 for clip in self.inputs]  # fmt: skip
        return {
            "inputs": inputs,
            "transitions": [asdict(transition) for transition in self.transitions],
        }


def run_task(
    model: PhraseModel,
    task: str,
    clips: Sequence[Recording],
    arguments: dict[str, Any],
    on_frames: OnFrames | None = None,
) -> GenerationResult:
    """Do what a task says.

    Args:
        model: does it.
        task: sample, vary, interpolate, continue or join.
        clips: as many as the task takes.
        arguments: of the model's method of that name.
        on_frames: is told the frames that are done and that are wanted.

    Raises:
        UserError: clips that do not fit the model, or a number that cannot be.
    """
    for clip in clips:
        _check_rate(model, clip)
    whole = [clip.positions for clip in clips]
    if task == "sample":
        return GenerationResult(_numbered(model, "sample", model.sample(**arguments)), [], [])
    if task == "vary":
        found = model.vary(whole[0], **arguments)
        return GenerationResult(_numbered(model, "variation", found), [], list(clips))
    if task == "interpolate":
        found = model.interpolate(whole[0], whole[1], **arguments)
        return GenerationResult(_numbered(model, "step", found), [], list(clips))
    if task == "continue":
        found = model.continue_phrase(whole[0], **arguments, on_frames=on_frames)
        ease = inertialization_frames(model.shape)
        starts = model.transition_starts(len(whole[0]), len(found))
        zones = [(start, min(start + ease, len(found))) for start in starts]
        return _one_recording("continued", model, found, zones, clips)
    found = model.join(whole, **arguments, on_frames=on_frames)
    half = round(arguments["transition_s"] * model.shape.rate_hz) // 2
    ends = list(accumulate(map(len, whole)))[:-1]
    return _one_recording("joined", model, found, [(end - half, end + half) for end in ends], clips)


def _one_recording(
    name: str,
    model: PhraseModel,
    found: Tensor,
    zones: Sequence[tuple[int, int]],
    clips: Sequence[Recording],
) -> GenerationResult:
    recording = _recording(model, name, found)
    transitions = [_transition(model, recording, start, stop) for start, stop in zones]
    return GenerationResult([recording], transitions, list(clips))


def _transition(model: PhraseModel, recording: Recording, start: int, stop: int) -> Transition:
    """A transition, with the steps that lead into it and out of it."""
    speed, acceleration = None, None
    if model.motion_range is not None:
        around = recording.positions[max(0, start - 2) : stop + 2]
        speed, acceleration = model.motion_range.worst(around, recording.rate_hz)
    rate_hz = recording.rate_hz
    return Transition(start / rate_hz, stop / rate_hz, speed, acceleration)


def _numbered(model: PhraseModel, name: str, found: Tensor) -> list[Recording]:
    return [_recording(model, f"{name}_{n + 1}", one) for n, one in enumerate(found)]


def _recording(model: PhraseModel, name: str, positions: Tensor) -> Recording:
    found = np.ascontiguousarray(positions.to(torch.float32).numpy())
    return Recording(name, found, model.shape.rate_hz, source="")


def _check_rate(model: PhraseModel, clip: Recording) -> None:
    if abs(clip.rate_hz - model.shape.rate_hz) > SAME_RATE * model.shape.rate_hz:
        raise UserError(
            f"{clip.source} has {clip.rate_hz:g} frames a second; this model knows "
            f"{model.shape.rate_hz:g}: bring it to that rate (python -m experiments.prepare), or say "
            "--rate_hz if the file does not"
        )
