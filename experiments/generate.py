"""Generate motion with a trained model: `python -m experiments.generate RUN sample`.

The tasks are sample, vary, interpolate, continue and join. Functions import what they need when they run:
`--help` then needs no torch.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from experiments import loading
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.errors import UserError, nearest_match

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.console import Messages
    from mariel_gnn.generation.phrase_model import PhraseModel
    from mariel_gnn.generation.tasks import GenerationResult
    from mariel_gnn.mocap.formats.reading import ReadingOptions
    from mariel_gnn.mocap.recording import Recording

_USAGE = "python -m experiments.generate RUN TASK [CLIP …] [--options]"


class Task(NamedTuple):
    """A task of the command.

    Attributes:
        about: what it does.
        min_clips: least number of clips.
        max_clips: greatest number of clips; None for any.
        arguments: names of its options, as of the model's method.
    """

    about: str
    min_clips: int
    max_clips: int | None
    arguments: tuple[str, ...]


TASKS = {
    "sample": Task("Generate new phrases.", 0, 0, ("count", "temperature", "seed", "prior")),
    "vary": Task("Generate variations of a phrase.", 1, 1, ("sigmas", "count", "seed")),
    "interpolate": Task("Interpolate between two phrases.", 2, 2, ("steps",)),
    "continue": Task("Continue a clip.", 1, 1, ("seconds", "temperature", "seed", "prior")),
    "join": Task("Join two or more clips by generated transitions.", 2, None, ("transition_s",)),
}
_OPTIONS: dict[str, tuple[Any, Any, str]] = {  # name -> type, default, help
    "count": (int, 4, "number of phrases; usually 1 to 16"),
    "temperature": (float, 1.0, "scale of the random latents: 0 gives the mean phrase, 1 the learned "
                    "variety; usually 0.5 to 1.2"),
    "seed": (int, 0, "random seed; the same seed gives the same result"),
    "prior": (Literal["normal", "flow"] | None, None, "distribution of the latents; default: flow if "
              "the run has one"),
    "sigmas": (float, 0.5, "distance in standard deviations: 0 is the phrase, 0.3 is close, 1.4 is "
               "another phrase; usually 0.2 to 0.8"),
    "steps": (int, 5, "number of phrases, both ends included; usually 3 to 9"),
    "seconds": (float, 4.0, "duration of the continuation in seconds; usually 4 to 30"),
    "transition_s": (float, 1.0, "duration of each transition in seconds; usually 0.5 to 2"),
}  # fmt: skip
# Smaller values give no output, larger ones exceed the memory. The model checks the other options.
_BOUNDS = {"count": (1, 1000), "steps": (2, 1000), "seconds": (0.1, 3600), "seed": (0, 10**9)}


@dataclass(frozen=True)
class GenerateOptions:
    """Options of a generation.

    Attributes:
        run: the run folder, or a weights file in one.
        task: name of the task.
        clips: input clips, in the syntax of `read_clip`.
        out: the output folder; None for a new folder in the run.
        format: file format of the recordings, a suffix without its dot.
        film: whether to draw a film too.
        reading: options for reading the clips; their marker set is the model's.
        arguments: of the model's method.
    """

    run: Path
    task: str
    clips: list[str]
    out: Path | None
    format: str
    film: bool
    reading: ReadingOptions
    arguments: dict[str, Any]


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and run the task."""
    command = f"python -m experiments.generate {shlex.join(arguments)}"
    generate(parse_generate(arguments), command)


def generate(options: GenerateOptions, command: str, console: Console | None = None) -> Path:
    """Generate recordings with a trained model, and a page that plays them.

    Args:
        options: the generation.
        command: the command line, for `generation.json`.
        console: where to print.

    Returns:
        The folder of the generated recordings.

    Raises:
        UserError: an option, a run or a clip cannot be used.
    """
    with loading():
        import mariel_gnn
        from experiments.console import Messages, progress_bar, terminal
        from mariel_gnn.generation.tasks import run_task
    console = console or terminal()
    say = Messages(console)
    model = mariel_gnn.load(options.run)
    clips = _read_clips(options, model, say)
    with progress_bar(console, options.task) as on_frames:
        result = run_task(model, options.task, clips, options.arguments, on_frames)
    folder = _folder(options)
    for path in _write(folder, result, options, model, command):
        say.to_copy(f"recording: {path}")
    for transition in result.transitions:
        say(transition.line())
    _draw(folder, result, options, model, say)
    return folder


def _read_clips(options: GenerateOptions, model: PhraseModel, say: Messages) -> list[Recording]:
    from mariel_gnn.mocap.loading import read_clip

    clips = []
    for place in options.clips:
        clip, notes = read_clip(place, model.skeleton, options.reading)
        clips.append(clip)
        for line in notes:
            say(line)
    return clips


def _folder(options: GenerateOptions) -> Path:
    if options.out is not None:
        return options.out
    run = options.run if options.run.is_dir() else options.run.parent
    return run / "generated" / f"{datetime.now():%Y-%m-%d_%H%M%S}_{options.task}"


def _write(
    folder: Path,
    result: GenerationResult,
    options: GenerateOptions,
    model: PhraseModel,
    command: str,
) -> list[Path]:
    """Write the recordings and `generation.json`, which describes how they were generated."""
    from mariel_gnn.files import write_json
    from mariel_gnn.mocap.formats.writing import write_recording

    paths = [folder / f"{recording.name}.{options.format}" for recording in result.recordings]
    for path, recording in zip(paths, result.recordings, strict=True):
        write_recording(path, recording, model.skeleton)
    about = {
        "command": command,
        "run": str(options.run.resolve()),
        "task": options.task,
        **options.arguments,
        "rate_hz": model.shape.rate_hz,
        "skeleton": model.skeleton.name,
        "markers": list(model.skeleton.markers),
        "recordings": [path.name for path in paths],
    }
    write_json(folder / "generation.json", about | result.record())
    return paths


def _draw(
    folder: Path,
    result: GenerationResult,
    options: GenerateOptions,
    model: PhraseModel,
    say: Messages,
) -> None:
    with loading():
        from mariel_gnn.viz.run_pictures import draw_generation
    title = _title(options, result)
    for path in draw_generation(result, model.skeleton, folder, title, options.film):
        say.to_copy(f"{'page' if path.suffix == '.html' else 'film'}: {path}")


def _title(options: GenerateOptions, result: GenerationResult) -> str:
    """Run, task, clips and options."""
    numbers = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in options.arguments.items()
        if value is not None
    )
    of = f" of {', '.join(Path(place).name for place in options.clips)}" if result.inputs else ""
    return f"{options.run.name}: {options.task}{of}, {numbers}"


def parse_generate(arguments: Sequence[str]) -> GenerateOptions:
    """Parse the task and its options.

    Raises:
        UserError: an unknown task or option, a wrong value, or a wrong number of clips.
    """
    parser, task = _parser(arguments)
    given = parser.parse_args(arguments)
    from mariel_gnn.mocap.formats.reading import ReadingOptions
    from mariel_gnn.mocap.formats.table import writer_of
    from mariel_gnn.mocap.plausibility import check_range

    _check_clips(task, given.clips)
    for name, bounds in _BOUNDS.items():
        check_range(name, given.get(name), *bounds)
    suffix = given.format.lstrip(".")
    writer_of(Path(f"{task}.{suffix}"))
    return GenerateOptions(
        run=Path(given.run),
        task=task,
        clips=given.clips,
        out=None if given.out is None else Path(given.out),
        format=suffix,
        film=given.film,
        reading=options_of(ReadingOptions, {"skeleton": None, **vars(given)}),
        arguments={name: given[name] for name in TASKS[task].arguments},
    )


def _parser(arguments: Sequence[str]) -> tuple[Parser, str]:
    """The parser of the given task, or a parser that only prints the general help."""
    words = [word for word in arguments[:2] if not word.startswith("-")]
    if len(words) == 2:
        return _task_parser(words[1]), words[1]
    parser = Parser(prog="python -m experiments.generate", usage=_USAGE, description=_about())
    if not {"--help", "-h"} & set(arguments):
        raise UserError(f"give a run folder and a task: {_USAGE}; see --help")
    return parser, ""


def _about() -> str:
    tasks = " ".join(f"{name}: {task.about}" for name, task in TASKS.items())
    return f"{tasks} RUN TASK --help lists the options of a task."


def _task_parser(task: str) -> Parser:
    if task not in TASKS:
        raise UserError(
            f"no task '{task}'.{nearest_match(task, TASKS)} Tasks: {', '.join(TASKS)}; give one after "
            "the run folder"
        )
    from mariel_gnn.mocap.formats.reading import ReadingOptions

    parser = Parser(
        prog=f"python -m experiments.generate RUN {task}",
        allow_abbrev=False,
        description=TASKS[task].about,
    )
    parser.add_argument("run", help="the run folder")
    parser.add_argument("task", help=task)
    syntax = "FILE (all of it), FILE@12.5s (from 12.5 s to the end), FILE@12.5s-20s (a part)"
    no_clips = TASKS[task].max_clips == 0
    parser.add_argument("clips", nargs="*", help="not used" if no_clips else syntax)
    for name in TASKS[task].arguments:
        kind, default, about = _OPTIONS[name]
        parser.add_argument(f"--{name}", type=kind, default=default, help=about)
    parser.add_argument(
        "--out", type=str | None, default=None, help="output folder; default: in the run folder"
    )
    parser.add_argument(
        "--format", type=str, default="npz", help="format of the recordings: npz, bvh, …"
    )
    parser.add_argument("--film", type=bool, default=False, help="also draw a GIF and an MP4")
    parser.add_class_arguments(ReadingOptions, skip={"skeleton"})  # the model has the skeleton
    return parser


def _check_clips(task: str, clips: Sequence[str]) -> None:
    _, least, most, _ = TASKS[task]
    if len(clips) < least or (most is not None and len(clips) > most):
        wanted = "no clip" if most == 0 else f"{least} clip{'s' if least > 1 else ''}"
        more = " or more" if most is None else ""
        raise UserError(f"{task} takes {wanted}{more}; given: {len(clips)}")


if __name__ == "__main__":
    guarded(main)
