"""Jumps: ballistic flight between a push out of bent knees and a landing into them."""

import numpy as np

from mariel_gnn.data.made_up.body import SIGN
from mariel_gnn.data.made_up.curves import FloatArray
from mariel_gnn.data.made_up.score import (
    GRAVITY_M_PER_S2,
    Arms,
    Foothold,
    Score,
    arms_by_side,
    other,
    polar,
)
from mariel_gnn.data.made_up.walking import ROOM_M, turn_to, walking_step

_TAKE_OFF_M = 0.915  # height of the hips when the toes leave the floor


def jump(score: Score) -> None:
    """A jump from two feet to two feet: straight, legs opened sideways, or with a turn."""
    kind = score.choose("straight", "open", "turn")
    speed = score.draw(1.7, 2.4)
    flight_s = 2 * speed / GRAVITY_M_PER_S2
    push = score.time_s + score.draw(0.4, 0.55)
    off = push + 0.27
    land = off + flight_s
    travel_m = score.draw(0.1, 0.35) * polar(score.heading_deg)
    if kind == "turn" or not _inside(score.place_m + travel_m):
        travel_m = 0 * travel_m
    score.posture(push, pelvis_height_m=0.70, pelvis_pitch_deg=10.0, spine_bend_deg=8.0,
                  arms=("swing_back", "swing_back"))  # fmt: skip
    score.weight(push, score.support, 0.5)
    place_m = score.place_m
    _fly(score, off, land, speed, place_m + 0.15 * travel_m, place_m + 0.85 * travel_m)
    by_deg = SIGN[score.support] * 180 if kind == "turn" else 0
    open_deg = 24.0 if kind == "open" else 4.0
    for side in "LR":
        _leave_and_land(score, off, land, side, place_m, travel_m, by_deg, open_deg)
    score.key(off - 0.1, "pelvis_yaw_deg", score.heading_deg, 0.0)
    score.heading_deg += by_deg
    score.key(land + 0.03, "pelvis_yaw_deg", score.heading_deg, 0.0)
    high = "first" if kind == "turn" else score.choose("fifth", "diagonal", "second")
    _air_posture(score, off, land, (high, high))
    score.weight(land + 0.26, score.support, 0.5)
    _absorb(score, land, 0.72)


def leap(score: Score) -> None:
    """A leap from one foot to the other with the legs split, or a jump where there is no room."""
    stride_m, run_m = score.draw(0.75, 1.0), score.draw(0.35, 0.45)
    turn_deg = turn_to(score, np.zeros(2), 50)
    ahead = polar(score.heading_deg + turn_deg)
    if not _inside(score.place_m + (stride_m + run_m) * ahead):
        jump(score)
        return
    score.heading_deg += turn_deg
    walking_step(score, score.place_m + run_m * ahead, 0.46, "open_low")
    stance, front = score.support, other(score.support)
    speed = score.draw(1.9, 2.4)
    push = score.time_s + 0.22
    off = push + 0.24
    land = off + 2 * speed / GRAVITY_M_PER_S2
    at_m = score.feet[stance].middle_m
    score.pelvis_at(push, at_m - 0.12 * ahead)
    score.posture(push, ("low", "low"), pelvis_height_m=0.76, pelvis_pitch_deg=9.0)
    score.key(push, "pelvis_yaw_deg", score.heading_deg)
    _fly(score, off, land, speed, at_m + 0.12 * ahead, at_m + (stride_m - 0.12) * ahead)
    _split(score, off, land, front, stride_m * ahead)
    _air_posture(score, off, land, arms_by_side(front, "long", "front"))
    score.weight(land + 0.26, front, 0.97)
    _absorb(score, land, 0.76)


def _split(score: Score, off: float, land: float, front: str, stride_m: FloatArray) -> None:
    """The front leg swings up and lands; the back leg pushes off, opens and follows."""
    back, top = other(front), (off + land) / 2
    score.free_leg(off - 0.28, front, 0, -14, 5, 0.92)
    score.free_leg(off, front, 1, 36, 5, 0.97)
    score.free_leg(top, front, 1, 70, 5, 0.985)
    score.free_leg(land, front, 0, 12, 5, 0.985)
    across_m = 2 * 0.06 * SIGN[front] * polar(score.heading_deg + 90)
    to = Foothold(score.feet[back].ball_m + stride_m + across_m, score.heading_deg)
    score.rise(off - 0.1, off, front, 40)
    score.move_foot(off, land - 0.1, front, to)
    score.rise(land - 0.02, land + 0.15, front, 0)
    score.rise(off - 0.16, off + 0.02, back, 52)
    score.free_leg(off - 0.02, back, 0, 12, 178, 0.985)
    score.free_leg(top, back, 1, 58, 176, 0.98)
    score.free_leg(land + 0.06, back, 1, 36, 172, 0.9)
    score.free_leg(land + 0.46, back, 0, 8, 120, 0.95)
    score.move_foot(top, land + 0.1, back, score.beside(back))
    score.rise(land + 0.3, land + 0.55, back, 0)


def _fly(score: Score, off: float, land: float, speed: float, start_m: FloatArray,
         end_m: FloatArray) -> None:  # fmt: skip
    """The ballistic path of the pelvis between two places `[2]`, from an upward speed in m/s."""
    velocity = (end_m - start_m) / (land - off)
    for time_s, upward, at_m in ((off, speed, start_m), (land, -speed, end_m)):
        score.key(time_s, "pelvis_height_m", _TAKE_OFF_M, upward, -GRAVITY_M_PER_S2)
        score.pelvis_at(time_s, at_m, velocity)


def _air_posture(score: Score, off: float, land: float, arms: Arms) -> None:
    """Long back and lifted arms at the top; the height is the flight's own."""
    top = (off + land) / 2
    score.carry(top, arms)
    score.carry(land + 0.05, ("second", "second"))
    score.key(top, "pelvis_pitch_deg", 0.0)
    score.key(top, "spine_bend_deg", -4.0)
    score.key(top, "head_up_deg", 8.0)


def _leave_and_land(score: Score, off: float, land: float, side: str, centre: FloatArray,
                    travel_m: FloatArray, by_deg: float, open_deg: float) -> None:  # fmt: skip
    """Roll up to the toes, hang the leg in the air, come down through the toes."""
    foot = score.feet[side]
    turned = np.deg2rad(by_deg)
    away = foot.ball_m - centre
    cos, sin = np.cos(turned), np.sin(turned)
    around = np.array([cos * away[0] - sin * away[1], sin * away[0] + cos * away[1]])
    to = Foothold(centre + around + travel_m, foot.yaw_deg + by_deg)
    score.rise(off - 0.16, off + 0.02, side, 52)
    score.rise(land - 0.02, land + 0.16, side, 0)
    score.free_leg(off - 0.02, side, 0, 3, 90, 0.99)
    score.free_leg((off + land) / 2, side, 1, open_deg, 90, 0.985)
    score.free_leg(land, side, 0, 3, 90, 0.97)
    score.move_foot(off + 0.06, land - 0.08, side, to)


def _absorb(score: Score, land: float, depth_m: float) -> None:
    """Sink into the knees after the landing, then rise."""
    low, up = land + 0.26, land + 0.8
    score.weight(up, score.support, 0.5)
    score.posture(low, pelvis_height_m=depth_m, pelvis_pitch_deg=9.0, spine_bend_deg=8.0,
                  arms=("open_low", "open_low"))  # fmt: skip
    score.posture(up, score.easy_arms())
    score.time_s = up


def _inside(place_m: FloatArray) -> bool:
    return bool(np.max(np.abs(place_m)) < ROOM_M)
