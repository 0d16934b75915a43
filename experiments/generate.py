"""What a trained model makes: `python -m experiments.generate RUN sample|vary|interpolate|continue|join`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console

import mariel_gnn
from experiments.command_line import guarded
from experiments.generate_options import GenerateOptions, parse_generate
from experiments.show import Speaker, following, terminal
from mariel_gnn.data import write_recording
from mariel_gnn.data.pieces import read_piece
from mariel_gnn.files import write_json
from mariel_gnn.generation import PhraseModel
from mariel_gnn.generation.made import Made, make
from mariel_gnn.viz.made_pictures import draw_made


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and do what the verb says."""
    command = f"python -m experiments.generate {shlex.join(arguments)}"
    generate(parse_generate(arguments), command)


def generate(options: GenerateOptions, command: str, console: Console | None = None) -> Path:
    """From a run and pieces of recordings to new recordings and a page that shows them.

    Args:
        options: what is asked.
        command: what was typed, kept beside what is made.
        console: where to print.

    Returns:
        The folder of what was made.

    Raises:
        UserError: something was given that cannot be used.
    """
    console = console or terminal()
    say = Speaker(console)
    model = mariel_gnn.load(options.run)
    pieces = []
    for place in options.pieces:
        piece, notes = read_piece(place, model.skeleton, options.reading)
        pieces.append(piece)
        for line in notes:
            say(line)
    with following(console, options.verb) as on_frames:
        made = make(model, options.verb, pieces, options.arguments, on_frames)
    folder = _folder(options)
    for path in _write(folder, made, options, model, command):
        say.to_copy(f"recording: {path}")
    for seam in made.seams:
        say(seam.line())
    for path in draw_made(made, model.skeleton, folder, _title(options, made), options.film):
        say.to_copy(f"to look at: {path}")
    return folder


def _folder(options: GenerateOptions) -> Path:
    if options.out is not None:
        return options.out
    run = options.run if options.run.is_dir() else options.run.parent
    return run / "generated" / f"{datetime.now():%Y-%m-%d_%H%M%S}_{options.verb}"


def _write(
    folder: Path, made: Made, options: GenerateOptions, model: PhraseModel, command: str
) -> list[Path]:
    """Write the recordings, and beside them how they were made."""
    paths = [folder / f"{recording.name}.{options.format}" for recording in made.recordings]
    for path, recording in zip(paths, made.recordings, strict=True):
        write_recording(path, recording, model.skeleton)
    about = {
        "command": command,
        "run": str(options.run.resolve()),
        "verb": options.verb,
        **options.arguments,
        "rate_hz": model.shape.rate_hz,
        "skeleton": model.skeleton.name,
        "markers": list(model.skeleton.markers),
        "recordings": [path.name for path in paths],
    }
    write_json(folder / "made.json", about | made.record())
    return paths


def _title(options: GenerateOptions, made: Made) -> str:
    """Run, verb, numbers and phrases."""
    numbers = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in options.arguments.items()
        if value is not None
    )
    of = f" of {', '.join(Path(place).name for place in options.pieces)}" if made.given else ""
    return f"{options.run.name}: {options.verb}{of}, {numbers}"


if __name__ == "__main__":
    guarded(main)
