"""Phrases that travel: walking, turning steps; and how a dancer comes to stand."""

import numpy as np

from mariel_gnn.data.made_up.body import SIGN
from mariel_gnn.data.made_up.curves import FloatArray
from mariel_gnn.data.made_up.score import Arms, Score, arms_by_side, other, polar

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
