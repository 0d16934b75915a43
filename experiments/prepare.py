"""Prepare your own recordings: `python -m experiments.prepare takes/*.c3d --out data/mine`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.parser import Parser, guarded, options_of
from mariel_gnn.data.options import DataOptions
from mariel_gnn.mocap.preparation.options import PreparationOptions, check_options
from mariel_gnn.mocap.recording import expand_home, find_files

if TYPE_CHECKING:
    from experiments.console import Messages
    from mariel_gnn.mocap.preparation.folder import PreparedFolder

CMU_CONFIG, CMU_SKELETON = "cmu", "cmu21"


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and prepare."""
    given, options = _parse(arguments)
    _prepare(find_files(given.files), expand_home(given.out), options, given.skeleton)


def _parse(arguments: Sequence[str]) -> tuple[Any, PreparationOptions]:
    parser = _parser()
    given = parser.instantiate(parser.parse_args(list(arguments)))
    options = options_of(PreparationOptions, given)
    check_options(options)
    return given, options


def _prepare(
    files: Sequence[Path], out: Path, options: PreparationOptions, skeleton: str | None
) -> None:
    # Imported here so that --help is quick.
    from experiments.console import Messages, progress_bar, terminal
    from mariel_gnn.mocap.preparation.folder import PICTURES, prepare_folder
    from mariel_gnn.viz.stills import draw_preparation

    console = terminal()
    say = Messages(console)
    with progress_bar(console, "preparing") as on_progress:
        folder = prepare_folder(files, out, options, skeleton, say, draw_preparation, on_progress)
    used = len(files) - len(folder.left_out)
    say(
        f"{len(folder.recordings)} recordings, {folder.seconds:.1f} s, from {used} of {len(files)} files\n"
        f"check {out / PICTURES} and, if it is new, the marker set; then train:"
    )
    if folder.existing:
        say(
            f"{out} has earlier recordings, which the training command uses too; delete them if they "
            f"are outdated: {', '.join(path.name for path in folder.existing)}"
        )
    _print_training_command(folder, out, say)


def _print_training_command(folder: PreparedFolder, out: Path, say: Messages) -> None:
    """Print the next command with options that fit these recordings."""
    if folder.published and folder.skeleton == CMU_SKELETON:
        say(
            f"--config {CMU_CONFIG} keeps both partners of a take in the same split. It reads all published "
            f"files from data/cmu_joints, prepared with --skeleton {CMU_SKELETON}:"
        )
        say.to_copy(f"python -m experiments.run --model gnn_vae --config {CMU_CONFIG}")
        return
    from mariel_gnn.data.splits import longest_window

    usual = DataOptions.seq_len
    frames = longest_window(folder.parts, usual)
    if frames is None:
        say("record more takes: these are too few and too short to hold some out for validation")
        return
    command = ["python", "-m", "experiments.run", "--model", "gnn_vae"]
    command += ["--data.recordings", str(out / "*.npz"), "--data.skeleton", str(folder.skeleton)]
    if frames < usual:
        command += ["--data.seq_len", str(frames)]
        say(
            f"train on windows of {frames} frames instead of {usual}: the takes are too few and too short "
            "to hold out longer ones"
        )
    say.to_copy(shlex.join([*command, "--name", out.resolve().name]))


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.prepare",
        allow_abbrev=False,
        description="Check and clean recordings of any marker set: names, units, upright axis, left and "
        "right, floor, gaps, jumps, rate. Writes .npz files, the marker set, a report and pictures.",
    )
    parser.add_argument("files", nargs="+", help="files of any format, or patterns in quotes")
    parser.add_argument("--out", type=str, required=True, help="the folder to write to")
    parser.add_argument(
        "--skeleton", type=str | None, default=None,
        help="the marker set: a shipped one or the path of a YAML file; null finds it in the first file",
    )  # fmt: skip
    parser.add_class_arguments(PreparationOptions)
    return parser


if __name__ == "__main__":
    guarded(main)
