"""The final table of a run: its columns, as cells and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mariel_gnn.evaluation.rows import DATA, TRAINING_DATA, Rows
from mariel_gnn.evaluation.targets import TARGETS, missed


@dataclass(frozen=True)
class Column:
    """A column: the number's name, the head, the unit, the format, and whether its interval is shown."""

    name: str
    head: str
    unit: str = ""
    form: str = ".0f"
    interval: bool = True

    def cell(self, numbers: Mapping[str, float]) -> str:
        """The number as text, with its interval if any; empty if the row does not have it."""
        if self.name not in numbers:
            return ""
        ends = [numbers.get(f"{self.name}_{end}") for end in ("low", "high") if self.interval]
        interval = "–".join(format(end, self.form) for end in ends if end is not None)
        return format(numbers[self.name], self.form) + (f" ({interval})" if interval else "")


RECONSTRUCTION = (
    Column("test/mpjpe_mm", "MPJPE", "mm", ".1f"),
    Column("test/mpjpe_mm_group_mean", "group mean", "mm", ".1f"),
    Column("test/root_mpjpe_mm", "root MPJPE", "mm", ".1f"),
    Column("test/rms3d_mm", "RMS-3D", "mm", ".1f"),
    Column("test/mpjve_mm_per_s", "MPJVE", "mm/s"),
    Column("test/accel_mm_per_frame2", "ACCEL", "mm/frame²", ".1f"),
    Column("test/first_frames_ratio", "first frames", "ratio", ".2f"),
    Column("test/path_error_mm", "path", "mm"),
)
_LATENTS = (
    Column("test/kl_nats", "KL", "nats"),
    Column("test/active_units", "active units"),
    Column("test/notebook_loss", "notebook loss", "", ".1f"),
)
_BODY = (
    Column("samples/speed_ratio", "speed", "ratio", ".2f"),
    Column("samples/bone_length_error_ratio", "bone error", "ratio", ".2f"),
    Column("samples/out_of_range_rate", "out of range", "frames", ".1%"),
    Column("samples/first_frames_ratio", "first frames", "ratio", ".2f"),
    Column("samples/targets_met", "targets met", f"of {len(TARGETS)}"),
)
_RHYTHM = (
    Column("samples/speed_variation_within", "within", "std/mean", ".2f"),
    Column("samples/speed_variation_between", "between", "std/mean", ".2f"),
    Column("samples/accents_per_s", "accents", "1/s", ".2f"),
    Column("samples/accent_height_ratio", "accent height", "ratio", ".2f"),
)
_SMOOTHNESS = (
    Column("samples/pauses_s_per_min", "pauses", "s/min", ".1f"),
    Column("samples/power_3_to_5hz_rate", "3 to 5 Hz", "power", ".1%"),
    Column("samples/power_over_5hz_rate", "over 5 Hz", "power", ".1%"),
    Column("samples/jerk_m_per_s3", "jerk", "m/s³"),
    Column("samples/left_right_log_std", "left/right", "log, std", ".2f"),
)
_FEET = (
    Column("samples/foot_contact_rate", "foot contact", "", ".0%"),
    Column("samples/foot_skating_m_per_s", "foot skating", "m/s", ".2f"),
    Column("samples/lowest_marker_q01_m", "lowest 1 %", "m", ".3f", interval=False),
    Column("samples/lowest_marker_q99_m", "lowest 99 %", "m", ".3f", interval=False),
    Column("samples/below_floor_rate", "3 cm below floor", "frames", ".2%", interval=False),
)
_TOGETHER = (
    Column("samples/nearest_training_mm", "nearest phrase", "mm"),
    Column("samples/nearest_training_second_mm", "nearest second", "mm"),
    Column("samples/diversity_ratio", "diversity", "ratio", ".2f"),
)
_DISTANCES = (
    Column("samples/kernel_distance", "kernel distance", "95 %", ".3f"),
    Column("samples/kernel_distance_ratio", "reference", "ratio", ".1f"),
    Column("samples/kernel_distance_to_reconstructions", "to reconstructions", "ratio", ".2f"),
    Column("samples/frechet_distance", "Fréchet distance", "95 %", ".1f"),
)
TABLES = (  # each at most 100 letters wide
    ("on test windows", RECONSTRUCTION),
    ("latents and loss", _LATENTS),
    ("on samples", _BODY),
    ("rhythm", _RHYTHM),
    ("smoothness", _SMOOTHNESS),
    ("feet and floor", _FEET),
    ("new and diverse", _TOGETHER),
    ("all samples", _DISTANCES),
)
SAMPLES = tuple(column for _, columns in TABLES[2:] for column in columns)
MISS = "*"  # behind a number that misses its target


def cells(rows: Rows, columns: Sequence[Column]) -> list[list[str]]:
    """The cells of all rows with a number in one of the columns; the row's name is first.

    A number that misses its target has an asterisk.
    """
    misses = _missed(rows)
    found = []
    for name, numbers in rows.items():
        marks = [MISS if column.name in misses.get(name, ()) else "" for column in columns]
        texts = [column.cell(numbers) for column in columns]
        found.append(
            [name, *(text and text + mark for text, mark in zip(texts, marks, strict=True))]
        )
    return [row for row in found if any(row[1:])]


def _missed(rows: Rows) -> dict[str, dict[str, str]]:
    return missed(rows, rows.get(DATA, {}), rows.get(TRAINING_DATA, {}))


def misses_note(rows: Rows) -> list[str]:
    """A line for each row of the first row's model: the targets that it misses, each with its number."""
    own = next(iter(rows))
    heads = {column.name: column.head for column in SAMPLES}
    return [
        f"{row} misses {len(reasons)} of {len(TARGETS)} targets: "
        + "; ".join(f"{heads[name]} {reason}" for name, reason in reasons.items())
        for row, reasons in _missed(rows).items()
        if reasons and row.startswith(own)
    ]


def as_markdown(rows: Rows) -> str:
    """All tables as Markdown."""
    parts = []
    for first, columns in TABLES:
        head = [first, *(f"{column.head} {column.unit}".strip() for column in columns)]
        lines = [head, ["---", *("--:" for _ in columns)], *cells(rows, columns)]
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    notes = [f"* {line}" for line in misses_note(rows)]
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])]) + "\n"
