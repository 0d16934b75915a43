"""Scenes of a page: bodies, marker pairs and edges between bodies; and how they become JSON."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton, gap_edges
from mariel_gnn.mocap.skeletons.spanning_tree import distances
from mariel_gnn.viz.bodies import HEADBAND, Array, as_positions
from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.edges_between import StrongEdges, colour_number, words_of
from mariel_gnn.viz.page.encoding import encode_edges, encode_positions, encode_shares, gaps_of

TRAILS = 5
_TRAIL_FRAMES = 24  # on which distances between markers are measured


def extremities(positions: Floats, mirror: Sequence[int], count: int = TRAILS) -> list[int]:
    """Return about `count` markers of a body `[T, J, C]` that are farthest from one another.

    Farthest-point sampling (Gonzalez, 1985): the first marker has the largest mean distance to all
    others, each next one the largest distance to the chosen ones. The left or right partner
    `mirror[marker]` is chosen with its marker, so feet that stand close to each other are both in.
    """
    number = min(len(positions), _TRAIL_FRAMES)
    sampled = positions[np.linspace(0, len(positions) - 1, number).astype(int)]
    present = np.isfinite(sampled).all(axis=(0, 2))
    points = np.where(present[:, None], sampled, 0.0)
    apart = np.sum([distances(frame[:, None], frame) for frame in points], axis=0) / number
    apart[~present] = apart[:, ~present] = 0.0
    chosen: list[int] = []
    while len(chosen) < min(count, int(present.sum())):
        distance = apart[chosen].min(axis=0) if chosen else apart.sum(axis=1)
        marker = int(np.where(present, distance, -1.0).argmax())
        chosen += [m for m in dict.fromkeys((marker, mirror[marker])) if present[m]]
    return chosen


_SIDES = {"left": 0, "right": 1, "middle": 2}
_Item = TypeVar("_Item", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Clip:
    """Positions that one or more scenes show; a page stores each clip once.

    Args:
        positions: `[T, J, C]` in metres, z up; a missing marker is NaN.
        skeleton: the J markers.
        rate_hz: frames per second.

    Raises:
        UserError: the positions do not fit the skeleton, or the rate is not positive.
    """

    positions: Array
    skeleton: Skeleton
    rate_hz: float

    def __post_init__(self) -> None:
        as_positions(self.positions, self.skeleton)
        if not self.rate_hz > 0:  # also refuses NaN
            raise UserError(f"rate_hz is {self.rate_hz:g}: give frames per second above 0")


@dataclass(frozen=True)
class Body:
    """A dancer in a scene: a range of frames of a clip.

    Attributes:
        name: on the button, for example original, reconstruction or the name of a recording.
        clip: the frames.
        start: the first frame.
        stop: the frame after the last; None for the end of the clip.
        generated: first frame and frame after the last of each generated part, counted from `start`. They
            have other colours than input frames. None for a body without this distinction.

    Raises:
        UserError: the clip does not have these frames.
    """

    name: str
    clip: Clip
    start: int = 0
    stop: int | None = None
    generated: Sequence[tuple[int, int]] | None = None

    def __post_init__(self) -> None:
        frames = len(self.clip.positions)
        if not 0 <= self.start < self.end <= frames:
            raise UserError(
                f"{self.name}: frames {self.start} to {self.end} of a clip of {frames}: "
                "give 0 <= start < stop <= its length"
            )

    @property
    def end(self) -> int:
        """The frame after the last."""
        return len(self.clip.positions) if self.stop is None else self.stop


@dataclass(frozen=True, eq=False)
class PairWeights:
    """Weights of marker pairs, drawn as edges above a threshold.

    Attributes:
        values: `[J, J]`, 0 or more; a pair has the mean of both directions.
        unit: the unit of a value, in words.
        note: how to read the edges.
    """

    values: Floats
    unit: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class EdgesBetween:
    """Edges between two bodies of a scene, in each frame.

    Attributes:
        first: a body of the scene.
        second: another one.
        kinds: names of the kinds, such as `near_alike`.
        edges: the edges, with frames counted from the first frame of the bodies.
        unmeasured: first frame and frame after the last of each part without a measured relative place.
    """

    first: Body
    second: Body
    kinds: Sequence[str]
    edges: StrongEdges
    unmeasured: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """Bodies that play on one clock.

    Attributes:
        name: on the scene's button.
        title: run, data and phrase, shown below the stage.
        bodies: in the order of `BODY_COLOURS`.
        group: row of the button; None for a scene without a button, opened from a map only.
        side_by_side: whether the bodies are side by side at first, or over each other.
        pairs: weighted pairs to draw, or None.
        source: `FILE@START-STOP` of the phrase, to copy to a command line; empty for none.
        between: edges between two of the bodies, see `edges_between`.
    """

    name: str
    title: str
    bodies: Sequence[Body]
    group: str | None = ""
    side_by_side: bool = False
    pairs: PairWeights | None = None
    source: str = ""
    between: Sequence[EdgesBetween] = ()


def scenes_as_data(scenes: Sequence[Scene]) -> dict[str, Any]:
    """Return scenes as JSON values, with the tables of clips, skeletons and notes that they share."""
    tables = _Tables()
    encoded = [_scene(scene, tables) for scene in scenes]
    clips = [_clip(clip, tables) for clip in tables.clips]
    skeletons = [_skeleton(skeleton) for skeleton in tables.skeletons]
    return {"scenes": encoded, "clips": clips, "skeletons": skeletons, "notes": tables.notes}


@dataclass
class _Tables:
    """Tables in which a scene refers to an entry by number."""

    clips: list[Clip] = field(default_factory=list)
    skeletons: list[Skeleton] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _seen: dict[tuple[str, Hashable], int] = field(default_factory=dict)

    def number(self, table: list[_Item], item: _Item, key: Hashable) -> int:
        """Return the index of `item` in `table`; add it if `key` is new."""
        typed_key = (type(item).__name__, key)
        if typed_key not in self._seen:
            self._seen[typed_key] = len(table)
            table.append(item)
        return self._seen[typed_key]


def _scene(scene: Scene, tables: _Tables) -> dict[str, Any]:
    pairs = None if scene.pairs is None else _pairs(scene.pairs, tables)
    bodies = [_body(body, tables) for body in scene.bodies]
    return {
        "name": scene.name,
        "title": scene.title,
        "group": scene.group,
        "side_by_side": scene.side_by_side,
        "bodies": bodies,
        "pairs": pairs,
        "source": scene.source,
        "between": [_between(edges, scene.bodies) for edges in scene.between],
    }


def _body(body: Body, tables: _Tables) -> dict[str, Any]:
    clip = tables.number(tables.clips, body.clip, id(body.clip))
    encoded = {"name": body.name, "clip": clip, "start": body.start, "stop": body.end}
    return encoded | {"generated": None if body.generated is None else list(body.generated)}


def _pairs(pairs: PairWeights, tables: _Tables) -> dict[str, Any]:
    """Encode the upper triangle, row by row, as shares of the largest value."""
    both = (pairs.values + pairs.values.T) / 2
    values = both[np.triu_indices(len(both), k=1)]
    most = float(values.max(initial=0.0))
    unit, note = (tables.number(tables.notes, text, text) for text in (pairs.unit, pairs.note))
    shares = encode_shares(values / max(most, 1e-12))
    return {"most": most, "shares": shares, "unit": unit, "note": note}


def _between(between: EdgesBetween, bodies: Sequence[Body]) -> dict[str, Any]:
    """Encode edges between bodies, which are numbers in the scene's list."""
    numbers = {id(body): number for number, body in enumerate(bodies)}
    pair = [numbers.get(id(body)) for body in (between.first, between.second)]
    if None in pair:
        names = f"{between.first.name} and {between.second.name}"
        raise UserError(f"edges between {names}: give a scene with both bodies")
    markers = len(between.second.clip.skeleton)
    return {
        "bodies": pair,
        "kinds": [_kind(name, number) for number, name in enumerate(between.kinds)],
        "runs": encode_edges(between.edges, len(between.kinds), markers),
        "unmeasured": [list(part) for part in between.unmeasured],
    }


def _kind(name: str, number: int) -> dict[str, Any]:
    label, about = words_of(name)
    return {"name": name, "label": label, "about": about, "style": colour_number(name, number)}


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
    """Encode names, sides and edges by marker number."""
    index = {name: number for number, name in enumerate(skeleton.markers)}
    return {
        "names": skeleton.markers,
        "sides": [_SIDES[side] for side in skeleton.side],
        "edges": skeleton.edges,
        "gap_edges": gap_edges(skeleton),
        "head": [index[name] for name in HEADBAND] if index.keys() >= set(HEADBAND) else None,
    }
