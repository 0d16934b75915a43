"""Synthetic recordings with ground-truth relations between markers, to test relation measures.

    x_j(t) = carrier_j(t) + R(t) d_j(t)               R: heading of the body, d: deviation
    d_follower(t) = gain * d_leader(t - lag)          all other deviations are independent

Every marker has a deviation of the same size and speed, so neither reveals a related pair. The standing
carrier has no other relations. The dancing carrier has many that are not in the ground truth: the whole
body and each limb move together. Each relation also exists on the mirrored body, because models train on
mirrored windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.body_parts import heading_rad, rotate_about_z
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.mocap.synthetic.curves import FloatArray, smooth_noise
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording

DEVIATION_M = 0.05  # standard deviation per axis
DEVIATION_HZ = 0.7  # frequency at which the power of a deviation is one half
Carrier = Literal["standing", "dancing"]


@dataclass(frozen=True)
class Relation:
    """A relation: the deviation of one marker is that of another, scaled and delayed.

    Between two dancers the names are those of body parts, such as ``"2 right arm"``: of the second dancer.

    Attributes:
        follower: the dependent marker or part.
        leader: the marker or part on which it depends.
        gain: ratio of the follower's deviation to the leader's.
        lag_s: delay of the follower, seconds.
    """

    follower: str
    leader: str
    gain: float = 1.0
    lag_s: float = 0.2


# Between two limbs, or a limb and the trunk: no skeleton edge joins a related pair.
_ONE_SIDE = (
    Relation("RTOE", "LOHAND", 0.9, 0.15),
    Relation("RIWR", "LHEL", 1.0, 0.2),
    Relation("RFHD", "LKNE", 0.9, 0.25),
    Relation("RBWT", "LELB", 1.0, 0.15),
)
_SIDES = {"L": "R", "R": "L"}


def _mirrored(relation: Relation) -> Relation:
    """The same relation on the mirrored body."""
    follower, leader = (_SIDES[name[0]] + name[1:] for name in (relation.follower, relation.leader))
    return Relation(follower, leader, relation.gain, relation.lag_s)


GROUND_TRUTH: tuple[Relation, ...] = (*_ONE_SIDE, *map(_mirrored, _ONE_SIDE))


def synthesize_with_relations(
    seed: int = 0,
    seconds: float = 60.0,
    rate_hz: float = 35.0,
    relations: Sequence[Relation] = GROUND_TRUTH,
    carrier: Carrier = "standing",
) -> FloatArray:
    """One recording with known relations.

    Args:
        seed: random seed, 0 or more; the same seed gives the same numbers.
        seconds: duration of the recording.
        rate_hz: frames per second.
        relations: the ground truth; a leader must not be a follower.
        carrier: the motion to which the deviations are added: the synthetic dancer, or its first frame.

    Returns:
        Positions `[T, J, C]` in metres, z up, with the J = 53 markers of `mariel53`.

    Raises:
        UserError: a leader is also a follower, a marker has two leaders, or a marker does not exist.
    """
    skeleton = load_skeleton("mariel53")
    _check(relations, skeleton)
    dance = synthesize_recording(seed, seconds, rate_hz)
    if carrier == "standing":
        dance = np.repeat(dance[:1], len(dance), axis=0)
    rng = np.random.default_rng([seed, 1])  # independent of the dancer's random numbers
    deviation = _deviations(rng, len(dance), rate_hz, relations, skeleton)
    positions: FloatArray = dance + rotate_about_z(deviation, heading_rad(dance, skeleton))
    return positions


def related_pairs(
    skeleton: Skeleton, relations: Sequence[Relation] = GROUND_TRUTH
) -> NDArray[np.bool_]:
    """The ground-truth pairs `[J, J]`: row is the follower, column the leader."""
    related = np.zeros((len(skeleton), len(skeleton)), dtype=bool)
    for relation in relations:
        row, column = map(skeleton.markers.index, (relation.follower, relation.leader))
        related[row, column] = True
    return related


def _check(relations: Sequence[Relation], skeleton: Skeleton) -> None:
    followers = [relation.follower for relation in relations]
    leaders = [relation.leader for relation in relations]
    for name in (*followers, *leaders):
        if name not in skeleton.markers:
            raise UserError(f"no marker '{name}'.{nearest_match(name, skeleton.markers)}")
    for name in followers:
        if name in leaders or followers.count(name) > 1:
            raise UserError(f"{name} is a follower: it cannot be a leader or have a second leader")


def _deviations(
    rng: np.random.Generator,
    frames: int,
    rate_hz: float,
    relations: Sequence[Relation],
    skeleton: Skeleton,
) -> FloatArray:
    """Deviations `[T, J, C]` in metres, in the body's frame."""
    lag_frames = {relation: round(relation.lag_s * rate_hz) for relation in relations}
    before = max(lag_frames.values(), default=0)
    noise = DEVIATION_M * smooth_noise(
        rng, (frames + before, len(skeleton), 3), DEVIATION_HZ, rate_hz
    )
    deviations = noise[before:].copy()
    for relation, lag in lag_frames.items():
        leader, follower = map(skeleton.markers.index, (relation.leader, relation.follower))
        start = before - lag
        deviations[:, follower] = relation.gain * noise[start : start + frames, leader]
    return deviations
