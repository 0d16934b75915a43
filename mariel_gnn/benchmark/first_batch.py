"""From a file to the first batch, in a process of its own.

`python -m mariel_gnn.benchmark.first_batch FILE T` prints JSON: seconds, megabytes of the array of all
frames, and by how many the process grew at most. Imports are not counted.
"""

from __future__ import annotations

import json
import sys
import time

import torch

from mariel_gnn.benchmark.child import KILOBYTES_A_MEGABYTE, resident_kb
from mariel_gnn.data.dataset import MarielDataset

BATCH = 64


def first_batch(path: str, seq_len: int) -> dict[str, float]:
    """Load a file, take a batch and an item with its graph."""
    before_kb, started = resident_kb("VmRSS"), time.perf_counter()
    windows = MarielDataset(path, seq_len, 0)
    windows.batch(torch.arange(min(BATCH, len(windows))))
    windows[0]
    seconds = time.perf_counter() - started
    grown_mb = (resident_kb("VmHWM") - before_kb) / KILOBYTES_A_MEGABYTE
    array_mb = (windows.nodes.nbytes + windows.path_m.nbytes) / 1e6
    return {"seconds": seconds, "array_mb": array_mb, "grown_mb": grown_mb}


if __name__ == "__main__":
    print(json.dumps(first_batch(sys.argv[1], int(sys.argv[2]))))
