"""Groups of recordings by their file names, so that one kind of dance with most windows does not decide."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

_PART = re.compile(r"\[\d+:\d+\]$")  # of a recording of which only some frames are used
_BEFORE_NUMBER = re.compile(r"([^\W\d_]\D*?)[ _.-]*\d")


def group_of(recording: str) -> str:
    """Return the group of a recording: the part of its name before the first number.

    ``salsa_60_01`` is of the group ``salsa``. A name that begins with a number has that number as its
    group (``05_02``: ``05``), and a name without a number is a group of its own.
    """
    name = file_of(recording)
    if found := _BEFORE_NUMBER.match(name):
        return found[1]
    first = re.match(r"\d+", name)
    return first[0] if first else name


def file_of(recording: str) -> str:
    """The file that contains a recording: ``take[0:300]`` is a part of ``take``."""
    return _PART.sub("", recording)


def by_group(
    recordings: Sequence[str], recording: Int[Tensor, " N"]
) -> tuple[list[str], Int[Tensor, " N"], Int[Tensor, " N"]]:
    """Return the groups' names, and the file and the group of each window, both `[N]` from 0.

    Args:
        recordings: the names of all recordings.
        recording: `[N]` index of each window's recording.
    """
    used, place = recording.unique(return_inverse=True)
    files = [file_of(recordings[index]) for index in used.tolist()]
    groups = [group_of(file) for file in files]
    names = list(dict.fromkeys(groups))
    numbers = {file: number for number, file in enumerate(dict.fromkeys(files))}
    return (
        names,
        torch.tensor([numbers[file] for file in files])[place],
        torch.tensor([names.index(group) for group in groups])[place],
    )
