"""From one motion file to another: `python -m experiments.convert take.c3d take.glb`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.mocap.formats.numpy_files import Layout
from mariel_gnn.mocap.formats.reading import ReadingOptions
from mariel_gnn.mocap.formats.table import FORMATS
from mariel_gnn.mocap.formats.writing import convert


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and convert."""
    parser = Parser(
        prog="python -m experiments.convert",
        allow_abbrev=False,
        description="Convert a recording. Read are .npy, .npz, .csv, .trc, .c3d and .bvh; written are "
        f"{', '.join(FORMATS)}.",
    )
    parser.add_argument("source", type=str, help="the file to read")
    parser.add_argument("target", type=str, help="the file to write; its suffix says the format")
    parser.add_class_arguments(ReadingOptions)
    parser.add_argument(
        "--out_layout", type=Layout, default="auto", help="of an .npy file that is written (plain)"
    )
    given = parser.parse_args(list(arguments))
    options = options_of(ReadingOptions, given)
    say = Messages(terminal())
    for line in convert(Path(given.source), Path(given.target), options, given.out_layout):
        say(line)


if __name__ == "__main__":
    guarded(main)
