"""What the scenes of a couple are made of: steps on a beat, walking around, and moved or mirrored curves."""

import numpy as np

from mariel_gnn.mocap.synthetic.body import SIGN
from mariel_gnn.mocap.synthetic.choreography import Choreography, Foothold, other, polar
from mariel_gnn.mocap.synthetic.curves import FloatArray
from mariel_gnn.mocap.synthetic.kinematics import Curves
from mariel_gnn.mocap.synthetic.walking import walking_step

# Channels whose sign a mirror image reverses. Those of arms and legs are relative to their side.
_REVERSED = ("pelvis_y_m", "pelvis_yaw_deg", "pelvis_side_deg", "spine_side_deg", "spine_twist_deg",
             "head_yaw_deg", "head_side_deg", "foot_y_m", "foot_yaw_deg")  # fmt: skip
# Channels of `own_upper_body`.
_OWN = ("arm", "elbow", "forearm", "wrist", "head", "spine_side", "spine_flexion")


def steps_on_beat(
    rng: np.random.Generator,
    seconds: float,
    beat_s: float,
    arms: tuple[str, ...],
    heading_deg: float = 0.0,
    widest_m: float = 0.3,
) -> Choreography:
    """Steps to the side and back, and flexed knees, all on the beat and about one place at the origin.

    Args:
        rng: random generator.
        seconds: minimum duration.
        beat_s: seconds of a beat.
        arms: names of the arm positions to choose from.
        heading_deg: facing direction.
        widest_m: the largest step.
    """
    dance = Choreography(rng)
    dance.stand(np.zeros(2), heading_deg)
    while dance.time_s < seconds:
        if dance.chance(0.65):
            _side_step(dance, beat_s, arms, dance.uniform(0.4, 1.0) * widest_m)
        else:
            _flexed_knees(dance, beat_s, arms)
    return dance


def _side_step(dance: Choreography, beat_s: float, arms: tuple[str, ...], length_m: float) -> None:
    """Step outwards on one beat, and back to the place on the next."""
    start, side = dance.time_s, dance.choose("L", "R")
    home = dance.feet[side]
    direction = polar(dance.heading_deg + SIGN[side] * dance.uniform(60, 135))
    away = Foothold(home.ball_m + length_m * direction, home.yaw_deg)
    dance.weight(start + 0.1 * beat_s, other(side), 0.85)
    dance.step(start + 0.15 * beat_s, start + 0.85 * beat_s, side, away, lift_m=0.05)
    dance.weight(start + beat_s, side, 0.75)
    _posture(dance, start + beat_s, 0.84, arms)
    dance.weight(start + 1.15 * beat_s, other(side), 0.85)
    dance.step(start + 1.2 * beat_s, start + 1.85 * beat_s, side, home, lift_m=0.05)
    dance.weight(start + 2 * beat_s, side, 0.5)
    _posture(dance, start + 2 * beat_s, 0.87, arms)
    dance.time_s += 2 * beat_s


def _flexed_knees(dance: Choreography, beat_s: float, arms: tuple[str, ...]) -> None:
    """Flex the knees on one beat, and rise on the next."""
    for height_m in (dance.uniform(0.74, 0.8), 0.87):
        dance.time_s += beat_s
        dance.weight(dance.time_s, dance.choose("L", "R"), 0.5)
        _posture(dance, dance.time_s, height_m, arms)


def _posture(dance: Choreography, time_s: float, height_m: float, arms: tuple[str, ...]) -> None:
    """A random posture of trunk and head, and, half of the time, of the arms."""
    both = (dance.choose(*arms), dance.choose(*arms)) if dance.chance(0.5) else ("", "")
    dance.posture(time_s, both, pelvis_height_m=height_m, spine_side_deg=dance.uniform(-9, 9),
                  spine_twist_deg=dance.uniform(-12, 12), head_yaw_deg=dance.uniform(-20, 20),
                  pelvis_side_deg=dance.uniform(-3, 3))  # fmt: skip


def walk_around(
    rng: np.random.Generator, seconds: float, step_s: float, radius_m: float
) -> Choreography:
    """Walk along a circle about the origin, counter-clockwise, with changing steps."""
    dance = Choreography(rng)
    angle_deg = dance.uniform(-180, 180)
    dance.stand(radius_m * polar(angle_deg), angle_deg + 90)
    while dance.time_s < seconds:
        by_deg = dance.uniform(20, 36)
        angle_deg += by_deg
        dance.heading_deg += by_deg
        walking_step(dance, radius_m * polar(angle_deg), step_s, dance.choose("low", "natural"))
    return dance


def own_upper_body(curves: Curves, other_curves: Curves) -> dict[str, FloatArray]:
    """Curves with arms, head and trunk of a second dance."""
    own = {name: other_curves[name] for name in curves if name.lstrip("LR").startswith(_OWN)}
    return {**curves, **own}


def mirrored(curves: Curves) -> dict[str, FloatArray]:
    """Curves of the mirror image in the plane y = 0: left and right are exchanged."""
    image = {}
    for name in curves:
        bare = name.lstrip("LR")
        source = name if bare == name else ("R" if name[0] == "L" else "L") + bare
        image[name] = -curves[source] if bare in _REVERSED else curves[source]
    return image


def moved(curves: Curves, turn_deg: float, by_m: FloatArray) -> dict[str, FloatArray]:
    """Curves of a dance turned about the origin, then moved by `[2]` metres."""
    turned = dict(curves)
    cos, sin = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    for part in ("pelvis", "Lfoot", "Rfoot"):
        x, y = curves[f"{part}_x_m"], curves[f"{part}_y_m"]
        turned[f"{part}_x_m"] = cos * x - sin * y + by_m[0]
        turned[f"{part}_y_m"] = sin * x + cos * y + by_m[1]
        turned[f"{part}_yaw_deg"] = curves[f"{part}_yaw_deg"] + turn_deg
    return turned
