"""Planted duets: two bodies with ground-truth relations between their parts, to test relation measures.

    d_i(t) = sum_j gain_ij * M_ij d_j(t - lag_ij) + own_i(t)         deviation of part i, unit variance
    x_i(t) = dance_i(t) + sqrt(snr) * size_i * d_i(t)                size_i: std of the part in the dance

`dance` is the synthetic dancer's own movement, which no part of the other body knows. M is the identity, or
mirrors left and right. Every part has a deviation of the same relative size. Every part that is in no
relation between the bodies is in one of the same kind within its body: neither its variance nor how well
the other parts explain it shows which parts are related to the other dancer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.body_parts import (
    PARTS,
    heading_rad,
    part_movement,
    rotate_about_z,
    ten_parts,
)
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.curves import FloatArray, smooth_noise
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.mocap.synthetic.relations import DEVIATION_HZ

P = len(PARTS)
DRIVER = 2 * P  # a hidden series that both bodies follow
MIN_LAG_S, MAX_LAG_S = 0.12, 0.45
FULL, PARTIAL, MUTUAL, CHAINED, ALONG = 0.8, 0.4, 0.5, 0.7, 0.8  # gains
DRIVEN, BESIDE_DRIVER = 0.7, 0.5
ON_S = 8.0  # seconds that a relation is on, and then off
BEAT_HZ, BEAT_DRIFT = 1.9, 0.01  # steps a second, and the relative change of tempo in a second
_SEED = 7  # of the planted deviations, beside the dancers' own


class Link(NamedTuple):
    """One part follows another.

    Attributes:
        leader: its number: 0 to 9 are the first dancer's parts, 10 to 19 the second's, 20 the driver.
        follower: likewise.
        gain: share of the leader's deviation in the follower's.
        lag_s: delay of the follower, seconds.
        mirrored: left and right are exchanged.
        switched: on and off in turns of `ON_S`.
    """

    leader: int
    follower: int
    gain: float
    lag_s: float
    mirrored: bool = False
    switched: bool = False


@dataclass(frozen=True)
class PlantedDuet:
    """Two bodies with known relations.

    Attributes:
        scene: its name.
        positions: of the two dancers, `[2, T, J, C]` metres, z up.
        rate_hz: frames per second.
        related: `[2, P, P]`, row: part of the first dancer, column: part of the second; [0] is true where
            the second dancer's part follows, [1] where the first's does.
        lag_s: `[2, P, P]` delay of the follower, seconds; NaN where none follows.
    """

    scene: str
    positions: FloatArray
    rate_hz: float
    related: NDArray[np.bool_]
    lag_s: FloatArray


def planted_duet(
    scene: str,
    snr: float = 1.0,
    seed: int = 0,
    seconds: float = 30.0,
    rate_hz: float = 35.0,
    *,
    related: bool = True,
) -> PlantedDuet:
    """One planted scene.

    Args:
        scene: a name of `SCENES`.
        snr: power of the planted deviations relative to the dancers' own movement.
        seed: random seed, 0 or more.
        seconds: duration; a usual take has half a minute.
        rate_hz: frames per second.
        related: false leaves out what is between the bodies; the driver and the beat remain.

    Raises:
        UserError: there is no such scene.
    """
    if scene not in SCENES:
        raise UserError(
            f"no scene '{scene}': there are {', '.join(SCENES)}.{nearest_match(scene, SCENES)}"
        )
    dances = [synthesize_recording(2 * seed + body, seconds, rate_hz) for body in (0, 1)]
    return plant(scene, dances, snr, seed, rate_hz, related=related)


def plant(
    scene: str,
    dances: Sequence[FloatArray],
    snr: float,
    seed: int,
    rate_hz: float,
    *,
    related: bool = True,
) -> PlantedDuet:
    """Plant a scene on two dances of the same number of frames, each `[T, J, C]` with `mariel53`.

    For the other arguments see `planted_duet`.
    """
    rng = np.random.default_rng([seed, _SEED, list(SCENES).index(scene)])
    links = [link for link in SCENES[scene](rng) if related or not _is_between(link)]
    deviation = _deviations(rng, links, len(dances[0]), rate_hz, with_beat=scene in ON_ONE_BEAT)
    bodies = [
        _add(dance, np.sqrt(snr) * deviation[:, body * P : (body + 1) * P])
        for body, dance in enumerate(dances)
    ]
    return PlantedDuet(scene, np.stack(bodies), rate_hz, *_ground_truth(links))


def _add(dance: FloatArray, deviation: FloatArray) -> FloatArray:
    """A dance with the deviations `[T, P, C]` of its parts, each relative to the part's own size."""
    skeleton = load_skeleton("mariel53")
    moved, heading = dance.copy(), heading_rad(dance, skeleton)
    sizes = part_movement(dance, skeleton).var(axis=0).mean(axis=-1) ** 0.5
    turned = rotate_about_z(deviation * sizes[:, None], heading)
    for part, members in enumerate(ten_parts(skeleton).values()):
        moved[:, list(members)] += turned[:, part, None]
    return moved


def _is_between(link: Link) -> bool:
    """Whether the link joins a part of one dancer to a part of the other."""
    return {link.leader // P, link.follower // P} == {0, 1}


def _ground_truth(links: Sequence[Link]) -> tuple[NDArray[np.bool_], FloatArray]:
    lag_s = np.full((2, P, P), np.nan)
    for link in links:
        bodies = link.leader // P, link.follower // P
        if bodies == (0, 1):
            lag_s[0, link.leader, link.follower - P] = link.lag_s
        if bodies == (1, 0):
            lag_s[1, link.follower, link.leader - P] = link.lag_s
    return np.isfinite(lag_s), lag_s


def _deviations(
    rng: np.random.Generator, links: Sequence[Link], frames: int, rate_hz: float, with_beat: bool
) -> FloatArray:
    """Deviations `[T, 2P, C]` with unit variance."""
    before = round(4 * rate_hz)  # until the loop of a mutual relation has settled
    total = frames + before
    own = smooth_noise(rng, (total, DRIVER + 1, 3), DEVIATION_HZ, rate_hz)
    on = np.sin(np.pi * np.arange(total) / rate_hz / ON_S + rng.uniform(0, np.pi)) > 0
    led = np.zeros((total, DRIVER + 1))
    for link in links:
        led[:, link.follower] += link.gain**2 * (on if link.switched else 1.0)
    moved = np.sqrt(np.clip(1 - led, 0.05, 1))[..., None] * own
    sides = [np.array([1.0, -1.0 if link.mirrored else 1.0, 1.0]) * link.gain for link in links]
    lags = [round(link.lag_s * rate_hz) for link in links]
    for t in range(max(lags, default=0), total):
        for link, side, lag in _in_order(links, sides, lags):
            if on[t] or not link.switched:
                moved[t, link.follower] += side * moved[t - lag, link.leader]
    moved = moved[before:, :DRIVER]
    moved /= moved.std(axis=(0, 2), keepdims=True)
    return moved + _beat(rng, frames, rate_hz) if with_beat else moved


def _in_order(
    links: Sequence[Link], sides: Sequence[FloatArray], lags: Sequence[int]
) -> Iterator[tuple[Link, FloatArray, int]]:
    """Links with a delay first: what follows at once needs the present value."""
    order = sorted(range(len(links)), key=lambda number: -lags[number])
    return ((links[number], sides[number], lags[number]) for number in order)


def _beat(rng: np.random.Generator, frames: int, rate_hz: float) -> FloatArray:
    """Steps of every part `[T, 2P, C]` to one music of a slightly drifting tempo, unit variance."""
    drift = np.cumsum(rng.standard_normal(frames)) * BEAT_DRIFT / np.sqrt(rate_hz)
    phase = 2 * np.pi * BEAT_HZ * np.cumsum(1 + drift) / rate_hz
    steps = np.zeros((frames, DRIVER, 3))
    for multiple, power in ((0.5, 0.5), (1.0, 0.4), (2.0, 0.1)):  # both feet, each step, accents
        start = rng.uniform(0, 2 * np.pi, (DRIVER, 3))
        steps += np.sqrt(2 * power) * np.sin(multiple * phase[:, None, None] + start)
    return steps


# ---- the scenes: each draws its parts, lags and mirrorings


def _lag_s(rng: np.random.Generator) -> float:
    return float(rng.uniform(MIN_LAG_S, MAX_LAG_S))


def _link(
    rng: np.random.Generator, leader: int, follower: int, gain: float, switched: bool = False
) -> Link:
    return Link(leader, follower, gain, _lag_s(rng), bool(rng.integers(2)), switched)


def _pairs(rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Four pairs between the bodies, two in each direction, and three pairs within each body."""
    first, second = rng.permutation(P), P + rng.permutation(P)
    for number in range(4):
        a, b = int(first[number]), int(second[number])
        yield (a, b) if number < 2 else (b, a)
    for rest in (first[4:], second[4:]):
        yield from ((int(a), int(b)) for a, b in rest.reshape(3, 2))


def _lagged(rng: np.random.Generator, gain: float = FULL, switched: bool = False) -> list[Link]:
    return [_link(rng, *pair, gain, switched) for pair in _pairs(rng)]


def _partial(rng: np.random.Generator) -> list[Link]:
    return _lagged(rng, PARTIAL)


def _on_off(rng: np.random.Generator) -> list[Link]:
    return _lagged(rng, FULL, switched=True)


def _common_driver(rng: np.random.Generator) -> list[Link]:
    """All parts follow a hidden series with lags of their own, some also a part."""
    driven = [
        Link(DRIVER, part, DRIVEN, float(rng.uniform(0, MAX_LAG_S))) for part in range(DRIVER)
    ]
    return [*driven, *_lagged(rng, BESIDE_DRIVER)]


def _mutual(rng: np.random.Generator) -> list[Link]:
    """Each of a pair follows the other."""
    pairs = list(_pairs(rng))
    there_and_back = [*pairs, *((b, a) for a, b in pairs)]
    return [_link(rng, *pair, MUTUAL) for pair in there_and_back]


def _chain(rng: np.random.Generator) -> list[Link]:
    """Two chains that go over to the other body at each step, and one of four within each body."""
    first, second = rng.permutation(P), P + rng.permutation(P)
    chains: list[list[int]] = [
        [first[0], second[0], first[1], second[1]],
        [second[2], first[2], second[3], first[3]],
        *([*rest] for body in (first, second) for rest in (body[4:8], body[8:])),
    ]
    steps = [(int(a), int(b)) for chain in chains for a, b in pairwise(chain)]
    return [_link(rng, a, b, CHAINED) for a, b in steps]


def _whole_limb(rng: np.random.Generator) -> list[Link]:
    """A hand or foot follows another, and the rest of each limb moves along with it."""
    limbs = [(name, name.replace("hand", "arm").replace("foot", "leg")) for name in PARTS]
    ends = [(PARTS.index(end), PARTS.index(rest)) for end, rest in limbs if end != rest]
    first, second = (body * P + rng.permutation([end for end, _ in ends]) for body in (0, 1))
    along = [
        Link(body * P + end, body * P + rest, ALONG, 0.0) for body in (0, 1) for end, rest in ends
    ]
    between = [(first[0], second[0]), (second[1], first[1])]
    within = [(limb[2], limb[3]) for limb in (first, second)]
    trunk = [(body * P, body * P + 1) for body in (0, 1)]
    return [*(_link(rng, int(a), int(b), FULL) for a, b in [*between, *within, *trunk]), *along]


SCENES: dict[str, Callable[[np.random.Generator], list[Link]]] = {
    "lagged": _lagged,
    "partial gain": _partial,
    "common driver": _common_driver,
    "chain": _chain,
    "mutual": _mutual,
    "whole limb": _whole_limb,
    "on and off": _on_off,
    "one beat": _lagged,
}
ON_ONE_BEAT = ("one beat",)
