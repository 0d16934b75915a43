"""Train a model, measure it and draw what it does: `python -m experiments.run --model gnn_vae`."""

from __future__ import annotations

from collections.abc import Sequence

from experiments import loading
from experiments.command_line import parse_run
from experiments.parser import guarded


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and run."""
    options = parse_run(arguments)
    with loading():  # after parsing: `--help` and mistakes need no torch
        from experiments.pipeline import run
    run(options)


if __name__ == "__main__":
    guarded(main)
