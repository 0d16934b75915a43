"""Reads what an offline W&B run has kept: a LevelDB log of protobuf records.

W&B has no reader of its own in Python. The format (LevelDB's `log_format`): blocks of 32 KiB; in them
pieces of checksum (4 bytes), length (2), kind (1: whole, 2: first, 3: middle, 4: last), then data. A
W&B file begins with 7 bytes of its own.
"""

import json
import struct
import time
from pathlib import Path

from wandb.proto.wandb_internal_pb2 import Record

BLOCK, HEAD, PREAMBLE = 32768, 7, 7
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
PATIENCE_S = 10


def records(folder: Path) -> list[Record]:
    """All records of the only offline run under `folder`, which has ended."""
    [path] = folder.glob("wandb/offline-run-*/*.wandb")
    for _ in range(PATIENCE_S * 20):  # the process that writes the file is behind ours at times
        found = _records(path)
        if any(record.WhichOneof("record_type") == "exit" for record in found):
            break
        time.sleep(1 / 20)
    return found


def _records(path: Path) -> list[Record]:
    data, found, pending = path.read_bytes(), [], b""
    place = PREAMBLE
    while place + HEAD <= len(data):
        left = BLOCK - place % BLOCK
        if left < HEAD:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + HEAD])
        piece = data[place + HEAD : place + HEAD + length]
        place += HEAD + length
        pending = piece if kind in (WHOLE, FIRST) else pending + piece
        if kind in (WHOLE, LAST):
            found.append(Record.FromString(pending))
    return found


def history(folder: Path) -> list[dict]:
    """What was logged, a mapping a step."""
    return [_items(record.history.item) for record in records(folder)
            if record.WhichOneof("record_type") == "history"]  # fmt: skip


def summary(folder: Path) -> dict:
    """The last value of each name of the summary."""
    found: dict = {}
    for record in records(folder):
        if record.WhichOneof("record_type") == "summary":
            found |= _items(record.summary.update)
    return found


def config(folder: Path) -> dict:
    """The configuration."""
    found: dict = {}
    for record in records(folder):
        kind = record.WhichOneof("record_type")
        if kind in ("run", "config"):
            found |= _items((record.run.config if kind == "run" else record.config).update)
    return found


def artifacts(folder: Path) -> dict[str, list[str]]:
    """Artifact type -> the names of the files in it."""
    found: dict[str, list[str]] = {}
    for record in records(folder):
        request = record.request
        if request.WhichOneof("request_type") == "log_artifact":
            artifact = request.log_artifact.artifact
            found.setdefault(artifact.type, []).extend(e.path for e in artifact.manifest.contents)
        elif record.WhichOneof("record_type") == "artifact":
            names = [entry.path for entry in record.artifact.manifest.contents]
            found.setdefault(record.artifact.type, []).extend(names)
    return found


def _items(items) -> dict:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
