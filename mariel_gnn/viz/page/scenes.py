"""Positions as text that a page can carry: 20 s of two bodies in about 200 kB.

Half-millimetres as whole numbers; of each only how far it is from where the two frames before it lead
in a straight line (a small number, since bodies have mass); as bytes of seven bits each, as many as
are needed (LEB128, the sign in the lowest bit); deflated; in base64. `clips.js` reads it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton, gap_edges
from mariel_gnn.viz.bodies import HEADBAND, Array, as_positions
from mariel_gnn.viz.camera import Floats

STEP_M = 0.0005  # a position is off by half of it at most
FARTHEST_M = 1000.0  # numbers stay in 32 bits; what is farther away is out of view anyway
_BYTES = 5  # of the largest number

Gap = tuple[int, int, int]
Whole = npt.NDArray[np.int64]


def encode_positions(positions: Floats) -> str:
    """Return positions `[T, J, C]` (metres) as text; what is missing keeps the place it had before."""
    within = np.clip(_held(positions), -FARTHEST_M, FARTHEST_M)
    whole = np.rint(within.reshape(len(within), -1) / STEP_M).astype(np.int64)
    before = np.pad(whole, ((2, 0), (0, 0)))  # as if it came from rest at the origin
    surprise = whole - 2 * before[1:-1] + before[:-2]
    return base64.b64encode(zlib.compress(_varints(surprise.ravel()), level=6)).decode("ascii")


def gaps_of(positions: Floats) -> list[Gap]:
    """Return where a body `[T, J, C]` lacks markers: marker, first frame, the frame after the last."""
    missing = _missing(positions)
    edges = np.diff(np.pad(missing, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    starts, stops = np.argwhere(edges.T == 1), np.argwhere(edges.T == -1)
    return [
        (int(marker), int(start), int(stop))
        for (marker, start), (_, stop) in zip(starts, stops, strict=True)
    ]


def encode_shares(shares: Floats) -> str:
    """Return numbers `[N]` of 0 to 1 as text, a byte each."""
    return base64.b64encode(np.rint(shares * 255).astype(np.uint8).tobytes()).decode("ascii")


def _missing(positions: Floats) -> npt.NDArray[np.bool_]:
    return ~np.asarray(np.isfinite(positions).all(axis=-1))


def _held(positions: Floats) -> Floats:
    """Return the positions with gaps filled by the last known one, the first known one before it."""
    known = ~_missing(positions)
    frame = np.arange(len(positions))[:, None]
    last = np.maximum.accumulate(np.where(known, frame, 0), axis=0)
    first = np.where(known.any(axis=0), known.argmax(axis=0), 0)
    source = np.maximum(last, first)
    held: Floats = np.take_along_axis(positions, source[..., None], axis=0)
    return np.nan_to_num(held, posinf=FARTHEST_M, neginf=-FARTHEST_M)


def _varints(values: Whole) -> bytes:
    """Return whole numbers `[N]` as groups of seven bits, lowest first, each byte but a number's last
    with its top bit set."""
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    groups = zigzag[:, None] >> (7 * np.arange(_BYTES, dtype=np.uint64))
    needed = groups > 0
    needed[:, 0] = True
    more = np.pad(needed[:, 1:], ((0, 0), (0, 1)))
    told = (groups & 0x7F).astype(np.uint8) | (more.astype(np.uint8) << 7)
    return bytes(told[needed])


TRAILS = 5
_MOST_FRAMES = 24


def extremities(positions: Floats, mirror: Sequence[int], count: int = TRAILS) -> list[int]:
    """Return about `count` markers of a body `[T, J, C]` that are farthest from one another.

    The first is the farthest from all others; each next one is that whose nearest neighbour among
    those chosen is farthest away (Gonzalez, 1985). Its left or right partner `mirror[marker]` comes
    with it: feet that stand together are two all the same.
    """
    few = positions[
        np.linspace(0, len(positions) - 1, min(len(positions), _MOST_FRAMES)).astype(int)
    ]
    known = np.isfinite(few).all(axis=(0, 2))
    places = np.where(known[:, None], few, 0.0)
    apart = np.linalg.norm(places[:, :, None] - places[:, None], axis=-1).mean(axis=0)
    apart[~known] = apart[:, ~known] = 0.0
    chosen: list[int] = []
    while len(chosen) < min(count, int(known.sum())):
        distance = apart[chosen].min(axis=0) if chosen else apart.sum(axis=1)
        marker = int(np.where(known, distance, -1.0).argmax())
        chosen += [m for m in dict.fromkeys((marker, mirror[marker])) if known[m]]
    return chosen


_SIDES = {"left": 0, "right": 1, "middle": 2}
_Kept = TypeVar("_Kept", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Clip:
    """Positions that one or several scenes show; a page holds each clip once.

    Args:
        positions: `[T, J, C]` metres, z up; what is missing is NaN.
        skeleton: of the J markers.
        rate_hz: frames per second.

    Raises:
        UserError: the positions are not of that skeleton, or the rate is none.
    """

    positions: Array
    skeleton: Skeleton
    rate_hz: float

    def __post_init__(self) -> None:
        as_positions(self.positions, self.skeleton)
        if not self.rate_hz > 0:  # NaN is not more than anything
            raise UserError(f"rate_hz is {self.rate_hz:g}; it must be more than 0")


@dataclass(frozen=True)
class Body:
    """A dancer in a scene: some frames of a clip.

    Attributes:
        name: who it is: original, reconstruction, the name of a take.
        clip: where the frames are.
        start: the first frame.
        stop: the frame after the last; None for the clip's end.

    Raises:
        UserError: the clip has no such frames.
    """

    name: str
    clip: Clip
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        frames = len(self.clip.positions)
        if not 0 <= self.start < self.end <= frames:
            raise UserError(
                f"{self.name}: frames {self.start} to {self.end} are asked for; the clip has {frames}"
            )

    @property
    def end(self) -> int:
        """The frame after the last."""
        return len(self.clip.positions) if self.stop is None else self.stop


@dataclass(frozen=True, eq=False)
class PairWeights:
    """How strongly markers are tied, drawn as edges from a threshold on.

    Attributes:
        values: `[J, J]`, 0 or more; both directions are taken together.
        unit: what a value is, in words.
        note: how it is to be read.
    """

    values: Floats
    unit: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class Scene:
    """Bodies that move in step.

    Attributes:
        name: on its button.
        title: which run, data and phrase it is.
        bodies: first to last in the body_colours of the palette.
        group: the row its button stands in; None for a scene that only a point of a map opens.
        apart: whether the bodies stand side by side at first, or over each other.
        pairs: edges to draw, if there are any.
    """

    name: str
    title: str
    bodies: Sequence[Body]
    group: str | None = ""
    apart: bool = False
    pairs: PairWeights | None = None


def scenes_as_data(scenes: Sequence[Scene]) -> dict[str, Any]:
    """Return scenes, and the clips, skeletons and notes that they share, as JSON can hold them."""
    tables = _Tables()
    told = [_scene(scene, tables) for scene in scenes]
    clips = [_clip(clip, tables) for clip in tables.clips]
    skeletons = [_skeleton(skeleton) for skeleton in tables.skeletons]
    return {"scenes": told, "clips": clips, "skeletons": skeletons, "notes": tables.notes}


@dataclass
class _Tables:
    """What scenes refer to by number."""

    clips: list[Clip] = field(default_factory=list)
    skeletons: list[Skeleton] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, Hashable], int] = field(default_factory=dict)

    def number(self, table: list[_Kept], item: _Kept, key: Hashable) -> int:
        """Return the place of `item` in `table`, added to it if `key` is new."""
        place = (type(item).__name__, key)
        if place not in self._seen:
            self._seen[place] = len(table)
            table.append(item)
        return self._seen[place]


def _scene(scene: Scene, tables: _Tables) -> dict[str, Any]:
    pairs = None if scene.pairs is None else _pairs(scene.pairs, tables)
    bodies = [_body(body, tables) for body in scene.bodies]
    return {
        "name": scene.name, "title": scene.title, "group": scene.group, "apart": scene.apart,
        "bodies": bodies, "pairs": pairs,
    }  # fmt: skip


def _body(body: Body, tables: _Tables) -> dict[str, Any]:
    clip = tables.number(tables.clips, body.clip, id(body.clip))
    return {"name": body.name, "clip": clip, "start": body.start, "stop": body.end}


def _pairs(pairs: PairWeights, tables: _Tables) -> dict[str, Any]:
    """The upper triangle, row by row, as shares of the largest."""
    both = (pairs.values + pairs.values.T) / 2
    values = both[np.triu_indices(len(both), k=1)]
    most = float(values.max(initial=0.0))
    unit, note = (tables.number(tables.notes, text, text) for text in (pairs.unit, pairs.note))
    shares = encode_shares(values / max(most, 1e-12))
    return {"most": most, "shares": shares, "unit": unit, "note": note}


def _clip(clip: Clip, tables: _Tables) -> dict[str, Any]:
    positions = as_positions(clip.positions, clip.skeleton)
    return {
        "skeleton": tables.number(tables.skeletons, clip.skeleton, id(clip.skeleton)),
        "frames": len(positions),
        "rate_hz": clip.rate_hz,
        "positions": encode_positions(positions),
        "gaps": gaps_of(positions),
        "trails": extremities(positions, clip.skeleton.mirror),
    }


def _skeleton(skeleton: Skeleton) -> dict[str, Any]:
    """What is drawn of a skeleton, by marker number."""
    place = {name: number for number, name in enumerate(skeleton.markers)}
    return {
        "names": skeleton.markers,
        "sides": [_SIDES[side] for side in skeleton.side],
        "edges": skeleton.edges,
        "fillings": gap_edges(skeleton),
        "head": [place[name] for name in HEADBAND] if place.keys() >= set(HEADBAND) else None,
    }
