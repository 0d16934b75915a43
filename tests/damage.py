"""Damage to valid files: what disks, editors, exporters and attackers do to them."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable

CASES = int(os.environ.get("FUZZ_CASES", "200"))  # of each fuzzing test; `make fuzz` takes 10,000
_NUMBER = re.compile(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
_ODD_NUMBERS = (
    b"nan",
    b"inf",
    b"-1",
    b"0",
    b"1e999",
    b"99999999999999999999",
    b"1,5",
    b"0x7f",
    b"",
)
_ODD_BYTES = (b"\0", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\x7f", b"\x80", b"\n", b"\t", b'"', b"{", b"}",
              b"<a>", b"\x1b[2J", "é".encode(), b"\r")  # fmt: skip


def damaged(content: bytes, seed: int) -> bytes:
    """The content with one to three edits; a seed gives the same edits."""
    rng = random.Random(seed)
    for _ in range(rng.choice((1, 1, 2, 3))):
        content = rng.choice(EDITS)(content, rng)
    return content


def flip(content: bytes, rng: random.Random) -> bytes:
    """One bit is another."""
    if not content:
        return content
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def _cut_end(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _cut_part(content: bytes, rng: random.Random) -> bytes:
    start, stop = _part(content, rng)
    return content[:start] + content[stop:]


def _double_part(content: bytes, rng: random.Random) -> bytes:
    start, stop = _part(content, rng)
    return content[:stop] + content[start:]


def _overwrite(content: bytes, rng: random.Random) -> bytes:
    at, odd = rng.randrange(len(content) + 1), rng.choice(_ODD_BYTES)
    return content[:at] + odd + content[at + len(odd) :]


def _insert(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(_ODD_BYTES) + content[at:]


def _other_number(content: bytes, rng: random.Random) -> bytes:
    numbers = [*_NUMBER.finditer(content)]
    if not numbers:
        return content
    one = rng.choice(numbers)
    return content[: one.start()] + rng.choice(_ODD_NUMBERS) + content[one.end() :]


def _swap_numbers(content: bytes, rng: random.Random) -> bytes:
    numbers = [*_NUMBER.finditer(content)]
    if len(numbers) < 2:
        return content
    one, two = sorted(rng.sample(numbers, 2), key=re.Match.start)
    between = content[one.end() : two.start()]
    return content[: one.start()] + two[0] + between + one[0] + content[two.end() :]


def _part(content: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.choice((1, 2, 8, 100)))


EDITS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(flip, _cut_end, _cut_part, _double_part),
    *(_overwrite, _insert, _other_number, _swap_numbers),
)
