"""The motion range of the training recordings: peak speeds and peak accelerations.

A transition is acceptable if no marker exceeds the speed or acceleration of 99 % of the training frames. The
range is measured after training and saved in the run folder, which is then complete without the recordings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.files import read_text, write_json
from mariel_gnn.parsing import load_json

MOTION_RANGE = "motion_range.json"
QUANTILE = 0.99


@dataclass(frozen=True)
class MotionRange:
    """Limits that all markers keep in 99 % of the training frames.

    Attributes:
        speed_m_per_s: marker name -> speed.
        acceleration_m_per_s2: marker name -> acceleration, from second differences.
    """

    speed_m_per_s: dict[str, float]
    acceleration_m_per_s2: dict[str, float]

    def peak_ratios(self, positions: NDArray[np.floating], rate_hz: float) -> tuple[float, float]:
        """Return peak speed and peak acceleration in `[T, J, C]`, relative to each marker's limit."""
        speed, acceleration = speed_and_acceleration(positions, rate_hz)
        return (
            float((speed / np.array(list(self.speed_m_per_s.values()))).max()),
            float((acceleration / np.array(list(self.acceleration_m_per_s2.values()))).max()),
        )


def speed_and_acceleration(
    positions: NDArray[np.floating], rate_hz: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return speed `[T-1, J]` in m/s and acceleration `[T-2, J]` in m/s² of positions in metres."""
    velocity = np.diff(positions, axis=0) * rate_hz
    acceleration = np.diff(velocity, axis=0) * rate_hz
    return np.linalg.norm(velocity, axis=-1), np.linalg.norm(acceleration, axis=-1)


def measure_motion_range(
    recordings: Sequence[NDArray[np.floating]], markers: Sequence[str], rate_hz: float
) -> MotionRange:
    """Measure the range of recordings `[T, J, C]` in metres, each of three frames or more, with travel."""
    values = [speed_and_acceleration(positions, rate_hz) for positions in recordings]
    limits = [_limits(np.concatenate(each)) for each in zip(*values, strict=True)]
    speed, acceleration = (dict(zip(markers, map(float, each), strict=True)) for each in limits)
    return MotionRange(speed, acceleration)


def _limits(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """`[J]` limits that all markers keep simultaneously in 99 % of the frames `[T, J]`.

    Each marker's own 99 % quantile is multiplied by one common factor. Without it, some marker would exceed
    its quantile in about a fifth of the frames.
    """
    quantiles: NDArray[np.floating] = np.quantile(values, QUANTILE, axis=0).clip(min=1e-6)
    limits: NDArray[np.floating] = quantiles * np.quantile(
        (values / quantiles).max(axis=1), QUANTILE
    )
    return limits


def save_motion_range(folder: str | Path, motion_range: MotionRange) -> None:
    """Write the range to a run folder."""
    write_json(Path(folder) / MOTION_RANGE, asdict(motion_range))


def load_motion_range(folder: str | Path, markers: Sequence[str]) -> MotionRange | None:
    """Read the range of a run folder; None if the run has no range.

    Args:
        folder: the run folder.
        markers: of the model; the limits are used in this order.

    Raises:
        UserError: the file is damaged, or has other markers.
    """
    path = Path(folder) / MOTION_RANGE
    if not path.exists():
        return None
    try:
        found = MotionRange(**load_json(read_text(path)))
        for limits in (found.speed_m_per_s, found.acceleration_m_per_s2):
            if list(limits) != list(markers) or not all(map(_is_limit, limits.values())):
                raise ValueError("no limit above 0 for each marker of the model")
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: is damaged: resume the run (--trainer.resume) to write it again, or remove the file: "
            "transitions are then not judged"
        ) from error
    return found


def _is_limit(value: float) -> bool:
    return math.isfinite(value) and value > 0
