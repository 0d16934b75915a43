"""Synthetic run folders with known errors."""

import csv
import json
from pathlib import Path

import numpy as np
import torch
import yaml

from mariel_gnn.evaluation.window_errors import WindowErrors, save_errors
from mariel_gnn.metrics.reconstruction import RowErrors

FRAMES, MARKERS = 16, ["LHEL", "RHEL", "CLAV", "STRN"]
PARTS = {"feet": (0, 1), "trunk": (2, 3)}
TAKES = {f"take_{number}": 4 + number for number in range(6)}  # windows of each


def write_run(
    folder: Path,
    model: str = "lstm_vae",
    seed: int = 0,
    error_mm: float = 100.0,
    takes: dict[str, int] = TAKES,
    by_take_mm: dict[str, float] | None = None,
    pca_mm: float = 50.0,
    pose_mm: float = 200.0,
    motion_pca_mm: float | None = None,
    options: dict[str, object] | None = None,
    summary: dict[str, float] | None = None,
    minutes: float = 4.0,
) -> Path:
    """A finished run with the error `error_mm`, plus `by_take_mm` in each take."""
    folder.mkdir(parents=True)
    recording = torch.tensor([place for place, count in enumerate(takes.values())
                              for _ in range(count)])  # fmt: skip
    more = torch.tensor([(by_take_mm or {}).get(take, 0.0) for take in takes])[recording]
    rows = {model: error_mm + more, "mean_pose": pose_mm + 0 * more, "pca": pca_mm + 0 * more}
    if motion_pca_mm is not None:
        rows["motion_pca"] = motion_pca_mm + 0 * more
    errors = {row: _row(values.double(), seed) for row, values in rows.items()}
    starts = torch.cat([8 * torch.arange(count) for count in takes.values()])
    save_errors(folder, WindowErrors(errors, recording, starts, list(takes), PARTS, MARKERS,
                                     model, 35.0))  # fmt: skip
    _write_options(folder, model, seed, takes, options or {})
    (folder / "versions.json").write_text(json.dumps({"git_commit": "abc"}))
    mean = {row: float(each.frame_mm.mean()) for row, each in errors.items()}
    (folder / "summary.json").write_text(json.dumps(_summary(mean, model) | (summary or {})))
    _write_epochs(folder / "metrics.csv", mean[model], minutes)
    return folder


def _row(window_mm: torch.Tensor, seed: int) -> RowErrors:
    """Errors with the given mean in each window, larger in the first frames and on the feet."""
    frames = torch.linspace(1.2, 0.8, FRAMES, dtype=torch.float64)
    markers = torch.tensor([1.3, 1.3, 0.7, 0.7], dtype=torch.float64)
    return RowErrors(window_mm[:, None] * frames, window_mm[:, None] * markers)


def _write_options(folder, model, seed, takes, changed):
    flat = {
        "model": model, "seed": seed, "out": str(folder.parent), "name": folder.name,
        "network.latent_size": 8, "network.hidden_size": 16, "data.recordings": "takes/*.npy",
        "data.seq_len": FRAMES, "data.rate_hz": 35.0, "data.skeleton": "mariel53",
        "data.reduced_joints": False, "data.trim": 0, "data.split": "recordings",
        "data.normalization": "train", "data.cleaning.max_gap_s": 0.2,
        "trainer.learning_rate": 0.001, "trainer.max_minutes": 4.0, "evaluation.samples": 6,
        "tracking.wandb": "offline",
    } | changed  # fmt: skip
    nested: dict = {}
    for name, value in flat.items():
        *groups, last = name.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(nested))
    split = {"train": ["take_a", "take_b"], "validation": ["take_c"], "test": list(takes)}
    parts = {role: [{"source": f"/dance/{take}.npy", "start": 0, "end": 400} for take in names]
             for role, names in split.items()}  # fmt: skip
    (folder / "split.json").write_text(json.dumps(parts))


def _summary(mean, model):
    baselines = {f"baseline/{row}/mpjpe_mm": mean[row] for row in ("mean_pose", "pca")}
    return baselines | {
        "test/mpjpe_mm": mean[model], "test/first_frames_ratio": 1.1, "test/kl_nats": 100.0,
        "samples/speed_ratio": 0.8, "samples/bone_length_error_ratio": 13.0,
        "samples/out_of_range_rate": 1.0, "samples/first_frames_ratio": 1.4,
        "baseline/pca/samples/speed_ratio": 1.07,
        "baseline/pca/samples/bone_length_error_ratio": 15.0, "data/speed_ratio": 1.09,
        "data/bone_length_error_ratio": 0.98, "data/out_of_range_rate": 0.11, "parameters": 1000,
        "epochs": 4, "best_epoch": 4, "training_minutes": 4.0, "windows_per_s": 70.0,
        "peak_memory_mb": 1000.0,
    }  # fmt: skip


def _write_epochs(path: Path, error_mm: float, minutes: float) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train/loss_nats", "validation/mpjpe_mm", "minutes"])
        for epoch in range(1, 5):
            falling = error_mm * (1 + np.exp(-epoch))
            writer.writerow([epoch, 900.0 - epoch, falling, minutes * epoch / 4])
