"""Clips: a part of a recording named by file and seconds: `FILE`, `FILE@12.5s`, `FILE@12.5s-20s`."""

from __future__ import annotations

import re
from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import clean
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_recording
from mariel_gnn.mocap.plausibility import RATES_HZ, check_range
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_SECONDS = r"(\d+(?:\.\d+)?)s?"
_CLIP = re.compile(rf"(?P<file>.+)@{_SECONDS}(?:-{_SECONDS})?")


def read_clip(
    name: str, skeleton: Skeleton, options: ReadingOptions | None = None
) -> tuple[Recording, list[str]]:
    """Read a clip and fill its short gaps.

    Args:
        name: ``FILE`` for the whole file; ``FILE@12.5s`` from there to the end; ``FILE@12.5s-20s`` for
            the seconds between.
        skeleton: the marker set; the one in the options is ignored.
        options: facts about the file.

    Returns:
        The clip, and messages about its gaps.

    Raises:
        UserError: the file does not exist, the seconds are outside it, or a gap is too long to fill.
    """
    file, start_s, stop_s = _split(name)
    whole = _read(file, skeleton, options or ReadingOptions())
    clip = _cut(whole, start_s, stop_s, name, file)
    parts, report = clean(clip, skeleton)
    if report.cut_frames or len(parts) != 1:
        raise UserError(
            f"{name}: gaps too long to fill in {report.cut_frames} of {len(clip)} frames: choose other "
            "seconds"
        )
    return parts[0], report.messages()


def _cut(whole: Recording, start_s: float, stop_s: float | None, name: str, file: str) -> Recording:
    rate_hz, duration_s = whole.rate_hz, len(whole) / whole.rate_hz
    stop_s = duration_s if stop_s is None else stop_s
    if not 0 <= start_s < stop_s <= duration_s + 0.5 / rate_hz:
        raise UserError(
            f"{name}: {file} lasts {duration_s:.1f} s: give seconds inside it, in ascending order"
        )
    start, stop = (min(round(seconds * rate_hz), len(whole)) for seconds in (start_s, stop_s))
    return whole if stop - start == len(whole) else whole.part(start, stop)


def _read(file: str, skeleton: Skeleton, options: ReadingOptions) -> Recording:
    check_range("rate_hz", options.rate_hz, *RATES_HZ)
    return read_recording(
        file,
        skeleton,
        options.rate_hz,
        options.layout,
        unit=options.unit,
        up=options.up,
        subject=options.subject,
    )


def _split(name: str) -> tuple[str, float, float | None]:
    """File, start and end in seconds. A file whose own name has an `@` is read whole."""
    match = _CLIP.fullmatch(name)
    if Path(name).exists() or not match:
        return name, 0.0, None
    return match["file"], float(match[2]), float(match[3]) if match[3] else None
