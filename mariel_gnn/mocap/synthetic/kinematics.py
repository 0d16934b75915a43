"""Forward kinematics: from pose curves to the frames of all bones and on to markers.

Torso and arms turn joint by joint from the pelvis outwards. Legs are solved the other way: the
feet are where the steps put them, and hip and knee follow (two-bone inverse kinematics), so a
planted foot cannot slide.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mariel_gnn.mocap.synthetic import body as anatomy
from mariel_gnn.mocap.synthetic.body import MARKERS, SIGN, Body
from mariel_gnn.mocap.synthetic.curves import (
    FloatArray,
    about,
    direction,
    frame,
    soft_minimum,
    spin,
    stack,
    turn,
    unit,
)

Curves = Mapping[str, FloatArray]
Bone = tuple[FloatArray, FloatArray]  # first joint [T, C] in metres, rotation [T, C, C]
Bones = dict[str, Bone]

_UP = (0.0, 0.0, 1.0)
_STRAIGHTEST = 0.993  # share of a leg's full length that it reaches: knees never lock
_CORNER_M = 0.012  # scale over which limits round their corners


def markers_from_curves(curves: Curves, body: Body, names: Sequence[str]) -> FloatArray:
    """Marker positions of a moving body.

    Args:
        curves: every channel of `score.CHANNELS` sampled over T frames.
        body: the body that moves.
        names: markers in the order wanted.

    Returns:
        Positions `[T, J, C]` in metres, z up, left on the dancer's left.

    Raises:
        KeyError: a name is no marker of `body.MARKERS`.
    """
    bones = bones_from_curves(curves, body)
    positions = []
    for name in names:
        bone, offset = MARKERS[name]
        joint, rotation = bones[bone]
        positions.append(joint + turn(rotation, body.offset(offset)))
    return np.stack(positions, axis=1)


def bones_from_curves(curves: Curves, body: Body) -> Bones:
    """Frames of all bones, named as in `body.MARKERS` (`L` and `R` before those of a side)."""
    bones: Bones = {"pelvis": _pelvis(curves, body)}
    bones |= _torso(curves, body, bones["pelvis"])
    for side in SIGN:
        bones |= _arm(curves, body, bones["chest"], side)
        bones |= _leg(curves, body, bones["pelvis"], side)
    return bones


def _attached(parent: Bone, offset: anatomy.Vector, turned: FloatArray) -> Bone:
    """A bone that starts at a fixed place of its parent and is turned against it."""
    joint, rotation = parent
    return joint + turn(rotation, offset), rotation @ turned


def _pelvis(curves: Curves, body: Body) -> Bone:
    """Pelvis at the height asked for, or as high as the legs that carry it reach."""
    rotation = (
        about(2, curves["pelvis_yaw_deg"])
        @ about(1, curves["pelvis_pitch_deg"])
        @ about(0, -curves["pelvis_side_deg"])
    )
    x, y = curves["pelvis_x_m"], curves["pelvis_y_m"]
    height_m = body.scale * curves["pelvis_height_m"]
    for side, sign in SIGN.items():
        hip = turn(rotation, body.offset(anatomy.HIP, sign))
        ankle, _ = _planted_foot(curves, body, side)
        away_m2 = (x + hip[:, 0] - ankle[:, 0]) ** 2 + (y + hip[:, 1] - ankle[:, 1]) ** 2
        reach_m2 = (_STRAIGHTEST * body.leg_m) ** 2 - away_m2
        limit_m = ankle[:, 2] - hip[:, 2] + np.sqrt(np.maximum(reach_m2, 0.01))
        # A leg in the air, however little, carries nothing and sets no limit.
        free_m = 0.6 * np.tanh(6 * curves[side + "air"])
        height_m = soft_minimum(height_m, limit_m + free_m, _CORNER_M)
    return stack(x, y, height_m), rotation


def _bent(curves: Curves, share: float) -> FloatArray:
    """A share of the whole bend of the spine."""
    return (
        about(2, share * curves["spine_twist_deg"])
        @ about(1, share * curves["spine_bend_deg"])
        @ about(0, -share * curves["spine_side_deg"])
    )


def _torso(curves: Curves, body: Body, pelvis: Bone) -> Bones:
    """Lumbar spine, chest, neck and head."""
    lumbar = _attached(pelvis, body.offset(anatomy.LUMBAR), _bent(curves, 0.4))
    chest = _attached(lumbar, body.offset(anatomy.CHEST), _bent(curves, 0.6))
    # The head stays more upright than the trunk: eyes and inner ear keep to the horizon.
    pitch = 0.65 * (curves["pelvis_pitch_deg"] + curves["spine_bend_deg"]) + curves["head_up_deg"]
    side = 0.5 * curves["spine_side_deg"] - curves["head_side_deg"]
    half = about(2, 0.5 * curves["head_yaw_deg"]) @ about(1, -0.5 * pitch) @ about(0, 0.5 * side)
    neck = _attached(chest, body.offset(anatomy.NECK), half)
    head = _attached(neck, body.offset(anatomy.HEAD), half)
    return {"chest": chest, "neck": neck, "head": head}


def _arm(curves: Curves, body: Body, chest: Bone, side: str) -> Bones:
    """Shoulder girdle, upper arm, elbow, forearm and hand of one side."""
    sign = SIGN[side]
    elevation, azimuth = curves[side + "arm_elevation_deg"], curves[side + "arm_azimuth_deg"]
    girdle = _girdle(body, chest, elevation, azimuth, sign)
    shoulder = girdle[0] + turn(girdle[1], body.offset(anatomy.SHOULDER, sign))
    upper, bend = _upper_arm(curves, chest[1], side)
    hinge = np.cross(upper, bend)
    elbow_deg = curves[side + "elbow_deg"]
    fore = spin(upper, hinge, elbow_deg)
    elbow = shoulder + body.scale * anatomy.UPPER_ARM_M * upper
    wrist = elbow + body.scale * anatomy.FOREARM_M * fore
    thumb = spin(spin(bend, hinge, elbow_deg), fore, -sign * curves[side + "forearm_roll_deg"])
    palm = sign * np.cross(fore, thumb)
    hand = unit(fore + np.tan(np.deg2rad(curves[side + "wrist_deg"]))[:, None] * palm)
    upper_frame = frame(-upper, bend)
    # Skin over the shoulder follows the arm only in part.
    shoulder_frame = _between(girdle[1], upper_frame, 0.3)
    return {
        side + "shoulder": (shoulder, shoulder_frame),
        side + "upper_arm": (shoulder, upper_frame),
        side + "elbow": (elbow, frame(-upper - fore, bend)),
        side + "forearm": (elbow, frame(-fore, thumb)),
        side + "hand": (wrist, frame(-hand, thumb)),
    }


def _girdle(
    body: Body, chest: Bone, elevation_deg: FloatArray, azimuth_deg: FloatArray, sign: int
) -> Bone:
    """Clavicle and shoulder blade: they lift and reach with the arm."""
    # The blade gives about a quarter of the arm's elevation beyond 40 degrees, with no kink.
    lift = 0.22 * 15 * np.logaddexp(0, (elevation_deg - 40) / 15)
    ahead = np.sin(np.deg2rad(elevation_deg)) * np.cos(np.deg2rad(azimuth_deg))
    turned = about(2, -sign * 11 * ahead) @ about(0, sign * lift)
    return _attached(chest, body.offset(anatomy.CLAVICLE, sign), turned)


def _upper_arm(curves: Curves, chest: FloatArray, side: str) -> tuple[FloatArray, FloatArray]:
    """Direction of the upper arm and, at right angles, the direction in which the elbow bends."""
    sign = SIGN[side]
    upper = direction(curves[side + "arm_elevation_deg"], curves[side + "arm_azimuth_deg"], sign)
    # A relaxed elbow folds towards a point before the breastbone.
    inwards = np.array([0.45, -sign * 0.17, 0.12])
    bend = unit(inwards - (upper @ inwards)[:, None] * upper)
    bend = spin(bend, upper, -sign * curves[side + "arm_twist_deg"])
    return turn(chest, upper), turn(chest, bend)


def _between(first: FloatArray, second: FloatArray, share: FloatArray | float) -> FloatArray:
    """Rotation between two that are not opposite: mixed axes, made square again."""
    mixed = (1 - share) * first + share * second
    return frame(mixed[:, :, 2], mixed[:, :, 0])


def _planted_foot(curves: Curves, body: Body, side: str) -> tuple[FloatArray, FloatArray]:
    """Ankle and rotation of a foot whose ball is where the step puts it."""
    rotation = about(2, curves[side + "foot_yaw_deg"]) @ about(1, curves[side + "heel_deg"])
    height_m = curves[side + "foot_lift_m"] + body.scale * anatomy.BALL_M
    ball = stack(curves[side + "foot_x_m"], curves[side + "foot_y_m"], height_m)
    return ball - turn(rotation, body.offset(anatomy.TOE_JOINT)), rotation


def _leg(curves: Curves, body: Body, pelvis: Bone, side: str) -> Bones:
    """Thigh, knee, shank, foot and toes of one side."""
    sign = SIGN[side]
    hip = pelvis[0] + turn(pelvis[1], body.offset(anatomy.HIP, sign))
    air = curves[side + "air"][:, None]
    ankle, planted = _planted_foot(curves, body, side)
    free, free_knee = _free_leg(curves, body, side)
    ankle = (1 - air) * ankle + air * (hip + free)
    forward = turn(about(2, curves["pelvis_yaw_deg"]), (1.0, 0.0, 0.0))
    knee_way = (1 - air) * (0.75 * planted[:, :, 0] + 0.25 * forward) + air * free_knee
    knee_way = knee_way + 0.01 * forward
    for _ in range(2):
        knee, ankle, knees = _two_bones(hip, ankle, knee_way, body)
        shank_frame = frame(knee - ankle, knees)
        foot = _foot_frame(planted, shank_frame, air)
        ankle = ankle + _out_of_the_floor(ankle, foot, air, body)
    shank_frame, thigh_frame = frame(knee - ankle, knees), frame(hip - knee, knees)
    toe_joint = ankle + turn(foot, body.offset(anatomy.TOE_JOINT))
    return {
        side + "thigh": (hip, thigh_frame),
        side + "knee": (knee, _between(thigh_frame, shank_frame, 0.5)),
        side + "shank": (knee, shank_frame),
        side + "foot": (ankle, foot),
        side + "toes": (toe_joint, _toes_frame(curves, foot, side, air)),
    }


def _free_leg(curves: Curves, body: Body, side: str) -> tuple[FloatArray, FloatArray]:
    """Ankle from the hip, and the way the knee looks, of a turned-out leg in the air."""
    sign = SIGN[side]
    heading = about(2, curves["pelvis_yaw_deg"])
    way = direction(curves[side + "leg_elevation_deg"], curves[side + "leg_azimuth_deg"], sign)
    # Lifted to the front the knee looks up and out, to the side up, to the back out.
    knee_way = stack(0.5, 0.75 * sign, 0.5 * np.maximum(way[:, 0], 0.0))
    reach_m = np.minimum(curves[side + "leg_reach"], _STRAIGHTEST)[:, None] * body.leg_m
    return turn(heading, reach_m * way), turn(heading, knee_way)


def _two_bones(
    hip: FloatArray, ankle: FloatArray, knee_way: FloatArray, body: Body
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Two-bone inverse kinematics: the knee, the ankle within reach, and the knee's forward way."""
    thigh_m, shank_m = body.scale * anatomy.THIGH_M, body.scale * anatomy.SHANK_M
    away = ankle - hip
    wanted_m = np.linalg.norm(away, axis=-1)
    reach_m = soft_minimum(wanted_m, np.full_like(wanted_m, _STRAIGHTEST * body.leg_m), 0.002)
    down = away / wanted_m[:, None]
    knees = unit(knee_way - np.sum(knee_way * down, axis=-1, keepdims=True) * down)
    along_m = (thigh_m**2 - shank_m**2 + reach_m**2) / (2 * reach_m)
    bulge_m = np.sqrt(np.maximum(thigh_m**2 - along_m**2, 0.0))
    knee = hip + along_m[:, None] * down + bulge_m[:, None] * knees
    return knee, hip + reach_m[:, None] * down, knees


def _foot_frame(planted: FloatArray, shank: FloatArray, air: FloatArray) -> FloatArray:
    """A foot on the floor as its step has it; in the air pointed along the shank."""
    pointed = shank @ about(1, np.full(len(shank), 62.0))
    return _between(planted, pointed, air[:, :, None])


def _toes_frame(curves: Curves, foot: FloatArray, side: str, air: FloatArray) -> FloatArray:
    """Toes lie level on the floor when the heel rises, and follow the foot in the air."""
    level = about(2, curves[side + "foot_yaw_deg"])
    return _between(level, foot, air[:, :, None])


def _out_of_the_floor(
    ankle: FloatArray, foot: FloatArray, air: FloatArray, body: Body
) -> FloatArray:
    """Lift `[T, C]` that keeps the ball, and in the air the toes, on or above the floor."""
    ball_m = ankle[:, 2] + turn(foot, body.offset(anatomy.TOE_JOINT))[:, 2]
    tip_m = ankle[:, 2] + turn(foot, body.offset(anatomy.TOE_TIP))[:, 2]
    sunk_m = np.maximum(body.scale * anatomy.BALL_M - ball_m, -air[:, 0] * tip_m)
    return stack(0.0, 0.0, np.maximum(sunk_m, 0.0))
