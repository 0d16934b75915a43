"""The scenes and the text of a page of generated recordings."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mariel_gnn.generation.tasks import ROLES, GenerationResult, clip_name
from mariel_gnn.generation.transition import Transition
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.page.build import paragraph, section
from mariel_gnn.viz.page.duet_scenes import edges_of_bodies
from mariel_gnn.viz.page.scenes import Body, Clip, Scene

Spans = Sequence[tuple[int, int]]


def generation_scenes(result: GenerationResult, skeleton: Skeleton, title: str) -> list[Scene]:
    """Return a scene for each generated recording, pair, or partner.

    The inputs of a task without transitions stand beside each recording; those of pairs have scenes of their
    own. In a recording with transitions, input frames and generated frames have different colours. Two
    dancers are in one room, with the edges between them.

    Args:
        result: the recordings and their inputs.
        skeleton: their markers.
        title: run, task and phrases in words.
    """
    about = f"{title}{_transition_note(result.transitions)}"
    if result.answers:
        return _answer_scenes(result, skeleton, about)
    if result.dancers > 1:
        return _pair_scenes(result, skeleton, about)
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


def _answer_scenes(result: GenerationResult, skeleton: Skeleton, about: str) -> list[Scene]:
    """Each partner with the given dancer, all partners over each other, and the recorded partner."""
    roles = ("given", "recorded partner")
    given, *recorded = (
        Body(f"{role}: {_span(clip)}", _clip(clip, skeleton), generated=[])
        for role, clip in zip(roles, result.inputs, strict=False)
    )
    answers = [
        Body(_words(one), _clip(one, skeleton), generated=[(0, len(one))])
        for one in result.recordings
    ]
    scenes = [
        _together(_words(one), about, given, answer, _source(one))
        for one, answer in zip(result.recordings, answers, strict=True)
    ]
    if len(answers) > 1 or recorded:
        # Short names: the buttons of all stand in one row.
        everyone = [replace(given, name="given")]
        everyone += [*(replace(one, name="recorded") for one in recorded), *answers]
        scenes.append(Scene("all partners", f"{about}: all partners over each other", everyone))
    return scenes + [_together("recorded partner", about, given, one) for one in recorded]


def _pair_scenes(result: GenerationResult, skeleton: Skeleton, about: str) -> list[Scene]:
    """Each pair, and each pair of inputs that is not in it; the second input of a path comes last."""
    scenes = []
    for first, second in zip(result.recordings[::2], result.recordings[1::2], strict=True):
        one_body, other_body = (
            Body(f"{role} dancer", _clip(one, skeleton), generated=_generated_spans(result, one))
            for role, one in zip(ROLES, (first, second), strict=True)
        )
        source = f"{_source(first)} {_source(second)}".strip()
        name = _words(first).removesuffix(f" {ROLES[0]}")
        scenes.append(_together(name, about, one_body, other_body, source))
    if result.transitions:
        return scenes
    inputs = [
        Body(f"{role} dancer, {_span(clip)}", _clip(clip, skeleton), generated=[])
        for role, clip in zip(ROLES * len(result.inputs), result.inputs, strict=False)
    ]
    pairs = list(zip(inputs[::2], inputs[1::2], strict=True))
    names = (
        ["input"] if len(pairs) == 1 else [f"input {number + 1}" for number in range(len(pairs))]
    )
    given = [
        _together(name, about, first, second)
        for name, (first, second) in zip(names, pairs, strict=True)
    ]
    return [*given[:1], *scenes, *given[1:]]


def _generated_spans(result: GenerationResult, recording: Recording) -> Spans | None:
    """The generated frames of a dancer of a pair; None without inputs, from which they would differ."""
    if result.transitions:
        return result.generated_spans()
    return [(0, len(recording))] if result.inputs else None


def _together(name: str, about: str, first: Body, second: Body, source: str = "") -> Scene:
    """Two dancers in one room, with the edges between them."""
    edges = [edges_of_bodies(first, second)]
    return Scene(name, f"{about}: {name}", [first, second], source=source, between=edges)


def describe_generation(result: GenerationResult, about: Sequence[str]) -> str:
    """Return a section of the page: the inputs by file, the command, and notes on reading the files.

    A page may be sent to other people, so paths of inputs are shortened to file names.

    Args:
        result: the inputs.
        about: the command and the notes.
    """
    inputs = dict.fromkeys(f"input: {_span(clip)}" for clip in result.inputs)
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
    return Scene(
        name,
        f"{about}: {name}",
        bodies,
        side_by_side=len(bodies) > 1,
        source=_source(recording),
    )


def _source(recording: Recording) -> str:
    """The clip to copy to a command line; empty if the recording is not written."""
    if not recording.source:
        return ""
    return shlex.quote(clip_name(recording.source, 0, len(recording), recording.rate_hz))


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
