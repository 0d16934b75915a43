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
_PAIR = (
    Column("test/pair_place_mm", "relative place", "mm", ".1f"),
    Column("test/pair_facing_deg", "facing", "°", ".1f"),
    Column("test/pair_hand_distance_error_mm", "nearest hands", "mm", ".1f"),
    Column("test/pair_dancer_mpjpe_mm", "each dancer", "mm", ".1f"),
)
_PARTNER = (
    Column("partner/partner_mpjpe_mm", "partner", "mm"),
    Column("partner/place_mm", "place", "mm"),
    Column("partner/facing_deg", "facing", "°"),
    Column("partner/pose_mm", "pose", "mm"),
)
_HANDS_AND_DRAWS = (
    Column("partner/hand_distance_error_mm", "nearest hands", "mm"),
    Column("partner/contact_f1", "contact F1", "", ".2f"),
    Column("partner/always_touching_f1", "always touching", "F1", ".2f", interval=False),
    Column("partner/partner_best_of_10_mm", "best of 10", "mm"),
    Column("partner/partner_best_of_10_by_frame_mm", "by frame", "mm"),
    Column("partner/spread_mm", "spread", "mm"),
)
_BETWEEN = (
    Column("partner/part_kernel_distance_ratio", "kernel distance", "of floor", ".1f"),
    Column("partner/echo_of_dancer", "echo of dancer", "", ".2f"),
    Column("partner/echo_of_partner", "echo of partner", "", ".2f"),
    Column("partner/penetration_mm", "penetration", "mm", ".1f"),
)
TABLES = (  # each at most 100 letters wide
    ("on test windows", RECONSTRUCTION),
    ("pairs on test windows", _PAIR),
    ("partners of test dancers", _PARTNER),
    ("hands and draws", _HANDS_AND_DRAWS),
    ("between the dancers", _BETWEEN),
    ("latents and loss", _LATENTS),
    ("on samples", _BODY),
    ("rhythm", _RHYTHM),
    ("smoothness", _SMOOTHNESS),
    ("feet and floor", _FEET),
    ("new and diverse", _TOGETHER),
    ("all samples", _DISTANCES),
)
SAMPLES = tuple(
    column for _, columns in TABLES for column in columns if column.name.startswith("samples/")
)
MISS = "*"  # behind a number that misses its target


def tables_of(rows: Rows) -> list[tuple[str, tuple[Column, ...]]]:
    """The name and the columns of each table in which a row has a number."""
    return [(what, columns) for what, columns in TABLES if cells(rows, columns)]


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
    for first, columns in tables_of(rows):
        head = [first, *(f"{column.head} {column.unit}".strip() for column in columns)]
        lines = [head, ["---", *("--:" for _ in columns)], *cells(rows, columns)]
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    notes = [f"* {line}" for line in misses_note(rows)]
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])]) + "\n"
