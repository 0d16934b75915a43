"""Writing files so that nothing half-written is ever left under its final name."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mariel_gnn.errors import UserError

MAX_TEXT_BYTES = 50_000_000  # the numbers of a run of years
_PARTIAL = ".partial"  # the end of the names of temporary folders


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """A path in a temporary folder beside `path`, renamed to it when the block succeeds, else removed.

    Args:
        path: the final place; its folder is made if it is missing.

    Yields:
        A path with the final name, as some formats contain it, and a suffix in lower case, as some writers
        require it.

    Raises:
        UserError: there is a folder of that name, or the file cannot be written, as on a full disk.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; a file is to be written: give another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=_PARTIAL) as folder:
            aside = Path(folder) / f"{path.stem}{path.suffix.lower()}"
            yield aside
            os.replace(aside, path)
    except OSError as error:
        if error.filename is not None and _PARTIAL not in str(error.filename):
            raise  # of another file, which the block reads
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def folder_written_aside(path: str | Path) -> Iterator[Path]:
    """A folder beside `path`, renamed to it when the block succeeds, removed when it fails.

    Args:
        path: the final place, which does not exist or is empty.

    Yields:
        An empty folder; a process killed in the block leaves it, and the next one replaces it.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}{_PARTIAL}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        os.replace(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_plain(path: str | Path) -> None:
    """Check that a file is none that may never end, before it is opened.

    Raises:
        OSError: it does not exist; or it is a device, a pipe or a folder.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "it is no plain file", str(path))


def read_text(path: str | Path) -> str:
    """Read a text file in UTF-8.

    Raises:
        OSError: it cannot be opened; or it is a device or a pipe, which may never end, or very large.
        UnicodeDecodeError: it is not UTF-8.
    """
    check_plain(path)
    if os.path.getsize(path) > MAX_TEXT_BYTES:
        raise OSError(errno.EFBIG, f"it has over {MAX_TEXT_BYTES / 1e6:.0f} MB", str(path))
    return Path(path).read_text(encoding="utf-8")


def remove_partial_files(folder: str | Path) -> None:
    """Remove what a killed process has left in `written_aside`."""
    for path in [*Path(folder).rglob(f".*{_PARTIAL}")]:
        shutil.rmtree(path, ignore_errors=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path`, aside and renamed."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented JSON to `path`, aside and renamed."""
    write_text(path, json.dumps(value, indent=2, allow_nan=True) + "\n")
