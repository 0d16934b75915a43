"""From the command line of `experiments.generate` to a verb and its options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from experiments.command_line import Parser, options_of
from mariel_gnn.data.bringing.reading import ReadingOptions
from mariel_gnn.data.files.table import format_of
from mariel_gnn.data.files.units import check_between
from mariel_gnn.errors import UserError, nearest_match

# verb -> (what it does, how many pieces it takes at least and at most)
VERBS: dict[str, tuple[str, int, int | None]] = {
    "sample": ("New phrases.", 0, 0),
    "vary": ("Variations of a phrase.", 1, 1),
    "interpolate": ("A path of phrases from one to another.", 2, 2),
    "continue": ("Go on from a phrase or a whole recording.", 1, 1),
    "join": ("Two or more pieces as one.", 2, None),
}
_USAGE = "python -m experiments.generate RUN VERB [PIECE …] [--options]"


@dataclass(frozen=True)
class GenerateOptions:
    """What is asked of a model.

    Attributes:
        run: the run folder, or a weights file of one.
        verb: what to do.
        pieces: where to start from, as `read_piece` takes them.
        out: the folder for what is made.
        format: of the recordings, a file's suffix without the dot.
        film: whether a film is drawn beside the page.
        reading: what is known of the pieces' files; their marker set is the model's.
        arguments: of the model's method.
    """

    run: Path
    verb: str
    pieces: list[str]
    out: Path | None
    format: str
    film: bool
    reading: ReadingOptions
    arguments: dict[str, Any]


def parse_generate(arguments: Sequence[str]) -> GenerateOptions:
    """The verb and its options.

    Raises:
        UserError: an unknown verb or option, a wrong value, or too few or too many pieces.
    """
    parser, verb = _parser(arguments)
    given = parser.parse_args(arguments)
    _check_pieces(verb, given.pieces)
    for name, bounds in _BOUNDS.items():
        check_between(name, given.get(name), *bounds)
    suffix = given.format.lstrip(".")
    format_of(Path(f"{verb}.{suffix}"))
    return GenerateOptions(
        run=Path(given.run),
        verb=verb,
        pieces=given.pieces,
        out=None if given.out is None else Path(given.out),
        format=suffix,
        film=given.film,
        reading=options_of(ReadingOptions, {"skeleton": None, **vars(given)}),
        arguments={name: given[name] for name in _ARGUMENTS[verb]},
    )


def _parser(arguments: Sequence[str]) -> tuple[Parser, str]:
    """The parser of the verb that is asked for, or of none, which only helps."""
    words = [word for word in arguments[:2] if not word.startswith("-")]
    if len(words) == 2:
        return _parser_of(words[1]), words[1]
    parser = Parser(prog="python -m experiments.generate", usage=_USAGE, description=_about())
    if not {"--help", "-h"} & set(arguments):
        raise UserError(f"give a run folder and what to do with it: {_USAGE}; see --help")
    return parser, ""


def _about() -> str:
    verbs = " ".join(f"{verb}: {about}" for verb, (about, *_) in VERBS.items())
    return f"{verbs} RUN VERB --help lists a verb's options."


def _parser_of(verb: str) -> Parser:
    if verb not in VERBS:
        raise UserError(
            f"no verb '{verb}'.{nearest_match(verb, VERBS)} There are {', '.join(VERBS)}, to stand "
            "behind the run folder"
        )
    parser = Parser(
        prog=f"python -m experiments.generate RUN {verb}",
        allow_abbrev=False,
        description=VERBS[verb][0],
    )
    parser.add_argument("run", help="the run folder")
    parser.add_argument("verb", help=verb)
    places = "FILE (all of it), FILE@12.5s (from there on), FILE@12.5s-20s (what is between)"
    takes_none = VERBS[verb][2] == 0
    parser.add_argument("pieces", nargs="*", help="none is taken" if takes_none else places)
    for name in _ARGUMENTS[verb]:
        _ADD[name](parser)
    parser.add_argument("--out", type=str | None, default=None, help="folder, if not in the run's")
    parser.add_argument("--format", type=str, default="npz", help="of the recordings: npz, bvh, …")
    parser.add_argument("--film", type=bool, default=False, help="draw a GIF and an MP4 too")
    parser.add_class_arguments(ReadingOptions, skip={"skeleton"})  # it is the model's
    return parser


def _check_pieces(verb: str, pieces: Sequence[str]) -> None:
    _, least, most = VERBS[verb]
    if len(pieces) < least or (most is not None and len(pieces) > most):
        wanted = "no piece" if most == 0 else f"{least} piece{'s' if least > 1 else ''}"
        more = " or more" if most is None else ""
        raise UserError(f"{verb} takes {wanted}{more} of a recording; given: {len(pieces)}")


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
        "transition_s", float, 1.0, "seconds of the way from piece to piece; usual 0.5 to 2 s"
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
