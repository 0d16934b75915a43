"""What a page plays: scenes of one or more bodies that move in step, and how they are written down."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.skeletons.filling_lines import filling_lines
from mariel_gnn.viz.anatomy import HEADBAND
from mariel_gnn.viz.bodies import Array, as_positions
from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.page.encoding import encode_positions, encode_shares, gaps_of
from mariel_gnn.viz.page.extremities import extremities

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
        bodies: first to last in the tones of the palette.
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
        "lines": skeleton.lines,
        "fillings": filling_lines(skeleton),
        "head": [place[name] for name in HEADBAND] if place.keys() >= set(HEADBAND) else None,
    }
