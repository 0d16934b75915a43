"""The data of a run on two dancers, in the four steps of `run_data.py`: read, split, prove, build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet, pair_dancers
from mariel_gnn.data.files_by_role import as_list
from mariel_gnn.data.options import DataOptions
from mariel_gnn.data.read_duets import ReadDuets, duets_by_role, read_duets
from mariel_gnn.data.recorded_split import (
    Record,
    check_files,
    check_matches,
    record_split,
    take_split,
)
from mariel_gnn.data.run_data import (
    EVALUATION_STRIDE,
    DuetSets,
    ReadData,
    RunData,
    describe_patterns,
    few_windows,
    split_data,
)
from mariel_gnn.data.splits import prove_clean
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import find_files
from mariel_gnn.mocap.skeletons.pair import join_dancers, pair_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.synthetic.couple import write_synthetic_couples

SYNTHETIC_COUPLES = 36


def load_duet_run_data(
    options: DataOptions,
    synthetic_folder: str | Path = "data/synthetic_couples",
    recorded: Record | None = None,
) -> RunData:
    """Read recordings of duets, split them by take, prove the split, build the datasets.

    Args:
        options: the data options of a run.
        synthetic_folder: where the synthetic couples go if the options name no recordings.
        recorded: the record of the run to resume, whose split is taken as it is; None splits anew.

    Raises:
        UserError: the recordings cannot be used as requested, or differ from the recorded ones.
    """
    _check_options(options)
    given = options
    if not options.recordings:
        options = _synthetic(options, Path(synthetic_folder), recorded)
    read = read_duets(options)
    files = {Path(one.file).resolve() for one in read.recordings}
    record: Record
    if recorded is None:
        split = split_data(_by_role(read, options), options)
        record = record_split(split, files)
    else:
        check_files(recorded)
        check_matches(recorded, files)
        split, record = take_split(recorded, read.recordings), recorded
    proof = prove_clean(split, options.seq_len)
    train, validation, test = (
        pair_dancers(part, read.interpolated)
        for part in (split.train, split.validation, split.test)
    )
    windows = _duet_dataset(train, options, read)
    held_out = [_duet_dataset(part, options, read, windows) for part in (validation, test)]
    joined = _joined_dataset(windows, read.skeleton, options)
    tested = _joined_dataset(held_out[1], read.skeleton, options, joined)
    counts = (
        f"{len(windows)} training windows of two dancers and {options.seq_len} frames, {len(held_out[0])} to "
        f"validate on, {len(held_out[1])} to test on (their windows start every {EVALUATION_STRIDE} frames)"
    )
    notes = [*read.notes, *split.messages(), proof, counts, *few_windows(*held_out)]
    name = describe_patterns(given.recordings) if given.recordings else "synthetic couples"
    return RunData(
        windows, joined, held_out[0], tested, notes, name, record, DuetSets(windows, held_out[1])
    )


def _check_options(options: DataOptions) -> None:
    """Check that the options have a meaning for two dancers.

    Raises:
        UserError: one has none.
    """
    if options.split != "recordings" or options.normalization != "train" or options.noisy_quarter:
        raise UserError(
            "data.split, data.normalization and data.noisy_quarter of the original notebook are for one "
            "dancer: leave them out for a model of two"
        )
    if options.partners and not options.recordings:
        raise UserError("data.partners without data.recordings: name the first dancers' files too")


def _synthetic(options: DataOptions, folder: Path, recorded: Record | None) -> DataOptions:
    """The options with the files of synthetic couples, which are written."""
    if recorded:
        folder = Path(recorded["train"][0]["file"]).parent
    pairs = write_synthetic_couples(folder, SYNTHETIC_COUPLES)
    first, second = ([str(pair[number]) for pair in pairs] for number in (0, 1))
    return replace(options, recordings=first, partners=second)


def _by_role(read: ReadDuets, options: DataOptions) -> ReadData:
    """The recordings of each role that has patterns, as `split_data` takes them."""
    named = {
        role: find_files(as_list(patterns))
        for role, patterns in (("validation", options.validation), ("test", options.test))
        if patterns
    }
    data = ReadData({}, [], read.skeleton, read.notes)
    for role, recordings in duets_by_role(read, named).items():
        long = [one for one in recordings if len(one) >= options.seq_len]
        short = [one for one in recordings if len(one) < options.seq_len]
        data.too_short.extend(short)
        data.notes.extend(
            f"{one.name}: {len(one)} frames, a window needs {options.seq_len}; left out"
            for one in short
        )
        if not long:
            longest = max(recordings, key=len, default=None)
            raise UserError(
                f"no duet of the {role} role has {options.seq_len} frames without a long gap"
                + (f"; the longest, {longest.name}, has {len(longest)}" if longest else "")
                + ": lower the window's length (data.seq_len), or give longer takes"
            )
        data.roles[role] = long
    return data


def _duet_dataset(
    duets: Sequence[Duet],
    options: DataOptions,
    read: ReadDuets,
    training: DuetDataset | None = None,
) -> DuetDataset:
    """The windows of one role; a held-out role takes statistics and body edges from `training`."""
    return DuetDataset(
        duets,
        options.seq_len,
        reduced_joints=options.reduced_joints,
        stride=EVALUATION_STRIDE if training else 1,
        skeleton=read.skeleton,
        normalizer=training.normalizer if training else None,
        edges=options.duet_edges,
        within=training.within if training else None,
    )


def _joined_dataset(
    windows: DuetDataset,
    recorded: Skeleton,
    options: DataOptions,
    training: MarielDataset | None = None,
) -> MarielDataset:
    """The same windows as those of one body of 2J markers, for what is measured and drawn as for one."""
    kept = [recorded.markers.index(name) for name in windows.skeleton.markers]
    joined = [
        join_dancers(*(replace(one, positions=one.positions[:, kept]) for one in duet.dancers))
        for duet in windows.duets
    ]
    return MarielDataset(
        joined,
        options.seq_len,
        0,
        stride=EVALUATION_STRIDE if training else 1,
        skeleton=pair_skeleton(windows.skeleton),
        normalizer=training.normalizer if training else None,
        cleaning=None,
    )
