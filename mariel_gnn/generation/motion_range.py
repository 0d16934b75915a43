"""How dancers move: the speeds and accelerations of 99 % of the training frames, and where feet stand.

A transition is sound if no marker there is faster, or speeds up or slows down more sharply, than it is in
nearly all frames of the recordings that the model was trained on. The numbers are measured once, when the
run is made, and kept in its folder, so that a run folder is complete without its recordings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_json
from mariel_gnn.metrics.samples import find_feet

MOTION_RANGE = "motion_range.json"
WITHIN = 0.99  # of the frames
_FLOOR_STRIDE = 4  # frames; the floor is where it was a tenth of a second ago


@dataclass(frozen=True)
class MotionRange:
    """What every marker stays within in 99 % of the training recordings' frames.

    Attributes:
        speed_m_per_s: marker name -> speed.
        acceleration_m_per_s2: marker name -> acceleration, from differences of three frames.
        near_floor_m: marker name -> the height under which it stands on the floor, of the feet's markers.
    """

    speed_m_per_s: dict[str, float]
    acceleration_m_per_s2: dict[str, float]
    near_floor_m: dict[str, float]

    def near_floor(self) -> Float[Tensor, " J"]:
        """The heights `[J]`; minus infinity for markers that are not of the feet."""
        found = [self.near_floor_m.get(marker, -torch.inf) for marker in self.speed_m_per_s]
        return torch.tensor(found)

    def worst(self, positions: NDArray[np.floating], rate_hz: float) -> tuple[float, float]:
        """The greatest speed and acceleration in `[T, J, C]`, each as a fraction of its marker's limit."""
        return tuple(  # type: ignore[return-value]
            float((values / np.array(list(limits.values()))).max())
            for values, limits in zip(
                speed_and_acceleration(positions, rate_hz),
                (self.speed_m_per_s, self.acceleration_m_per_s2),
                strict=True,
            )
        )


def speed_and_acceleration(
    positions: NDArray[np.floating], rate_hz: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Of every marker, `[T-1, J]` m/s and `[T-2, J]` m/s², of positions `[T, J, C]` in metres."""
    velocity = np.diff(positions, axis=0) * rate_hz
    acceleration = np.diff(velocity, axis=0) * rate_hz
    return np.linalg.norm(velocity, axis=-1), np.linalg.norm(acceleration, axis=-1)


def measure_motion_range(
    recordings: Sequence[NDArray[np.floating]], markers: Sequence[str], rate_hz: float
) -> MotionRange:
    """The range of recordings `[T, J, C]`, each of three frames or more, metres, travelling."""
    found = [speed_and_acceleration(positions, rate_hz) for positions in recordings]
    limits = [_limits(np.concatenate(values)) for values in zip(*found, strict=True)]
    speed, acceleration = (dict(zip(markers, map(float, values), strict=True)) for values in limits)
    feet = find_feet(
        torch.from_numpy(np.concatenate([part[::_FLOOR_STRIDE] for part in recordings]))[None]
    )
    near = {
        markers[place]: float(near) for place, near in zip(feet.markers, feet.near_m, strict=True)
    }
    return MotionRange(speed, acceleration, near)


def _limits(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """`[J]` what all markers at once stay under in 99 % of the frames `[T, J]`.

    Each marker's own 99 % times one factor: 99 % of each marker alone would be broken somewhere on the
    body in a fifth of the frames.
    """
    own: NDArray[np.floating] = np.quantile(values, WITHIN, axis=0).clip(min=1e-6)
    together: NDArray[np.floating] = own * np.quantile((values / own).max(axis=1), WITHIN)
    return together


def save_motion_range(folder: str | Path, motion_range: MotionRange) -> None:
    """Write the range into a run folder."""
    write_json(Path(folder) / MOTION_RANGE, asdict(motion_range))


def load_motion_range(folder: str | Path) -> MotionRange | None:
    """The range of a run folder; None if the run was made before there was one.

    Raises:
        UserError: the file is damaged.
    """
    path = Path(folder) / MOTION_RANGE
    if not path.exists():
        return None
    try:
        return MotionRange(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path}: is damaged: go on with the run (--trainer.resume) to have it made again"
        ) from error
