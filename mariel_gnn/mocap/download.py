"""The field's own recordings from their public repository: resumable, checked, whole or not there."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLError

from mariel_gnn.errors import UserError

Progress = Callable[[int, int | None], None]

TIMEOUT_S, TRIES, CHUNK_BYTES = 30.0, 4, 1 << 16
# What a connection does to us; any other OSError is of the disk.
_CUT = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, SSLError)


@dataclass(frozen=True)
class Published:
    """A set of recordings that others have published.

    Attributes:
        base_url: what stands before each file's name.
        files: file name -> git blob hash (SHA-1 of ``blob <size>\\0`` and the content).
        owner: whose they are, and on what terms.
    """

    base_url: str
    files: dict[str, str]
    owner: str

    def url(self, name: str) -> str:
        """Where a file is."""
        return self.base_url + urllib.parse.quote(name)


PUBLISHED = {
    "mariel": Published(
        base_url="https://raw.githubusercontent.com/mariel-pettee/choreo-graph/"
        "7e50d643a2b09196ff08934d383c5f68815ddff2/data/",
        files={
            "mariel_betternot_and_retrograde.npy": "29058fca6905627f4fa47e8fa44e42960d4eedd0",
            "mariel_beyond.npy": "5a1f8291b2689197469254e846b235c80d70202a",
            "mariel_chunli.npy": "d2c23e43b1d8beac5e112668e78e73d65c3c9b4f",
            "mariel_honey.npy": "a5963b45fd95a87a778e4958aacc04aa72485479",
            "mariel_knownbetter.npy": "28d11af61ce3f04063f55d3435bab4101615083f",
            "mariel_penelope.npy": "d6f62a98c965a9ecb22b60206d45cfcb3475d7df",
        },
        owner="Recordings of Mariel Pettee's own dancing, published with the choreo-graph project "
        "(github.com/mariel-pettee/choreo-graph). No licence is stated there: ask her before you pass "
        "them on or publish what you make of them.",
    )
}


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


def git_blob_sha1(path: Path) -> str:
    """The hash that git gives a file's content: SHA-1 of ``blob <size>\\0`` and the content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


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
