"""Convert a motion file to another format: `python -m experiments.convert take.c3d take.glb`."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.mocap.formats.reading import ReadingOptions
from mariel_gnn.mocap.formats.table import READABLE, WRITABLE
from mariel_gnn.mocap.formats.unnamed_arrays import Layout
from mariel_gnn.mocap.formats.writing import convert
from mariel_gnn.mocap.recording import expand_home


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and convert."""
    values = _parser().parse_args(list(arguments))
    options = options_of(ReadingOptions, values)
    show = Messages(terminal())
    for line in convert(
        expand_home(values.source), expand_home(values.target), options, values.out_layout
    ):
        show(line)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.convert",
        allow_abbrev=False,
        description=f"Convert a recording. It reads {', '.join(READABLE)} and writes "
        f"{', '.join(WRITABLE)}.",
    )
    parser.add_argument("source", type=str, help="the file to read")
    parser.add_argument("target", type=str, help="the file to write; its suffix sets the format")
    parser.add_class_arguments(ReadingOptions)
    parser.add_argument(
        "--out_layout", type=Layout, default="auto", help="layout of an .npy target (auto: plain)"
    )
    return parser


if __name__ == "__main__":
    guarded(main)
