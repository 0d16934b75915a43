"""What a verb has made, to look at: a page for a browser, and a film if asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.generation.made import Made
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.page import write_page
from mariel_gnn.viz.page.made_scenes import made_scenes

MOST_PANELS = 5


def draw_made(
    made: Made, skeleton: Skeleton, folder: Path, title: str, film: bool = False
) -> Iterator[Path]:
    """Write what shows what was made, and yield each file's path.

    Args:
        made: recordings, seams, and what they were made from.
        skeleton: their markers.
        folder: where to write.
        title: run, verb and phrases in words.
        film: whether a GIF and an MP4 are drawn too, which takes longer.
    """
    yield write_page(folder / "page.html", made_scenes(made, skeleton, title), title)
    if film:
        panels = [_in_one(made)] if made.seams else _side_by_side(made)
        rate_hz = made.recordings[0].rate_hz
        yield from save_animation(panels, skeleton, folder / "film.mp4", title, rate_hz)


def _in_one(made: Made) -> Panel:
    """One body that changes its colours where it was made and not given."""
    (recording,) = made.recordings
    new = np.zeros(len(recording), dtype=bool)
    if len(made.given) == 1:
        new[len(made.given[0]) :] = True
    else:
        for seam in made.seams:
            new[
                round(seam.start_s * recording.rate_hz) : round(seam.stop_s * recording.rate_hz)
            ] = True
    bodies = {"given": _only(recording.positions, ~new), "made": _only(recording.positions, new)}
    return Panel(recording.name, bodies)


def _only(positions: NDArray[np.float32], which: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.where(which[:, None, None], positions, np.float32(np.nan))


def _side_by_side(made: Made) -> list[Panel]:
    """What was given, if it is one phrase, and what was made, or some of it spread evenly."""
    frames = len(made.recordings[0])
    given = (
        [Panel("given", {"given": made.given[0].positions[:frames]})]
        if len(made.given) == 1
        else []
    )
    count = min(len(made.recordings), MOST_PANELS - len(given))
    shown: Sequence[int] = (
        np.linspace(0, len(made.recordings) - 1, count).round().astype(int).tolist()
    )
    names = [made.recordings[place].name.replace("_", " ") for place in shown]
    bodies = [made.recordings[place].positions for place in shown]
    made_panels = [Panel(name, {name: body}) for name, body in zip(names, bodies, strict=True)]
    return given + made_panels
