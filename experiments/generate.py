"""What a trained model makes: `python -m experiments.generate RUN sample|vary|interpolate|continue|join`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

import mariel_gnn
from experiments.console import Messages, progress_bar, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.files import write_json
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.tasks import GenerationResult, run_task
from mariel_gnn.mocap.clips import read_clip
from mariel_gnn.mocap.formats.reading import ReadingOptions
from mariel_gnn.mocap.formats.table import format_of
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.plausibility import check_range
from mariel_gnn.viz.run_pictures import draw_generation


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and do what the task says."""
    command = f"python -m experiments.generate {shlex.join(arguments)}"
    generate(parse_generate(arguments), command)


def generate(options: GenerateOptions, command: str, console: Console | None = None) -> Path:
    """From a run and clips of recordings to new recordings and a page that shows them.

    Args:
        options: what is asked.
        command: what was typed, kept beside what is result.
        console: where to print.

    Returns:
        The folder of what was result.

    Raises:
        UserError: something was given that cannot be used.
    """
    console = console or terminal()
    say = Messages(console)
    model = mariel_gnn.load(options.run)
    clips = []
    for place in options.clips:
        clip, notes = read_clip(place, model.skeleton, options.reading)
        clips.append(clip)
        for line in notes:
            say(line)
    with progress_bar(console, options.task) as on_frames:
        result = run_task(model, options.task, clips, options.arguments, on_frames)
    folder = _folder(options)
    for path in _write(folder, result, options, model, command):
        say.to_copy(f"recording: {path}")
    for transition in result.transitions:
        say(transition.line())
    for path in draw_generation(
        result, model.skeleton, folder, _title(options, result), options.film
    ):
        say.to_copy(f"to look at: {path}")
    return folder


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
    """Write the recordings, and beside them how they were result."""
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


def _title(options: GenerateOptions, result: GenerationResult) -> str:
    """Run, task, numbers and phrases."""
    numbers = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in options.arguments.items()
        if value is not None
    )
    of = f" of {', '.join(Path(place).name for place in options.clips)}" if result.inputs else ""
    return f"{options.run.name}: {options.task}{of}, {numbers}"


# task -> (what it does, how many clips it takes at least and at most)
TASKS: dict[str, tuple[str, int, int | None]] = {
    "sample": ("New phrases.", 0, 0),
    "vary": ("Variations of a phrase.", 1, 1),
    "interpolate": ("A path of phrases from one to another.", 2, 2),
    "continue": ("Go on from a phrase or a whole recording.", 1, 1),
    "join": ("Two or more clips as one.", 2, None),
}
_USAGE = "python -m experiments.generate RUN VERB [PIECE …] [--options]"


@dataclass(frozen=True)
class GenerateOptions:
    """What is asked of a model.

    Attributes:
        run: the run folder, or a weights file of one.
        task: what to do.
        clips: where to start from, as `read_clip` takes them.
        out: the folder for what is result.
        format: of the recordings, a file's suffix without the dot.
        film: whether a film is drawn beside the page.
        reading: what is known of the clips' files; their marker set is the model's.
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


def parse_generate(arguments: Sequence[str]) -> GenerateOptions:
    """The task and its options.

    Raises:
        UserError: an unknown task or option, a wrong value, or too few or too many clips.
    """
    parser, task = _parser(arguments)
    given = parser.parse_args(arguments)
    _check_pieces(task, given.clips)
    for name, bounds in _BOUNDS.items():
        check_range(name, given.get(name), *bounds)
    suffix = given.format.lstrip(".")
    format_of(Path(f"{task}.{suffix}"))
    return GenerateOptions(
        run=Path(given.run),
        task=task,
        clips=given.clips,
        out=None if given.out is None else Path(given.out),
        format=suffix,
        film=given.film,
        reading=options_of(ReadingOptions, {"skeleton": None, **vars(given)}),
        arguments={name: given[name] for name in _ARGUMENTS[task]},
    )


def _parser(arguments: Sequence[str]) -> tuple[Parser, str]:
    """The parser of the task that is asked for, or of none, which only helps."""
    words = [word for word in arguments[:2] if not word.startswith("-")]
    if len(words) == 2:
        return _parser_of(words[1]), words[1]
    parser = Parser(prog="python -m experiments.generate", usage=_USAGE, description=_about())
    if not {"--help", "-h"} & set(arguments):
        raise UserError(f"give a run folder and what to do with it: {_USAGE}; see --help")
    return parser, ""


def _about() -> str:
    tasks = " ".join(f"{task}: {about}" for task, (about, *_) in TASKS.items())
    return f"{tasks} RUN VERB --help lists a task's options."


def _parser_of(task: str) -> Parser:
    if task not in TASKS:
        raise UserError(
            f"no task '{task}'.{nearest_match(task, TASKS)} There are {', '.join(TASKS)}, to stand "
            "behind the run folder"
        )
    parser = Parser(
        prog=f"python -m experiments.generate RUN {task}",
        allow_abbrev=False,
        description=TASKS[task][0],
    )
    parser.add_argument("run", help="the run folder")
    parser.add_argument("task", help=task)
    places = "FILE (all of it), FILE@12.5s (from there on), FILE@12.5s-20s (what is between)"
    takes_none = TASKS[task][2] == 0
    parser.add_argument("clips", nargs="*", help="none is taken" if takes_none else places)
    for name in _ARGUMENTS[task]:
        _ADD[name](parser)
    parser.add_argument("--out", type=str | None, default=None, help="folder, if not in the run's")
    parser.add_argument("--format", type=str, default="npz", help="of the recordings: npz, bvh, …")
    parser.add_argument("--film", type=bool, default=False, help="draw a GIF and an MP4 too")
    parser.add_class_arguments(ReadingOptions, skip={"skeleton"})  # it is the model's
    return parser


def _check_pieces(task: str, clips: Sequence[str]) -> None:
    _, least, most = TASKS[task]
    if len(clips) < least or (most is not None and len(clips) > most):
        wanted = "no clip" if most == 0 else f"{least} clip{'s' if least > 1 else ''}"
        more = " or more" if most is None else ""
        raise UserError(f"{task} takes {wanted}{more} of a recording; given: {len(clips)}")


def _number(name: str, kind: Any, default: Any, about: str) -> Callable[[Parser], None]:
    return lambda parser: parser.add_argument(f"--{name}", type=kind, default=default, help=about)


_ADD = {
    "count": _number("count", int, 4, "how many phrases; usual 1 to 16"),
    "temperature": _number(
        "temperature",
        float,
        1.0,
        "0 the most ordinary, 1 as learned, more bolder; usual 0.5 to 1.2",
    ),
    "seed": _number("seed", int, 0, "the same seed gives the same again"),
    "prior": _number(
        "prior", Literal["normal", "flow"] | None, None, "flow where the run has one, if not given"
    ),
    "sigmas": _number(
        "sigmas",
        float,
        0.5,
        "how far: 0 the phrase, 0.3 near it, 1.4 another one; usual 0.2 to 0.8",
    ),
    "steps": _number("steps", int, 5, "phrases of the path, both ends included; usual 3 to 9"),
    "seconds": _number("seconds", float, 4.0, "how long to go on; usual 4 to 30 s"),
    "transition_s": _number(
        "transition_s", float, 1.0, "seconds of the way from clip to clip; usual 0.5 to 2 s"
    ),
}
# Less makes nothing, more takes all the memory; what else there is to check the model checks.
_BOUNDS = {"count": (1, 1000), "steps": (2, 1000), "seconds": (0.1, 3600), "seed": (0, 10**9)}
_ARGUMENTS = {
    "sample": ("count", "temperature", "seed", "prior"),
    "vary": ("sigmas", "count", "seed"),
    "interpolate": ("steps",),
    "continue": ("seconds", "temperature", "seed", "prior"),
    "join": ("transition_s",),
}


if __name__ == "__main__":
    guarded(main)
