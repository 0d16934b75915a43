"""The dots and lines of a figure as triangles, each point of them fast to one marker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.skeletons import Skeleton
from mariel_gnn.skeletons.filling_lines import filling_lines

# Radius of a dot, half the width of a line, and of one that fills a gap between the listed lines.
DOT_M, LINE_M, FILLING_M = 0.012, 0.004, 0.002
# Colours that are told apart with every kind of colour vision (Okabe and Ito), linear RGB.
COLOURS = {
    "left": (0.0, 0.168, 0.445),
    "right": (0.791, 0.223, 0.0),
    "middle": (0.114, 0.127, 0.156),
}
_AXES = np.concatenate([np.eye(3), -np.eye(3)])
_OCTAHEDRON = np.array(
    [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]]
)


@dataclass(frozen=True)
class Mesh:
    """Triangles of one colour.

    Attributes:
        name: the side of the body.
        colour: linear RGB, 0 to 1.
        points: `[P, 3]` in metres.
        joints: the marker that each point moves with, `[P]`.
        triangles: `[K, 3]` indices into the points.
    """

    name: str
    colour: tuple[float, float, float]
    points: NDArray[np.float64]
    joints: NDArray[np.int64]
    triangles: NDArray[np.int64]


def side_meshes(places: NDArray[np.float64], skeleton: Skeleton) -> Iterator[Mesh]:
    """The meshes of left, right and middle, drawn with the markers at `places` `[J, C]`."""

    sides = np.array(skeleton.side)
    for side, colour in COLOURS.items():
        dots = np.flatnonzero(sides == side).tolist()
        pieces = [
            *map(_dot, dots),
            *(_line(line, LINE_M) for line in skeleton.lines if _is_on(line, side, skeleton)),
            *(
                _line(line, FILLING_M)
                for line in filling_lines(skeleton)
                if _is_on(line, side, skeleton)
            ),
        ]
        if not pieces:
            continue
        offsets, joints, triangles = zip(*pieces, strict=True)
        starts = np.cumsum([0, *map(len, joints)])
        moved = [part + start for part, start in zip(triangles, starts, strict=False)]
        joint = np.concatenate(joints)
        points = places[joint] + np.concatenate(offsets)
        yield Mesh(side, colour, points, joint, np.concatenate(moved))


_Piece = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def _is_on(line: tuple[int, int], side: str, skeleton: Skeleton) -> bool:
    """Whether a line is of that side; one that goes across the body is of the middle."""
    ends = {skeleton.side[marker] for marker in line}
    return side == (ends.pop() if len(ends) == 1 else "middle")


def _dot(marker: int) -> _Piece:
    return DOT_M * _AXES, np.full(6, marker), _OCTAHEDRON


def _line(ends: tuple[int, int], width_m: float) -> _Piece:
    """Three ribbons, broad along x, y and z, so that one at least is seen from any side."""
    across = width_m * np.repeat(np.eye(3), 2, axis=0) * np.tile([1, -1], 3)[:, None]
    corner = np.arange(0, 6, 2)[:, None]
    triangles = np.concatenate([np.add(corner, [0, 1, 6]), np.add(corner, [1, 7, 6])])
    joints = np.repeat(np.array(ends), 6)
    return np.tile(across, (2, 1)), joints, triangles
