"""What makes markers read as a person beside their lines: a head.

All of it is found by marker name and left out where a skeleton lacks the names; it is drawing
only and no model sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton, gap_edges
from mariel_gnn.viz.camera import Camera, Floats, project
from mariel_gnn.viz.colors import SHADES, SHADOW, BodyColours, Colours

if TYPE_CHECKING:
    import torch


HEADBAND = ("LFHD", "RFHD", "LBHD", "RBHD")
# The four markers sit on a band that rises from the neck to the forehead (37 degrees, the
# median of a real dancer); the head's middle is below it, and the nose reaches out of the head.
BAND_RISE = radians(37)
HEAD_RADIUS_M, BELOW_BAND_M, NOSE_M = 0.11, 0.04, 0.15


@dataclass(frozen=True)
class Head:
    """A head's middle `[T, C]` and the tip of its nose `[T, C]`, in metres."""

    middle: Floats
    nose: Floats


def head_of(positions: Floats, skeleton: Skeleton) -> Head | None:
    """Return the head of a body `[T, J, C]`, or None where the skeleton lacks its four markers.

    The nose points where the headband does, back to front, less the band's rise. A head that
    misses a marker is NaN.
    """
    if not set(HEADBAND) <= set(skeleton.markers):
        return None
    band = positions[:, [skeleton.markers.index(name) for name in HEADBAND]]
    left_front, right_front, left_back, right_back = np.moveaxis(band, 1, 0)
    along = _unit(left_front + right_front - left_back - right_back)
    across = _unit(np.cross(along, left_front + left_back - right_front - right_back))
    ahead = np.cos(BAND_RISE) * along - np.sin(BAND_RISE) * across
    up = np.sin(BAND_RISE) * along + np.cos(BAND_RISE) * across
    middle = band.mean(axis=1) - BELOW_BAND_M * up
    return Head(middle, middle + NOSE_M * ahead)


def _unit(vectors: Floats) -> Floats:
    """Return `vectors` `[T, C]` at length 1; what has no length stays 0."""
    length: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-9)


Array: TypeAlias = "npt.NDArray[np.floating[Any]] | torch.Tensor"
Integers = npt.NDArray[np.int64]

# Half the depth of a dancing body in metres: from here back, shades no longer grow paler.
HALF_DEPTH_M = 0.6
# Numbers beyond this overflow when they are squared; they are out of view anyway.
FARTHEST_M = 1e6


@dataclass(frozen=True)
class Marks:
    """Strokes and dots of one or more bodies on the screen.

    Attributes:
        ends: pixels `[T, K, 4]` as x, y of the start and x, y of the end.
        nearness: metres towards the viewer `[T, K]`; larger covers smaller.
        colour: colours `[T, K, 3]` of 0 to 255.
        width_px: the stroke's width or the dot's diameter `[K]`.
        is_dot: `[K]`.
    """

    ends: Floats
    nearness: Floats
    colour: Colours
    width_px: Floats
    is_dot: npt.NDArray[np.bool_]

    def order(self, frame: int) -> Integers:
        """Return the indices of one frame's drawable marks, farthest first."""
        known = np.flatnonzero(np.isfinite(self.ends[frame]).all(axis=-1))
        far_first: Integers = known[np.argsort(self.nearness[frame, known], kind="stable")]
        return far_first


@dataclass(frozen=True)
class _MarkStyle:
    """How a kind of mark is drawn: width in strokes, and paleness where near and where far."""

    width: float
    near: float
    far: float
    # Metres towards the viewer: dots lie upon the strokes that meet in them.
    lift_m: float = 0.0


_EDGE, _GAP_EDGE, _DOT, _HEAD, _NOSE = range(5)
_MARK_STYLES = (
    _MarkStyle(width=1.0, near=0.0, far=0.5),
    _MarkStyle(width=0.7, near=0.4, far=0.7),
    _MarkStyle(width=1.7, near=0.0, far=0.5, lift_m=0.01),
    # As wide as a head, not a stroke; behind the head's markers, so that they stay visible.
    _MarkStyle(width=0.0, near=0.78, far=0.86, lift_m=-0.12),
    # Before the head when it points towards the viewer or aside, behind when it points away.
    _MarkStyle(width=1.8, near=0.0, far=0.3, lift_m=-0.07),
)


def as_positions(array: Array, skeleton: Skeleton) -> Floats:
    """Return `array` `[T, J, C]` (NumPy or torch, metres) as NumPy doubles.

    What is not finite becomes NaN, which is not drawn; what is a thousand kilometres away or more
    is put there.

    Raises:
        UserError: the shape is not `[T, J, 3]` with T > 0 and J the skeleton's markers.
    """
    # Duck typing keeps torch, which is slow to import, out of a module that only draws.
    raw: Any = array
    given = raw.detach().double().cpu().numpy() if hasattr(raw, "detach") else raw
    positions = np.asarray(given, dtype=np.float64)
    wanted = len(skeleton.markers)
    if positions.ndim != 3 or positions.shape[1:] != (wanted, 3) or len(positions) == 0:
        raise UserError(
            f"positions of shape {positions.shape} cannot be drawn: wanted [T, {wanted}, 3] with "
            f"at least one frame, for the {wanted} markers of the skeleton; check the skeleton"
        )
    return np.clip(np.where(np.isfinite(positions), positions, np.nan), -FARTHEST_M, FARTHEST_M)


def pad_to_length(positions: Floats, frames: int) -> Floats:
    """Return a body `[T, J, C]` of `frames` frames: when it has ended it is gone (NaN)."""
    missing = frames - len(positions)
    return np.pad(positions, [(0, missing), (0, 0), (0, 0)], constant_values=np.nan)


def body_marks(
    positions: Floats,
    skeleton: Skeleton,
    colours: BodyColours,
    camera: Camera,
    look_at: Floats,
    stroke_px: float,
) -> Marks:
    """Return how a body `[T, J, C]` is drawn: paler the farther from the viewer.

    Listed lines are `stroke_px` wide and markers are dots; gaps between the lines are filled by
    thin pale strokes, and the head is a ball with a nose, where the markers are known by name.
    """
    head = head_of(positions, skeleton)
    points = positions if head is None else _with_head(positions, head)
    pairs, kind = _pairs(skeleton, with_head=head is not None)
    pixels, nearness = project(points, camera, look_at)
    depth = nearness[:, pairs].mean(axis=-1)
    ramps = np.stack([colours.ramps(look.near, look.far) for look in _MARK_STYLES])
    colour = ramps[kind, _sides(skeleton, pairs), _shade(nearness, depth)]
    width = np.array([look.width * stroke_px for look in _MARK_STYLES])
    width[_HEAD] = 2 * HEAD_RADIUS_M * camera.pixels_per_m
    lift = np.array([look.lift_m for look in _MARK_STYLES])
    ends = pixels[:, pairs].reshape(len(points), len(pairs), 4)
    return Marks(ends, depth + lift[kind], colour, width[kind], pairs[:, 0] == pairs[:, 1])


def shadow_marks(
    positions: Floats, skeleton: Skeleton, camera: Camera, look_at: Floats, stroke_px: float
) -> Marks:
    """Return the shadow that a body's lines throw straight down on the floor at height 0."""
    lines = np.array([*skeleton.edges, *gap_edges(skeleton)], dtype=np.int64).reshape(-1, 2)
    pixels, nearness = project(positions * [1.0, 1.0, 0.0], camera, look_at)
    ends = pixels[:, lines].reshape(len(positions), len(lines), 4)
    colour = np.broadcast_to(np.array(SHADOW, np.uint8), (*ends.shape[:2], 3))
    # Under everything, also under the feet of a partner who stands farther away.
    depth = np.full_like(nearness[:, lines].mean(axis=-1), -np.inf)
    width = np.full(len(lines), 1.5 * stroke_px)
    return Marks(ends, depth, colour, width, np.zeros(len(lines), dtype=bool))


def concatenate_marks(marks: Sequence[Marks]) -> Marks:
    """Return the marks of several bodies as one, so that nearer limbs cover farther ones."""
    return Marks(
        np.concatenate([m.ends for m in marks], axis=1),
        np.concatenate([m.nearness for m in marks], axis=1),
        np.concatenate([m.colour for m in marks], axis=1),
        np.concatenate([m.width_px for m in marks]),
        np.concatenate([m.is_dot for m in marks]),
    )


def _with_head(positions: Floats, head: Head) -> Floats:
    """Return the points `[T, J + 2, C]`: the markers, the head's middle and its nose."""
    return np.concatenate([positions, head.middle[:, None], head.nose[:, None]], axis=1)


def _pairs(skeleton: Skeleton, with_head: bool) -> tuple[Integers, Integers]:
    """Return point indices `[K, 2]` and kind `[K]` of each mark; a dot's two ends are one point."""
    markers = len(skeleton.markers)
    middle, nose = markers, markers + 1
    kinds: dict[int, Sequence[tuple[int, int]]] = {
        _EDGE: skeleton.edges,
        _GAP_EDGE: gap_edges(skeleton),
        _DOT: [(marker, marker) for marker in range(markers)],
        _HEAD: [(middle, middle)] if with_head else [],
        _NOSE: [(middle, nose)] if with_head else [],
    }
    pairs = [pair for group in kinds.values() for pair in group]
    kind = [number for number, group in kinds.items() for _ in group]
    return np.array(pairs, dtype=np.int64), np.array(kind, dtype=np.int64)


def _sides(skeleton: Skeleton, pairs: Integers) -> Integers:
    """Return 0 (left), 1 (right) or 2 (middle) `[K]` for each mark; across the body is middle."""
    # The head and the nose, the two points after the markers, are in the middle.
    sides = [*skeleton.side, "middle", "middle"]
    number = np.array([{"left": 0, "right": 1}.get(side, 2) for side in sides])
    ends = number[pairs]
    return np.where(ends[:, 0] == ends[:, 1], ends[:, 0], 2)


def _shade(nearness: Floats, depth: Floats) -> Integers:
    """Return the step `[T, K]` of the colour ramp, 0 (near) on, for marks at `depth` `[T, K]`."""
    finite = np.where(np.isfinite(nearness), nearness, 0.0)
    behind = np.median(finite, axis=1, keepdims=True) - np.nan_to_num(depth)
    share = np.clip((behind + HALF_DEPTH_M) / (2 * HALF_DEPTH_M), 0.0, 1.0)
    return np.rint(share * (SHADES - 1)).astype(np.int64)
