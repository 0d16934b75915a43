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
from time import monotonic

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.published import CHUNK_BYTES, Published, git_blob_sha1

Progress = Callable[[int, int | None], None]

TIMEOUT_S, TRIES = 30.0, 4
# The largest CMU file has 4 MB. A server that sends without end, or a byte now and then, is left.
MAX_FILE_BYTES = 1_000_000_000
SLOW_AFTER_S, MIN_BYTES_PER_S = 120.0, 500.0
# Errors of the connection; any other OSError comes from the disk.
_INTERRUPTIONS = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    SSLError,
)


def fetch(url: str, path: Path, blob_sha1: str, on_progress: Progress = lambda *_: None) -> bool:
    """Download a file unless it is present; `path` is either the verified file or absent.

    An incomplete download is kept beside it as `.part`. The next call resumes it if the server supports
    ranges, and restarts if the `.part` turns out to belong to another file.

    Args:
        url: the address.
        path: the target.
        blob_sha1: git blob hash of the file.
        on_progress: called with the bytes so far and the total (None if the server does not state it).

    Returns:
        Whether anything was downloaded.

    Raises:
        UserError: the target is another file, the server does not answer, the connection is interrupted
            repeatedly, or the hash does not match.
        OSError: the file cannot be written.
    """
    if path.exists():
        if git_blob_sha1(path) == blob_sha1:
            return False
        raise UserError(f"{path}: exists but is not the published file: move it away and try again")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    for _ in range(1 + part.exists()):
        _complete(url, part, on_progress)
        if git_blob_sha1(part) == blob_sha1:
            os.replace(part, path)
            return True
        part.unlink()
    raise UserError(
        f"{url}: the downloaded file is not the published one (its hash is wrong) and was deleted: try "
        "again, or use another network"
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
    """Fill `part` until it is complete; resume after interruptions."""
    before, reason = _size(part), "it ended too early"
    for _ in range(TRIES):
        try:
            if not _resume(url, part, on_progress):
                return
        except urllib.error.HTTPError as error:
            said = " ".join(str(error.reason).split())[:200]
            raise UserError(f"{url}: the server says {error.code} {said}") from error
        except _INTERRUPTIONS as error:
            reason = _reason(error)
    raise UserError(_failure(url, reason, before, _size(part)))


def _failure(url: str, reason: str, before: int, now: int) -> str:
    """The message after the last try.

    Args:
        url: the address.
        reason: of the last failure.
        before: bytes present before the first try.
        now: bytes present after the last try.
    """
    kept = f"{now:,} bytes are kept, the same command resumes the download" if now else ""
    if now > before:
        return f"{url}: the connection was interrupted {TRIES} times ({reason}); {kept}"
    host = urllib.parse.urlsplit(url).hostname
    message = f"{url}: nothing came from {host} ({reason}): check the network and the proxy, and try again"
    return f"{message}; {kept}" if kept else message


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason) or type(error).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _resume(url: str, part: Path, on_progress: Progress) -> bool:
    """Append the rest of the file to `part`; returns whether more is missing."""
    have = _size(part)
    response = _open(url, have)
    if response is None:
        return False
    with response:
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        have = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() and len(length) < 20 else None
        with part.open("ab" if resumed else "wb") as file:
            before, started_s = have, monotonic()
            _check_size(total or 0, url)
            while chunk := response.read1(CHUNK_BYTES):
                file.write(chunk)
                have += len(chunk)
                _check_size(have, url)
                _check_speed(have - before, monotonic() - started_s)
                on_progress(have, total)
    return total is not None and have < total


def _check_size(size: int, url: str) -> None:
    if size > MAX_FILE_BYTES:
        raise UserError(
            f"{url}: the server sends more than {MAX_FILE_BYTES:,} bytes, so it is not the published file: "
            "try again, or use another network"
        )


def _check_speed(received: int, seconds: float) -> None:
    """Leave a connection that hardly sends; the download is resumed with another one.

    Raises:
        TimeoutError: it is slower than `MIN_BYTES_PER_S`.
    """
    if seconds > SLOW_AFTER_S and received < MIN_BYTES_PER_S * seconds:
        raise TimeoutError(f"less than {MIN_BYTES_PER_S:g} bytes a second")


def _open(url: str, offset: int) -> http.client.HTTPResponse | None:
    """The response from an offset on; None if the file ends there (the hash decides if it is right)."""
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    request = urllib.request.Request(url, headers=headers)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return None
        raise
    return response
