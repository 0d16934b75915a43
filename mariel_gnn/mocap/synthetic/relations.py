"""synthetic recordings in which it is known which markers follow which: a test of what a model tells.

    place_j(t) = carrier_j(t) + R(t) d_j(t)           R: the body's heading, d: deviation from the place
    d_follower(t) = gain * d_leader(t - lag)          the d of all others are independent of each other

The background is as loud as what is planted: every marker of the body wanders about its place, as far
and at the same pace, so that neither size nor speed gives a pair away. The carrier stands still, where
the planted pairs are all there is to find, or dances, where the whole body moves together too and every
limb is a relation that was not planted. What is planted is planted on both sides of the body, because
models are fitted on mirrored windows too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.synthetic.curves import FloatArray, drift
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

WANDER_M = 0.05  # standard deviation per axis
WANDER_HZ = 0.7  # where the power of a deviation has fallen to one half
Carrier = Literal["standing", "dancing"]


@dataclass(frozen=True)
class Relation:
    """One planted relation.

    Attributes:
        follower: the marker that follows.
        leader: the marker that it follows.
        gain: follower's deviation over the leader's.
        lag_s: seconds by which it is late.
    """

    follower: str
    leader: str
    gain: float = 1.0
    lag_s: float = 0.2


# Of two limbs each, or of a limb and the middle: no line of the skeleton gives them away.
_ONE_SIDE = (
    Relation("RTOE", "LOHAND", 0.9, 0.15),
    Relation("RIWR", "LHEL", 1.0, 0.2),
    Relation("RFHD", "LKNE", 0.9, 0.25),
    Relation("RBWT", "LELB", 1.0, 0.15),
)
_SIDES = {"L": "R", "R": "L"}


def _other_side(follow: Relation) -> Relation:
    """The same relation on the mirrored body."""
    follower, leader = (_SIDES[name[0]] + name[1:] for name in (follow.follower, follow.leader))
    return Relation(follower, leader, follow.gain, follow.lag_s)


GROUND_TRUTH: tuple[Relation, ...] = (*_ONE_SIDE, *map(_other_side, _ONE_SIDE))


def synthesize_with_relations(
    seed: int = 0,
    seconds: float = 60.0,
    rate_hz: float = 35.0,
    follows: Sequence[Relation] = GROUND_TRUTH,
    carrier: Carrier = "standing",
) -> FloatArray:
    """One recording with planted relations.

    Args:
        seed: any integer of 0 or more; the same seed gives the same numbers.
        seconds: length of the recording.
        rate_hz: frames per second.
        follows: what is planted; a leader follows nobody.
        carrier: what the deviations are added to: the synthetic dancer, or that dancer's first frame.

    Returns:
        Positions `[T, J, C]` in metres, z up, with the J = 53 markers of `mariel53`.

    Raises:
        UserError: a leader follows somebody itself, a marker follows two, or there is no such marker.
    """
    skeleton = load_skeleton("mariel53")
    _check(follows, skeleton)
    dance = synthesize_recording(seed, seconds, rate_hz)
    if carrier == "standing":
        dance = np.repeat(dance[:1], len(dance), axis=0)
    rng = np.random.default_rng([seed, 1])  # not the dancer's own numbers
    deviation = _deviations(rng, len(dance), rate_hz, follows, skeleton)
    placed: FloatArray = dance + _in_the_room(deviation, _heading_rad(dance, skeleton))
    return placed


def related_pairs(
    skeleton: Skeleton, follows: Sequence[Relation] = GROUND_TRUTH
) -> NDArray[np.bool_]:
    """Which pairs are planted `[J, J]`: row is the follower, column the leader."""
    planted = np.zeros((len(skeleton), len(skeleton)), dtype=bool)
    for follow in follows:
        row, column = map(skeleton.markers.index, (follow.follower, follow.leader))
        planted[row, column] = True
    return planted


def _check(follows: Sequence[Relation], skeleton: Skeleton) -> None:
    followers, leaders = [f.follower for f in follows], [f.leader for f in follows]
    for name in (*followers, *leaders):
        if name not in skeleton.markers:
            raise UserError(f"no marker '{name}'.{nearest_match(name, skeleton.markers)}")
    for name in followers:
        if name in leaders or followers.count(name) > 1:
            raise UserError(f"{name} follows: it can neither lead nor follow another one as well")


def _deviations(
    rng: np.random.Generator,
    frames: int,
    rate_hz: float,
    follows: Sequence[Relation],
    skeleton: Skeleton,
) -> FloatArray:
    """Deviations from the place on the body, `[T, J, C]` metres in the body's frame."""
    late = {follow: round(follow.lag_s * rate_hz) for follow in follows}
    before = max(late.values(), default=0)
    wander = WANDER_M * drift(rng, (frames + before, len(skeleton), 3), WANDER_HZ, rate_hz)
    found = wander[before:].copy()
    for follow, delay in late.items():
        leader, follower = map(skeleton.markers.index, (follow.leader, follow.follower))
        start = before - delay
        found[:, follower] = follow.gain * wander[start : start + frames, leader]
    return found


def _heading_rad(positions: FloatArray, skeleton: Skeleton) -> FloatArray:
    """The direction `[T]` that the body faces, as `data.heading` defines it for tensors."""
    left, right = (
        positions[:, [index for index in skeleton.root if skeleton.side[index] == side], :2].mean(1)
        for side in ("left", "right")
    )
    across = left - right
    heading: FloatArray = np.arctan2(-across[:, 0], across[:, 1])
    return heading


def _in_the_room(vectors: FloatArray, heading: FloatArray) -> FloatArray:
    """Vectors `[T, J, C]` of the body's frame in the axes of the room."""
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)
