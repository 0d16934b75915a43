"""A clip of a recording, named by its file and by seconds: `FILE`, `FILE@12.5s`, `FILE@12.5s-20s`."""

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
_PLACE = re.compile(rf"(?P<file>.+)@{_SECONDS}(?:-{_SECONDS})?")


def read_clip(
    place: str, skeleton: Skeleton, options: ReadingOptions | None = None
) -> tuple[Recording, list[str]]:
    """Read a clip and fill its short gaps.

    Args:
        place: a file, all of it; ``FILE@12.5s`` from there on; ``FILE@12.5s-20s`` what is between.
        skeleton: its marker set, whichever the options name.
        options: what is known of the file.

    Returns:
        The clip, and what there is to tell of its gaps.

    Raises:
        UserError: no such file, no such seconds, or a gap that is too long to fill.
    """
    file, start_s, stop_s = _split(place)
    given = _read(file, skeleton, options or ReadingOptions())
    lasts_s = len(given) / given.rate_hz
    stop_s = lasts_s if stop_s is None else stop_s
    if not 0 <= start_s < stop_s <= lasts_s + 0.5 / given.rate_hz:
        raise UserError(
            f"{place}: {file} lasts {lasts_s:.1f} s: ask for seconds inside it, in order"
        )
    start, stop = (min(round(time * given.rate_hz), len(given)) for time in (start_s, stop_s))
    clip = given if stop - start == len(given) else given.part(start, stop)
    parts, report = clean(clip, skeleton)
    if report.cut_frames or len(parts) != 1:
        raise UserError(
            f"{place}: markers are missing for too long in {report.cut_frames} of {len(clip)} frames: "
            "choose other seconds"
        )
    return parts[0], report.messages()


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


def _split(place: str) -> tuple[str, float, float | None]:
    """File, first second, last second."""
    found = _PLACE.fullmatch(place)
    if Path(place).exists() or not found:
        return place, 0.0, None
    return found["file"], float(found[2]), float(found[3]) if found[3] else None
