"""Phrases on the floor: walking and turning."""

import numpy as np

from mariel_gnn.mocap.synthetic.body import SIGN
from mariel_gnn.mocap.synthetic.choreography import (
    RETIRE,
    Arms,
    Choreography,
    arms_by_side,
    other,
    polar,
)
from mariel_gnn.mocap.synthetic.curves import FloatArray

ROOM_M = 1.1  # maximum distance of the feet from the centre, along each axis
_HALF_TOE_DEG = 24.0  # heel elevation during turning steps


def gather(dance: Choreography, seconds: float, arms: Arms = ("", "")) -> None:
    """Move the free foot beside the other, and stand on both."""
    start, end = dance.time_s, dance.time_s + seconds
    free = other(dance.support)
    dance.weight(start + 0.3 * seconds, dance.support, 0.85)
    dance.step(start + 0.25 * seconds, end - 0.12, free, dance.beside(free), lift_m=0.04)
    dance.weight(end, free, 0.5)
    dance.key(end, "pelvis_yaw_deg", dance.heading_deg)
    dance.posture(end, arms=arms)
    dance.time_s = end


def walk(dance: Choreography) -> None:
    """Walk a curve towards a random point, with swinging or held arms."""
    step_s, length_m = dance.uniform(0.46, 0.62), dance.uniform(0.40, 0.58)
    target_m = dance.rng.uniform(-0.95 * ROOM_M, 0.95 * ROOM_M, 2)
    arm_position = dance.choose("", "second", "open_low", "")
    position_m = dance.position_m
    for _ in range(int(dance.rng.integers(4, 8))):
        turn_deg = turn_to(dance, target_m, 42)
        dance.heading_deg += turn_deg
        position_m = position_m + length_m * (1 - abs(turn_deg) / 90) * polar(dance.heading_deg)
        walking_step(dance, position_m, step_s, arm_position)
        if np.linalg.norm(target_m - position_m) < 0.7 * length_m:
            break
    gather(dance, 0.75, dance.relaxed_arms())


def walking_step(
    dance: Choreography, position_m: FloatArray, step_s: float, arm_position: str
) -> None:
    """One step: the pelvis passes above the stance foot while the other foot swings."""
    start, land = dance.time_s, dance.time_s + step_s
    stance, free = dance.support, other(dance.support)
    sign = SIGN[free]
    to = dance.foothold(free, position_m, dance.heading_deg, half_width_m=0.055, turnout_deg=9)
    dance.step(start + 0.14 * step_s, land, free, to)
    dance.weight(start + 0.5 * step_s, stance, 0.9)
    dance.key(land, "pelvis_yaw_deg", dance.heading_deg - 7 * sign)
    arms = arms_by_side(free, arm_position or "swing_back", arm_position or "swing_front")
    dance.posture(land, spine_twist_deg=11.0 * sign, pelvis_side_deg=0.0, arms=arms)
    dance.key(start + 0.5 * step_s, "pelvis_side_deg", -3.5 * SIGN[stance])
    dance.support = free
    dance.time_s = land


def turn_to(dance: Choreography, target_m: FloatArray, max_deg: float) -> float:
    """The turn towards a point on the floor, limited to `max_deg`."""
    away = target_m - dance.position_m
    turn_deg = np.rad2deg(np.arctan2(away[1], away[0])) - dance.heading_deg
    return float(np.clip((turn_deg + 180) % 360 - 180, -max_deg, max_deg))


def turning_steps(dance: Choreography) -> None:
    """Chaînés: half turns from foot to foot along a line."""
    count, step_s = 2 * int(dance.rng.integers(1, 3)), dance.uniform(0.42, 0.52)
    target_m = dance.rng.uniform(-ROOM_M, ROOM_M, 2)
    away_m = target_m - dance.position_m
    stride_m = min(0.40, float(np.linalg.norm(away_m)) / count) * away_m / np.linalg.norm(away_m)
    free = other(dance.support)
    turn_sign = -SIGN[free] if dance.chance(0.3) else SIGN[free]
    wind_up(dance, 0.45, turn_sign, "first", "second")
    dance.rise(dance.time_s - 0.1, dance.time_s + 0.15, dance.support, _HALF_TOE_DEG)
    position_m = dance.position_m
    for number in range(count):
        position_m = position_m + stride_m
        slower = 1.35 if number in (0, count - 1) else 1.0
        _half_turn(dance, position_m, slower * step_s, turn_sign)
    dance.rise(dance.time_s, dance.time_s + 0.3, dance.support, 0)
    dance.posture(dance.time_s + 0.25, pelvis_height_m=0.8, arms=("second", "second"))
    gather(dance, 0.8, dance.relaxed_arms())


def wind_up(dance: Choreography, seconds: float, turn_sign: int, ahead: str, aside: str) -> None:
    """Flex the knees and twist against the coming turn."""
    end = dance.time_s + seconds
    side = "L" if turn_sign > 0 else "R"
    arms = arms_by_side(side, ahead, aside)
    dance.weight(end, dance.support, 0.62)
    dance.key(end, "pelvis_yaw_deg", dance.heading_deg - 6 * turn_sign)
    dance.posture(end, pelvis_height_m=0.77, spine_twist_deg=-20.0 * turn_sign, arms=arms)
    dance.time_s = end


def _half_turn(dance: Choreography, position_m: FloatArray, step_s: float, turn_sign: int) -> None:
    """Half a turn on the ball of one foot while the other steps around it."""
    start, land = dance.time_s, dance.time_s + step_s
    stance, free = dance.support, other(dance.support)
    dance.heading_deg += 180 * turn_sign
    dance.weight(start + 0.5 * step_s, stance, 0.8)
    to = dance.foothold(free, position_m, dance.heading_deg)
    dance.step(start + 0.1 * step_s, land, free, to, heel_deg=_HALF_TOE_DEG)
    dance.pivot(start + 0.1 * step_s, land, stance, 180.0 * turn_sign)
    dance.key(land, "pelvis_yaw_deg", dance.heading_deg)
    dance.posture(land, ("first", "first"), pelvis_height_m=0.865, spine_twist_deg=6.0 * turn_sign)
    dance.support = free
    dance.time_s = land


def pirouette(dance: Choreography) -> None:
    """One or two turns on the ball of one foot, the other foot at the knee, with spotting."""
    stance, free = dance.support, other(dance.support)
    turn_sign = SIGN[free] if dance.chance(0.75) else -SIGN[free]
    turns = 2 if dance.chance(0.35) else 1
    wind_up(dance, dance.uniform(0.6, 0.85), turn_sign, "first", "second")
    start, spin_s = dance.time_s, 0.8 * turns + dance.uniform(0.2, 0.4)
    end = start + spin_s
    _spin(dance, start, end, 360.0 * turn_sign * turns)
    dance.rise(start, start + 0.26, stance, 46)
    dance.rise(end - 0.36, end + 0.04, stance, 0)
    dance.free_leg(start - 0.02, free, 0, 10, -10, 0.93)
    dance.free_leg(start + 0.34, free, 1, *RETIRE)
    dance.free_leg(end - 0.38, free, 1, *RETIRE)
    dance.free_leg(end + 0.08, free, 0, 12, 30, 0.95)
    dance.move_foot(start + 0.34, end - 0.32, free, dance.beside(free, half_width_m=0.12))
    on_ball_m = dance.feet[stance].ball_m - 0.01 * polar(dance.heading_deg)
    for time_s in (start + 0.28, end - 0.3):
        dance.pelvis_at(time_s, on_ball_m)
    arms = dance.choose("first", "fifth", "first")
    for time_s in (start + 0.32, end - 0.4):
        dance.posture(
            time_s, pelvis_pitch_deg=1.0, spine_twist_deg=4.0 * turn_sign, arms=(arms, arms)
        )
    dance.posture(end + 0.06, pelvis_height_m=0.83)
    _spot(dance, start, end, turn_sign, turns)
    dance.time_s = end
    _finish_turn(dance, free)


def _spin(dance: Choreography, start: float, end: float, by_deg: float) -> None:
    """Turn pelvis and stance foot together."""
    dance.key(start, "pelvis_yaw_deg", dance.heading_deg, 0.0)
    dance.pivot(start, end, dance.support, by_deg)
    dance.heading_deg += by_deg
    dance.key(end, "pelvis_yaw_deg", dance.heading_deg, 0.0)


def _spot(dance: Choreography, start: float, end: float, turn_sign: int, turns: int) -> None:
    """Spotting: the head keeps its direction as long as the neck allows, then overtakes the body."""
    dance.key(start - 0.2, "spotting", 0.0)
    dance.key(end + 0.2, "spotting", 0.0)
    for u in np.linspace(0.05, 0.95, 10 * turns):
        turned = turns * u**3 * (10 - 15 * u + 6 * u**2)
        neck_deg = float(np.interp(turned % 1, (0, 0.2, 0.5, 0.8, 1), (0, -62, 0, 58, 0)))
        time_s = start + float(u) * (end - start)
        dance.key(time_s, "spotting", 1.0)
        dance.key(time_s, "head_yaw_deg", turn_sign * neck_deg)


def _finish_turn(dance: Choreography, free: str) -> None:
    """Land with flexed knees and open arms, then rise."""
    soft, up = dance.time_s + 0.35, dance.time_s + 0.9
    dance.weight(soft, free, 0.5)
    dance.posture(soft, pelvis_height_m=0.79, spine_flexion_deg=5.0, arms=("second", "second"))
    dance.weight(up, dance.support, 0.55)
    dance.posture(up, dance.relaxed_arms(), head_up_deg=6.0)
    dance.time_s = up
