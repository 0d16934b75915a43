"""From the data options to the three datasets of a run: read, split, prove, normalise."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.notebook import NoisyQuarter, random_window_split, window_leak
from mariel_gnn.data.options import DataOptions, Patterns
from mariel_gnn.data.splits import (
    MIN_RECORDINGS,
    Split,
    all_have_windows,
    longest_window,
    prove_clean,
    split_recordings,
)
from mariel_gnn.data.windows import window_starts
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.loading import check_one_rate, load_recordings
from mariel_gnn.mocap.recording import Recording, find_files
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings

EVALUATION_STRIDE = 8  # frames between windows of validation and test: neighbours are nearly alike
FEW_WINDOWS = 30  # held out: fewer are of some ten seconds of dance, in one or two moods


@dataclass(frozen=True)
class RunData:
    """What a run is made on.

    Attributes:
        windows: training windows, as the trainer draws them.
        train: the training recordings' windows without noise.
        validation: windows to choose weights by.
        test: windows of the table.
        notes: lines to print: cleaning, split, proof or leak.
        description: what data this is, for titles.
        record: files and frames by role, for the run folder.
    """

    windows: MarielDataset | NoisyQuarter
    train: MarielDataset
    validation: MarielDataset | NoisyQuarter
    test: MarielDataset
    notes: list[str]
    description: str
    record: dict[str, Any]


def load_run_data(options: DataOptions, synthetic_folder: str | Path = "data/synthetic") -> RunData:
    """Read, split and normalise.

    Args:
        options: the data options of a run.
        synthetic_folder: where the synthetic dancer's recordings are written if none are given.

    Raises:
        UserError: the recordings cannot be used as asked.
    """
    skeleton = load_skeleton(options.skeleton)
    split, notes = _split(options, skeleton, Path(synthetic_folder))
    check_one_rate([recording for _, recordings in split.roles() for recording in recordings])
    notes += split.messages()
    train = _dataset(split.train, options, skeleton)
    test = _dataset(split.test, options, skeleton, train) if split.test else None
    windows = NoisyQuarter(train, options.split_seed) if options.noisy_quarter else train
    validation: MarielDataset | NoisyQuarter
    if options.split == "notebook_random_windows":
        kept, held = random_window_split(len(windows), seed=options.split_seed)
        notes.append(window_leak(windows.starts[kept], windows.starts[held], options.seq_len))
        validation = windows.subset(held)
        windows = windows.subset(kept)
        test = test or train.subset(held[held < len(train)][::EVALUATION_STRIDE])
    else:
        notes.append(prove_clean(split, options.seq_len))
        validation = _dataset(split.validation, options, skeleton, train)
    assert test is not None  # every split but the seed's has a test role
    notes.append(
        f"{len(windows)} training windows of {options.seq_len} frames, {len(validation)} to "
        f"validate on, {len(test)} to test on (held-out ones start every "
        f"{EVALUATION_STRIDE} frames)"
    )
    notes += _few(validation, test)
    return RunData(windows, train, validation, test, notes, _description(options), _record(split))


def _few(*held_out: Sized) -> list[str]:
    """A warning where too little is held out to judge by."""
    least = min(map(len, held_out))
    if least >= FEW_WINDOWS:
        return []
    return [
        f"Few windows are held out: errors of {least} say little of how other dance would be told, and "
        "nothing of which model is better. Give more takes for numbers to rely on"
    ]


def _split(
    options: DataOptions, skeleton: Skeleton, synthetic_folder: Path
) -> tuple[Split, list[str]]:
    """The recordings by role, and what there is to tell about their files."""
    patterns = _patterns(options.recordings)
    if not patterns:
        paths = write_synthetic_recordings(synthetic_folder)
        patterns = [str(path) for path in paths]
    files = {path.resolve() for path in find_files(patterns)}
    named = {role: _role_files(role, getattr(options, role)) for role in ("validation", "test")}
    both = named["validation"] & named["test"]
    if both:
        raise UserError(
            f"{min(both)}: is matched by data.validation and by data.test: a recording has one role"
        )
    files -= named["validation"] | named["test"]
    if not files:
        raise UserError(
            "no training recording is left: data.validation and data.test match all of "
            "data.recordings"
        )
    notes: list[str] = []
    training = _load(sorted(map(str, files)), options, skeleton, notes)
    given = {
        role: _load(sorted(map(str, paths)), options, skeleton, notes)
        for role, paths in named.items()
        if paths
    }
    if options.split == "notebook_random_windows":
        how = "of windows at random, as the seed's"
        return Split(training, [], given.get("test", []), how), notes
    missing = [role for role in named if role not in given]
    if missing:
        held_out = split_recordings(training, options.seq_len, missing, options.split_seed)
        if not all_have_windows(held_out, options.seq_len):
            short = replace(options, seq_len=1)
            takes = _load(sorted(map(str, files)), short, skeleton, [])
            raise UserError(_too_little(takes, options, missing))
        training, given = held_out["train"], given | held_out
    how = "as given" if not missing else f"made here for {' and '.join(missing)}"
    return Split(training, given["validation"], given["test"], how), notes


def _patterns(patterns: Patterns | None) -> list[str]:
    return [patterns] if isinstance(patterns, str) else list(patterns or [])


def _role_files(role: str, patterns: Patterns | None) -> set[Path]:
    try:
        return {path.resolve() for path in find_files(_patterns(patterns))} if patterns else set()
    except UserError as error:
        raise UserError(f"data.{role}: {error}") from error


def _load(
    files: list[str], options: DataOptions, skeleton: Skeleton, notes: list[str]
) -> list[Recording]:
    loaded = load_recordings(
        files,
        skeleton,
        rate_hz=options.rate_hz,
        layout=options.layout,
        trim=options.trim,
        min_frames=1 if options.normalization == "notebook" else options.seq_len,
        cleaning=options.cleaning,
    )
    notes += loaded.notes
    return loaded.recordings


def _too_little(recordings: list[Recording], options: DataOptions, roles: list[str]) -> str:
    """Why nothing can be held out, and what would do."""
    sources = [recording.source for recording in recordings]
    takes = len(set(sources))
    longest = max(recordings, key=len)
    fitting = longest_window(recordings, options.seq_len, roles, options.split_seed)
    way_out = "" if fitting is None else f"take --data.seq_len {fitting}, or "
    return (
        f"{takes} take{'s' if takes > 1 else ''}, {len(longest)} frames in one piece at most, "
        f"{'are' if takes > 1 else 'is'} too little to hold out {' and '.join(roles)} in phrases of "
        f"{options.seq_len} frames ({options.seq_len / longest.rate_hz:.1f} s): {way_out}give "
        f"{MIN_RECORDINGS} takes of that length or one of {8 * options.seq_len} frames"
    )


def _dataset(
    recordings: list[Recording],
    options: DataOptions,
    skeleton: Skeleton,
    training: MarielDataset | None = None,
) -> MarielDataset:
    """Windows of one role; held-out roles take their statistics from `training`."""
    dataset = MarielDataset(
        recordings,
        seq_len=options.seq_len,
        predicted_timesteps=0,
        reduced_joints=options.reduced_joints,
        normalization=options.normalization,
        skeleton=skeleton,
        rate_hz=options.rate_hz,
        normalizer=training.normalizer if training else None,
    )
    if training:  # what models are compared on never crosses recordings, whatever the seed did
        lengths = [length for _, length in dataset.recordings]
        dataset.starts = window_starts(lengths, options.seq_len, EVALUATION_STRIDE)
    return dataset


def _description(options: DataOptions) -> str:
    patterns = _patterns(options.recordings)
    if not patterns:
        return "the synthetic dancer"
    names = [Path(pattern).name for pattern in patterns]
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _record(split: Split) -> dict[str, Any]:
    """Files and frames by role, as kept in the run folder."""
    return {
        role: [
            {"source": recording.source, "start": recording.start_frame, "end": recording.end_frame}
            for recording in recordings
        ]
        for role, recordings in split.roles()
    }
