"""Read the recordings of duets: two lists of files, or files that hold two dancers or more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.data.duets import (
    Duet,
    as_one_take,
    common_frames,
    interpolated_parts,
    match_files,
    pair_dancers,
)
from mariel_gnn.data.files_by_role import as_list
from mariel_gnn.data.options import DataOptions
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import ReadingOptions, ReadRecording, read_dancers
from mariel_gnn.mocap.loading import check_one_rate, find_clip, load_recordings
from mariel_gnn.mocap.recording import Recording, find_files
from mariel_gnn.mocap.skeletons.loading import SKELETON_FILE
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_LISTED = 4  # pairs in a note


@dataclass(frozen=True)
class ReadDuets:
    """The recordings of duets, cleaned: the dancers of a take have the same frames.

    Attributes:
        recordings: of all dancers; those of one take and the same frames are in one room.
        interpolated: parts of them in which a dancer's place is interpolated.
        skeleton: the marker set of one dancer.
        notes: a line for each thing that was matched, filled, cut or left out.
    """

    recordings: list[Recording]
    interpolated: list[Recording]
    skeleton: Skeleton
    notes: list[str]

    def duets(self) -> list[Duet]:
        """All duets; after a split, `pair_dancers` gives those of one role.

        Raises:
            UserError: a recording has no partner.
        """
        return pair_dancers(self.recordings, self.interpolated)


def read_duets(options: DataOptions) -> ReadDuets:
    """Read, match and clean the recordings of duets.

    With `partners`, the files of both lists are matched in sorted order. Without, a file holds all dancers of
    a take, or is one of the files that `experiments.prepare` wrote for each dancer. Every two dancers of a
    take are a duet.

    Args:
        options: `recordings`, `partners`, `interpolated`, and how to read and clean files.

    Raises:
        UserError: a file cannot be used, or the lists do not match; the message names the pair.
    """
    files = find_files(as_list(options.recordings))
    partners = _found("partners", as_list(options.partners)) if options.partners else []
    reading = _reading(options, [*files, *partners])
    pairs = match_files(files, partners) if partners else []
    read = {path: read_dancers(path, reading) for path in [*files, *partners]}
    skeleton = _one_skeleton([one for dancers in read.values() for one in dancers.values()])
    if pairs:
        matched = [as_one_take(_single(read, one), _single(read, other)) for one, other in pairs]
        wholes = [dancer for pair in matched for dancer in pair]
        notes = [_describe(pairs)]
    else:
        wholes = [one.recording for dancers in read.values() for one in dancers.values()]
        notes = [
            _describe_scene(path, [*dancers]) for path, dancers in read.items() if len(dancers) > 2
        ]
    check_one_rate(wholes)
    named = [clip for name in as_list(options.interpolated) for clip in find_clip(name, wholes)]
    return _cleaned(wholes, named, skeleton, notes, options)


def duets_by_role(
    read: ReadDuets, files: Mapping[str, Sequence[Path]]
) -> dict[str, list[Recording]]:
    """The recordings of each role, with their partners: a file of either dancer gives a take its role.

    Args:
        read: all recordings.
        files: role -> the files of either dancer that have it. All other takes are for training.

    Raises:
        UserError: a take has two roles, or a file is none of the recordings.
    """
    role_of: dict[str, str] = {}
    for role, paths in files.items():
        for path in paths:
            takes = {one.source for one in read.recordings if Path(one.file) == path.resolve()}
            if not takes:
                raise UserError(
                    f"{path}: data.{role} names it, but it is no dancer of a duet: name it and its partner "
                    "in data.recordings and data.partners too"
                )
            if any(role_of.setdefault(take, role) != role for take in takes):
                raise UserError(
                    f"{path}: its take has the roles {role_of[takes.pop()]} and {role}: a take has one role, "
                    "for both dancers"
                )
    roles: dict[str, list[Recording]] = {"train": []}
    for one in read.recordings:
        roles.setdefault(role_of.get(one.source, "train"), []).append(one)
    return roles


def _cleaned(
    wholes: Sequence[Recording],
    named: Sequence[Recording],
    skeleton: Skeleton,
    notes: Sequence[str],
    options: DataOptions,
) -> ReadDuets:
    loaded = load_recordings(wholes, skeleton, trim=options.trim, cleaning=options.cleaning)
    filled = []
    for whole in wholes:
        own = [
            part
            for part in loaded.recordings
            if (part.file, part.whole_name) == (whole.file, whole.whole_name)
        ]
        filled += interpolated_parts(whole, own)
    recordings, cut = common_frames(wholes, loaded.recordings)
    if not recordings:
        raise UserError(
            f"{wholes[0].name} and its partner have no frame in common without a gap: fill gaps in the "
            "capture software, or give other takes"
        )
    clips = [*named, *filled]
    if clips:
        cut.append(
            f"{sum(map(len, clips))} frames have an interpolated place, so that the relative place is not "
            "measured there"
        )
    return ReadDuets(recordings, clips, skeleton, [*notes, *loaded.notes, *cut])


def _found(option: str, patterns: Sequence[str]) -> list[Path]:
    try:
        return find_files(patterns)
    except UserError as error:
        raise UserError(f"data.{option}: {error}") from error


def _reading(options: DataOptions, files: Sequence[Path]) -> ReadingOptions:
    """How to read a file; a skeleton beside the files is taken as `skeleton_for` does."""
    beside = files[0].parent / SKELETON_FILE
    nearby = str(beside) if beside.is_file() else None
    return ReadingOptions(options.skeleton or nearby, options.rate_hz, layout=options.layout)


def _single(read: Mapping[Path, Mapping[str, ReadRecording]], path: Path) -> Recording:
    dancers = read[path]
    if len(dancers) > 1:
        raise UserError(
            f"{path}: holds the dancers {' and '.join(dancers)}, and data.partners names another file for "
            "the second: leave out data.partners, or give files of one dancer"
        )
    (only,) = dancers.values()
    return only.recording


def _one_skeleton(read: Sequence[ReadRecording]) -> Skeleton:
    first = read[0]
    for other in read:
        if difference := first.skeleton.difference(other.skeleton):
            raise UserError(
                f"{first.recording.name} and {other.recording.name} have different skeletons (they differ in "
                f"{difference}): a duet has one marker set; run experiments.prepare on the files, or "
                "state it (data.skeleton)"
            )
    return first.skeleton


def _describe(pairs: Sequence[tuple[Path, Path]]) -> str:
    shown = ", ".join(f"{one.stem} with {other.stem}" for one, other in pairs[:_LISTED])
    more = f", … ({len(pairs)} in all)" if len(pairs) > _LISTED else ""
    return f"duets, matched in sorted order: {shown}{more}"


def _describe_scene(path: Path, dancers: Sequence[str]) -> str:
    return (
        f"{path.name}: {len(dancers)} dancers ({', '.join(dancers)}): every two of them are a duet"
    )
