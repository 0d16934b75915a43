"""Turning on the spot."""

import numpy as np

from mariel_gnn.data.made_up.body import SIGN
from mariel_gnn.data.made_up.score import RETIRE, Score, other, polar
from mariel_gnn.data.made_up.walking import wind_up


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
