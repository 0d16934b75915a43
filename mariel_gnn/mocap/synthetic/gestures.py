"""Phrases on the spot and in the air: reaches, pliés, leg lifts, arm waves, jumps and leaps."""

import numpy as np

from mariel_gnn.mocap.synthetic.body import SIGN
from mariel_gnn.mocap.synthetic.curves import FloatArray
from mariel_gnn.mocap.synthetic.score import (
    GRAVITY_M_PER_S2,
    Arms,
    Foothold,
    Score,
    arms_by_side,
    other,
    polar,
)
from mariel_gnn.mocap.synthetic.walking import ROOM_M, gather, turn_to, walking_step


def reach(score: Score) -> None:
    """Lunge out on one leg and reach with the arm of that side, then draw back in."""
    out_s, hold_s = score.draw(0.8, 1.2), score.draw(0.35, 0.9)
    side = other(score.support)
    sign, yaw_deg = SIGN[side], score.draw(20, 85)
    start, there, back = score.time_s, score.time_s + out_s, score.time_s + out_s + hold_s
    way = polar(score.heading_deg + sign * yaw_deg)
    stretch_m = score.draw(0.30, 0.55)
    home = score.beside(side)
    to = Foothold(home.ball_m + stretch_m * way, score.heading_deg + sign * (14 + 0.4 * yaw_deg))
    score.posture(start + 0.3 * out_s, pelvis_height_m=0.82, spine_side_deg=-6.0 * sign,
                  arms=arms_by_side(side, "across", "open_low"))  # fmt: skip
    score.weight(start + 0.3 * out_s, other(side), 0.85)
    score.step(start + 0.25 * out_s, start + 0.75 * out_s, side, to)
    near, far = score.choose("long", "diagonal", "up", "front"), score.choose("back", "second")
    for time_s, more in ((there, 0.9), (back, 1.0)):
        score.weight(time_s, side, 0.62 + 0.1 * more)
        score.key(time_s, "pelvis_yaw_deg", score.heading_deg + sign * 0.3 * yaw_deg)
        score.posture(time_s, arms_by_side(side, near, far),
                      pelvis_height_m=0.80 - 0.25 * stretch_m * more, spine_bend_deg=6.0,
                      spine_side_deg=16.0 * sign * more, spine_twist_deg=10.0 * sign,
                      head_yaw_deg=28.0 * sign, head_up_deg=12.0)  # fmt: skip
    score.support = other(side)
    score.time_s = back
    sweep = score.choose("fifth", "across", "first")
    score.posture(back + 0.45, pelvis_height_m=0.86, spine_side_deg=-10.0 * sign,
                  arms=arms_by_side(side, "open_low", sweep))  # fmt: skip
    gather(score, 0.9, score.easy_arms())


def plie(score: Score) -> None:
    """Open the feet to second position, sink between turned-out knees and rise, maybe on toe."""
    beat_s, depth_m = score.draw(0.65, 0.95), score.draw(0.52, 0.68)
    side = other(score.support)
    wide = score.beside(side, apart_m=score.draw(0.16, 0.26), turnout_deg=36)
    score.weight(score.time_s + 0.25, score.support, 0.8)
    score.step(score.time_s + 0.2, score.time_s + 0.6, side, wide, lift_m=0.05)
    stance = score.feet[score.support]
    turn_deg = -SIGN[side] * 36 + score.heading_deg - stance.yaw_deg
    score.pivot(score.time_s + 0.2, score.time_s + 0.6, score.support, turn_deg)
    score.time_s += 0.7
    score.weight(score.time_s, side, 0.5)
    score.posture(score.time_s, ("low", "low"))
    for _ in range(int(score.rng.integers(1, 3))):
        _sink_and_rise(score, beat_s, depth_m)
    score.pivot(score.time_s + 0.15, score.time_s + 0.6, score.support, -turn_deg)
    gather(score, 0.8, score.easy_arms())


def _sink_and_rise(score: Score, beat_s: float, depth_m: float) -> None:
    """One plie; the arms float up as the body sinks and pass overhead as it rises."""
    down, up = score.time_s + beat_s, score.time_s + 2 * beat_s
    lean = score.draw(-8, 8)
    low, high = score.choose("second", "long"), score.choose("fifth", "second", "diagonal")
    score.posture(down, pelvis_height_m=depth_m, pelvis_pitch_deg=0.0, arms=(low, low))
    score.posture(up, spine_side_deg=lean, head_up_deg=8.0, arms=(high, high))
    for time_s in (down, up):
        score.weight(time_s, score.support, 0.5)
    if score.chance(0.5):
        for side in "LR":
            score.rise(up - 0.5 * beat_s, up - 0.05, side, 38)
            score.rise(up + 0.05, up + 0.4, side, 0)
        up += 0.55
    score.time_s = up


def leg_lift(score: Score) -> None:
    """Lift one leg to the front, side or back: a slow unfolding or a quick swing."""
    slow = score.chance(0.65)
    free, stance = other(score.support), score.support
    way = score.choose("front", "side", "back")
    azimuth_deg = {"front": 8.0, "side": 80.0, "back": 176.0}[way]
    height_deg = score.draw(62, 88) if way == "back" else score.draw(68, 104)
    up_s, hold_s = (score.draw(1.1, 1.5), score.draw(0.5, 1.0)) if slow else (0.55, 0.12)
    shift, start = score.time_s + 0.35, score.time_s + 0.3
    top, leave = start + up_s, start + up_s + hold_s
    land = leave + (0.9 if slow else 0.55)
    score.weight(shift, stance, 0.96)
    score.free_leg(start, free, 0, 6, azimuth_deg, 0.95)
    if slow:
        bent = (42.0, 135.0, 0.62) if way == "back" else (28.0, -15.0, 0.57)
        score.free_leg(start + 0.45 * up_s, free, 1, *bent)
    score.free_leg(top, free, 1, height_deg, azimuth_deg, 0.985)
    score.free_leg(leave, free, 1, 1.04 * height_deg, azimuth_deg, 0.985)
    score.free_leg(land, free, 0, 8, azimuth_deg, 0.97)
    for time_s in (top, leave):
        score.weight(time_s, stance, 0.98)
        _balance(score, time_s, free, way, height_deg)
    score.weight(land - 0.3, stance, 0.9)
    score.posture(land, pelvis_height_m=0.84, arms=("open_low", "open_low"))
    score.weight(land + 0.35, free, 0.5)
    score.posture(land + 0.35, score.easy_arms())
    score.time_s = land + 0.35


def _balance(score: Score, time_s: float, free: str, way: str, height_deg: float) -> None:
    """Trunk and arms against the weight of the lifted leg."""
    sign, high = SIGN[free], height_deg / 90
    if way == "front":
        score.posture(time_s, pelvis_pitch_deg=-8 * high, spine_bend_deg=-2.0, head_up_deg=4.0,
                      arms=arms_by_side(free, "second", "fifth"))  # fmt: skip
    elif way == "side":
        score.posture(time_s, arms_by_side(free, "second", "fifth"), head_side_deg=6.0 * sign,
                      pelvis_side_deg=-14.0 * sign * high, spine_side_deg=-7.0 * sign)  # fmt: skip
    else:
        score.posture(time_s, pelvis_pitch_deg=38.0 * high, spine_bend_deg=-26.0 * high,
                      head_up_deg=6.0, arms=arms_by_side(free, "long", "front"))  # fmt: skip


def arm_wave(score: Score) -> None:
    """A wave out of the shoulders through elbows and wrists, the weight swaying with it."""
    beat_s = score.draw(0.5, 0.75)
    side = other(score.support)
    waves = int(score.rng.integers(2, 5))
    for _ in range(waves):
        end = score.time_s + 2 * beat_s
        sign = SIGN[side]
        score.weight(end - beat_s, side, 0.8)
        score.posture(end - beat_s, pelvis_height_m=0.84, pelvis_side_deg=3.0 * sign,
                      spine_side_deg=12.0 * sign, head_yaw_deg=24.0 * sign)  # fmt: skip
        _ripple(score, score.time_s, beat_s, side)
        _ripple(score, score.time_s + 0.6 * beat_s, beat_s, other(side))
        side = other(side)
        score.time_s = end
    score.weight(score.time_s + 0.5, side, 0.5)
    score.posture(score.time_s + 0.5, score.easy_arms())
    score.time_s += 0.5


def _ripple(score: Score, start: float, beat_s: float, side: str) -> None:
    """Shoulder, elbow and wrist rise one after the other and sink again."""
    height = score.draw(0.8, 1.1)
    shapes = ((0.5, (62, 78, 58, 42, 20, 38)), (1.0, (112, 76, 40, 22, 20, 22)),
              (1.5, (86, 80, 8, -6, 15, -34)))  # fmt: skip
    for beats, (elevation, *rest) in shapes:
        score.arm(start + beats * beat_s, side, height * elevation, *rest)


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
