"""Download published recordings: resumable, verified by hash, complete or absent."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from ssl import SSLError

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.published import CHUNK_BYTES, Published, git_blob_sha1

Progress = Callable[[int, int | None], None]

TIMEOUT_S, TRIES = 30.0, 4
# Errors of the connection; any other OSError comes from the disk.
_CUT = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, SSLError)


def fetch(url: str, path: Path, blob_sha1: str, on_progress: Progress = lambda *_: None) -> bool:
    """Download a file unless it is there already; under its name stands the right one or none.

    What has come so far waits beside it as `.part`; the next call goes on from there where the
    server can, and starts anew if what was there turns out to be of another file.

    Args:
        url: where it is.
        path: where it goes.
        blob_sha1: its git blob hash.
        on_progress: called with bytes so far and bytes in all (None if the server does not say).

    Returns:
        Whether anything was downloaded.

    Raises:
        UserError: another file has that name, nothing answers, the connection stays cut, or the content
            is wrong.
        OSError: it cannot be written.
    """
    if path.exists():
        if git_blob_sha1(path) == blob_sha1:
            return False
        raise UserError(
            f"{path}: is there but is not the published file: move it away and try again"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    for _ in range(1 + part.exists()):
        _complete(url, part, on_progress)
        if git_blob_sha1(part) == blob_sha1:
            os.replace(part, path)
            return True
        part.unlink()
    raise UserError(
        f"{url}: what came is not the published file (its hash is wrong), so it was thrown away: try "
        "again, or from another network"
    )


def fetch_all(
    published: Published, folder: Path, on_progress: Progress = lambda *_: None
) -> list[str]:
    """Download the missing files of a published set, one after another.

    Args:
        published: the set.
        folder: the target folder.
        on_progress: called with the bytes so far and the bytes of all files together (None if unknown).

    Returns:
        The names of the downloaded files.

    Raises:
        UserError, OSError: see `fetch`; completed files are kept.
    """
    fresh, done, total = [], 0, published.approximate_bytes
    for name, blob_sha1 in published.files.items():
        path, before = folder / name, done

        def on_bytes(so_far: int, _: int | None, before: int = before) -> None:
            on_progress(before + so_far, total)

        if fetch(published.url(name), path, blob_sha1, on_bytes):
            fresh.append(name)
        done += path.stat().st_size
        on_progress(done, total)
    return fresh


def _complete(url: str, part: Path, on_progress: Progress) -> None:
    """Fill `part` until nothing is missing, going on after cuts."""
    before, why = _size(part), "it ended too early"
    for _ in range(TRIES):
        try:
            if not _resume(url, part, on_progress):
                return
        except urllib.error.HTTPError as error:
            raise UserError(f"{url}: the server says {error.code} {error.reason}") from error
        except _CUT as error:
            why = _why(error)
    raise UserError(_failed(url, why, before, _size(part)))


def _failed(url: str, why: str, before: int, now: int) -> str:
    """What to tell when the last try has failed; bytes that were there before, and now."""
    kept = f"{now:,} bytes are kept, the same command goes on from there" if now else ""
    if now == before:
        host = urllib.parse.urlsplit(url).hostname
        way_out = "check this machine's network, or a proxy in between, and try again"
        return f"{url}: nothing came from {host} ({why}): {way_out}{'; ' if kept else ''}{kept}"
    return f"{url}: the connection was cut {TRIES} times ({why}); {kept}"


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason) or type(error).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _resume(url: str, part: Path, on_progress: Progress) -> bool:
    """Add what comes to `part`; whether more is still missing."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return (
                    False  # nothing lies beyond what is there; the hash tells whether it is right
                )
        raise
    with response:
        goes_on = response.status == http.HTTPStatus.PARTIAL_CONTENT
        have = have if goes_on else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        with part.open("ab" if goes_on else "wb") as file:
            while chunk := response.read1(CHUNK_BYTES):
                file.write(chunk)
                have += len(chunk)
                on_progress(have, total)
    return total is not None and have < total
