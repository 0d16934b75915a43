"""Share a trained model: `python -m experiments.export RUN --out FOLDER`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments import loading
from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded


def main(arguments: Sequence[str]) -> None:
    """Parse the command line, write the folder and upload it if asked."""
    given: Any = _parser().parse_args(list(arguments))
    with loading():  # after parsing: `--help` and mistakes need no torch
        import mariel_gnn
        from mariel_gnn.generation.hub import hub_api
    if given.push is not None:
        hub_api()  # before the folder is written: if it is missing, the same command can be given again
    show, about = Messages(terminal()), {"licence": given.licence, "data": given.data}
    model = mariel_gnn.load(given.run)
    folder = model.save_pretrained(given.out, **about)
    show.to_copy(f"model: {folder}")
    show(f"check {folder / 'README.md'}: its data, its licence and what the model is not meant for")
    if given.push is not None:
        show.to_copy(model.push_to_hub(given.push, private=not given.public, **about))


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.export",
        allow_abbrev=False,
        description="Write a trained model as a folder in the layout of the Hugging Face hub: config.json, "
        "model.safetensors and a model card with the numbers of the run.",
    )
    add = parser.add_argument
    add("run", type=str, help="the run folder")
    add("--out", type=Path, required=True, help="the folder to write; its name is the model's")
    licence = "licence of the weights, such as cc-by-4.0; null: mit for the synthetic dancer, else unknown"
    add("--licence", type=str | None, default=None, help=licence)
    add("--data", type=str | None, default=None, help="a sentence on the recordings, for the card")
    push = "USER/NAME on the hub to upload to (extra `hub`, and a login: hf auth login)"
    add("--push", type=str | None, default=None, help=push)
    add("--public", action="store_true", help="a new repository on the hub is public")
    return parser


if __name__ == "__main__":
    guarded(main)
