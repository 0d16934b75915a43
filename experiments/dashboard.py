"""Save the W&B workspace of this project: `python -m experiments.dashboard ENTITY`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded
from mariel_gnn.files import write_text
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.tracking.dashboard import as_json, save, workspace
from mariel_gnn.tracking.tracker import TrackingOptions


def main(arguments: Sequence[str]) -> None:
    """Parse the command line; save the workspace, or write its specification to a file."""
    given, show = _parser().parse_args(list(arguments)), Messages(terminal())
    made = workspace(given.entity, given.project)
    if given.out is not None:
        path = expand_home(given.out)
        write_text(path, as_json(made) + "\n")
        show.to_copy(f"specification: {path}")
        return
    show.to_copy(f"workspace: {save(made)}")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.dashboard",
        allow_abbrev=False,
        description="Save a workspace in a W&B project, with sections for reconstruction, samples, rhythm "
        "and pages (extra `dashboard`).",
    )
    add = parser.add_argument
    add("entity", type=str, help="user or team of W&B")
    add("--project", type=str, default=TrackingOptions.project, help="project of W&B")
    out = "write the specification to this JSON file instead, without a network"
    add("--out", type=Path | None, default=None, help=out)
    return parser


if __name__ == "__main__":
    guarded(main)
