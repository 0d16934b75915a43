"""Recordings as one page for a browser: `python -m experiments.view FILE… --out page.html`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_dancers
from mariel_gnn.mocap.recording import find_files
from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.recordings import describe_files, recording_scenes, recordings_title


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and write the page."""
    given, say = _parser().parse_args(list(arguments)), Messages(terminal())
    options = options_of(ReadingOptions, given)
    files = find_files(given.files)
    dancers = [list(read_dancers(file, options).values()) for file in files]
    read = [one for of_file in dancers for one in of_file]
    takes = [(recording, skeleton) for recording, skeleton, _ in read]
    rooms = [takes] if given.together else [[one[:2] for one in of_file] for of_file in dancers]
    scenes = [scene for room in rooms for scene in recording_scenes(room, together=True)]
    name = given.out or f"{files[0].stem}.html"
    path = write_page(name, scenes, recordings_title(takes), below=describe_files(read))
    for note in (note for one in read for note in one.notes):
        say(note)
    say(f"{path} ({path.stat().st_size / 1e6:.1f} MB): open it in a browser")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.view",
        allow_abbrev=False,
        description="Write recordings as one HTML file that opens by double click, without a "
        "network: turn, zoom, play, scrub.",
    )
    add = parser.add_argument
    add("files", nargs="+", help="recordings of any format, or patterns of them in quotes")
    add(
        "--out", type=Path | None, default=None, help="the page; null names it after the first file"
    )
    add("--together", action="store_true", help="all in one room, such as partners of a duet")
    parser.add_class_arguments(ReadingOptions)
    return parser


if __name__ == "__main__":
    guarded(main)
