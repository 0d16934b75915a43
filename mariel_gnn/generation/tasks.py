"""Runs a task of the command `generate`: from clips to recordings, with a check of each transition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.transition import Transition
from mariel_gnn.generation.warnings import GenerationWarning
from mariel_gnn.mocap.loading import SAME_RATE
from mariel_gnn.mocap.recording import Recording

OnFrames = Callable[[int, int], None]
Span = tuple[int, int]  # first frame, last frame plus one
CONTINUATION_TRANSITION_S = 0.5  # of the start of a continuation, which is judged
_ONE_PHRASE = ("vary", "interpolate")  # tasks that use the first window of each clip


@dataclass(frozen=True)
class GenerationResult:
    """The result of a task.

    Attributes:
        recordings: the generated recordings, in order.
        transitions: of the only recording; empty for tasks without transitions.
        inputs: the frames of the clips that the task used.
        warnings: what can be wrong with it, each with what to try.
    """

    recordings: list[Recording]
    transitions: list[Transition]
    inputs: list[Recording]
    warnings: list[GenerationWarning] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """Return inputs, transitions and warnings for `generation.json`."""
        inputs = [
            {
                "file": clip.file or clip.source,
                "start_s": clip.file_frame / clip.rate_hz,
                "stop_s": (clip.file_frame + len(clip)) / clip.rate_hz,
                "clip": clip_name(
                    clip.file or clip.source, clip.file_frame, len(clip), clip.rate_hz
                ),
                "recorded_in": clip.source,
            }
            for clip in self.inputs
        ]
        return {
            "inputs": inputs,
            "transitions": [asdict(transition) for transition in self.transitions],
            "warnings": [{"warning": each.text, "try": each.advice} for each in self.warnings],
        }

    def generated_spans(self) -> list[Span]:
        """Return the generated frames of the only recording of a task with transitions.

        They are all frames after a single input, or those of the transitions between several inputs.
        """
        if not self.transitions:
            return []
        (recording,) = self.recordings
        if len(self.inputs) == 1:
            return [(len(self.inputs[0]), len(recording))]
        rate_hz = recording.rate_hz
        return [(round(t.start_s * rate_hz), round(t.stop_s * rate_hz)) for t in self.transitions]


def clip_name(file: str, start: int, frames: int, rate_hz: float) -> str:
    """Return `FILE@START-STOP`, which `read_clip` reads as exactly these frames.

    Args:
        file: its path; relative to the working folder in the result if it lies below it.
        start: first frame.
        frames: number of frames.
        rate_hz: frames per second.
    """
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    ends_s = (f"{frame / rate_hz:.4f}".rstrip("0").rstrip(".") for frame in (start, start + frames))
    return f"{path}@{'s-'.join(ends_s)}s"


def run_task(
    model: PhraseModel,
    task: str,
    clips: Sequence[Recording],
    arguments: dict[str, Any],
    on_frames: OnFrames | None = None,
) -> GenerationResult:
    """Run a task.

    Args:
        model: the trained model.
        task: sample, vary, interpolate, continue or join.
        clips: the number of clips that the task takes.
        arguments: of the model's method for the task.
        on_frames: called with the number of generated and of requested frames.

    Raises:
        UserError: a clip does not fit the model, or a number is out of range.
    """
    for clip in clips:
        _check_rate(model, clip)
    if task in _ONE_PHRASE:
        clips = [
            clip.part(0, model.shape.frames) if len(clip) > model.shape.frames else clip
            for clip in clips
        ]
    positions = [clip.positions for clip in clips]
    if task == "sample":
        new = model.sample(**arguments, on_frames=on_frames)
        return GenerationResult(_numbered(model, "sample", new), [], [])
    if task == "vary":
        varied = model.vary(positions[0], **arguments)
        return GenerationResult(_numbered(model, "variation", varied), [], list(clips))
    if task == "interpolate":
        path = model.interpolate(positions[0], positions[1], **arguments)
        return GenerationResult(_numbered(model, "step", path), [], list(clips))
    if task == "continue":
        whole = model.continue_phrase(positions[0], **arguments, on_frames=on_frames)
        start, frames = len(positions[0]), round(CONTINUATION_TRANSITION_S * model.shape.rate_hz)
        spans = [(start, min(start + frames, len(whole)))]
        return _one_recording("continued", model, whole, spans, clips)
    whole = model.join(positions, **arguments, on_frames=on_frames)
    spans = _join_spans(model, positions, arguments["transition_s"])
    return _one_recording("joined", model, whole, spans, clips)


def _join_spans(model: PhraseModel, clips: Sequence[Any], transition_s: float) -> list[Span]:
    frames = round(transition_s * model.shape.rate_hz)
    ends = list(accumulate(map(len, clips)))[:-1]
    return [(end - frames // 2, end - frames // 2 + frames) for end in ends]


def _one_recording(
    name: str,
    model: PhraseModel,
    positions: Tensor,
    spans: Sequence[Span],
    clips: Sequence[Recording],
) -> GenerationResult:
    recording = _recording(model, name, positions)
    transitions = [_transition(model, recording, start, stop) for start, stop in spans]
    return GenerationResult([recording], transitions, list(clips))


def _transition(model: PhraseModel, recording: Recording, start: int, stop: int) -> Transition:
    """Measure a transition, with two frames before it and two after it."""
    speed, acceleration = None, None
    if model.motion_range is not None:
        around = recording.positions[max(0, start - 2) : stop + 2]
        speed, acceleration = model.motion_range.peak_ratios(around, recording.rate_hz)
    rate_hz = recording.rate_hz
    return Transition(start / rate_hz, stop / rate_hz, speed, acceleration)


def _numbered(model: PhraseModel, name: str, phrases: Tensor) -> list[Recording]:
    return [_recording(model, f"{name}_{n + 1}", phrase) for n, phrase in enumerate(phrases)]


def _recording(model: PhraseModel, name: str, positions: Tensor) -> Recording:
    array = np.ascontiguousarray(positions.to(torch.float32).numpy())
    return Recording(name, array, model.shape.rate_hz, source="")


def _check_rate(model: PhraseModel, clip: Recording) -> None:
    if abs(clip.rate_hz - model.shape.rate_hz) > SAME_RATE * model.shape.rate_hz:
        raise UserError(
            f"{clip.source} has {clip.rate_hz:g} frames per second; the model has "
            f"{model.shape.rate_hz:g}: resample the clip (python -m experiments.prepare), or give "
            "--rate_hz if the file has no rate"
        )
