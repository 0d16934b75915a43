"""One run of the benchmark: all cases in the order of the sections, by turns, with what compares them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from mariel_gnn.benchmark.ceiling import ceiling_cases
from mariel_gnn.benchmark.data import data_cases
from mariel_gnn.benchmark.derived import add_comparisons
from mariel_gnn.benchmark.machine import describe_machine, device_of
from mariel_gnn.benchmark.models import Subject, model_cases
from mariel_gnn.benchmark.options import Plan
from mariel_gnn.benchmark.profiling import profile_cases
from mariel_gnn.benchmark.report import Result
from mariel_gnn.benchmark.rounds import run_rounds
from mariel_gnn.benchmark.rows import Case
from mariel_gnn.benchmark.startup import startup_cases
from mariel_gnn.config import RunOptions
from mariel_gnn.training.memory import keep_freed_memory

QUICK_SCALE = 0.25  # of the rows of the ceiling's products
OnProgress = Callable[[int, int | None], None]


def run_benchmark(
    plan: Plan,
    runs: Sequence[RunOptions],
    commands: Sequence[str],
    on_progress: OnProgress = lambda done, total: None,
    on_warm: Callable[[float], None] = lambda seconds: None,
) -> Result:
    """Measure what a plan names.

    Args:
        plan: sections, sizes and rounds.
        runs: the options of a run of each model.
        commands: modules of commands, whose start-up is measured.
        on_progress: called with the number of measurements that are done and their total.
        on_warm: called after the warm-up with the estimated seconds of all rounds.

    Raises:
        UserError: the accelerator is not there.
    """
    device = device_of(plan.accelerator)
    machine = describe_machine(device, plan.precision)
    keep_freed_memory()  # as in training
    with tempfile.TemporaryDirectory() as folder:
        cases = cases_of(plan, runs, commands, device, Path(folder))
        rows = run_rounds(cases, plan.rounds, on_progress, on_warm)
    keep_freed_memory(False)
    add_comparisons(rows, device)
    return Result(machine, asdict(plan), rows)


def cases_of(
    plan: Plan,
    runs: Sequence[RunOptions],
    commands: Sequence[str],
    device: torch.device,
    folder: Path,
) -> list[Case]:
    """All cases of a plan, in the order of the sections."""
    scale = QUICK_SCALE if plan.quick else 1.0
    subjects = [Subject(options, device, plan.precision, plan.least_s) for options in runs]
    sections: dict[str, Callable[[], list[Case]]] = {
        "ceiling": lambda: ceiling_cases(device, plan.least_s, scale),
        "models": lambda: model_cases(subjects, plan.batches, folder / "models", plan.quick),
        "profile": lambda: profile_cases(subjects, min(plan.batches)),
        "data": lambda: data_cases(plan, folder / "data"),
        "startup": lambda: startup_cases(commands, folder / "startup", plan.quick),
    }
    return [case for section in plan.sections for case in sections[section]()]
