"""Published recordings: where they are, on what terms, and what is known about each CMU file.

The table `cmu_takes.csv` has a row for each published BVH file of the CMU motion capture database.
`find_cmu_take` compares a file with the table by content, so a renamed copy is recognized and a
changed file is not.
"""

from __future__ import annotations

import csv
import hashlib
import urllib.parse
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CHUNK_BYTES = 1 << 16
_TABLE = Path(__file__).with_name("cmu_takes.csv")
_RAW_FILES = "https://raw.githubusercontent.com/"  # then repository, commit, path


@dataclass(frozen=True)
class Published:
    """A published set of recordings.

    Attributes:
        base_url: first part of each file's address.
        files: file name -> git blob hash, see `git_blob_sha1`.
        owner: the owner and the terms of use.
        paths: file name -> last part of the file's address, if that is not the name.
        sizes: file name -> bytes, where known.
        next_command: the command that prepares the files of a `{folder}` for training; empty if they
            need no preparation.
    """

    base_url: str
    files: dict[str, str]
    owner: str
    paths: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    next_command: str = ""

    def url(self, name: str) -> str:
        """The address of a file."""
        return self.base_url + urllib.parse.quote(self.paths.get(name, name))

    @property
    def approximate_bytes(self) -> int | None:
        """Bytes of all files; a file of unknown size counts as the mean. None if no size is known."""
        if not self.sizes:
            return None
        return round(sum(self.sizes.values()) * len(self.files) / len(self.sizes))


@dataclass(frozen=True)
class CmuTake:
    """What is known about a published CMU file.

    Attributes:
        name: kind of motion, CMU subject and CMU trial: ``"salsa_60_01"``.
        url_path: repository, commit and path: the last part of the file's address.
        blob_sha1: git blob hash of the content.
        size_bytes: size; None if unknown.
        rig: ``"daz"`` or ``"cmu"``: the joint tree, which implies the unit of length.
        rate_hz: the true frames per second; the file's header may be wrong.
        floor_m: height of the floor in the file, metres; None if unknown.
        valid_frames: ranges (start, stop) of valid frames; a stop of None is the end of the file.
    """

    name: str
    url_path: str
    blob_sha1: str
    size_bytes: int | None
    rig: str
    rate_hz: float
    floor_m: float | None
    valid_frames: tuple[tuple[int, int | None], ...]


@cache
def cmu_takes() -> tuple[CmuTake, ...]:
    """All rows of the table, sorted by name."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(map(_take, csv.DictReader(file)))


def find_cmu_take(path: Path) -> CmuTake | None:
    """The take of a published CMU file; None for any other file.

    Args:
        path: an existing file.
    """
    if path.suffix.lower() != ".bvh":
        return None
    return {take.blob_sha1: take for take in cmu_takes()}.get(git_blob_sha1(path))


def git_blob_sha1(path: Path) -> str:
    """The hash by which git names a file's content: SHA-1 of ``blob <size>\\0`` and the content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _take(row: dict[str, str]) -> CmuTake:
    return CmuTake(
        name=row["name"],
        url_path=f"{row['repository']}/{row['commit']}/{row['path']}",
        blob_sha1=row["git_blob_sha1"],
        size_bytes=int(row["bytes"]) if row["bytes"] else None,
        rig=row["rig"],
        rate_hz=float(row["rate_hz"]),
        floor_m=float(row["floor_m"]) if row["floor_m"] else None,
        valid_frames=tuple(map(_frame_range, row["valid_frames"].split())),
    )


def _frame_range(text: str) -> tuple[int, int | None]:
    """A range of frames in the table's notation: ``"10:176"``, or ``"368:"`` up to the end."""
    start, _, stop = text.partition(":")
    return int(start), int(stop) if stop else None


def _cmu() -> Published:
    """The published CMU files, each named after its take."""
    takes = {f"{take.name}.bvh": take for take in cmu_takes()}
    return Published(
        base_url=_RAW_FILES,
        files={name: take.blob_sha1 for name, take in takes.items()},
        owner="Dance and martial arts of the CMU motion capture database (mocap.cs.cmu.edu), in BVH files "
        "published with the projects papagina/Auto_Conditioned_RNN_motion and "
        "chrystianosaraujo/motion-viewer on GitHub. The database is free for research and commercial "
        "projects. Reselling the data is not allowed, not even converted. If you publish results, "
        "acknowledge: The data used in this project was obtained from mocap.cs.cmu.edu. The database was "
        "created with funding from NSF EIA-0196217.",
        paths={name: take.url_path for name, take in takes.items()},
        sizes={name: take.size_bytes for name, take in takes.items() if take.size_bytes},
        next_command="python -m experiments.prepare '{folder}/*.bvh' --skeleton cmu21 "
        "--out '{folder}_joints'",
    )


PUBLISHED = {
    "mariel": Published(
        base_url=f"{_RAW_FILES}mariel-pettee/choreo-graph/"
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
    ),
    "cmu": _cmu(),
}
