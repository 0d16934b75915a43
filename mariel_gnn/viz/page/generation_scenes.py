"""The scenes and the text of a page of generated recordings."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from mariel_gnn.generation.tasks import GenerationResult, clip_name
from mariel_gnn.generation.transition import Transition
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.page.build import paragraph, section
from mariel_gnn.viz.page.scenes import Body, Clip, Scene


def generation_scenes(result: GenerationResult, skeleton: Skeleton, title: str) -> list[Scene]:
    """Return a scene for each generated recording.

    The inputs of a task without transitions stand beside each recording. In a recording with transitions,
    input frames and generated frames have different colours.

    Args:
        result: the recordings and their inputs.
        skeleton: their markers.
        title: run, task and phrases in words.
    """
    about = f"{title}{_transition_note(result.transitions)}"
    if result.transitions:
        (recording,) = result.recordings
        body = Body(
            _words(recording), _clip(recording, skeleton), generated=result.generated_spans()
        )
        return [_scene(recording, [body], about)]
    inputs = [
        Body(f"input {_span(clip)}", _clip(clip, skeleton), generated=[]) for clip in result.inputs
    ]
    return [
        _scene(
            recording, [*inputs[:1], _generated(recording, skeleton, inputs), *inputs[1:]], about
        )
        for recording in result.recordings
    ]


def describe_generation(result: GenerationResult, about: Sequence[str]) -> str:
    """Return a section of the page: the inputs by file, the command, and notes on reading the files.

    A page may be sent to other people, so paths of inputs are shortened to file names.

    Args:
        result: the inputs.
        about: the command and the notes.
    """
    inputs = [f"input: {_span(clip)}" for clip in result.inputs]
    for clip in result.inputs:
        file = clip.file or clip.source
        about = [text.replace(file, Path(file).name) for text in about]
    return section("How it was made", *map(paragraph, [*inputs, *about]))


def _span(clip: Recording) -> str:
    """The name of the file that was given, and the seconds that were used."""
    start_s, stop_s = (
        frame / clip.rate_hz for frame in (clip.file_frame, clip.file_frame + len(clip))
    )
    return f"{Path(clip.file or clip.source).name}, {start_s:.1f} to {stop_s:.1f} s"


def _generated(recording: Recording, skeleton: Skeleton, beside: Sequence[Body]) -> Body:
    spans = [(0, len(recording))] if beside else None
    return Body(_words(recording), _clip(recording, skeleton), generated=spans)


def _scene(recording: Recording, bodies: Sequence[Body], about: str) -> Scene:
    name = _words(recording)
    source = ""
    if recording.source:
        source = shlex.quote(clip_name(recording.source, 0, len(recording), recording.rate_hz))
    return Scene(name, f"{about}: {name}", bodies, side_by_side=len(bodies) > 1, source=source)


def _words(recording: Recording) -> str:
    return recording.name.replace("_", " ")


def _clip(recording: Recording, skeleton: Skeleton) -> Clip:
    return Clip(recording.positions, skeleton, recording.rate_hz)


def _transition_note(transitions: Sequence[Transition]) -> str:
    """Return the times of the transitions, in words."""
    if not transitions:
        return ""
    times = ", ".join(f"{each.start_s:.1f} to {each.stop_s:.1f}" for each in transitions)
    return f", {'transitions' if len(transitions) > 1 else 'transition'} at {times} s"
