"""Runs a task of the command `generate`: from clips to recordings, with a check of each transition.

A pair is two recordings, one for each dancer, in the clips of a task and in its result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.transition import Transition
from mariel_gnn.generation.warnings import GenerationWarning
from mariel_gnn.mocap.loading import SAME_RATE
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.pair import join_dancers, split_dancers

OnFrames = Callable[[int, int], None]
Span = tuple[int, int]  # first frame, last frame plus one
CONTINUATION_TRANSITION_S = 0.5  # of the start of a continuation, which is judged
_ONE_PHRASE = ("vary", "interpolate")  # tasks that use the first window of each clip
ROLES = ("first", "second")  # of the dancers of a pair


@dataclass(frozen=True)
class GenerationResult:
    """The result of a task.

    Attributes:
        recordings: the generated recordings, in order.
        transitions: of the only recording; empty for tasks without transitions.
        inputs: the frames of the clips that the task used.
        warnings: what can be wrong with it, each with what to try.
        dancers: 2 if recordings, and inputs, are pairs: the first and the second dancer of each, in turn.
        answers: whether each recording is a partner of the first input. A second input is the recorded one.
    """

    recordings: list[Recording]
    transitions: list[Transition]
    inputs: list[Recording]
    warnings: list[GenerationWarning] = field(default_factory=list)
    dancers: int = 1
    answers: bool = False

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
        """Return the generated frames of the only recording, or pair, of a task with transitions.

        They are all frames after a single input, or those of the transitions between several inputs.
        """
        if not self.transitions:
            return []
        recording = self.recordings[0]
        if len(self.inputs) == self.dancers:
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
        task: sample, vary, interpolate, continue, join or partner.
        clips: the number of clips that the task takes; two for each of a model of two dancers, the dancers of
            a pair in turn. Of `partner`: the dancer, and the recorded partner if there is one.
        arguments: of the model's method for the task; of `partner` with `given`, the role of the dancer.
        on_frames: called with the number of generated and of requested frames.

    Raises:
        UserError: a clip does not fit the model, or a number is out of range.
    """
    model.check_dancers(task)
    for clip in clips:
        _check_rate(model, clip)
    if task == "partner":
        return _partners(model, clips, **arguments)
    if task in _ONE_PHRASE:
        clips = [
            clip.part(0, model.shape.frames) if len(clip) > model.shape.frames else clip
            for clip in clips
        ]
    positions = _phrases(model, clips)
    if task == "sample":
        new = model.sample(**arguments, on_frames=on_frames)
        return _several(model, "sample", new, [])
    if task == "vary":
        varied = model.vary(positions[0], **arguments)
        return _several(model, "variation", varied, clips)
    if task == "interpolate":
        path = model.interpolate(positions[0], positions[1], **arguments)
        return _several(model, "step", path, clips)
    if task == "continue":
        whole = model.continue_phrase(positions[0], **arguments, on_frames=on_frames)
        start, frames = len(positions[0]), round(CONTINUATION_TRANSITION_S * model.shape.rate_hz)
        spans = [(start, min(start + frames, len(whole)))]
        return _one_recording("continued", model, whole, spans, clips)
    whole = model.join(positions, **arguments, on_frames=on_frames)
    spans = _join_spans(model, positions, arguments["transition_s"])
    return _one_recording("joined", model, whole, spans, clips)


def _phrases(model: PhraseModel, clips: Sequence[Recording]) -> list[NDArray[np.float32]]:
    """The positions of clips as the model takes them: those of a pair together."""
    if model.dancers == 1:
        return [clip.positions for clip in clips]
    return [
        join_dancers(first, second).positions
        for first, second in zip(clips[::2], clips[1::2], strict=True)
    ]


def _partners(
    model: PhraseModel, clips: Sequence[Recording], given: str, **arguments: Any
) -> GenerationResult:
    new = model.partners(clips[0].positions, is_first=given == ROLES[0], **arguments)
    recordings = [
        _recording(model, f"partner_{number + 1}", _as_array(one)) for number, one in enumerate(new)
    ]
    return GenerationResult(recordings, [], list(clips), answers=True)


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
    whole = _recording(model, name, _as_array(positions))
    transitions = [_transition(model, whole, start, stop) for start, stop in spans]
    return GenerationResult(
        _by_dancer(model, whole), transitions, list(clips), dancers=model.dancers
    )


def _transition(model: PhraseModel, recording: Recording, start: int, stop: int) -> Transition:
    """Measure a transition, with two frames before it and two after it."""
    speed, acceleration = None, None
    if model.motion_range is not None:
        around = recording.positions[max(0, start - 2) : stop + 2]
        speed, acceleration = model.motion_range.peak_ratios(around, recording.rate_hz)
    rate_hz = recording.rate_hz
    return Transition(start / rate_hz, stop / rate_hz, speed, acceleration)


def _several(
    model: PhraseModel, name: str, phrases: Tensor, clips: Sequence[Recording]
) -> GenerationResult:
    wholes = [
        _recording(model, f"{name}_{number + 1}", _as_array(phrase))
        for number, phrase in enumerate(phrases)
    ]
    recordings = [one for whole in wholes for one in _by_dancer(model, whole)]
    return GenerationResult(recordings, [], list(clips), dancers=model.dancers)


def _by_dancer(model: PhraseModel, whole: Recording) -> list[Recording]:
    """A recording of a phrase, or of each dancer of a pair: `sample_1_first`, `sample_1_second`."""
    if model.dancers == 1:
        return [whole]
    dancers = split_dancers(whole.positions)
    return [
        _recording(model, f"{whole.name}_{role}", one)
        for role, one in zip(ROLES, dancers, strict=True)
    ]


def _as_array(positions: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(positions.to(torch.float32).numpy())


def _recording(model: PhraseModel, name: str, positions: NDArray[np.float32]) -> Recording:
    return Recording(name, positions, model.shape.rate_hz, source="")


def _check_rate(model: PhraseModel, clip: Recording) -> None:
    if abs(clip.rate_hz - model.shape.rate_hz) > SAME_RATE * model.shape.rate_hz:
        raise UserError(
            f"{clip.source} has {clip.rate_hz:g} frames per second; the model has "
            f"{model.shape.rate_hz:g}: resample the clip (python -m experiments.prepare), or give "
            "--rate_hz if the file has no rate"
        )
