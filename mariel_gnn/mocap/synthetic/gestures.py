"""Phrases in place and in the air: reaches, pliés, leg lifts, arm waves, jumps and leaps."""

import numpy as np

from mariel_gnn.mocap.synthetic.body import SIGN
from mariel_gnn.mocap.synthetic.choreography import (
    GRAVITY_M_PER_S2,
    Arms,
    Choreography,
    Foothold,
    arms_by_side,
    other,
    polar,
)
from mariel_gnn.mocap.synthetic.curves import FloatArray
from mariel_gnn.mocap.synthetic.walking import ROOM_M, gather, turn_to, walking_step


def reach(dance: Choreography) -> None:
    """Lunge on one leg and reach with the arm of that side, then return."""
    out_s, hold_s = dance.uniform(0.8, 1.2), dance.uniform(0.35, 0.9)
    side = other(dance.support)
    sign, yaw_deg = SIGN[side], dance.uniform(20, 85)
    start, there, back = dance.time_s, dance.time_s + out_s, dance.time_s + out_s + hold_s
    outward = polar(dance.heading_deg + sign * yaw_deg)
    lunge_m = dance.uniform(0.30, 0.55)
    home = dance.beside(side)
    to = Foothold(home.ball_m + lunge_m * outward, dance.heading_deg + sign * (14 + 0.4 * yaw_deg))
    dance.posture(start + 0.3 * out_s, pelvis_height_m=0.82, spine_side_deg=-6.0 * sign,
                  arms=arms_by_side(side, "across", "open_low"))  # fmt: skip
    dance.weight(start + 0.3 * out_s, other(side), 0.85)
    dance.step(start + 0.25 * out_s, start + 0.75 * out_s, side, to)
    near, far = dance.choose("long", "diagonal", "up", "front"), dance.choose("back", "second")
    for time_s, more in ((there, 0.9), (back, 1.0)):
        dance.weight(time_s, side, 0.62 + 0.1 * more)
        dance.key(time_s, "pelvis_yaw_deg", dance.heading_deg + sign * 0.3 * yaw_deg)
        dance.posture(time_s, arms_by_side(side, near, far),
                      pelvis_height_m=0.80 - 0.25 * lunge_m * more, spine_flexion_deg=6.0,
                      spine_side_deg=16.0 * sign * more, spine_twist_deg=10.0 * sign,
                      head_yaw_deg=28.0 * sign, head_up_deg=12.0)  # fmt: skip
    dance.support = other(side)
    dance.time_s = back
    sweep = dance.choose("fifth", "across", "first")
    dance.posture(back + 0.45, pelvis_height_m=0.86, spine_side_deg=-10.0 * sign,
                  arms=arms_by_side(side, "open_low", sweep))  # fmt: skip
    gather(dance, 0.9, dance.relaxed_arms())


def plie(dance: Choreography) -> None:
    """Open the feet to second position, flex turned-out knees and rise, sometimes to the toes."""
    beat_s, depth_m = dance.uniform(0.65, 0.95), dance.uniform(0.52, 0.68)
    side = other(dance.support)
    wide = dance.beside(side, half_width_m=dance.uniform(0.16, 0.26), turnout_deg=36)
    dance.weight(dance.time_s + 0.25, dance.support, 0.8)
    dance.step(dance.time_s + 0.2, dance.time_s + 0.6, side, wide, lift_m=0.05)
    stance = dance.feet[dance.support]
    turn_deg = -SIGN[side] * 36 + dance.heading_deg - stance.yaw_deg
    dance.pivot(dance.time_s + 0.2, dance.time_s + 0.6, dance.support, turn_deg)
    dance.time_s += 0.7
    dance.weight(dance.time_s, side, 0.5)
    dance.posture(dance.time_s, ("low", "low"))
    for _ in range(int(dance.rng.integers(1, 3))):
        _sink_and_rise(dance, beat_s, depth_m)
    dance.pivot(dance.time_s + 0.15, dance.time_s + 0.6, dance.support, -turn_deg)
    gather(dance, 0.8, dance.relaxed_arms())


def _sink_and_rise(dance: Choreography, beat_s: float, depth_m: float) -> None:
    """One plié; the arms rise to the side as the body sinks and overhead as it rises."""
    down, up = dance.time_s + beat_s, dance.time_s + 2 * beat_s
    lean = dance.uniform(-8, 8)
    low, high = dance.choose("second", "long"), dance.choose("fifth", "second", "diagonal")
    dance.posture(down, pelvis_height_m=depth_m, pelvis_pitch_deg=0.0, arms=(low, low))
    dance.posture(up, spine_side_deg=lean, head_up_deg=8.0, arms=(high, high))
    for time_s in (down, up):
        dance.weight(time_s, dance.support, 0.5)
    if dance.chance(0.5):
        for side in "LR":
            dance.rise(up - 0.5 * beat_s, up - 0.05, side, 38)
            dance.rise(up + 0.05, up + 0.4, side, 0)
        up += 0.55
    dance.time_s = up


def leg_lift(dance: Choreography) -> None:
    """Lift one leg to the front, side or back: a slow développé or a quick swing."""
    slow = dance.chance(0.65)
    free, stance = other(dance.support), dance.support
    leg_direction = dance.choose("front", "side", "back")
    azimuth_deg = {"front": 8.0, "side": 80.0, "back": 176.0}[leg_direction]
    height_deg = dance.uniform(62, 88) if leg_direction == "back" else dance.uniform(68, 104)
    up_s, hold_s = (dance.uniform(1.1, 1.5), dance.uniform(0.5, 1.0)) if slow else (0.55, 0.12)
    shift, start = dance.time_s + 0.35, dance.time_s + 0.3
    top, leave = start + up_s, start + up_s + hold_s
    land = leave + (0.9 if slow else 0.55)
    dance.weight(shift, stance, 0.96)
    dance.free_leg(start, free, 0, 6, azimuth_deg, 0.95)
    if slow:
        folded = (42.0, 135.0, 0.62) if leg_direction == "back" else (28.0, -15.0, 0.57)
        dance.free_leg(start + 0.45 * up_s, free, 1, *folded)
    dance.free_leg(top, free, 1, height_deg, azimuth_deg, 0.985)
    dance.free_leg(leave, free, 1, 1.04 * height_deg, azimuth_deg, 0.985)
    dance.free_leg(land, free, 0, 8, azimuth_deg, 0.97)
    for time_s in (top, leave):
        dance.weight(time_s, stance, 0.98)
        _balance(dance, time_s, free, leg_direction, height_deg)
    dance.weight(land - 0.3, stance, 0.9)
    dance.posture(land, pelvis_height_m=0.84, arms=("open_low", "open_low"))
    dance.weight(land + 0.35, free, 0.5)
    dance.posture(land + 0.35, dance.relaxed_arms())
    dance.time_s = land + 0.35


def _balance(
    dance: Choreography, time_s: float, free: str, leg_direction: str, height_deg: float
) -> None:
    """Trunk and arms that balance the lifted leg."""
    sign, high = SIGN[free], height_deg / 90
    if leg_direction == "front":
        dance.posture(time_s, pelvis_pitch_deg=-8 * high, spine_flexion_deg=-2.0, head_up_deg=4.0,
                      arms=arms_by_side(free, "second", "fifth"))  # fmt: skip
    elif leg_direction == "side":
        dance.posture(time_s, arms_by_side(free, "second", "fifth"), head_side_deg=6.0 * sign,
                      pelvis_side_deg=-14.0 * sign * high, spine_side_deg=-7.0 * sign)  # fmt: skip
    else:
        dance.posture(time_s, pelvis_pitch_deg=38.0 * high, spine_flexion_deg=-26.0 * high,
                      head_up_deg=6.0, arms=arms_by_side(free, "long", "front"))  # fmt: skip


def arm_wave(dance: Choreography) -> None:
    """A wave from the shoulders through elbows and wrists, with weight shifts."""
    beat_s = dance.uniform(0.5, 0.75)
    side = other(dance.support)
    waves = int(dance.rng.integers(2, 5))
    for _ in range(waves):
        end = dance.time_s + 2 * beat_s
        sign = SIGN[side]
        dance.weight(end - beat_s, side, 0.8)
        dance.posture(end - beat_s, pelvis_height_m=0.84, pelvis_side_deg=3.0 * sign,
                      spine_side_deg=12.0 * sign, head_yaw_deg=24.0 * sign)  # fmt: skip
        _ripple(dance, dance.time_s, beat_s, side)
        _ripple(dance, dance.time_s + 0.6 * beat_s, beat_s, other(side))
        side = other(side)
        dance.time_s = end
    dance.weight(dance.time_s + 0.5, side, 0.5)
    dance.posture(dance.time_s + 0.5, dance.relaxed_arms())
    dance.time_s += 0.5


def _ripple(dance: Choreography, start: float, beat_s: float, side: str) -> None:
    """Shoulder, elbow and wrist rise one after the other and fall."""
    height = dance.uniform(0.8, 1.1)
    shapes = ((0.5, (62, 78, 58, 42, 20, 38)), (1.0, (112, 76, 40, 22, 20, 22)),
              (1.5, (86, 80, 8, -6, 15, -34)))  # fmt: skip
    for beats, (elevation, *rest) in shapes:
        dance.arm(start + beats * beat_s, side, height * elevation, *rest)


_TAKE_OFF_M = 0.915  # height of the pelvis when the toes leave the floor


def jump(dance: Choreography) -> None:
    """A jump from two feet to two feet: straight, with open legs, or with a turn."""
    kind = dance.choose("straight", "open", "turn")
    speed = dance.uniform(1.7, 2.4)
    flight_s = 2 * speed / GRAVITY_M_PER_S2
    push = dance.time_s + dance.uniform(0.4, 0.55)
    off = push + 0.27
    land = off + flight_s
    travel_m = dance.uniform(0.1, 0.35) * polar(dance.heading_deg)
    if kind == "turn" or not _inside(dance.position_m + travel_m):
        travel_m = 0 * travel_m
    dance.posture(push, pelvis_height_m=0.70, pelvis_pitch_deg=10.0, spine_flexion_deg=8.0,
                  arms=("swing_back", "swing_back"))  # fmt: skip
    dance.weight(push, dance.support, 0.5)
    position_m = dance.position_m
    _fly(dance, off, land, speed, position_m + 0.15 * travel_m, position_m + 0.85 * travel_m)
    by_deg = SIGN[dance.support] * 180 if kind == "turn" else 0
    open_deg = 24.0 if kind == "open" else 4.0
    for side in "LR":
        _leave_and_land(dance, off, land, side, position_m, travel_m, by_deg, open_deg)
    dance.key(off - 0.1, "pelvis_yaw_deg", dance.heading_deg, 0.0)
    dance.heading_deg += by_deg
    dance.key(land + 0.03, "pelvis_yaw_deg", dance.heading_deg, 0.0)
    high = "first" if kind == "turn" else dance.choose("fifth", "diagonal", "second")
    _air_posture(dance, off, land, (high, high))
    dance.weight(land + 0.26, dance.support, 0.5)
    _absorb(dance, land, 0.72)


def leap(dance: Choreography) -> None:
    """A leap from one foot to the other with split legs, or a jump if there is no room."""
    stride_m, run_m = dance.uniform(0.75, 1.0), dance.uniform(0.35, 0.45)
    turn_deg = turn_to(dance, np.zeros(2), 50)
    ahead = polar(dance.heading_deg + turn_deg)
    if not _inside(dance.position_m + (stride_m + run_m) * ahead):
        jump(dance)
        return
    dance.heading_deg += turn_deg
    walking_step(dance, dance.position_m + run_m * ahead, 0.46, "open_low")
    stance, front = dance.support, other(dance.support)
    speed = dance.uniform(1.9, 2.4)
    push = dance.time_s + 0.22
    off = push + 0.24
    land = off + 2 * speed / GRAVITY_M_PER_S2
    at_m = dance.feet[stance].middle_m
    dance.pelvis_at(push, at_m - 0.12 * ahead)
    dance.posture(push, ("low", "low"), pelvis_height_m=0.76, pelvis_pitch_deg=9.0)
    dance.key(push, "pelvis_yaw_deg", dance.heading_deg)
    _fly(dance, off, land, speed, at_m + 0.12 * ahead, at_m + (stride_m - 0.12) * ahead)
    _split(dance, off, land, front, stride_m * ahead)
    _air_posture(dance, off, land, arms_by_side(front, "long", "front"))
    dance.weight(land + 0.26, front, 0.97)
    _absorb(dance, land, 0.76)


def _split(dance: Choreography, off: float, land: float, front: str, stride_m: FloatArray) -> None:
    """The front leg swings up and lands; the back leg pushes off, extends and follows."""
    back, top = other(front), (off + land) / 2
    dance.free_leg(off - 0.28, front, 0, -14, 5, 0.92)
    dance.free_leg(off, front, 1, 36, 5, 0.97)
    dance.free_leg(top, front, 1, 70, 5, 0.985)
    dance.free_leg(land, front, 0, 12, 5, 0.985)
    across_m = 2 * 0.06 * SIGN[front] * polar(dance.heading_deg + 90)
    to = Foothold(dance.feet[back].ball_m + stride_m + across_m, dance.heading_deg)
    dance.rise(off - 0.1, off, front, 40)
    dance.move_foot(off, land - 0.1, front, to)
    dance.rise(land - 0.02, land + 0.15, front, 0)
    dance.rise(off - 0.16, off + 0.02, back, 52)
    dance.free_leg(off - 0.02, back, 0, 12, 178, 0.985)
    dance.free_leg(top, back, 1, 58, 176, 0.98)
    dance.free_leg(land + 0.06, back, 1, 36, 172, 0.9)
    dance.free_leg(land + 0.46, back, 0, 8, 120, 0.95)
    dance.move_foot(top, land + 0.1, back, dance.beside(back))
    dance.rise(land + 0.3, land + 0.55, back, 0)


def _fly(dance: Choreography, off: float, land: float, speed: float, start_m: FloatArray,
         end_m: FloatArray) -> None:  # fmt: skip
    """Ballistic motion of the pelvis between two points `[2]`, with an initial upward speed in m/s."""
    velocity = (end_m - start_m) / (land - off)
    for time_s, upward, at_m in ((off, speed, start_m), (land, -speed, end_m)):
        dance.key(time_s, "pelvis_height_m", _TAKE_OFF_M, upward, -GRAVITY_M_PER_S2)
        dance.pelvis_at(time_s, at_m, velocity)


def _air_posture(dance: Choreography, off: float, land: float, arms: Arms) -> None:
    """Straight back and raised arms at the apex; `_fly` sets the height."""
    top = (off + land) / 2
    dance.carry(top, arms)
    dance.carry(land + 0.05, ("second", "second"))
    dance.key(top, "pelvis_pitch_deg", 0.0)
    dance.key(top, "spine_flexion_deg", -4.0)
    dance.key(top, "head_up_deg", 8.0)


def _leave_and_land(dance: Choreography, off: float, land: float, side: str, centre: FloatArray,
                    travel_m: FloatArray, by_deg: float, open_deg: float) -> None:  # fmt: skip
    """Rise to the toes, let the leg hang in the air, land on the toes first."""
    foot = dance.feet[side]
    turned = np.deg2rad(by_deg)
    away = foot.ball_m - centre
    cos, sin = np.cos(turned), np.sin(turned)
    around = np.array([cos * away[0] - sin * away[1], sin * away[0] + cos * away[1]])
    to = Foothold(centre + around + travel_m, foot.yaw_deg + by_deg)
    dance.rise(off - 0.16, off + 0.02, side, 52)
    dance.rise(land - 0.02, land + 0.16, side, 0)
    dance.free_leg(off - 0.02, side, 0, 3, 90, 0.99)
    dance.free_leg((off + land) / 2, side, 1, open_deg, 90, 0.985)
    dance.free_leg(land, side, 0, 3, 90, 0.97)
    dance.move_foot(off + 0.06, land - 0.08, side, to)


def _absorb(dance: Choreography, land: float, depth_m: float) -> None:
    """Flex the knees after the landing, then rise."""
    low, up = land + 0.26, land + 0.8
    dance.weight(up, dance.support, 0.5)
    dance.posture(low, pelvis_height_m=depth_m, pelvis_pitch_deg=9.0, spine_flexion_deg=8.0,
                  arms=("open_low", "open_low"))  # fmt: skip
    dance.posture(up, dance.relaxed_arms())
    dance.time_s = up


def _inside(position_m: FloatArray) -> bool:
    return bool(np.max(np.abs(position_m)) < ROOM_M)
