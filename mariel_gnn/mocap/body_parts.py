"""Ten body parts of any marker set, and their movement about the root in the dancer's own axes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.mocap.skeletons.anatomy import body_part, foot_markers
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

Floats = NDArray[np.float64]

PARTS = (
    *("head", "torso", "left arm", "right arm", "left hand", "right hand"),
    *("left leg", "right leg", "left foot", "right foot"),
)
MIN_PARTS = 4  # with fewer, the names are not those of a body
_HAND = re.compile(r"hand|wri|[io]wr\b|wr[ab]\b|finger|thumb|index|pinky|palm|\bfin\b", re.I)


def ten_parts(skeleton: Skeleton) -> dict[str, tuple[int, ...]]:
    """The markers of each body part, by name and side.

    A hand begins at the wrist, a foot at the ankle. The pelvis is the origin of the parts' movement and is
    in none. A part without markers is left out. If the names are not those of a body, each marker is a
    part of its own.

    Args:
        skeleton: any marker set.
    """
    feet = set(foot_markers(skeleton.markers))
    found: dict[str, list[int]] = {part: [] for part in PARTS}
    for index, name in enumerate(skeleton.markers):
        part = _part(name, skeleton.side[index], index in feet)
        if part in found:
            found[part].append(index)
    named = {part: tuple(members) for part, members in found.items() if members}
    if len(named) >= MIN_PARTS:
        return named
    return {name: (index,) for index, name in enumerate(skeleton.markers)}


def _part(name: str, side: str, is_foot: bool) -> str:
    part = body_part(name)
    if is_foot:  # before the hand: left_foot_index
        return f"{side} foot"
    if _HAND.search(name):
        return f"{side} hand"
    if part in ("arm", "leg"):
        return f"{side} {part}"
    if "mouth" in name.lower():
        return "head"
    return part or "torso"


def part_movement(
    positions: NDArray[np.floating], skeleton: Skeleton, used: Sequence[bool] | None = None
) -> Floats:
    """Positions `[T, P, C]` of the P body parts in metres, about the root, in the dancer's own axes.

    x points forward, y to the dancer's left, z up. The path and the turns of the whole body are not in it.

    Args:
        positions: `[T, J, C]` metres, z up; a part is NaN where one of its markers is.
        skeleton: the J markers.
        used: markers to use, `[J]`; all if None. A part or a root without any is NaN.
    """
    used = [True] * len(skeleton) if used is None else used
    places_m: Floats = positions.astype(np.float64)
    turned_back = -heading_rad(places_m, skeleton)
    places = [_mean(places_m, members, used) for members in ten_parts(skeleton).values()]
    root = _mean(places_m, skeleton.root or range(len(skeleton)), used)
    return rotate_about_z(np.stack(places, axis=1) - root[:, None], turned_back)


def _mean(positions: Floats, members: Iterable[int], used: Sequence[bool]) -> Floats:
    """The mean `[T, C]` of the used markers; NaN if there are none."""
    chosen = [index for index in members if used[index]]
    if not chosen:
        return np.full((len(positions), 3), np.nan)
    mean: Floats = positions[:, chosen].mean(axis=1)
    return mean


def heading_rad(positions: Floats, skeleton: Skeleton) -> Floats:
    """The heading `[T]` of the body, as `mariel_gnn.data.heading` defines it for tensors.

    Args:
        positions: `[T, J, C]`, z up.
        skeleton: defines the root markers and their sides.
    """
    left, right = (
        [index for index in skeleton.root if skeleton.side[index] == side]
        for side in ("left", "right")
    )
    if not left or not right:
        return np.zeros(len(positions))
    across = positions[:, left, :2].mean(axis=1) - positions[:, right, :2].mean(axis=1)
    heading: Floats = np.arctan2(-across[:, 0], across[:, 1])
    return heading


def rotate_about_z(vectors: Floats, angle_rad: Floats) -> Floats:
    """Vectors `[T, J, C]` rotated about the vertical by an angle `[T]`, counter-clockwise from above."""
    cos, sin = np.cos(angle_rad)[:, None], np.sin(angle_rad)[:, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)
