"""Published recordings: `python -m experiments.download mariel` or `cmu`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.parser import Parser, guarded
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.download import fetch_all
from mariel_gnn.mocap.published import PUBLISHED


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and download."""
    given = _parser().parse_args(list(arguments))
    if given.name not in PUBLISHED:
        hint = nearest_match(given.name, PUBLISHED)
        raise UserError(f"no published set '{given.name}'.{hint} Available: {', '.join(PUBLISHED)}")
    _download(given.name, Path(given.out or Path("data") / given.name))


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.download",
        allow_abbrev=False,
        description="Download published recordings. Files that are present are not downloaded again; an "
        "interrupted download resumes.",
    )
    parser.add_argument("name", type=str, help=f"the set: {', '.join(PUBLISHED)}")
    parser.add_argument(
        "--out", type=str | None, default=None, help="the target folder; data/NAME by default"
    )
    return parser


def _download(name: str, folder: Path) -> None:
    from rich.progress import DownloadColumn, TransferSpeedColumn  # here so that --help is quick

    from experiments.console import Messages, progress_bar, terminal

    published, console = PUBLISHED[name], terminal()
    say = Messages(console)
    say(published.owner)
    total = published.approximate_bytes
    size = f", about {total / 1e6:.0f} MB" if total else ""
    say(f"{len(published.files)} files{size}, into {folder}")
    with progress_bar(console, name, DownloadColumn(), TransferSpeedColumn()) as on_progress:
        fresh = fetch_all(published, folder, on_progress)
    present = len(published.files) - len(fresh)
    say(f"{folder}: {len(fresh)} files downloaded, {present} already present; all hashes match")
    if published.next_command:
        say("next, prepare them for training:")
        say.to_copy(published.next_command.format(folder=folder))


if __name__ == "__main__":
    guarded(main)
