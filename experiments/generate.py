"""Generate motion with a trained model: `python -m experiments.generate RUN sample`.

The tasks are sample, vary, interpolate, continue, join and partner; `--repl` reads tasks line by line.
Functions import what they need when they run: `--help` then needs no torch.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from experiments import loading
from experiments.generate_options import (
    PARTNER,
    REPL,
    GenerateOptions,
    about_tasks,
    check_number,
    default_of,
    parse_generate,
    parse_repl,
)
from experiments.parser import guarded, one_line
from mariel_gnn.errors import UserError
from mariel_gnn.files import read_text
from mariel_gnn.parsing import load_json
from mariel_gnn.run_folder import GENERATED, SPLIT

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.console import Messages
    from mariel_gnn.generation.phrase_model import PhraseModel
    from mariel_gnn.generation.tasks import GenerationResult
    from mariel_gnn.mocap.recording import Recording


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and run the task, or the tasks that are typed in."""
    if REPL in arguments:
        repl(parse_repl(arguments))
        return
    command = f"python -m experiments.generate {shlex.join(arguments)}"
    generate(parse_generate(arguments), command)


def repl(run: Path, console: Console | None = None) -> None:
    """Read tasks from standard input, a line each, and run them with a model that is loaded once.

    A mistake prints one line and does not end the loop. It ends with `quit`, or with the input.

    Args:
        run: the run folder.
        console: where to print.

    Raises:
        UserError: the run cannot be loaded.
    """
    with loading():
        import mariel_gnn
        from experiments.console import terminal
    console = console or terminal()
    model = mariel_gnn.load(run)
    console.print(f"{model}\n{_REPL_HELP}", highlight=False, markup=False)
    for line in _typed_lines():
        if line.strip() in ("quit", "exit"):
            break
        try:
            _run_line(run, line, model, console)
        except (UserError, OSError) as error:
            print(f"error: {one_line(error)}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr, flush=True)


_REPL_HELP = "Type a task, such as: sample --count 2; also help, help TASK, quit"


def _typed_lines() -> Iterator[str]:
    """The lines of standard input, with a prompt on a terminal."""
    with suppress(ImportError):  # Windows
        import readline  # noqa: F401  # `input` then has a history and editing keys
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            return


def _run_line(run: Path, line: str, model: PhraseModel, console: Console) -> None:
    """Run one typed line.

    Raises:
        UserError: the line is no task, or its options cannot be used.
    """
    try:
        words = [] if line.lstrip().startswith("#") else shlex.split(line)
    except ValueError as error:  # a quotation mark without its partner
        raise UserError(
            f"{line.strip()}: {error}: put a name with spaces between two quotation marks"
        ) from error
    if not words:
        return
    if words[0] == "help" and len(words) == 1:
        console.print(f"{about_tasks()}\n{_REPL_HELP}", highlight=False, markup=False)
        return
    if words[0] == "help":
        words = [words[1], "--help"]
    try:
        options = parse_generate([str(run), *words])
    except SystemExit:  # the parser has printed the help
        return
    generate(
        options, f"python -m experiments.generate {shlex.join([str(run), *words])}", console, model
    )


def generate(
    options: GenerateOptions,
    command: str,
    console: Console | None = None,
    model: PhraseModel | None = None,
) -> Path:
    """Generate recordings with a trained model, and a page that plays them.

    Args:
        options: the generation.
        command: the command line, for `generation.json`.
        console: where to print.
        model: the model of the run, if it is loaded already.

    Returns:
        The folder of the generated recordings.

    Raises:
        UserError: an option, a run or a clip cannot be used.
    """
    with loading():
        import mariel_gnn
        from experiments.console import Messages, progress_bar, terminal
        from mariel_gnn.generation.tasks import run_task
        from mariel_gnn.generation.warnings import generation_warnings
        from mariel_gnn.viz.audio import check_length
    console = console or terminal()
    say = Messages(console)
    model = model or mariel_gnn.load(options.run)
    clips, notes = _read_clips(options, model)
    for line in notes:
        say(line)
    with progress_bar(console, options.task) as on_frames:
        result = run_task(model, options.task, clips, options.arguments, on_frames)
    check_length(options.audio, max(len(one) / one.rate_hz for one in result.recordings))
    warnings = generation_warnings(
        options.task,
        options.arguments,
        result.transitions,
        _training_phrases(options.run, model),
        has_motion_range=model.motion_range is not None,
    )
    result = replace(result, warnings=warnings)
    folder = _folder(options)
    written, file_notes = _write_recordings(folder, result, options, model)
    result = replace(result, recordings=written)
    _describe(folder, result, options, model, command, [*notes, *file_notes])
    for recording in written:
        say.to_copy(f"recording: {recording.source}")
    transition_lines = [transition.line() for transition in result.transitions]
    for line in [*file_notes, *transition_lines, *(warning.line() for warning in warnings)]:
        say(line)
    _draw(folder, result, options, model, say, [_without_folders(command), *notes])
    return folder


def _read_clips(options: GenerateOptions, model: PhraseModel) -> tuple[list[Recording], list[str]]:
    """The clips, and what was assumed or filled when they were read."""
    from mariel_gnn.generation.clips import read_clips, read_dancer_and_partner, read_pairs

    model.check_dancers(options.task)
    names, skeleton, task = options.clips, model.one_dancer, options.task
    if task == PARTNER:
        is_first = options.arguments["given"] == "first"
        return read_dancer_and_partner(names, skeleton, options.reading, is_first)
    if model.dancers == 1:
        check_number(task, len(names))
        return read_clips(names, skeleton, options.reading)
    clips, notes = read_pairs(names, skeleton, options.reading)
    check_number(task, len(clips) // 2, "pair")
    return clips, notes


def _training_phrases(run: Path, model: PhraseModel) -> float | None:
    """Training frames over the frames of a window, from the run's split; None if there is none."""
    split = (run if run.is_dir() else run.parent) / SPLIT
    try:
        parts = load_json(read_text(split))["train"]
        frames: int = sum(part["end"] - part["start"] for part in parts)
    except (OSError, ValueError, KeyError, TypeError):  # weights alone, or another version's split
        return None
    return frames / model.shape.frames / model.dancers  # of both dancers of each pair


def _folder(options: GenerateOptions) -> Path:
    """The output folder: the given one, or a new one in the run folder."""
    if options.out is not None:
        return options.out
    run = options.run if options.run.is_dir() else options.run.parent
    folder = run / GENERATED / f"{datetime.now():%Y-%m-%d_%H%M%S}_{options.task}"
    others = (folder.with_name(f"{folder.name}_{number}") for number in count(2))
    while folder.exists():  # another task within the same second
        folder = next(others)
    return folder


def _write_recordings(
    folder: Path, result: GenerationResult, options: GenerateOptions, model: PhraseModel
) -> tuple[list[Recording], list[str]]:
    """Write the recordings; return them with their files as sources, and what the format changed."""
    from mariel_gnn.mocap.formats.writing import write_recording

    written, notes = [], []
    for recording in result.recordings:
        path = folder / f"{recording.name}.{options.format}"
        notes += [
            f"{path.name}: {note}" for note in write_recording(path, recording, model.one_dancer)
        ]
        written.append(replace(recording, source=str(path)))
    return written, notes


def _describe(
    folder: Path,
    result: GenerationResult,
    options: GenerateOptions,
    model: PhraseModel,
    command: str,
    notes: list[str],
) -> None:
    """Write `generation.json`: the command, its options, and where everything comes from."""
    from mariel_gnn.files import write_json

    about = {
        "command": command,
        "run": str(options.run.resolve()),
        "task": options.task,
        **{"given_role" if name == "given" else name: of for name, of in options.arguments.items()},
        "rate_hz": model.shape.rate_hz,
        "skeleton": model.one_dancer.name,
        "markers": list(model.one_dancer.markers),
        "given": options.clips,
        "recordings": [Path(recording.source).name for recording in result.recordings],
        "audio": None if options.audio is None else options.audio.record(),
        "notes": notes,
    }
    write_json(folder / "generation.json", about | result.record())


def _draw(
    folder: Path,
    result: GenerationResult,
    options: GenerateOptions,
    model: PhraseModel,
    say: Messages,
    about: list[str],
) -> None:
    with loading():
        from mariel_gnn.viz.run_pictures import draw_generation
    title = _title(options, result)
    drawn = draw_generation(
        result, model.one_dancer, folder, title, options.film, options.audio, about
    )
    for path in drawn:
        say.to_copy(f"{'page' if path.suffix == '.html' else 'film'}: {path}")


def _title(options: GenerateOptions, result: GenerationResult) -> str:
    """Run, task, clips and options; switches only if they differ from the default."""
    given = ((name, value) for name, value in options.arguments.items() if value is not None)
    words = [_in_words(name, value) for name, value in given if value is not default_of(name)]
    clips = options.clips[:1] if result.answers else options.clips
    of = f" of {', '.join(Path(place).name for place in clips)}" if result.inputs else ""
    return f"{options.run.name}: {options.task}{of}, {', '.join(words)}"


def _in_words(name: str, value: object) -> str:
    name = name.replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _without_folders(command: str) -> str:
    """A command without the folders of its files, which are private: a page may be sent to other people."""
    words = (Path(word).name if Path(word).is_absolute() else word for word in shlex.split(command))
    return shlex.join(words)


if __name__ == "__main__":
    guarded(main)
