"""Seconds and megabytes of a function on a device."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from mariel_gnn.benchmark.child import KILOBYTES_A_MEGABYTE, kernel_kb, resident_kb

MEGABYTE = 1e6
SAFE_SHARE = 0.8  # of the free memory that a step may take
_MEMORY_EVENT = "[memory]"


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has done what was asked of it; a CPU has when a function returns."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(function: Callable[[], Any], device: torch.device) -> float:
    """The seconds of one call."""
    synchronize(device)
    started = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - started


def seconds_per_call(
    function: Callable[[], Any], device: torch.device, least_s: float = 0.2
) -> float:
    """The mean seconds of a call, over as many calls as take `least_s`."""

    def repeat(count: int) -> None:
        for _ in range(count):
            function()

    calls = 1
    while True:
        spent_s = seconds(partial(repeat, calls), device)
        if spent_s >= least_s:
            return spent_s / calls
        calls = max(2 * calls, int(1.2 * calls * least_s / max(spent_s, 1e-6)))


def steady_seconds(function: Callable[[], Any], device: torch.device, least_s: float) -> float:
    """The seconds of a call among its like: a short one is repeated, after one that does not count.

    The first call after other work finds cold caches and has memory to ask for. It counts if it takes ten
    times `least_s`: then it hardly notices, and a second one takes too long.
    """
    first_s = seconds(function, device)
    return first_s if first_s >= 10 * least_s else seconds_per_call(function, device, least_s)


def check_memory(step: Callable[[int], Any], size: int, device: torch.device) -> None:
    """Check that a step with many windows fits the memory of a CPU, by the peaks of two small ones.

    Args:
        step: a training step with a number of windows.
        size: the number that is to be measured.
        device: of the model; a GPU says by itself that its memory is full, and the process lives on.

    Raises:
        MemoryError: it does not.
    """
    if device.type != "cpu":
        return
    few, more = (peak_mb(lambda count=count: step(count), device) for count in (4, 8))  # type: ignore[misc]
    needed_mb, free_mb = size * (more - few) / 4, available_mb()
    if needed_mb > SAFE_SHARE * free_mb:
        raise MemoryError(f"needs about {needed_mb:,.0f} MB of memory, {free_mb:,.0f} are free")


def available_mb() -> float:
    """The memory that this process can have, what it holds included; infinite where Linux does not say."""
    free = kernel_kb("/proc/meminfo", "MemAvailable")
    if free is None:
        return float("inf")
    return (free + resident_kb("VmRSS")) / KILOBYTES_A_MEGABYTE


def peak_mb(function: Callable[[], Any], device: torch.device) -> float:
    """The most megabytes that torch's tensors take during a call, beyond those before it.

    On a CPU it is what torch's allocator reports to the profiler: the same on every machine, without what
    libraries such as oneDNN allocate by themselves.
    """
    if device.type == "cuda":
        synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        function()
        synchronize(device)
        return (torch.cuda.max_memory_allocated(device) - before) / MEGABYTE
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler says on stderr that it works
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        function()
    results: Any = found.profiler
    events = [each for each in results.kineto_results.events() if each.name() == _MEMORY_EVENT]
    taken, peak = 0, 0
    for event in sorted(events, key=lambda each: each.start_ns()):
        taken += event.nbytes()
        peak = max(peak, taken)
    return peak / MEGABYTE
