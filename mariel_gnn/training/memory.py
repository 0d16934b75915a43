"""Freed memory that stays with the process, so that a training step finds again what the last one freed."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # of mallopt, in glibc's malloc.h
_MEGABYTE = 2**20


def keep_freed_memory(keep: bool = True) -> None:
    """Whether the C library keeps large blocks that are freed, or returns them to the system.

    By default glibc returns them, and the system zeroes and maps the same pages anew in the next step: up
    to a quarter of the time of a step that frees blocks of 32 MB and more. Kept blocks are divided, so
    the peak of a process can rise, by some hundred megabytes. Does nothing without glibc.

    Args:
        keep: False for what glibc's own thresholds come to in a process with large blocks.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    if keep:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)
    else:
        mallopt(_MMAP_MAX, 65536)
        mallopt(_MMAP_THRESHOLD, 32 * _MEGABYTE)
        mallopt(_TRIM_THRESHOLD, 64 * _MEGABYTE)
