"""The files of a run by role: found by their patterns, or those of a resumed run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mariel_gnn.data.options import DataOptions, Patterns
from mariel_gnn.data.recorded_split import Record, check_files, check_matches
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import find_files
from mariel_gnn.mocap.synthetic.dancer import write_synthetic_recordings


def find_files_by_role(
    options: DataOptions, synthetic_folder: Path, recorded: Record | None
) -> dict[str, set[Path]]:
    """Find the files of each role.

    Args:
        options: the patterns; without any, the synthetic recordings are written.
        synthetic_folder: where they go.
        recorded: the record of the run to resume; its files must be as they were.

    Raises:
        UserError: a pattern cannot be used, or a file differs from the recorded ones.
    """
    if not options.recordings:
        folder = Path(recorded["train"][0]["file"]).parent if recorded else synthetic_folder
        names = [str(path) for path in write_synthetic_recordings(folder)]
        options = replace(options, recordings=names)
    if recorded is None:
        return _files_by_role(options)
    check_files(recorded)
    files = _files_by_role(options)
    check_matches(recorded, set.union(*files.values()))
    return files


def _files_by_role(options: DataOptions) -> dict[str, set[Path]]:
    """Role -> its files; files of validation and test are no training files.

    Raises:
        UserError: a pattern matches nothing, two roles share a file, or no training file is left.
    """
    train = {path.resolve() for path in find_files(as_list(options.recordings))}
    validation = _matched("validation", options.validation)
    test = _matched("test", options.test)
    if validation & test:
        raise UserError(
            f"{min(validation & test)}: is matched by data.validation and by data.test: a recording "
            "has one role"
        )
    if not train - validation - test:
        raise UserError(
            "no training recording is left: data.validation and data.test match all of "
            "data.recordings"
        )
    roles = {"train": train - validation - test, "validation": validation, "test": test}
    return {role: files for role, files in roles.items() if files}


def as_list(patterns: Patterns | None) -> list[str]:
    """The patterns of an option, which can be one, several or none."""
    return [patterns] if isinstance(patterns, str) else list(patterns or [])


def _matched(role: str, patterns: Patterns | None) -> set[Path]:
    if not patterns:
        return set()
    try:
        return {path.resolve() for path in find_files(as_list(patterns))}
    except UserError as error:
        raise UserError(f"data.{role}: {error}") from error
