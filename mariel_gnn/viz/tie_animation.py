"""A phrase in motion with ties between its markers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.viz.animation import ELEVATION, QUARTER, Stage, film_frames, room_camera
from mariel_gnn.viz.bodies import Array, Marks, as_positions, body_marks, joined, shadow_marks
from mariel_gnn.viz.camera import Camera, Floats, facing_azimuth, fit, steady_points
from mariel_gnn.viz.canvas import FINE, floor
from mariel_gnn.viz.layout import Layout, arrange, panel_width
from mariel_gnn.viz.movie import gif, mp4
from mariel_gnn.viz.ties import BODY_TONE, Ties, tie_marks

STROKE_PX = 3.0


def save_tie_animation(
    phrase: Array,
    skeleton: Skeleton,
    panels: Mapping[str, Ties],
    path: Path,
    title: str,
    rate_hz: float = 35.0,
) -> list[Path]:
    """Write a GIF and an MP4 of one phrase at true speed, a panel for each set of ties.

    Args:
        phrase: positions `[T, J, C]` in metres, z up.
        skeleton: its markers.
        panels: what the ties are -> the ties.
        path: where to write; its suffix is replaced by `.gif` and `.mp4`.
        title: what is shown.
        rate_hz: frames per second of the phrase.

    Returns:
        The paths of the GIF and of the MP4.

    Raises:
        UserError: there are no ties, or the phrase does not fit the skeleton.
    """
    if not panels or not all(ties.pairs for ties in panels.values()):
        raise UserError("no ties to draw: an animation of relations needs one pair or more")
    body = as_positions(phrase, skeleton)
    layout, stages = _staged(body, skeleton, panels, title)
    targets = [Path(path).with_suffix(suffix) for suffix in (".gif", ".mp4")]
    with (
        written_aside(targets[0]) as gif_path,
        written_aside(targets[1]) as mp4_path,
        gif(gif_path, len(body), rate_hz) as to_gif,
        mp4(mp4_path, layout.size, rate_hz) as to_mp4,
    ):
        for picture in film_frames(layout, stages, len(body), rate_hz):
            to_mp4(picture)
            to_gif(picture)
    return targets


def _staged(
    body: Floats, skeleton: Skeleton, panels: Mapping[str, Ties], title: str
) -> tuple[Layout, list[Stage]]:
    """Return the picture's layout and its stages, all seen by one camera."""
    points = steady_points(body)
    azimuth = facing_azimuth(body, skeleton.side) + QUARTER
    look_at, room = fit([points], azimuth, ELEVATION)
    width = panel_width(len(panels))
    camera, height = room_camera(room, width, azimuth)
    layout = arrange(title, list(panels), [[] for _ in panels], height)
    empty = floor((width * FINE, height * FINE), camera, look_at[0], points)
    stages = [
        Stage(empty, _marks(body, skeleton, ties, camera, look_at[0])) for ties in panels.values()
    ]
    return layout, stages


def _marks(body: Floats, skeleton: Skeleton, ties: Ties, camera: Camera, look_at: Floats) -> Marks:
    stroke_px = STROKE_PX * FINE
    return joined(
        [
            shadow_marks(body, skeleton, camera, look_at, stroke_px),
            body_marks(body, skeleton, BODY_TONE, camera, look_at, stroke_px),
            tie_marks(body, ties, camera, look_at, stroke_px),
        ]
    )
