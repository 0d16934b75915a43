"""The field's own recordings: `python -m experiments.download mariel`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.progress import DownloadColumn, TransferSpeedColumn

from experiments.console import Messages, progress_bar, terminal
from experiments.parser import Parser, guarded
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.download import PUBLISHED, fetch


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and download."""
    parser = Parser(
        prog="python -m experiments.download",
        allow_abbrev=False,
        description="Download published recordings; what is there is not downloaded twice, and a download "
        "that was cut goes on.",
    )
    parser.add_argument("name", type=str, help=f"which: {', '.join(PUBLISHED)}")
    parser.add_argument("--out", type=str | None, default=None, help="the folder, if not data/NAME")
    given = parser.parse_args(list(arguments))
    if given.name not in PUBLISHED:
        hint = nearest_match(given.name, PUBLISHED)
        raise UserError(f"nothing is called '{given.name}'.{hint} There is {', '.join(PUBLISHED)}")
    published, console = PUBLISHED[given.name], terminal()
    say = Messages(console)
    folder = Path(given.out or Path("data") / given.name)
    say(published.owner)
    for name, blob_sha1 in published.files.items():
        with progress_bar(console, name, DownloadColumn(), TransferSpeedColumn()) as on_progress:
            fresh = fetch(published.url(name), folder / name, blob_sha1, on_progress)
        said = "downloaded, its hash is right" if fresh else "is there already"
        say(f"{folder / name}: {said}")


if __name__ == "__main__":
    guarded(main)
