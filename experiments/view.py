"""Recordings as one page for a browser: `python -m experiments.view FILE… --out page.html`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.command_line import Parser, guarded
from mariel_gnn.data.recording import Layout, find_files, read_recording
from mariel_gnn.skeletons import load_skeleton
from mariel_gnn.viz.page import write_page
from mariel_gnn.viz.page.recordings import recording_scenes


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and write the page."""
    given = _parser().parse_args(arguments)
    skeleton = load_skeleton(given.skeleton)
    files = find_files(given.files)
    recordings = [read_recording(file, skeleton, given.rate_hz, given.layout) for file in files]
    scenes = recording_scenes(recordings, skeleton, given.together)
    title = ", ".join(recording.name for recording in recordings[:3])
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    path = write_page(given.out or f"{files[0].stem}.html", scenes, title + more)
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB): open it in a browser")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.view",
        allow_abbrev=False,
        description="Write recordings as one HTML file that opens by double click, without a "
        "network: turn, zoom, play, scrub.",
    )
    parser.add_argument("files", nargs="+", help="recordings, or patterns of them in quotes")
    parser.add_argument(
        "--out", type=Path, help="the page; named after the first file if not given"
    )
    parser.add_argument(
        "--together", action="store_true", help="all in one room, such as partners of a duet"
    )
    parser.add_argument(
        "--skeleton", type=str, default="mariel53", help="the marker set, or its YAML"
    )
    parser.add_argument(
        "--rate_hz", type=float, default=35.0, help="frames per second of the files"
    )
    parser.add_argument("--layout", type=Layout, default="auto", help="of .npy files")
    return parser


if __name__ == "__main__":
    guarded(main)
