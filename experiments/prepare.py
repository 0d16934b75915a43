"""Recordings of your own made ready: `python -m experiments.prepare takes/*.c3d --out data/mine`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from experiments.console import Messages, progress_bar, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.data.options import DataOptions
from mariel_gnn.data.splits import longest_window
from mariel_gnn.mocap.preparation.folder import PICTURES, PreparedFolder, prepare_folder
from mariel_gnn.mocap.preparation.prepare_file import PreparationOptions
from mariel_gnn.mocap.recording import find_files
from mariel_gnn.viz.stills import draw_preparation

CMU_CONFIG = "configs/cmu.yaml"


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and prepare."""
    parser = Parser(
        prog="python -m experiments.prepare",
        allow_abbrev=False,
        description="Check and clean recordings of any marker set: names, units, up, left and right, floor, "
        "gaps, jumps, rate. Writes .npz files, the marker set, a report and pictures.",
    )
    parser.add_argument("files", nargs="+", help="files or patterns: .npy .npz .csv .trc .c3d .bvh")
    parser.add_argument("--out", type=str, required=True, help="the folder to write to")
    parser.add_argument(
        "--skeleton", type=str | None, default=None,
        help="the marker set: a shipped one or the path of a YAML file; null finds it in the first file",
    )  # fmt: skip
    parser.add_class_arguments(PreparationOptions)
    given = parser.instantiate(parser.parse_args(list(arguments)))
    options = options_of(PreparationOptions, given)
    files, out, console = find_files(given.files), Path(given.out), terminal()
    say = Messages(console)
    with progress_bar(console, "preparing") as done:
        folder = prepare_folder(files, out, options, given.skeleton, say, draw_preparation, done)
    taken = len(files) - len(folder.left_out)
    say(
        f"{len(folder.recordings)} recordings, {folder.seconds:.1f} s, from {taken} of {len(files)} files\n"
        f"look at {out / PICTURES} and, if it is new, the marker set; then:"
    )
    if folder.older:
        say(
            f"{out} holds recordings of before, which are trained on too if you let them be: "
            f"{', '.join(path.name for path in folder.older)}"
        )
    _say_how_to_train(folder, out, say)


def _say_how_to_train(folder: PreparedFolder, out: Path, say: Messages) -> None:
    """Print the next command, with options that fit these recordings."""
    if folder.published:
        say(
            f"{CMU_CONFIG} keeps both partners of a take in the same split. It reads all published files "
            "from data/cmu_joints, prepared with --skeleton cmu21:"
        )
        say.to_copy(f"python -m experiments.run --model gnn_vae --config {CMU_CONFIG}")
        return
    usual = DataOptions.seq_len
    frames = longest_window(folder.parts, usual)
    if frames is None:
        say("bring more takes to train on: these are too few and too short to hold some out")
        return
    command = ["python", "-m", "experiments.run", "--model", "gnn_vae"]
    command += ["--data.recordings", str(out / "*.npz"), "--data.skeleton", folder.skeleton]
    if frames < usual:
        command += ["--data.seq_len", str(frames)]
        say(
            f"train on phrases of {frames} frames instead of {usual}: the takes are too few and too short "
            "to hold out longer ones"
        )
    say.to_copy(shlex.join([*command, "--name", out.resolve().name]))


if __name__ == "__main__":
    guarded(main)
