"""Walking and turning."""

import numpy as np

from mariel_gnn.mocap.synthetic.body import SIGN
from mariel_gnn.mocap.synthetic.curves import FloatArray
from mariel_gnn.mocap.synthetic.score import RETIRE, Arms, Score, arms_by_side, other, polar

ROOM_M = 1.1  # the feet stay within this distance of the middle, along both axes
_HALF_TOE_DEG = 24.0  # how high the heels are carried through turning steps


def gather(score: Score, seconds: float, arms: Arms = ("", "")) -> None:
    """Draw the free foot up beside the standing one, and stand on both."""
    start, end = score.time_s, score.time_s + seconds
    free = other(score.support)
    score.weight(start + 0.3 * seconds, score.support, 0.85)
    score.step(start + 0.25 * seconds, end - 0.12, free, score.beside(free), lift_m=0.04)
    score.weight(end, free, 0.5)
    score.key(end, "pelvis_yaw_deg", score.heading_deg)
    score.posture(end, arms=arms)
    score.time_s = end


def walk(score: Score) -> None:
    """Walk a curve towards a random place, arms swinging against the legs or carried."""
    step_s, length_m = score.draw(0.46, 0.62), score.draw(0.40, 0.58)
    target_m = score.rng.uniform(-0.95 * ROOM_M, 0.95 * ROOM_M, 2)
    carried = score.choose("", "second", "open_low", "")
    place_m = score.place_m
    for _ in range(int(score.rng.integers(4, 8))):
        turn_deg = turn_to(score, target_m, 42)
        score.heading_deg += turn_deg
        place_m = place_m + length_m * (1 - abs(turn_deg) / 90) * polar(score.heading_deg)
        walking_step(score, place_m, step_s, carried)
        if np.linalg.norm(target_m - place_m) < 0.7 * length_m:
            break
    gather(score, 0.75, score.easy_arms())


def walking_step(score: Score, place_m: FloatArray, step_s: float, carried: str) -> None:
    """One step: the pelvis glides over the standing foot while the other swings past."""
    start, land = score.time_s, score.time_s + step_s
    stance, free = score.support, other(score.support)
    sign = SIGN[free]
    to = score.foothold(free, place_m, score.heading_deg, apart_m=0.055, turnout_deg=9)
    score.step(start + 0.14 * step_s, land, free, to)
    score.weight(start + 0.5 * step_s, stance, 0.9)
    score.key(land, "pelvis_yaw_deg", score.heading_deg - 7 * sign)
    arms = arms_by_side(free, carried or "swing_back", carried or "swing_front")
    score.posture(land, spine_twist_deg=11.0 * sign, pelvis_side_deg=0.0, arms=arms)
    score.key(start + 0.5 * step_s, "pelvis_side_deg", -3.5 * SIGN[stance])
    score.support = free
    score.time_s = land


def turn_to(score: Score, target_m: FloatArray, most_deg: float) -> float:
    """How far to turn towards a point on the floor, at most so far."""
    away = target_m - score.place_m
    wanted_deg = np.rad2deg(np.arctan2(away[1], away[0])) - score.heading_deg
    return float(np.clip((wanted_deg + 180) % 360 - 180, -most_deg, most_deg))


def turning_steps(score: Score) -> None:
    """Chaines: a row of half turns from foot to foot along a line."""
    count, step_s = 2 * int(score.rng.integers(1, 3)), score.draw(0.42, 0.52)
    target_m = score.rng.uniform(-ROOM_M, ROOM_M, 2)
    line = target_m - score.place_m
    stride_m = min(0.40, float(np.linalg.norm(line)) / count) * line / np.linalg.norm(line)
    free = other(score.support)
    way = -SIGN[free] if score.chance(0.3) else SIGN[free]
    wind_up(score, 0.45, way, "first", "second")
    score.rise(score.time_s - 0.1, score.time_s + 0.15, score.support, _HALF_TOE_DEG)
    place_m = score.place_m
    for number in range(count):
        place_m = place_m + stride_m
        slower = 1.35 if number in (0, count - 1) else 1.0
        _half_turn(score, place_m, slower * step_s, way)
    score.rise(score.time_s, score.time_s + 0.3, score.support, 0)
    score.posture(score.time_s + 0.25, pelvis_height_m=0.8, arms=("second", "second"))
    gather(score, 0.8, score.easy_arms())


def wind_up(score: Score, seconds: float, way: int, ahead: str, aside: str) -> None:
    """Sink into the knees and twist against the turn that is to come."""
    end = score.time_s + seconds
    side = "L" if way > 0 else "R"
    arms = arms_by_side(side, ahead, aside)
    score.weight(end, score.support, 0.62)
    score.key(end, "pelvis_yaw_deg", score.heading_deg - 6 * way)
    score.posture(end, pelvis_height_m=0.77, spine_twist_deg=-20.0 * way, arms=arms)
    score.time_s = end


def _half_turn(score: Score, place_m: FloatArray, step_s: float, way: int) -> None:
    """Half a turn on the ball of one foot while the other steps round it."""
    start, land = score.time_s, score.time_s + step_s
    stance, free = score.support, other(score.support)
    score.heading_deg += 180 * way
    score.weight(start + 0.5 * step_s, stance, 0.8)
    to = score.foothold(free, place_m, score.heading_deg)
    score.step(start + 0.1 * step_s, land, free, to, heel_deg=_HALF_TOE_DEG)
    score.pivot(start + 0.1 * step_s, land, stance, 180.0 * way)
    score.key(land, "pelvis_yaw_deg", score.heading_deg)
    score.posture(land, ("first", "first"), pelvis_height_m=0.865, spine_twist_deg=6.0 * way)
    score.support = free
    score.time_s = land


def pirouette(score: Score) -> None:
    """One or two turns on the ball of one foot, the other at its knee, the head spotting."""
    stance, free = score.support, other(score.support)
    way = SIGN[free] if score.chance(0.75) else -SIGN[free]
    turns = 2 if score.chance(0.35) else 1
    wind_up(score, score.draw(0.6, 0.85), way, "first", "second")
    start, spin_s = score.time_s, 0.8 * turns + score.draw(0.2, 0.4)
    end = start + spin_s
    _spin(score, start, end, 360.0 * way * turns)
    score.rise(start, start + 0.26, stance, 46)
    score.rise(end - 0.36, end + 0.04, stance, 0)
    score.free_leg(start - 0.02, free, 0, 10, -10, 0.93)
    score.free_leg(start + 0.34, free, 1, *RETIRE)
    score.free_leg(end - 0.38, free, 1, *RETIRE)
    score.free_leg(end + 0.08, free, 0, 12, 30, 0.95)
    score.move_foot(start + 0.34, end - 0.32, free, score.beside(free, apart_m=0.12))
    on_ball_m = score.feet[stance].ball_m - 0.01 * polar(score.heading_deg)
    for time_s in (start + 0.28, end - 0.3):
        score.pelvis_at(time_s, on_ball_m)
    arms = score.choose("first", "fifth", "first")
    for time_s in (start + 0.32, end - 0.4):
        score.posture(time_s, pelvis_pitch_deg=1.0, spine_twist_deg=4.0 * way, arms=(arms, arms))
    score.posture(end + 0.06, pelvis_height_m=0.83)
    _spot(score, start, end, way, turns)
    score.time_s = end
    _finish_turn(score, free)


def _spin(score: Score, start: float, end: float, by_deg: float) -> None:
    """Turn pelvis and standing foot as one."""
    score.key(start, "pelvis_yaw_deg", score.heading_deg, 0.0)
    score.pivot(start, end, score.support, by_deg)
    score.heading_deg += by_deg
    score.key(end, "pelvis_yaw_deg", score.heading_deg, 0.0)


def _spot(score: Score, start: float, end: float, way: int, turns: int) -> None:
    """The head stays with the audience as long as the neck allows, then overtakes the body."""
    score.key(start - 0.2, "spotting", 0.0)
    score.key(end + 0.2, "spotting", 0.0)
    for u in np.linspace(0.05, 0.95, 10 * turns):
        turned = turns * u**3 * (10 - 15 * u + 6 * u**2)
        neck_deg = float(np.interp(turned % 1, (0, 0.2, 0.5, 0.8, 1), (0, -62, 0, 58, 0)))
        time_s = start + float(u) * (end - start)
        score.key(time_s, "spotting", 1.0)
        score.key(time_s, "head_yaw_deg", way * neck_deg)


def _finish_turn(score: Score, free: str) -> None:
    """Land in a soft knee with open arms, then rise."""
    soft, up = score.time_s + 0.35, score.time_s + 0.9
    score.weight(soft, free, 0.5)
    score.posture(soft, pelvis_height_m=0.79, spine_bend_deg=5.0, arms=("second", "second"))
    score.weight(up, score.support, 0.55)
    score.posture(up, score.easy_arms(), head_up_deg=6.0)
    score.time_s = up
