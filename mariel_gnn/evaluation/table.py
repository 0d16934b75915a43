"""The final table of a run: its columns, as cells and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Rows = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Column:
    """A column: the number's name, the head, the unit and the format."""

    name: str
    head: str
    unit: str = ""
    form: str = ".0f"

    def cell(self, numbers: Mapping[str, float]) -> str:
        """The number as text, with its interval if any; empty if the row does not have it."""
        if self.name not in numbers:
            return ""
        ends = [numbers.get(f"{self.name}_{end}") for end in ("low", "high")]
        interval = "–".join(format(end, self.form) for end in ends if end is not None)
        return format(numbers[self.name], self.form) + (f" ({interval})" if interval else "")


RECONSTRUCTION = (
    Column("test/mpjpe_mm", "MPJPE", "mm", ".1f"),
    Column("test/root_mpjpe_mm", "root MPJPE", "mm", ".1f"),
    Column("test/rms3d_mm", "RMS-3D", "mm", ".1f"),
    Column("test/mpjve_mm_per_s", "MPJVE", "mm/s"),
    Column("test/accel_mm_per_frame2", "ACCEL", "mm/frame²", ".1f"),
    Column("test/first_frames_ratio", "first frames", "ratio", ".2f"),
    Column("test/path_error_mm", "path", "mm"),
    Column("test/notebook_loss", "notebook loss", "", ".1f"),
)
_EACH = (
    Column("samples/speed_ratio", "speed", "ratio", ".2f"),
    Column("samples/bone_length_error_ratio", "bone error", "ratio", ".2f"),
    Column("samples/out_of_range_rate", "out of range", "frames", ".1%"),
    Column("samples/first_frames_ratio", "first frames", "ratio", ".2f"),
    Column("samples/foot_skating_m_per_s", "foot skating", "m/s", ".2f"),
    Column("samples/nearest_training_mm", "nearest", "mm"),
    Column("test/kl_nats", "KL", "nats"),
    Column("test/active_units", "active units"),
)
_TOGETHER = (
    Column("samples/kernel_distance", "kernel distance", "95 %", ".3f"),
    Column("samples/kernel_distance_ratio", "reference", "ratio", ".1f"),
    Column("samples/frechet_distance", "Fréchet distance", "95 %", ".1f"),
    Column("samples/diversity_ratio", "diversity", "ratio", ".2f"),
)
SAMPLES = (*_EACH, *_TOGETHER)
TABLES = (  # each at most 100 letters wide
    ("on test windows", RECONSTRUCTION),
    ("on samples", _EACH),
    ("all samples", _TOGETHER),
)


def cells(rows: Rows, columns: Sequence[Column]) -> list[list[str]]:
    """The cells of all rows with a number in one of the columns; the row's name is first."""
    found = [
        [name, *(column.cell(numbers) for column in columns)] for name, numbers in rows.items()
    ]
    return [row for row in found if any(row[1:])]


def as_markdown(rows: Rows) -> str:
    """All tables as Markdown."""
    parts = []
    for first, columns in TABLES:
        head = [first, *(f"{column.head} {column.unit}".strip() for column in columns)]
        lines = [head, ["---", *("--:" for _ in columns)], *cells(rows, columns)]
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join(parts) + "\n"
