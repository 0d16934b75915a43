"""Recordings as one page for a browser: `python -m experiments.view FILE… --out page.html`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from experiments.command_line import Parser, guarded
from mariel_gnn.data import find_files, read_recording
from mariel_gnn.skeletons import load_skeleton
from mariel_gnn.viz.page import write_page
from mariel_gnn.viz.page.recordings import recording_scenes, recordings_title


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and write the page."""
    given = _parser().parse_args(list(arguments))
    skeleton, files = load_skeleton(given.skeleton), find_files(given.files)
    told = {name: given[name] for name in ("rate_hz", "layout") if given[name] is not None}
    takes = [(read_recording(file, skeleton, **told), skeleton) for file in files]
    scenes = recording_scenes(takes, given.together)
    path = write_page(given.out or f"{files[0].stem}.html", scenes, recordings_title(takes))
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB): open it in a browser")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.view",
        allow_abbrev=False,
        description="Write recordings as one HTML file that opens by double click, without a "
        "network: turn, zoom, play, scrub.",
    )
    add = parser.add_argument
    add("files", nargs="+", help="recordings, or patterns of them in quotes")
    add(
        "--out", type=Path | None, default=None, help="the page; null names it after the first file"
    )
    add("--together", action="store_true", help="all in one room, such as partners of a duet")
    add("--skeleton", type=str, default="mariel53", help="the marker set, or its YAML file")
    add("--rate_hz", type=float | None, default=None, help="frames per second; null is the file's")
    add("--layout", type=Literal["auto", "field", "plain"], default="auto", help="of .npy files")
    return parser


if __name__ == "__main__":
    guarded(main)
