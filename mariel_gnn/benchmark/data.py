"""The data: file to first batch, the latency of an item, and how time grows with sizes."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch.utils.data import DataLoader, Dataset

from mariel_gnn.benchmark.child import run_child
from mariel_gnn.benchmark.clock import seconds_per_call
from mariel_gnn.benchmark.options import Plan
from mariel_gnn.benchmark.rows import Case, Prepared
from mariel_gnn.benchmark.windows import RATE_HZ, synthetic_take
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

SECTION = "data"
SEQ_LEN, BATCH = 128, 64
TILE_FRAMES = 2100  # a minute, played forwards and backwards to fill a file
CPU = torch.device("cpu")
Sizes = Sequence[int]


def data_cases(plan: Plan, folder: Path) -> list[Case]:
    """The rows of the data.

    Args:
        plan: frames of the files, and whether sizes are small.
        folder: for the files.
    """
    frames = {f"file to first batch, {count:,} frames": count for count in plan.frames}
    base = plan.growth_frames
    growth: dict[str, tuple[Sizes, Callable[[int], Any]]] = {
        "frames": ([base * factor for factor in (1, 2, 4, 8)], _load_frames),
        "markers": ([13, 26, 53, 106], partial(_load_markers, base)),
        "window length": ([32, 64, 128, 256], partial(_cut_windows, base)),
        "dancers": ([1, 2], partial(_load_dancers, base)),
    }
    return [
        *(Case(SECTION, name, partial(_first, count, folder)) for name, count in frames.items()),
        *(
            Case(SECTION, f"item, {threads} thread{'s' * (threads > 1)}", prepare)
            for threads in (1, 2)
            for prepare in [partial(_item, base, threads, plan.least_s)]
        ),
        Case(
            SECTION, "item, inside two workers of a loader", partial(_in_workers, base, plan.quick)
        ),
        Case(SECTION, f"dense batch of {BATCH}", partial(_dense, base, plan.least_s)),
        *(
            Case(SECTION, f"growth with {name}", partial(_growth, sizes, load))
            for name, (sizes, load) in growth.items()
        ),
    ]


def exponent(sizes: Sizes, values: Sequence[float]) -> float:
    """The slope of a line through sizes and values in log-log: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def write_frames(path: Path, frames: int) -> Path:
    """Write an array file `[frames, 53, 3]` of the synthetic dancer, forwards and backwards by turns."""
    tile = synthetic_take(min(frames, TILE_FRAMES)).positions
    both = np.concatenate([tile, tile[::-1]])
    path.parent.mkdir(parents=True, exist_ok=True)
    array = open_memmap(path, "w+", np.float32, (frames, *tile.shape[1:]))
    for begin in range(0, frames, len(both)):
        array[begin : begin + len(both)] = both[: frames - begin]
    array.flush()
    return path


def _first(frames: int, folder: Path) -> Prepared:
    path = write_frames(folder / f"{frames}.npy", frames)
    command = [sys.executable, "-m", f"{__package__}.first_batch", str(path), str(SEQ_LEN)]

    def measure() -> dict[str, float]:
        ended = run_child(command)
        if ended.status:
            raise RuntimeError(ended.errors.strip().splitlines()[-1])
        found = json.loads(ended.output)
        ratio = found["grown_mb"] / found["array_mb"]
        return {"seconds": found["seconds"], "mb": found["grown_mb"], "memory_ratio": ratio}

    return Prepared(measure)


@cache
def _windows(frames: int) -> MarielDataset:
    return MarielDataset([_tiled(frames)], SEQ_LEN, 0)


@contextmanager
def threads_of_torch(count: int) -> Iterator[None]:
    """A block in which torch computes with `count` threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _item(frames: int, threads: int, least_s: float) -> Prepared:
    windows = _windows(frames)
    order = iter(_endless(len(windows)))

    def measure() -> dict[str, float]:
        with threads_of_torch(threads):
            return {"ms": 1e3 * seconds_per_call(lambda: windows[next(order)], CPU, least_s)}

    return Prepared(measure)


def _endless(count: int) -> Iterator[int]:
    while True:
        yield from torch.randperm(count).tolist()


class TimedItems(Dataset[float]):
    """The seconds that each item takes, in the process that reads it.

    Args:
        windows: the items.
    """

    def __init__(self, windows: MarielDataset) -> None:
        self.windows = windows

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> float:
        started = time.perf_counter()
        self.windows[index]
        return time.perf_counter() - started


def _in_workers(frames: int, quick: bool) -> Prepared:
    items = TimedItems(_windows(frames))
    count = min(len(items), 200 if quick else 1000)
    part = torch.utils.data.Subset(items, range(count))

    def measure() -> dict[str, float]:
        loader = DataLoader(part, BATCH, num_workers=2, collate_fn=list)
        return {"ms": 1e3 * float(np.median([each for batch in loader for each in batch]))}

    return Prepared(measure)


def _dense(frames: int, least_s: float) -> Prepared:
    windows = _windows(frames)

    def batch() -> object:
        return windows.batch(torch.randint(len(windows), (BATCH,)))

    return Prepared(lambda: {"ms": 1e3 * seconds_per_call(batch, CPU, least_s)})


def _growth(sizes: Sizes, load: Callable[[int], Callable[[], object]]) -> Prepared:
    """Time at each size, and the exponents of time and memory."""
    loads = [load(size) for size in sizes]
    peaks = [_peak_bytes(each) for each in loads]

    def measure() -> Mapping[str, float]:
        spent = [_best_s(each) for each in loads]
        return {"seconds": spent[-1], "time_exponent": exponent(sizes, spent)}

    return Prepared(measure, {"memory_exponent": exponent(sizes, peaks)})


def _best_s(function: Callable[[], object], repeats: int = 3) -> float:
    """The least seconds of some calls: a fit through few points must not follow one disturbance."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        found.append(time.perf_counter() - started)
    return min(found)


def _peak_bytes(function: Callable[[], object]) -> int:
    """The most memory that Python and numpy allocate during a call."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _load(recordings: Sequence[Recording], skeleton: Skeleton | None = None) -> MarielDataset:
    """The dataset with its cleaning, its first batch and its first graph."""
    windows = MarielDataset(recordings, SEQ_LEN, 0, skeleton=skeleton)
    windows.batch(torch.arange(min(BATCH, len(windows))))
    windows[0]
    return windows


def _load_frames(frames: int) -> Callable[[], object]:
    take = _tiled(frames)
    return lambda: _load([take])


def _load_markers(frames: int, markers: int) -> Callable[[], object]:
    take = _tiled(frames)
    chosen = take.positions[:, np.arange(markers) % take.positions.shape[1]]
    names = tuple(f"m{number}" for number in range(markers))
    edges = tuple(zip(range(markers - 1), range(1, markers), strict=True))
    skeleton = Skeleton("chain", names, names, edges, root=(0,))
    more = Recording("markers", np.ascontiguousarray(chosen), RATE_HZ, "markers.npy")
    return lambda: _load([more], skeleton)


def _cut_windows(frames: int, seq_len: int) -> Callable[[], object]:
    windows = MarielDataset([_tiled(frames)], seq_len, 0)

    def read() -> None:
        windows.batch(torch.arange(BATCH))
        for index in range(BATCH):
            windows[index]

    return read


def _load_dancers(frames: int, dancers: int) -> Callable[[], object]:
    take = _tiled(frames)
    if dancers == 1:
        return lambda: MarielDataset([take], SEQ_LEN, 0).batch(torch.arange(BATCH))
    duet = Duet((take, take), np.ones(frames, dtype=np.bool_))
    return lambda: DuetDataset([duet], SEQ_LEN).batch(torch.arange(BATCH))


def _tiled(frames: int) -> Recording:
    tile = synthetic_take(min(frames, TILE_FRAMES)).positions
    both = np.concatenate([tile, tile[::-1]])
    whole = np.concatenate([both] * -(-frames // len(both)))[:frames]
    return Recording("tiled", np.ascontiguousarray(whole), RATE_HZ, "tiled.npy")
