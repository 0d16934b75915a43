"""The marks of a body: strokes and dots in pixels, from positions, a skeleton and a camera.

The head is found by marker name and is drawn only where a skeleton has the four headband markers.
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
from mariel_gnn.viz.colors import SHADES, SHADOW, WHITE, BodyColours, Colour, Colours

if TYPE_CHECKING:
    import torch

Array: TypeAlias = "npt.NDArray[np.floating[Any]] | torch.Tensor"
Integers = npt.NDArray[np.int64]

HALF_DEPTH_M = 0.6  # half the depth of a dancing body; the shades cover it
FARTHEST_M = 1e6  # positions are clamped to it, because their squares overflow
HEADBAND = ("LFHD", "RFHD", "LBHD", "RBHD")
BAND_RISE = radians(
    37
)  # of the headband from the neck to the forehead, the median of a real dancer
HEAD_RADIUS_M, BELOW_BAND_M, NOSE_M = 0.11, 0.04, 0.15


@dataclass(frozen=True)
class Head:
    """The head of a body, in metres.

    Attributes:
        middle: `[T, C]`.
        nose: `[T, C]`, the tip of the nose.
    """

    middle: Floats
    nose: Floats


def head_of(positions: Floats, skeleton: Skeleton) -> Head | None:
    """Return the head of a body `[T, J, C]`, or None for a skeleton without the headband markers.

    The nose points from the back to the front of the headband, minus the band's rise. The head is
    NaN where a marker is missing.
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
    """Return `vectors` `[T, C]` normalized to length 1; zero vectors stay 0."""
    length: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-9)


@dataclass(frozen=True)
class Marks:
    """Strokes and dots of one or more bodies on the screen.

    Attributes:
        ends: pixels `[T, K, 4]`: x, y of the start and x, y of the end.
        nearness: metres towards the viewer `[T, K]`; larger values cover smaller ones.
        colour: colours `[T, K, 3]`, 0 to 255.
        width_px: width of a stroke or diameter of a dot `[K]`.
        is_dot: whether a mark is a dot `[K]`.
    """

    ends: Floats
    nearness: Floats
    colour: Colours
    width_px: Floats
    is_dot: npt.NDArray[np.bool_]

    def order(self, frame: int) -> Integers:
        """Return the indices of the finite marks of a frame, farthest first."""
        finite = np.flatnonzero(np.isfinite(self.ends[frame]).all(axis=-1))
        far_first: Integers = finite[np.argsort(self.nearness[frame, finite], kind="stable")]
        return far_first


@dataclass(frozen=True)
class _MarkStyle:
    """The style of a kind of mark.

    Attributes:
        width: in strokes.
        near: paleness of the nearest marks, 0 (full colour) to 1 (white).
        far: paleness of the farthest marks.
        lift_m: metres towards the viewer, for the order of marks that meet.
    """

    width: float
    near: float
    far: float
    lift_m: float = 0.0


_EDGE, _GAP_EDGE, _DOT, _HEAD, _NOSE = range(5)
_MARK_STYLES = (
    _MarkStyle(width=1.0, near=0.0, far=0.5),
    _MarkStyle(width=0.7, near=0.4, far=0.7),
    _MarkStyle(width=1.7, near=0.0, far=0.5, lift_m=0.01),
    # As wide as a head; behind the headband, which stays visible.
    _MarkStyle(width=0.0, near=0.78, far=0.86, lift_m=-0.12),
    # In front of the head unless it points away from the viewer.
    _MarkStyle(width=1.8, near=0.0, far=0.3, lift_m=-0.07),
)


def as_positions(array: Array, skeleton: Skeleton) -> Floats:
    """Return `array` `[T, J, C]` (NumPy or torch, metres) as NumPy float64.

    Values that are not finite become NaN, which is not drawn. Other values are clamped to
    `FARTHEST_M`.

    Raises:
        UserError: the shape is not `[T, J, 3]` with T > 0 and the skeleton's J markers.
    """
    # Duck typing: this module does not import torch, which is slow to load.
    raw: Any = array
    given = raw.detach().double().cpu().numpy() if hasattr(raw, "detach") else raw
    positions = np.asarray(given, dtype=np.float64)
    wanted = len(skeleton.markers)
    if positions.ndim != 3 or positions.shape[1:] != (wanted, 3) or len(positions) == 0:
        raise UserError(
            f"positions have shape {positions.shape}: give [T, {wanted}, 3] with one frame or more, or "
            f"another skeleton than {skeleton.name}, which has {wanted} markers"
        )
    return np.clip(np.where(np.isfinite(positions), positions, np.nan), -FARTHEST_M, FARTHEST_M)


def pad_to_length(positions: Floats, frames: int) -> Floats:
    """Return a body `[T, J, C]` padded with NaN to `frames` frames."""
    missing = frames - len(positions)
    return np.pad(positions, [(0, missing), (0, 0), (0, 0)], constant_values=np.nan)


def body_marks(
    positions: Floats,
    skeleton: Skeleton,
    colours: BodyColours,
    camera: Camera,
    target: Floats,
    stroke_px: float,
    background: Colour = WHITE,
) -> Marks:
    """Return the marks of a body `[T, J, C]`; far marks are paler than near ones.

    Skeleton edges are strokes of `stroke_px` pixels, gap edges are thinner and paler, markers are
    dots, and the head is a ball with a nose.
    """
    head = head_of(positions, skeleton)
    points = positions if head is None else _with_head(positions, head)
    pairs, kind = _pairs(skeleton, with_head=head is not None)
    pixels, nearness = project(points, camera, target)
    depth = nearness[:, pairs].mean(axis=-1)
    ramps = np.stack([colours.ramps(style.near, style.far, background) for style in _MARK_STYLES])
    colour = ramps[kind, _sides(skeleton, pairs), _shade(nearness, depth)]
    width = np.array([style.width * stroke_px for style in _MARK_STYLES])
    width[_HEAD] = 2 * HEAD_RADIUS_M * camera.pixels_per_m
    lift = np.array([style.lift_m for style in _MARK_STYLES])
    ends = pixels[:, pairs].reshape(len(points), len(pairs), 4)
    return Marks(ends, depth + lift[kind], colour, width[kind], pairs[:, 0] == pairs[:, 1])


def shadow_marks(
    positions: Floats,
    skeleton: Skeleton,
    camera: Camera,
    target: Floats,
    stroke_px: float,
    shadow: Colour = SHADOW,
) -> Marks:
    """Return the vertical shadow of a body's edges on the floor at height 0."""
    edges = np.array([*skeleton.edges, *gap_edges(skeleton)], dtype=np.int64).reshape(-1, 2)
    pixels, _ = project(positions * [1.0, 1.0, 0.0], camera, target)
    ends = pixels[:, edges].reshape(len(positions), len(edges), 4)
    colour = np.broadcast_to(np.array(shadow, np.uint8), (*ends.shape[:2], 3))
    # Below everything, also below the feet of a partner farther away.
    depth = np.full(ends.shape[:2], -np.inf)
    width = np.full(len(edges), 1.5 * stroke_px)
    return Marks(ends, depth, colour, width, np.zeros(len(edges), dtype=bool))


def concatenate_marks(marks: Sequence[Marks]) -> Marks:
    """Return the marks of several bodies as one set, in which near limbs cover far ones."""
    return Marks(
        np.concatenate([m.ends for m in marks], axis=1),
        np.concatenate([m.nearness for m in marks], axis=1),
        np.concatenate([m.colour for m in marks], axis=1),
        np.concatenate([m.width_px for m in marks]),
        np.concatenate([m.is_dot for m in marks]),
    )


def _with_head(positions: Floats, head: Head) -> Floats:
    """Return points `[T, J + 2, C]`: markers, middle of the head, nose."""
    return np.concatenate([positions, head.middle[:, None], head.nose[:, None]], axis=1)


def _pairs(skeleton: Skeleton, with_head: bool) -> tuple[Integers, Integers]:
    """Return point indices `[K, 2]` and kind `[K]` of each mark; the two ends of a dot are equal."""
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
    """Return the side `[K]` of each mark: 0 left, 1 right, 2 middle or across the body."""
    # The two points after the markers are the head and the nose.
    sides = [*skeleton.side, "middle", "middle"]
    number = np.array([{"left": 0, "right": 1}.get(side, 2) for side in sides])
    ends = number[pairs]
    return np.where(ends[:, 0] == ends[:, 1], ends[:, 0], 2)


def _shade(nearness: Floats, depth: Floats) -> Integers:
    """Return the step `[T, K]` of the colour ramp, from 0 (near), for marks at `depth` `[T, K]`."""
    finite = np.where(np.isfinite(nearness), nearness, 0.0)
    behind = np.median(finite, axis=1, keepdims=True) - np.nan_to_num(depth)
    share = np.clip((behind + HALF_DEPTH_M) / (2 * HALF_DEPTH_M), 0.0, 1.0)
    return np.rint(share * (SHADES - 1)).astype(np.int64)
