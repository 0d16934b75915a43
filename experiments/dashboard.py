"""Save the W&B workspace of this project: `python -m experiments.dashboard ENTITY`, or preview it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments import loading
from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded
from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.tracking.dashboard import as_json, save, workspace
from mariel_gnn.tracking.tracker import TrackingOptions


def main(arguments: Sequence[str]) -> None:
    """Parse the command line; save the workspace, write its specification to a file, or draw it."""
    given, show = _parser().parse_args(list(arguments)), Messages(terminal())
    if given.preview is not None:
        _preview(given, show)
        return
    if given.entity is None:
        raise UserError(
            "ENTITY is missing: give a user or team of W&B, or --preview RUN --out FILE"
        )
    made = workspace(given.entity, given.project)
    if given.out is not None:
        path = expand_home(given.out)
        write_text(path, as_json(made) + "\n")
        show.to_copy(f"specification: {path}")
        return
    show.to_copy(f"workspace: {save(made)}")


def _preview(given: Any, show: Messages) -> None:
    """Draw the workspace with what runs have logged."""
    if given.entity is not None:
        raise UserError("--preview needs no ENTITY: leave it out")
    if given.out is None:
        raise UserError("--preview needs a picture to write: add --out preview.png")
    with loading():
        from mariel_gnn.viz.dashboard_preview import save_preview
    path = expand_home(given.out)
    for line in save_preview([expand_home(run) for run in given.preview], path):
        show(line)
    show.to_copy(f"preview: {path}")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.dashboard",
        allow_abbrev=False,
        description="Save a workspace in a W&B project, with sections for reconstruction, samples, rhythm "
        "and pages (extra `dashboard`).",
    )
    add = parser.add_argument
    add("entity", nargs="?", type=str | None, default=None, help="user or team of W&B")
    add("--project", type=str, default=TrackingOptions.project, help="project of W&B")
    out = "write the specification to this JSON file instead, without a network; with --preview the picture"
    add("--out", type=Path | None, default=None, help=out)
    preview = "draw the workspace with what these runs have logged, without an account or a network"
    add("--preview", nargs="+", type=Path, default=None, metavar="RUN", help=preview)
    return parser


if __name__ == "__main__":
    guarded(main)
