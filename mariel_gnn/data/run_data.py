"""The data of a run, in four steps: read, split, prove, build the datasets.

    options -> recordings by role -> Split -> proof that no role leaks into another -> RunData

Each step is called once, and each recording is read and cleaned once. A resumed run takes the split that it
recorded, of the same files.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.files_by_role import as_list, find_files_by_role
from mariel_gnn.data.notebook import NoisyQuarter, random_window_split, window_leak
from mariel_gnn.data.options import DataOptions, Patterns
from mariel_gnn.data.recorded_split import Record, record_split, take_split
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
from mariel_gnn.mocap.formats.reading import skeleton_for
from mariel_gnn.mocap.loading import load_recordings
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

LEAST_MOTION_M = 1e-3  # of a marker in a whole recording
EVALUATION_STRIDE = 8  # frames between held-out windows: neighbouring windows are nearly equal
FEW_WINDOWS = 30  # fewer held-out windows cover some ten seconds of dance


@dataclass(frozen=True)
class ReadData:
    """The recordings of a run as the files hold them, cleaned.

    Attributes:
        roles: role -> its recordings; the keys are `train` and each role that has patterns of its own.
        too_short: recordings that hold no window; they have no role.
        skeleton: their marker set.
        notes: a line for each thing that was filled, cut or left out.
    """

    roles: dict[str, list[Recording]]
    too_short: list[Recording]
    skeleton: Skeleton
    notes: list[str]


class DuetSets(NamedTuple):
    """Windows of two dancers by role."""

    train: DuetDataset
    test: DuetDataset


@dataclass(frozen=True)
class RunData:
    """The datasets of a run.

    Attributes:
        windows: training windows, as the trainer draws them.
        train: the windows of the training recordings, without noise.
        validation: windows that select the best weights.
        test: windows of the final table.
        notes: lines to print: cleaning, split, proof or leak.
        description: the name of the data, for titles.
        record: files and frames by role, for the run folder; see `record_split`.
        duets: the windows of two dancers, if the run is on duets; `train` and `test` then hold both as one
            body of 2J markers.
    """

    windows: MarielDataset | NoisyQuarter | DuetDataset
    train: MarielDataset
    validation: MarielDataset | NoisyQuarter | DuetDataset
    test: MarielDataset
    notes: list[str]
    description: str
    record: Record
    duets: DuetSets | None = None

    @property
    def measured(self) -> MarielDataset | DuetDataset:
        """The training windows that a model measures before and after training."""
        return self.duets.train if self.duets else self.train


def load_run_data(
    options: DataOptions,
    synthetic_folder: str | Path = "data/synthetic",
    recorded: Record | None = None,
) -> RunData:
    """Read recordings, split them, prove the split, build the datasets.

    Args:
        options: the data options of a run.
        synthetic_folder: where the synthetic recordings go if the options name no recordings.
        recorded: the record of the run to resume, whose split is taken as it is; None splits anew.

    Raises:
        UserError: the recordings cannot be used as requested, or differ from the recorded ones.
    """
    if options.partners or options.interpolated:
        raise UserError(
            "data.partners and data.interpolated are of duets, and this model takes one dancer at a time: "
            "leave them out"
        )
    files = find_files_by_role(options, Path(synthetic_folder), recorded)
    data = read_data(options, files)
    if recorded is None:
        split = split_data(data, options)
        recorded = record_split(split, set.union(*files.values()))
    else:
        split = take_split(recorded, [one for ones in data.roles.values() for one in ones])
    windows: MarielDataset | NoisyQuarter
    validation: MarielDataset | NoisyQuarter
    if options.split == "recordings":
        proof = prove_clean(split, options.seq_len)
        train, validation, test = _held_out_datasets(split, options, data.skeleton)
        windows = _with_noise(train, options)
    else:
        windows, train, validation, test = _notebook_datasets(split, options, data.skeleton)
        proof = window_leak(windows.starts, validation.starts, options.seq_len)
    counts = (
        f"{len(windows)} training windows of {options.seq_len} frames, {len(validation)} to "
        f"validate on, {len(test)} to test on (held-out windows start every "
        f"{EVALUATION_STRIDE} frames)"
    )
    notes = [*data.notes, *split.messages(), proof, counts, *few_windows(validation, test)]
    description = describe_patterns(options.recordings)
    return RunData(windows, train, validation, test, notes, description, recorded)


def read_data(options: DataOptions, files_by_role: dict[str, set[Path]]) -> ReadData:
    """Step 1: read and clean the recordings of each role that has patterns.

    Raises:
        UserError: a file cannot be used, or no recording of a role holds a window.
    """
    paths = [path for files in files_by_role.values() for path in sorted(files)]
    skeleton = load_skeleton(options.skeleton) if options.skeleton else skeleton_for(paths)
    # All at once: takes of different roles may begin with one calibration pose.
    loaded = load_recordings(
        paths,
        skeleton,
        rate_hz=options.rate_hz,
        layout=options.layout,
        trim=options.trim,
        cleaning=options.cleaning,
    )
    least = 1 if options.normalization == "notebook" else options.seq_len
    data = ReadData({}, [], skeleton, list(loaded.notes))
    for role, files in files_by_role.items():
        names = {str(path.resolve()) for path in files}
        recordings = [one for one in loaded.recordings if one.file in names]
        _sort_by_length(_moving(recordings, role, data.notes), role, least, data)
    return data


def _moving(recordings: list[Recording], role: str, notes: list[str]) -> list[Recording]:
    """The recordings in which something moves; a frozen export teaches nothing, and measures divide by 0.

    Raises:
        UserError: nothing moves in any of them.
    """
    moving = [
        one for one in recordings if float(np.ptp(one.positions, axis=0).max()) >= LEAST_MOTION_M
    ]
    if not recordings:
        raise UserError(
            f"nothing remains of the {role} recordings after trimming and cleaning: trim less (data.trim), "
            "or give others"
        )
    if not moving:
        raise UserError(
            f"no marker moves by {1000 * LEAST_MOTION_M:g} mm in any of the {role} recordings (the first is "
            f"{recordings[0].source}): export them again, or give others"
        )
    still = [one for one in recordings if not any(one is other for other in moving)]
    notes.extend(f"{one.name}: no marker moves in its {len(one)} frames; left out" for one in still)
    return moving


def _sort_by_length(recordings: list[Recording], role: str, least: int, data: ReadData) -> None:
    """Give the role its recordings that hold a window, and note the others.

    Raises:
        UserError: no recording holds a window.
    """
    data.roles[role] = [recording for recording in recordings if len(recording) >= least]
    short = [recording for recording in recordings if len(recording) < least]
    data.too_short.extend(short)
    data.notes.extend(
        f"{recording.name}: {len(recording)} frames, a window needs {least}; left out"
        for recording in short
    )
    if not data.roles[role]:
        longest = max(short, key=len)
        raise UserError(
            f"none of the {role} recordings has {least} frames without a long gap; the longest, "
            f"{longest.name}, has {len(longest)}: lower the window's length (data.seq_len) or the "
            "trimming (data.trim), or give longer files"
        )


def split_data(data: ReadData, options: DataOptions) -> Split:
    """Step 2: hold out recordings for the roles that have no patterns.

    Raises:
        UserError: too little data to hold out; the message says what would be enough.
    """
    roles = dict(data.roles)
    if options.split == "notebook_random_windows":
        how = "of windows at random, as in the original notebook"
        return Split(roles["train"], [], roles.get("test", []), how)
    missing = [role for role in ("validation", "test") if role not in roles]
    how = "as given"
    if missing:
        how = f"made here for {' and '.join(missing)}"
        roles |= split_recordings(roles["train"], options.seq_len, missing, options.split_seed)
        if not all_have_windows(roles, options.seq_len):
            takes = [*data.roles["train"], *data.too_short]
            raise UserError(_too_little(takes, options, missing))
    return Split(roles["train"], roles["validation"], roles["test"], how)


def _too_little(recordings: list[Recording], options: DataOptions, roles: list[str]) -> str:
    """Why nothing can be held out, and what would be enough."""
    takes = len({recording.source for recording in recordings})
    longest = max(recordings, key=len)
    fitting = longest_window(recordings, options.seq_len, roles, options.split_seed)
    way_out = "" if fitting is None else f"take --data.seq_len {fitting}, or "
    return (
        f"{takes} take{'s' if takes > 1 else ''}, the longest of {len(longest)} frames without a gap, "
        f"{'are' if takes > 1 else 'is'} too little to hold out {' and '.join(roles)} with windows of "
        f"{options.seq_len} frames ({options.seq_len / longest.rate_hz:.1f} s): {way_out}give "
        f"{MIN_RECORDINGS} takes of that length or one of {8 * options.seq_len} frames"
    )


def describe_patterns(patterns: Patterns | None) -> str:
    """The name of the data, for titles: the first two patterns without their folders."""
    names = [Path(pattern).name for pattern in as_list(patterns)]
    if not names:
        return "the synthetic dancer"
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _held_out_datasets(
    split: Split, options: DataOptions, skeleton: Skeleton
) -> tuple[MarielDataset, MarielDataset, MarielDataset]:
    """Step 4: training, validation and test windows; all share the statistics of training."""
    train = _dataset(split.train, options, skeleton)
    validation, test = (
        _dataset(part, options, skeleton, train) for part in (split.validation, split.test)
    )
    return train, validation, test


def _notebook_datasets(
    split: Split, options: DataOptions, skeleton: Skeleton
) -> tuple[
    MarielDataset | NoisyQuarter, MarielDataset, MarielDataset | NoisyQuarter, MarielDataset
]:
    """Step 4 for the split of the original notebook, which draws windows at random."""
    train = _dataset(split.train, options, skeleton)
    windows = _with_noise(train, options)
    kept, held = random_window_split(len(windows), seed=options.split_seed)
    test = (
        _dataset(split.test, options, skeleton, train)
        if split.test
        else train.subset(held[held < len(train)][::EVALUATION_STRIDE])
    )
    return windows.subset(kept), train, windows.subset(held), test


def _with_noise(train: MarielDataset, options: DataOptions) -> MarielDataset | NoisyQuarter:
    return NoisyQuarter(train, options.split_seed) if options.noisy_quarter else train


def _dataset(
    recordings: list[Recording],
    options: DataOptions,
    skeleton: Skeleton,
    training: MarielDataset | None = None,
) -> MarielDataset:
    """The windows of one role; a held-out role takes its statistics from `training`."""
    dataset = MarielDataset(
        recordings,
        seq_len=options.seq_len,
        predicted_timesteps=0,
        reduced_joints=options.reduced_joints,
        normalization=options.normalization,
        skeleton=skeleton,
        normalizer=training.normalizer if training else None,
        cleaning=None,
    )
    if training:  # held-out windows never cross recordings, whatever the notebook did
        lengths = [length for _, length in dataset.recordings]
        dataset.starts = window_starts(lengths, options.seq_len, EVALUATION_STRIDE)
    return dataset


def few_windows(*held_out: Sized) -> list[str]:
    """Return a warning if there are too few held-out windows."""
    least = min(map(len, held_out))
    if least >= FEW_WINDOWS:
        return []
    return [
        f"Too few windows for a reliable error: {least} are held out. Add takes before you compare "
        "models"
    ]
