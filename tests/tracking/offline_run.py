"""Reads the file of an offline W&B run: a LevelDB log of protobuf records.

W&B has no Python reader. The format (LevelDB's `log_format`) has blocks of 32 KiB. A block has chunks
of checksum (4 bytes), length (2), kind (1: whole, 2: first, 3: middle, 4: last) and data. A W&B file
begins with a preamble of 7 bytes.
"""

import json
import struct
import time
from pathlib import Path

from wandb.proto.wandb_internal_pb2 import Record

BLOCK, HEAD, PREAMBLE = 32768, 7, 7
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
TIMEOUT_S = 10


def records(folder: Path) -> list[Record]:
    """All records of the only offline run under `folder`, which must have finished."""
    [path] = folder.glob("wandb/offline-run-*/*.wandb")
    for _ in range(TIMEOUT_S * 20):  # another process writes the file, with a delay
        found = _records(path)
        if any(record.WhichOneof("record_type") == "exit" for record in found):
            break
        time.sleep(1 / 20)
    return found


def _records(path: Path) -> list[Record]:
    data, found, pending = path.read_bytes(), [], b""
    offset = PREAMBLE
    while offset + HEAD <= len(data):
        left = BLOCK - offset % BLOCK
        if left < HEAD:
            offset += left
            continue
        _, length, kind = struct.unpack("<IHB", data[offset : offset + HEAD])
        chunk = data[offset + HEAD : offset + HEAD + length]
        offset += HEAD + length
        pending = chunk if kind in (WHOLE, FIRST) else pending + chunk
        if kind in (WHOLE, LAST):
            found.append(Record.FromString(pending))
    return found


def history(folder: Path) -> list[dict]:
    """The logged values, one mapping per step."""
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
