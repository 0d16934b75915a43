"""Errors of each test window by frame and by marker, saved in the run folder.

Means over all windows hide where models differ. A comparison reads this file to compare two runs window
by window.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.evaluation.recording_groups import by_group
from mariel_gnn.files import check_plain, written_aside
from mariel_gnn.metrics.reconstruction import RowErrors
from mariel_gnn.parsing import load_json

FILE = "errors.safetensors"
_FRAME_MM, _MARKER_MM = "frame_mm", "marker_mm"


@dataclass(frozen=True)
class WindowErrors:
    """The errors of all rows with reconstructions, on the same test windows.

    Attributes:
        rows: row of the table -> its errors.
        recording: `[N]` index of each window's recording in `recordings`.
        start: `[N]` first frame of each window in its recording.
        recordings: names of the test recordings.
        parts: body part -> marker indices.
        markers: the J marker names.
        model: the row of the run's model.
        rate_hz: frames per second.
    """

    rows: dict[str, RowErrors]
    recording: Int[Tensor, " N"] = field(repr=False)
    start: Int[Tensor, " N"] = field(repr=False)
    recordings: list[str]
    parts: Mapping[str, tuple[int, ...]] = field(repr=False)
    markers: list[str] = field(repr=False)
    model: str
    rate_hz: float

    def window_mm(self, row: str) -> Float[Tensor, " N"]:
        """MPJPE of each window `[N]`, millimetres.

        Raises:
            UserError: the row does not exist.
        """
        if row not in self.rows:
            raise UserError(
                f"no errors of the row '{row}'.{nearest_match(row, self.rows)} Rows: "
                f"{', '.join(self.rows)}"
            )
        return self.rows[row].window_mm()

    def part_mm(self, row: str) -> dict[str, float]:
        """MPJPE of each body part over all windows, millimetres, for an existing row."""
        marker = self.rows[row].marker_mm.mean(dim=0)
        return {part: float(marker[list(members)].mean()) for part, members in self.parts.items()}

    def group_mm(self, row: str) -> dict[str, float]:
        """MPJPE of each group of recordings (see `group_of`), millimetres, for an existing row."""
        names, _, group = by_group(self.recordings, self.recording)
        errors = self.rows[row].window_mm()
        return {name: float(errors[group == number].mean()) for number, name in enumerate(names)}


def errors_on(windows: MarielDataset, rows: Mapping[str, RowErrors], model: str) -> WindowErrors:
    """Attach errors to the windows on which they were measured.

    Args:
        windows: the N test windows.
        rows: row of the table -> its errors.
        model: the row of the run's model.
    """
    recording, start = window_sources(windows)
    skeleton = windows.skeleton
    return WindowErrors(
        rows=dict(rows),
        recording=recording,
        start=start,
        recordings=[name for name, _ in windows.recordings],
        parts=dict(skeleton.parts),
        markers=list(skeleton.markers),
        model=model,
        rate_hz=windows.rate_hz,
    )


def window_sources(windows: MarielDataset) -> tuple[Int[Tensor, " N"], Int[Tensor, " N"]]:
    """Return the index of each window's recording and the window's first frame there, both `[N]`."""
    lengths = torch.tensor([length for _, length in windows.recordings])
    ends, starts = lengths.cumsum(0), windows.starts.cpu()
    recording = torch.searchsorted(ends, starts, right=True)
    return recording, starts - (ends - lengths)[recording]


def save_errors(folder: str | Path, errors: WindowErrors) -> Path:
    """Write `errors.safetensors` to a run folder atomically.

    Tensors: `ROW/frame_mm` `[N, T]` and `ROW/marker_mm` `[N, J]` float32 of each row, `recording` and
    `start` `[N]` int64. The header has the names.

    Returns:
        The file's path.
    """
    tensors = {"recording": errors.recording.long(), "start": errors.start.long()}
    for name, row in errors.rows.items():
        tensors[f"{name}/{_FRAME_MM}"] = row.frame_mm.float()
        tensors[f"{name}/{_MARKER_MM}"] = row.marker_mm.float()
    header = {
        "rows": json.dumps(list(errors.rows)),
        "recordings": json.dumps(errors.recordings),
        "parts": json.dumps(errors.parts),
        "markers": json.dumps(errors.markers),
        "model": errors.model,
        "rate_hz": repr(float(errors.rate_hz)),
    }
    path = Path(folder) / FILE
    with written_aside(path) as aside:
        aside.write_bytes(save({key: value.contiguous() for key, value in tensors.items()}, header))
    return path


def load_errors(folder: str | Path) -> WindowErrors:
    """Read the file that `save_errors` writes.

    Args:
        folder: a run folder.

    Raises:
        UserError: the file does not exist or has other content.
    """
    path = Path(folder) / FILE
    try:
        check_plain(path)
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return _from_file(tensors, header)
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file: give the folder of a finished run, or repeat its evaluation with "
            f"python -m experiments.run --trainer.resume {folder}"
        ) from error
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise UserError(
            f"{path}: not a file of window errors ({' '.join(str(error).split())[:120]}): repeat the "
            f"evaluation with python -m experiments.run --trainer.resume {folder}"
        ) from error


def _from_file(tensors: dict[str, Tensor], header: dict[str, str]) -> WindowErrors:
    parts: dict[str, list[int]] = load_json(header["parts"])
    return WindowErrors(
        rows={
            name: RowErrors(tensors[f"{name}/{_FRAME_MM}"], tensors[f"{name}/{_MARKER_MM}"])
            for name in load_json(header["rows"])
        },
        recording=tensors["recording"],
        start=tensors["start"],
        recordings=load_json(header["recordings"]),
        parts={part: tuple(members) for part, members in parts.items()},
        markers=load_json(header["markers"]),
        model=header["model"],
        rate_hz=float(header["rate_hz"]),
    )


def describe_window_sources(windows: MarielDataset) -> list[str]:
    """Return the recording and the seconds of each window as text."""
    recording, start = window_sources(windows)
    length_s = windows.seq_len / windows.rate_hz
    return [
        f"{windows.recordings[number][0]}, {first:.1f} to {first + length_s:.1f} s"
        for number, first in zip(
            recording.tolist(), (start / windows.rate_hz).tolist(), strict=True
        )
    ]
