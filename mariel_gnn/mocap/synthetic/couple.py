"""The synthetic couple: two synthetic dancers in one room, with ground-truth relations between them.

Each dancer has a body, natural motion and measurement noise of her own, so a follower is never a function of
her leader alone. The bodies never meet, except for hands that are to.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.files import write_json, written_aside
from mariel_gnn.mocap.formats.numpy_files import to_field_rows
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.body import Body
from mariel_gnn.mocap.synthetic.choreography import polar
from mariel_gnn.mocap.synthetic.curves import FloatArray, smooth_noise
from mariel_gnn.mocap.synthetic.dancer import (
    LAGS_S,
    add_natural_motion,
    check_request,
    choreograph,
    soft_tissue_and_noise,
)
from mariel_gnn.mocap.synthetic.kinematics import Curves, markers_from_curves
from mariel_gnn.mocap.synthetic.partnering import (
    mirrored,
    moved,
    own_upper_body,
    steps_on_beat,
    walk_around,
)
from mariel_gnn.mocap.synthetic.reaching import palm_position, reach_curves
from mariel_gnn.mocap.synthetic.relations import Relation

CLEARANCE_M = 0.1  # between two bodies, along the line from one to the other
_HAND_IN_HAND_M = 0.92  # from one place to the other, so that hands meet with flexed elbows
_IN_PLACE = ("reach", "plie", "leg_lift", "arm_wave", "jump", "pirouette")
_NEAR_ARMS = ("low", "natural", "open_low")  # they do not reach the partner
_WIDE_ARMS = ("low", "open_low", "second", "first", "fifth", "diagonal", "up")
_HAND_M, _HAND_HZ = 0.055, 0.5  # standard deviation and frequency of the path of a leading hand
_ORBIT_M = 0.68  # radius
_BODIES = (Body(1.76), Body(1.64))


@dataclass(frozen=True)
class Couple:
    """Two dancers, and which part of one follows which part of the other.

    Attributes:
        scene: name of the scene.
        positions: `[T, 2, J, C]` metres, z up, in one room; frame t is one moment for both.
        rate_hz: frames per second.
        beat_s: seconds of the beat of both; 0 without one.
        relations: the ground truth; names such as ``"2 right arm"`` are a dancer and a part of `mariel53`.
    """

    scene: str
    positions: FloatArray
    rate_hz: float
    beat_s: float
    relations: tuple[Relation, ...]

    def truth(self) -> dict[str, Any]:
        """Everything but the positions, for JSON."""
        kept = {"scene": self.scene, "rate_hz": self.rate_hz, "beat_s": self.beat_s}
        return kept | {"relations": [asdict(relation) for relation in self.relations]}


@dataclass(frozen=True)
class _Request:
    """Random generators of what is common and of each dancer, and the times of the frames."""

    common: np.random.Generator
    own: tuple[np.random.Generator, np.random.Generator]
    times_s: FloatArray
    rate_hz: float

    @property
    def seconds(self) -> float:
        """Duration of what is choreographed: more than the recording, as a leader is ahead."""
        return float(self.times_s[-1]) + 2.0

    def natural(self, curves: Curves, dancer: int) -> dict[str, FloatArray]:
        """Curves with natural motion of a dancer's own."""
        return add_natural_motion(dict(curves), self.own[dancer], self.rate_hz)


@dataclass(frozen=True)
class _Scene:
    """Curves of both dancers, the beat and the ground truth."""

    curves: tuple[Curves, Curves]
    relations: tuple[Relation, ...]
    beat_s: float = 0.0


def synthesize_couple(
    scene: str = "mirrored", seed: int = 0, seconds: float = 60.0, rate_hz: float = 35.0
) -> Couple:
    """One recording of the synthetic couple.

    ``mirrored``: the second dancer is the mirror image of the first. ``lagged``: side by side, the second
    does what the first does, later. ``led_by_hand``: the second's right hand follows the first's left hand
    partly and later. ``orbiting``: both walk around their middle, the second later. ``in_contact``: the
    first's left and the second's right hand are joined. ``same_beat``: both dance on one beat, unrelated.

    Args:
        scene: a name of `SCENES`.
        seed: random seed, 0 or more; the same seed gives the same numbers.
        seconds: duration of the recording.
        rate_hz: frames per second.

    Raises:
        UserError: unknown scene, or duration, rate or seed is out of range.
    """
    if scene not in SCENES:
        raise UserError(
            f"no scene '{scene}'.{nearest_match(scene, SCENES)} There are {', '.join(SCENES)}"
        )
    check_request(seed, seconds, rate_hz)
    number = list(SCENES).index(scene)
    common, first, second = (np.random.default_rng([seed, number, own]) for own in range(3))
    request = _Request(
        common, (first, second), np.arange(round(seconds * rate_hz)) / rate_hz, rate_hz
    )
    made = SCENES[scene](request)
    names = load_skeleton("mariel53").markers
    dancers = [
        markers_from_curves(curves, body, names)
        + soft_tissue_and_noise(rng, names, len(request.times_s), rate_hz)
        for curves, body, rng in zip(made.curves, _BODIES, request.own, strict=True)
    ]
    positions = np.stack(dancers, axis=1)
    positions[..., :2] -= positions[..., :2].mean(axis=(0, 1, 2))
    return Couple(scene, positions, rate_hz, made.beat_s, made.relations)


def write_synthetic_couples(
    folder: str | Path,
    count: int = 36,
    seconds: float = 12.0,
    seed: int = 0,
    rate_hz: float = 35.0,
) -> list[tuple[Path, Path]]:
    """Write synthetic couples: `first_01.npy` and `second_01.npy`, with the ground truth in `couple_01.json`.

    Args:
        folder: the output folder; created if missing.
        count: number of couples; the scenes take turns.
        seconds: duration of each.
        seed: random seed of the first couple; each further one adds 1.
        rate_hz: frames per second.

    Returns:
        The files of both dancers of each couple: float32 `[55, T, 3]`, metres, z down.

    Raises:
        UserError: as in `synthesize_couple`.
    """
    paths = []
    for number in range(count):
        scene = list(SCENES)[number % len(SCENES)]
        couple = synthesize_couple(scene, seed + number, seconds, rate_hz)
        label = f"{number + 1:0{max(2, len(str(count)))}}"
        first, second = (Path(folder) / f"{which}_{label}.npy" for which in ("first", "second"))
        for dancer, path in enumerate((first, second)):
            rows = to_field_rows(couple.positions[:, dancer], load_skeleton("mariel53"))
            with written_aside(path) as aside:
                np.save(aside, rows)
        write_json(Path(folder) / f"couple_{label}.json", couple.truth())
        paths.append((first, second))
    return paths


# ------------------------------------------------------------------ scenes


def _mirrored(request: _Request) -> _Scene:
    dance = choreograph(request.common, request.seconds, _IN_PLACE)
    curves = dance.sample(request.times_s, LAGS_S)
    facing_deg = float(curves["pelvis_yaw_deg"][0])
    # The plane is y = 0, and the dancer faces it: along -y, as the second one faces along y.
    turned = moved(curves, -90 - facing_deg, np.zeros(2))
    pair = request.natural(turned, 0), request.natural(mirrored(turned), 1)
    return _Scene(_apart(*pair, np.array([0.0, -1.0])), _all_parts(mirror=True))


def _lagged(request: _Request) -> _Scene:
    lag_s = float(request.common.uniform(0.3, 0.8))
    dance = choreograph(request.common, request.seconds, _IN_PLACE)
    ahead, late = (dance.sample(request.times_s + lead_s, LAGS_S) for lead_s in (lag_s, 0.0))
    beside = polar(float(ahead["pelvis_yaw_deg"][0]) + 90)
    pair = request.natural(ahead, 0), request.natural(late, 1)
    return _Scene(_apart(*pair, beside), _all_parts(mirror=False, lag_s=lag_s))


def _led_by_hand(request: _Request) -> _Scene:
    lag_s = float(request.common.uniform(0.15, 0.35))
    return _hand_in_hand(request, gain=0.8, lag_s=lag_s, apart_m=0.12)


def _in_contact(request: _Request) -> _Scene:
    return _hand_in_hand(request, gain=1.0, lag_s=0.0, apart_m=0.05)


def _orbiting(request: _Request) -> _Scene:
    lag_s, step_s = (float(request.common.uniform(*bounds)) for bounds in ((0.1, 0.3), (0.5, 0.6)))
    dance = walk_around(request.common, request.seconds, step_s, _ORBIT_M)
    ahead, late = (dance.sample(request.times_s + lead_s, LAGS_S) for lead_s in (lag_s, 0.0))
    own = steps_on_beat(request.own[1], request.seconds, step_s, ("low", "natural"))
    opposite = own_upper_body(moved(late, 180, np.zeros(2)), own.sample(request.times_s, LAGS_S))
    pair = request.natural(ahead, 0), request.natural(opposite, 1)
    parts = ("pelvis", "left leg", "right leg")
    return _Scene(
        pair, tuple(Relation(f"2 {part}", f"1 {part}", 1.0, lag_s) for part in parts), step_s
    )


def _same_beat(request: _Request) -> _Scene:
    beat_s = float(request.common.uniform(0.5, 0.65))
    pair = _on_beat(request, beat_s, _WIDE_ARMS, 0.3)
    return _Scene(_apart(*pair, np.array([1.0, 0.0])), (), beat_s)


SCENES: dict[str, Callable[[_Request], _Scene]] = {
    "mirrored": _mirrored,
    "lagged": _lagged,
    "led_by_hand": _led_by_hand,
    "orbiting": _orbiting,
    "in_contact": _in_contact,
    "same_beat": _same_beat,
}


def _hand_in_hand(request: _Request, gain: float, lag_s: float, apart_m: float) -> _Scene:
    """Face to face; the second's right palm follows the first's left palm, both about the middle."""
    beat_s = float(request.common.uniform(0.5, 0.65))
    first, second = _on_beat(request, beat_s, _NEAR_ARMS, 0.15)
    second = moved(second, 0.0, np.array([_HAND_IN_HAND_M, 0.0]))
    lag, frames = round(lag_s * request.rate_hz), len(request.times_s)
    path = _HAND_M * smooth_noise(request.common, (frames + lag, 3), _HAND_HZ, request.rate_hz)
    # On the first's left, at the height of the elbows, midway between the two.
    middle = np.stack(
        [
            (first["pelvis_x_m"] + second["pelvis_x_m"]) / 2,
            (first["pelvis_y_m"] + second["pelvis_y_m"]) / 2 + 0.14,
            np.full(frames, 1.12),
        ],
        axis=1,
    )
    near = np.array([apart_m / 2, 0.0, 0.0])
    first = reach_curves(first, _BODIES[0], "L", middle - near + path[lag:], request.rate_hz)
    leading = palm_position(first, _BODIES[0], "L") - (middle - near)
    followed = np.concatenate([path[:lag], leading])[:frames]  # the path: before the first frame
    second = reach_curves(second, _BODIES[1], "R", middle + near + gain * followed, request.rate_hz)
    arm = Relation("2 right arm", "1 left arm", gain, lag / request.rate_hz)
    return _Scene((first, second), (arm,), beat_s)


def _on_beat(
    request: _Request, beat_s: float, arms: tuple[str, ...], widest_m: float
) -> tuple[Curves, Curves]:
    """Curves of two dancers at the origin who face along x and -x, unrelated but for the beat."""
    first, second = (
        steps_on_beat(own, request.seconds, beat_s, arms, heading_deg, widest_m)
        for own, heading_deg in zip(request.own, (0.0, 180.0), strict=True)
    )
    return (
        request.natural(first.sample(request.times_s, LAGS_S), 0),
        request.natural(second.sample(request.times_s, LAGS_S), 1),
    )


def _apart(first: Curves, second: Curves, direction: FloatArray) -> tuple[Curves, Curves]:
    """The second dancer moved along a direction `[2]`, as near to the first as clearance allows."""
    names = load_skeleton("mariel53").markers
    one, other = (
        markers_from_curves(curves, body, names)[..., :2] @ direction
        for curves, body in zip((first, second), _BODIES, strict=True)
    )
    distance_m = float((one.max(axis=1) - other.min(axis=1)).max()) + CLEARANCE_M
    return first, moved(second, 0.0, distance_m * direction)


def _all_parts(mirror: bool, lag_s: float = 0.0) -> tuple[Relation, ...]:
    """Each part of the second dancer follows the same part of the first, or that of the other side."""
    sides = {"left": "right", "right": "left"} if mirror else {}
    relations = []
    for part in load_skeleton("mariel53").parts:
        side, _, rest = part.partition(" ")
        leader = f"{sides.get(side, side)} {rest}".strip()
        relations.append(Relation(f"2 {part}", f"1 {leader}", 1.0, lag_s))
    return tuple(relations)
