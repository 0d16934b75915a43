"""A command in a process of its own: seconds, most memory, exit status.

Run as a script, this file starts the command that follows and prints JSON. The process between is needed:
on Linux a child inherits the memory record of the process that starts it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

KILOBYTES_A_MEGABYTE = 1e6 / 1024  # the kernel counts kilobytes of 1024 bytes


class Ended(NamedTuple):
    """A command that has ended.

    Attributes:
        seconds: from start to end.
        peak_mb: most resident memory.
        status: exit status.
        output: its stdout.
        errors: its stderr.
    """

    seconds: float
    peak_mb: float
    status: int
    output: str
    errors: str


def run_child(command: Sequence[str]) -> Ended:
    """Run a command in a small process of its own and measure it."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", __file__, *command], capture_output=True, text=True, check=True
    )
    return Ended(**json.loads(done.stdout))


def resident_kb(name: str) -> int:
    """A line of `/proc/self/status` such as VmHWM, the most resident memory; elsewhere that of getrusage."""
    found = kernel_kb("/proc/self/status", name)
    if found is not None:
        return found
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def kernel_kb(file: str, name: str) -> int | None:
    """A line such as `VmHWM: 1234 kB` of a file of the Linux kernel; None where there is none."""
    try:
        with open(file, encoding="utf-8") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
    except (OSError, StopIteration):
        return None


def _measure(command: Sequence[str]) -> Ended:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak_kb = peak / 1024 if sys.platform == "darwin" else peak
    peak_mb = peak_kb / KILOBYTES_A_MEGABYTE
    return Ended(seconds, peak_mb, done.returncode, done.stdout, done.stderr)


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1:])._asdict()))
