"""The machine's own limits: matrix products at the models' sizes, and a copy of memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from mariel_gnn.benchmark.clock import seconds_per_call
from mariel_gnn.benchmark.rows import Case, Prepared, Rows

SECTION = "ceiling"
PRODUCTS: Mapping[str, tuple[int, int, int, int]] = {
    "square": (1, 2048, 2048, 2048),
    "LSTM, all steps": (1, 64 * 128, 384, 4 * 384),
    "LSTM, one step": (1, 64, 384, 4 * 384),
    "graph, update of markers": (1, 64 * 53, 64, 128),
    "graph, attention": (64 * 4, 53, 16, 53),
    "flow, convolution": (1, 64 * 64, 3 * 192, 192),
}
"""Row -> (count, m, k, n): `count` products of `[m, k]` and `[k, n]`, at batch 64 and the default sizes."""
COPIED_BYTES = 256 * 2**20
DTYPES = {"fp32_gflop_per_s": torch.float32, "bf16_gflop_per_s": torch.bfloat16}


def ceiling_cases(device: torch.device, least_s: float, scale: float = 1.0) -> list[Case]:
    """The rows of the CPU, and of the GPU if the models compute there.

    Args:
        device: of the models.
        least_s: shortest measurement, seconds.
        scale: of m, for quick runs.
    """
    devices = [torch.device("cpu"), *([device] if device.type == "cuda" else [])]
    cases: list[Case] = []
    for each in devices:
        for name, (count, m, k, n) in PRODUCTS.items():
            size = (count, max(1, int(scale * m)), k, n)
            prepare = partial(_products, size, each, least_s)
            cases.append(Case(SECTION, row_name(each, name), prepare))
        prepare = partial(_copy, int(scale * COPIED_BYTES), each, least_s)
        cases.append(Case(SECTION, row_name(each, "memory copy"), prepare))
    return cases


def row_name(device: torch.device, name: str) -> str:
    """The name of a row: the device comes first."""
    return f"{'GPU' if device.type == 'cuda' else 'CPU'}: {name}"


def best_gflop_per_s(rows: Rows, device: torch.device, bf16_share: float) -> list[float]:
    """The best matrix products of each round on a device, GFLOP/s; empty if none were measured.

    Args:
        rows: with those of this section.
        device: of the models.
        bf16_share: of the operations; the others are in float32.
    """
    single, half = (_best(rows, device, number) for number in DTYPES)
    return [
        1 / ((1 - bf16_share) / of_single + bf16_share / of_half)
        for of_single, of_half in zip(single, half, strict=True)
    ]


def _best(rows: Rows, device: torch.device, number: str) -> list[float]:
    samples = [
        row.samples[number]
        for row in rows
        if row.section == SECTION and row.name.startswith(row_name(device, ""))
        if number in row.samples and not row.error
    ]
    return [max(values) for values in zip(*samples, strict=True)]


def _products(size: Sequence[int], device: torch.device, least_s: float) -> Prepared:
    count, m, k, n = size
    shapes = [(m, k), (k, n)] if count == 1 else [(count, m, k), (count, k, n)]
    pairs = {
        name: [torch.randn(shape, device=device).to(dtype) for shape in shapes]
        for name, dtype in DTYPES.items()
    }
    gflop = 2 * count * m * k * n / 1e9

    def measure() -> dict[str, float]:
        return {
            name: gflop / seconds_per_call(lambda pair=pair: torch.matmul(*pair), device, least_s)  # type: ignore[misc]
            for name, pair in pairs.items()
        }

    return Prepared(measure, {"mflop": 1e3 * gflop})


def _copy(size: int, device: torch.device, least_s: float) -> Prepared:
    source = torch.ones(max(1, size // 4), device=device)
    target = torch.empty_like(source)

    def copy() -> Tensor:
        return target.copy_(source)

    def measure() -> dict[str, float]:
        moved_gb = 2 * source.nbytes / 1e9  # read and written
        return {"copy_gb_per_s": moved_gb / seconds_per_call(copy, device, least_s)}

    return Prepared(measure)
