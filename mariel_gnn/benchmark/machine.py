"""What the numbers were measured on: processor, threads, device, versions, load."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from mariel_gnn.errors import UserError

PACKAGES = ("torch", "torch-geometric", "torch-scatter", "lightning-fabric", "numpy")
BUSY = 0.5  # runnable processes of others for each core
Machine = dict[str, str]


def device_of(accelerator: str) -> torch.device:
    """Where the models compute.

    Raises:
        UserError: a GPU is asked for and there is none.
    """
    if accelerator == "cpu" or (accelerator == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise UserError("--accelerator gpu: torch finds no GPU: take --accelerator cpu")
    return torch.device("cuda")


def describe_machine(device: torch.device, precision: str) -> Machine:
    """Name -> text: everything that a number depends on beside the code."""
    return {
        "date": datetime.now().strftime("%Y-%m-%d %H:%M"),
        "processor": f"{_processor()}, {torch.backends.cpu.get_cpu_capability()}",
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "load before": _load(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU",
        "precision": precision,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    } | {package: _version(package) for package in PACKAGES}


def busy_note(machine: Machine) -> str:
    """A warning if others computed when the benchmark began; empty if not."""
    load, cores = float(machine["load before"]), int(machine["cores"])
    if load <= BUSY * cores:
        return ""
    return (
        f"The machine was busy: load {load:g} on {cores} cores before the first measurement. Compare "
        "rows with each other, not with other machines"
    )


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    """The processor's name as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
