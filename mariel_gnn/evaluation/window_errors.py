"""Where a model is wrong: the error of each test window by frame and by marker, kept in the run.

Averages hide pairs: two runs on the same windows are compared window by window. This is the file
that such a comparison reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.files import written_aside
from mariel_gnn.metrics.reconstruction import RowErrors

FILE = "errors.safetensors"
_FRAME_MM, _MARKER_MM = "frame_mm", "marker_mm"


@dataclass(frozen=True)
class WindowErrors:
    """The errors of all rows that reconstruct, on the same test windows.

    Attributes:
        rows: row of the table -> its errors.
        recording: `[N]` the recording of each window, as an index into `recordings`.
        start: `[N]` the window's first frame in its recording.
        recordings: names of the test recordings.
        parts: body part -> marker indices.
        markers: the J marker names.
        model: the row of the run's own model.
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
            UserError: there is no such row.
        """
        if row not in self.rows:
            raise UserError(
                f"no errors of a row '{row}'.{nearest_match(row, self.rows)} There are "
                f"{', '.join(self.rows)}"
            )
        return self.rows[row].window_mm()

    def part_mm(self, row: str) -> dict[str, float]:
        """MPJPE of each body part over all windows, millimetres; of a row that is there."""
        marker = self.rows[row].marker_mm.mean(dim=0)
        return {part: float(marker[list(members)].mean()) for part, members in self.parts.items()}


def errors_on(windows: MarielDataset, rows: Mapping[str, RowErrors], model: str) -> WindowErrors:
    """Say of errors which windows they are of.

    Args:
        windows: the N test windows.
        rows: row of the table -> its errors on them.
        model: the row of the run's own model.
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
    """The recording of each window, as an index, and its first frame there: both `[N]`."""
    lengths = torch.tensor([length for _, length in windows.recordings])
    ends, starts = lengths.cumsum(0), windows.starts.cpu()
    recording = torch.searchsorted(ends, starts, right=True)
    return recording, starts - (ends - lengths)[recording]


def save_errors(folder: str | Path, errors: WindowErrors) -> Path:
    """Write `errors.safetensors` in a run folder, aside and renamed.

    It holds `ROW/frame_mm` `[N, T]` and `ROW/marker_mm` `[N, J]` float32 of each row, `recording` and
    `start` `[N]` int64; the header holds the names.

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
        save_file({key: value.contiguous() for key, value in tensors.items()}, aside, header)
    return path


def load_errors(folder: str | Path) -> WindowErrors:
    """Read what `save_errors` wrote.

    Args:
        folder: a run folder.

    Raises:
        UserError: the folder has no such file, or it is another kind of file.
    """
    path = Path(folder) / FILE
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return _from_file(tensors, header)
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file: give the folder of a run that has ended, or let the run measure "
            f"again by --trainer.resume {folder}"
        ) from error
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise UserError(
            f"{path}: holds no errors of mariel_gnn ({' '.join(str(error).split())[:120]}): let the "
            f"run measure again by --trainer.resume {folder}"
        ) from error


def _from_file(tensors: dict[str, Tensor], header: dict[str, str]) -> WindowErrors:
    parts: dict[str, list[int]] = json.loads(header["parts"])
    return WindowErrors(
        rows={
            name: RowErrors(tensors[f"{name}/{_FRAME_MM}"], tensors[f"{name}/{_MARKER_MM}"])
            for name in json.loads(header["rows"])
        },
        recording=tensors["recording"],
        start=tensors["start"],
        recordings=json.loads(header["recordings"]),
        parts={part: tuple(members) for part, members in parts.items()},
        markers=json.loads(header["markers"]),
        model=header["model"],
        rate_hz=float(header["rate_hz"]),
    )


def describe_window_sources(windows: MarielDataset) -> list[str]:
    """Recording and seconds of each window."""
    recording, start = window_sources(windows)
    length_s = windows.seq_len / windows.rate_hz
    return [
        f"{windows.recordings[number][0]}, {first:.1f} to {first + length_s:.1f} s"
        for number, first in zip(
            recording.tolist(), (start / windows.rate_hz).tolist(), strict=True
        )
    ]
