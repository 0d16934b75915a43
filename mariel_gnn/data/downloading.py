"""The field's own recordings from their public repository: resumable, checked, whole or not there."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.errors import UserError

Progress = Callable[[int, int | None], None]

TIMEOUT_S, TRIES, CHUNK_BYTES = 30.0, 4, 1 << 16


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
    server can.

    Args:
        url: where it is.
        path: where it goes.
        blob_sha1: its git blob hash.
        on_progress: called with bytes so far and bytes in all (None if the server does not say).

    Returns:
        Whether anything was downloaded.

    Raises:
        UserError: another file has that name, the connection stays cut, or the content is wrong.
    """
    if path.exists():
        if git_blob_sha1(path) == blob_sha1:
            return False
        raise UserError(
            f"{path}: is there but is not the published file: move it away and try again"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    _complete(url, part, on_progress)
    if git_blob_sha1(part) != blob_sha1:
        part.unlink()
        raise UserError(
            f"{url}: what came is not the published file (its hash is wrong), so it was thrown away: try "
            "again, or from another network"
        )
    os.replace(part, path)
    return True


def git_blob_sha1(path: Path) -> str:
    """The hash that git gives a file's content: SHA-1 of ``blob <size>\\0`` and the content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _complete(url: str, part: Path, on_progress: Progress) -> None:
    """Fill `part` until nothing is missing, going on after cuts."""
    why = ""
    for _ in range(TRIES):
        try:
            missing = _go_on(url, part, on_progress)
        except urllib.error.HTTPError as error:
            raise UserError(f"{url}: the server says {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:  # cut, refused, too slow
            missing, why = True, f" ({getattr(error, 'reason', error) or type(error).__name__})"
        if not missing:
            return
    size = part.stat().st_size if part.exists() else 0
    raise UserError(
        f"{url}: the connection was cut {TRIES} times{why}; {size:,} bytes are kept, the same command "
        "goes on from there"
    )


def _go_on(url: str, part: Path, on_progress: Progress) -> bool:
    """Add what comes to `part`; whether more is still missing."""
    have = part.stat().st_size if part.exists() else 0
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
            while chunk := _read(response):
                file.write(chunk)
                have += len(chunk)
                on_progress(have, total)
    return total is not None and have < total


def _read(response: http.client.HTTPResponse) -> bytes:
    with suppress(http.client.IncompleteRead):
        return response.read1(CHUNK_BYTES)
    return b""
