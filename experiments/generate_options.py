"""The tasks and options of the command `generate`; this file imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from experiments.parser import Parser, options_of
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.models.options import Prior

if TYPE_CHECKING:
    from mariel_gnn.mocap.formats.reading import ReadingOptions
    from mariel_gnn.viz.audio import Audio
    from mariel_gnn.viz.film_style import FilmStyle

_USAGE = "python -m experiments.generate RUN TASK [CLIP …] [--options]"
REPL = "--repl"


PARTNER = "partner"
Role = Literal["first", "second"]


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
    "sample": Task("Generate new phrases.", 0, 0, ("count", "seconds", "temperature", "seed", "prior")),
    "vary": Task("Generate variations of a phrase; also mirrored, faster, slower, livelier, calmer.", 1, 1,
                 ("sigmas", "count", "seed", "mirror", "tempo", "motion_scale")),
    "interpolate": Task("Interpolate between two phrases.", 2, 2, ("steps", "seed")),
    "continue": Task("Continue a clip.", 1, 1, ("seconds", "temperature", "seed")),
    "join": Task("Join two or more clips by generated transitions.", 2, None,
                 ("transition_s", "temperature", "seed")),
    PARTNER: Task("Generate partners of a dancer, with a model of two dancers.", 1, 2,
                  ("count", "temperature", "seed", "given")),
}  # fmt: skip
_OPTIONS: dict[str, tuple[Any, Any, str]] = {  # name, or task.name -> type, default, help
    "count": (int, 4, "number of phrases; usually 1 to 16"),
    "partner.count": (int, 5, "number of partners; usually 3 to 10"),
    "given": (Role, "first", "role of the given dancer: first as in data.recordings of the run, second as in "
              "data.partners; of a file of two dancers, this one is given"),
    "temperature": (float, 1.0, "scale of the randomness: 0 gives the most typical motion, 1 the learned "
                    "variety; usually 0.5 to 1.2"),
    "seed": (int, 0, "random seed; the same seed gives the same result"),
    "prior": (Prior | None, None, "distribution of the latents; "
              "default: flow if the run has one, else normal; flow_motion draws leading latents of its own"),
    "sigmas": (float, 0.5, "distance in standard deviations: 0 is the phrase, 0.3 is close, 1.4 is "
               "another phrase; usually 0.2 to 0.8"),
    "mirror": (bool, False, "exchange left and right"),
    "tempo": (float, 1.0, "times as fast: 1.1 is 10 % faster and shorter; 0.5 to 2, safe: 0.8 to 1.25"),
    "motion_scale": (float, 1.0, "times as much motion: above 1 livelier, below 1 calmer; 0.25 to 4, safe: "
                     "0.7 to 1.4; not for mdn_rnn and notebook_lstm_vae"),
    "steps": (int, 5, "number of phrases, both ends included; usually 3 to 9"),
    "seconds": (float, 4.0, "duration of the continuation in seconds, 0.1 to 3600; usually 4 to 30"),
    "sample.seconds": (float | None, None, "duration of a phrase in seconds, 0.1 to 3600; usually 4 to 60; "
                       "default: a window; only flow_motion and mdn_rnn can take more"),
    "transition_s": (float, 1.0, "duration of each transition in seconds, 0.06 to 10; usually 0.5 to 2; the "
                     "model may allow less"),
}  # fmt: skip
# Smaller values give no output, larger ones exceed the memory. The model checks the other options.
_BOUNDS = {"count": (1, 1000), "steps": (2, 1000), "seconds": (0.1, 3600),
           "transition_s": (0.06, 10), "seed": (0, 10**9)}  # fmt: skip


@dataclass(frozen=True)
class GenerateOptions:
    """Options of a generation.

    Attributes:
        run: the run folder, or a weights file in one.
        task: name of the task.
        clips: input clips, in the syntax of `read_clip`.
        out: the output folder; None for a new folder in the run.
        format: file format of the recordings, a suffix without its dot.
        film: the look of the film; None for no film.
        audio: an audio file that plays with the motion, on the page and in the film.
        reading: options for reading the clips; their marker set is the model's.
        arguments: of the model's method.
    """

    run: Path
    task: str
    clips: list[str]
    out: Path | None
    format: str
    film: FilmStyle | None
    audio: Audio | None
    reading: ReadingOptions
    arguments: dict[str, Any]


def parse_generate(arguments: Sequence[str]) -> GenerateOptions:
    """Parse the task and its options.

    Raises:
        UserError: an unknown task or option, a wrong value, or a wrong number of clips.
    """
    arguments = _with_values(arguments)
    parser, task = _parser(arguments)
    given = parser.parse_args(arguments)
    from mariel_gnn.mocap.formats.reading import ReadingOptions
    from mariel_gnn.mocap.formats.table import writer_of
    from mariel_gnn.mocap.plausibility import check_range
    from mariel_gnn.mocap.recording import expand_home

    _check_clips(task, given.clips)
    for name, bounds in _BOUNDS.items():
        check_range(name, given.get(name), *bounds)
    suffix = given.format.lstrip(".")
    writer_of(Path(f"{task}.{suffix}"))
    return GenerateOptions(
        run=expand_home(given.run),
        task=task,
        clips=given.clips,
        out=None if given.out is None else expand_home(given.out),
        format=suffix,
        film=_film_style(given),
        audio=_audio(given),
        reading=options_of(ReadingOptions, {"skeleton": None, **vars(given)}),
        arguments={name: given[name] for name in TASKS[task].arguments},
    )


def _with_values(arguments: Sequence[str]) -> list[str]:
    """Complete `--mirror` to `--mirror=true`, for each option that is on or off."""
    switches = {f"--{name}" for name, (kind, *_) in _OPTIONS.items() if kind is bool} | {"--film"}
    return [
        f"{word}=true" if word in switches and after not in ("true", "false") else word
        for word, after in pairwise([*arguments, ""])
    ]


def _film_style(given: Any) -> FilmStyle | None:
    """The look of the film; an option of the film asks for a film."""
    from mariel_gnn.viz.film_style import FilmStyle, film_style

    style = film_style(given.film_size, given.film_view, given.film_background)
    return style if given.film or style != FilmStyle() else None


def _audio(given: Any) -> Audio | None:
    """The audio file, checked.

    Raises:
        UserError: it cannot be read, or there is only an offset.
    """
    from mariel_gnn.mocap.recording import expand_home
    from mariel_gnn.viz.audio import open_audio

    if given.audio is not None:
        return open_audio(str(expand_home(given.audio)), given.audio_offset_s)
    if given.audio_offset_s:
        raise UserError("audio_offset_s needs an audio file: add --audio FILE")
    return None


def _parser(arguments: Sequence[str]) -> tuple[Parser, str]:
    """The parser of the given task, or a parser that only prints the general help."""
    words = [word for word in arguments[:2] if not word.startswith("-")]
    if len(words) == 2:
        return _task_parser(words[1]), words[1]
    parser = Parser(prog="python -m experiments.generate", usage=_USAGE, description=about_tasks())
    if not {"--help", "-h"} & set(arguments):
        raise UserError(f"give a run folder and a task: {_USAGE}; see --help")
    return parser, ""


def default_of(option: str) -> object:
    """The value of a switch that is not given; None for options with numbers, which are always stated."""
    kind, default, _ = _OPTIONS[option]
    return default if kind is bool else None


def parse_repl(arguments: Sequence[str]) -> Path:
    """The run folder of `RUN --repl`.

    Raises:
        UserError: other words or options stand beside it.
    """
    others = [word for word in arguments if word != REPL]
    if len(others) != 1 or others[0].startswith("-"):
        raise UserError(
            f"{REPL} takes a run folder only: python -m experiments.generate RUN {REPL}; type tasks then"
        )
    return Path(others[0])


def about_tasks() -> str:
    """The tasks in words."""
    tasks = " ".join(f"{name}: {task.about}" for name, task in TASKS.items())
    return (
        f"{tasks} RUN TASK --help lists the options of a task; RUN {REPL} reads tasks line by line."
    )


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
    parser.add_argument("clips", nargs="*", help=_about_clips(task))
    for name in TASKS[task].arguments:
        kind, default, about = _OPTIONS.get(f"{task}.{name}", _OPTIONS[name])
        parser.add_argument(f"--{name}", type=kind, default=default, help=about)
    parser.add_argument(
        "--out", type=str | None, default=None, help="output folder; default: in the run folder"
    )
    parser.add_argument(
        "--format", type=str, default="npz", help="format of the recordings: npz, bvh, …"
    )
    parser.add_argument("--film", type=bool, default=False, help="also draw a GIF and an MP4")
    _add_film_arguments(parser)
    parser.add_class_arguments(ReadingOptions, skip={"skeleton"})  # the model has the skeleton
    return parser


def _about_clips(task: str) -> str:
    if TASKS[task].max_clips == 0:
        return "not used"
    syntax = "FILE (all of it), FILE@12.5s (from 12.5 s to the end), FILE@12.5s-20s (a part)"
    if task == PARTNER:
        return f"{syntax}; after it, if you like, the same part of the recorded partner's file, for the page"
    if task == "join":
        return syntax
    pair = (
        "of a run on two dancers, for each a pair: two files FIRST SECOND, or one that holds both"
    )
    return f"{syntax}; {pair}"


def _add_film_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--film_size",
        type=str | None,
        default=None,
        help="WIDTHxHEIGHT of the film in pixels, even numbers, such as 1280x720; default: fits the dance",
    )
    parser.add_argument(
        "--film_view",
        type=str,
        default="quarter",
        help="camera of the film: front, quarter, left, right, back, top, or degrees from the dancer's front "
        "towards the dancer's left",
    )
    parser.add_argument(
        "--film_background",
        type=str,
        default="light",
        help="background of the film: light, dark, transparent, or a colour such as #203040",
    )
    parser.add_argument(
        "--audio", type=str | None, default=None, help="audio file for the page and the film"
    )
    parser.add_argument(
        "--audio_offset_s",
        type=float,
        default=0.0,
        help="second of the audio file that plays with the first frame; negative: the audio starts later",
    )


def _check_clips(task: str, clips: Sequence[str]) -> None:
    """Check the number of clips, for a run on one dancer or on two: a pair can be two clips."""
    _, least, most, _ = TASKS[task]
    if most is not None and least <= len(clips) <= 2 * most and task != PARTNER:
        return
    check_number(task, len(clips))


def check_number(task: str, given: int, unit: str = "clip") -> None:
    """Check the number of clips, or of pairs, of a task.

    Args:
        task: its name.
        given: how many are given.
        unit: what they are.

    Raises:
        UserError: there are too few or too many.
    """
    _, least, most, _ = TASKS[task]
    if given < least or (most is not None and given > most):
        count = f"{least} or {most}" if most and most > least else str(least)
        wanted = f"{'no' if most == 0 else count} {unit}{'s' if (most or least) > 1 else ''}"
        more = " or more" if most is None else ""
        raise UserError(f"{task} takes {wanted}{more}; given: {given}")
