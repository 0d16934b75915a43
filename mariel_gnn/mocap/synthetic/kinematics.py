"""Forward kinematics: from pose curves to bone frames and marker positions.

Torso and arms are chains of rotations from the pelvis outwards. The legs use two-bone inverse
kinematics: the footholds determine the feet, hip and knee follow. A foot on the floor therefore cannot
slide.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mariel_gnn.mocap.synthetic import body as anatomy
from mariel_gnn.mocap.synthetic.body import MARKERS, SIGN, Body
from mariel_gnn.mocap.synthetic.curves import (
    FloatArray,
    frame,
    limb_direction,
    rotate,
    rotate_perpendicular,
    rotation_about,
    smooth_minimum,
    stack,
    unit,
)

Curves = Mapping[str, FloatArray]
Bone = tuple[FloatArray, FloatArray]  # first joint [T, C] in metres, rotation [T, C, C]
Bones = dict[str, Bone]

_UP = (0.0, 0.0, 1.0)
_MAX_REACH = 0.993  # fraction of the leg's length: the knees are never fully extended
_LIMIT_WIDTH_M = 0.012  # range over which limits of the height are rounded


def markers_from_curves(curves: Curves, body: Body, names: Sequence[str]) -> FloatArray:
    """Marker positions of a moving body.

    Args:
        curves: all channels of a `Choreography` at T frames.
        body: segment lengths.
        names: marker names in output order.

    Returns:
        Positions `[T, J, C]` in metres, z up, right-handed.

    Raises:
        KeyError: a name is not in `body.MARKERS`.
    """
    bones = bones_from_curves(curves, body)
    positions = []
    for name in names:
        bone, offset = MARKERS[name]
        joint, rotation = bones[bone]
        positions.append(joint + rotate(rotation, body.offset(offset)))
    return np.stack(positions, axis=1)


def bones_from_curves(curves: Curves, body: Body) -> Bones:
    """Frames of all bones, with the names of `body.MARKERS` (prefix `L` or `R` for paired bones)."""
    bones: Bones = {"pelvis": pelvis_bone(curves, body)}
    bones |= torso_bones(curves, body, bones["pelvis"])
    for side in SIGN:
        bones |= arm_bones(curves, body, bones["chest"], side)
        bones |= _leg(curves, body, bones["pelvis"], side)
    return bones


def _attached(parent: Bone, offset: anatomy.Vector, relative: FloatArray) -> Bone:
    """A bone that starts at a fixed offset of its parent and is rotated relative to it."""
    joint, rotation = parent
    return joint + rotate(rotation, offset), rotation @ relative


def pelvis_bone(curves: Curves, body: Body) -> Bone:
    """Pelvis at the requested height, limited by the reach of the legs on the floor."""
    rotation = (
        rotation_about(2, curves["pelvis_yaw_deg"])
        @ rotation_about(1, curves["pelvis_pitch_deg"])
        @ rotation_about(0, -curves["pelvis_side_deg"])
    )
    x, y = curves["pelvis_x_m"], curves["pelvis_y_m"]
    height_m = body.scale * curves["pelvis_height_m"]
    for side, sign in SIGN.items():
        hip = rotate(rotation, body.offset(anatomy.HIP, sign))
        ankle, _ = _stance_foot(curves, body, side)
        away_m2 = (x + hip[:, 0] - ankle[:, 0]) ** 2 + (y + hip[:, 1] - ankle[:, 1]) ** 2
        reach_m2 = (_MAX_REACH * body.leg_m) ** 2 - away_m2
        limit_m = ankle[:, 2] - hip[:, 2] + np.sqrt(np.maximum(reach_m2, 0.01))
        # A leg off the floor sets no limit; tanh makes the transition smooth.
        free_m = 0.6 * np.tanh(6 * curves[side + "air"])
        height_m = smooth_minimum(height_m, limit_m + free_m, _LIMIT_WIDTH_M)
    return stack(x, y, height_m), rotation


def _spine_rotation(curves: Curves, share: float) -> FloatArray:
    """A share of the total rotation of the spine."""
    return (
        rotation_about(2, share * curves["spine_twist_deg"])
        @ rotation_about(1, share * curves["spine_flexion_deg"])
        @ rotation_about(0, -share * curves["spine_side_deg"])
    )


def torso_bones(curves: Curves, body: Body, pelvis: Bone) -> Bones:
    """Lumbar spine, chest, neck and head."""
    lumbar = _attached(pelvis, body.offset(anatomy.LUMBAR), _spine_rotation(curves, 0.4))
    chest = _attached(lumbar, body.offset(anatomy.CHEST), _spine_rotation(curves, 0.6))
    # The head stays more upright than the trunk: gaze and balance keep it level.
    pitch = (
        0.65 * (curves["pelvis_pitch_deg"] + curves["spine_flexion_deg"]) + curves["head_up_deg"]
    )
    side = 0.5 * curves["spine_side_deg"] - curves["head_side_deg"]
    yaw = rotation_about(2, 0.5 * curves["head_yaw_deg"])
    half = yaw @ rotation_about(1, -0.5 * pitch) @ rotation_about(0, 0.5 * side)
    neck = _attached(chest, body.offset(anatomy.NECK), half)
    head = _attached(neck, body.offset(anatomy.HEAD), half)
    return {"chest": chest, "neck": neck, "head": head}


def arm_bones(curves: Curves, body: Body, chest: Bone, side: str) -> Bones:
    """Shoulder girdle, upper arm, elbow, forearm and hand of one side."""
    sign = SIGN[side]
    elevation, azimuth = curves[side + "arm_elevation_deg"], curves[side + "arm_azimuth_deg"]
    girdle = _girdle(body, chest, elevation, azimuth, sign)
    shoulder = girdle[0] + rotate(girdle[1], body.offset(anatomy.SHOULDER, sign))
    upper, flexion = _upper_arm(curves, chest[1], side)
    hinge = np.cross(upper, flexion)
    elbow_deg = curves[side + "elbow_deg"]
    fore = rotate_perpendicular(upper, hinge, elbow_deg)
    elbow = shoulder + body.scale * anatomy.UPPER_ARM_M * upper
    wrist = elbow + body.scale * anatomy.FOREARM_M * fore
    thumb = rotate_perpendicular(flexion, hinge, elbow_deg)
    thumb = rotate_perpendicular(thumb, fore, -sign * curves[side + "forearm_roll_deg"])
    palm = sign * np.cross(fore, thumb)
    hand = unit(fore + np.tan(np.deg2rad(curves[side + "wrist_deg"]))[:, None] * palm)
    upper_frame = frame(-upper, flexion)
    # The skin over the shoulder follows the arm partly.
    shoulder_frame = _between(girdle[1], upper_frame, 0.3)
    return {
        side + "shoulder": (shoulder, shoulder_frame),
        side + "upper_arm": (shoulder, upper_frame),
        side + "elbow": (elbow, frame(-upper - fore, flexion)),
        side + "forearm": (elbow, frame(-fore, thumb)),
        side + "hand": (wrist, frame(-hand, thumb)),
    }


def _girdle(
    body: Body, chest: Bone, elevation_deg: FloatArray, azimuth_deg: FloatArray, sign: int
) -> Bone:
    """Clavicle and scapula, which rise and protract with the arm."""
    # The scapula contributes about a quarter of the elevation above 40 degrees (softplus).
    lift = 0.22 * 15 * np.logaddexp(0, (elevation_deg - 40) / 15)
    ahead = np.sin(np.deg2rad(elevation_deg)) * np.cos(np.deg2rad(azimuth_deg))
    relative = rotation_about(2, -sign * 11 * ahead) @ rotation_about(0, sign * lift)
    return _attached(chest, body.offset(anatomy.CLAVICLE, sign), relative)


def _upper_arm(curves: Curves, chest: FloatArray, side: str) -> tuple[FloatArray, FloatArray]:
    """Direction of the upper arm, and the perpendicular direction of elbow flexion."""
    sign = SIGN[side]
    upper = limb_direction(
        curves[side + "arm_elevation_deg"], curves[side + "arm_azimuth_deg"], sign
    )
    # A relaxed elbow flexes towards a point in front of the sternum.
    inwards = np.array([0.45, -sign * 0.17, 0.12])
    flexion = unit(inwards - (upper @ inwards)[:, None] * upper)
    flexion = rotate_perpendicular(flexion, upper, -sign * curves[side + "arm_twist_deg"])
    return rotate(chest, upper), rotate(chest, flexion)


def _between(first: FloatArray, second: FloatArray, share: FloatArray | float) -> FloatArray:
    """Interpolated rotation: a mean of the axes, orthonormalized. The two must not be opposite."""
    mixed = (1 - share) * first + share * second
    return frame(mixed[:, :, 2], mixed[:, :, 0])


def _stance_foot(curves: Curves, body: Body, side: str) -> tuple[FloatArray, FloatArray]:
    """Ankle and rotation of a foot with its ball at the foothold."""
    rotation = rotation_about(2, curves[side + "foot_yaw_deg"]) @ rotation_about(
        1, curves[side + "heel_deg"]
    )
    height_m = curves[side + "foot_lift_m"] + body.scale * anatomy.BALL_M
    ball = stack(curves[side + "foot_x_m"], curves[side + "foot_y_m"], height_m)
    return ball - rotate(rotation, body.offset(anatomy.TOE_JOINT)), rotation


def _leg(curves: Curves, body: Body, pelvis: Bone, side: str) -> Bones:
    """Thigh, knee, shank, foot and toes of one side."""
    sign = SIGN[side]
    hip = pelvis[0] + rotate(pelvis[1], body.offset(anatomy.HIP, sign))
    air = curves[side + "air"][:, None]
    ankle, stance = _stance_foot(curves, body, side)
    free, free_knee = _free_leg(curves, body, side)
    ankle = (1 - air) * ankle + air * (hip + free)
    forward = rotate(rotation_about(2, curves["pelvis_yaw_deg"]), (1.0, 0.0, 0.0))
    knee_direction = (1 - air) * (0.75 * stance[:, :, 0] + 0.25 * forward) + air * free_knee
    knee_direction = knee_direction + 0.01 * forward
    for _ in range(2):
        knee, ankle, knees = _two_bones(hip, ankle, knee_direction, body)
        shank_frame = frame(knee - ankle, knees)
        foot = _foot_frame(stance, shank_frame, air)
        ankle = ankle + _floor_lift(ankle, foot, air, body)
    shank_frame, thigh_frame = frame(knee - ankle, knees), frame(hip - knee, knees)
    toe_joint = ankle + rotate(foot, body.offset(anatomy.TOE_JOINT))
    return {
        side + "thigh": (hip, thigh_frame),
        side + "knee": (knee, _between(thigh_frame, shank_frame, 0.5)),
        side + "shank": (knee, shank_frame),
        side + "foot": (ankle, foot),
        side + "toes": (toe_joint, _toes_frame(curves, foot, side, air)),
    }


def _free_leg(curves: Curves, body: Body, side: str) -> tuple[FloatArray, FloatArray]:
    """Ankle relative to the hip, and direction of the knee, for a turned-out leg in the air."""
    sign = SIGN[side]
    heading = rotation_about(2, curves["pelvis_yaw_deg"])
    leg = limb_direction(curves[side + "leg_elevation_deg"], curves[side + "leg_azimuth_deg"], sign)
    # The knee points up and out for a leg to the front, and out for a leg to the back.
    knee_direction = stack(0.5, 0.75 * sign, 0.5 * np.maximum(leg[:, 0], 0.0))
    reach_m = np.minimum(curves[side + "leg_reach"], _MAX_REACH)[:, None] * body.leg_m
    return rotate(heading, reach_m * leg), rotate(heading, knee_direction)


def _two_bones(
    hip: FloatArray, ankle: FloatArray, knee_direction: FloatArray, body: Body
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Two-bone inverse kinematics: knee, ankle within reach, and direction of the knee."""
    thigh_m, shank_m = body.scale * anatomy.THIGH_M, body.scale * anatomy.SHANK_M
    away = ankle - hip
    distance_m = np.linalg.norm(away, axis=-1)
    reach_m = smooth_minimum(distance_m, np.full_like(distance_m, _MAX_REACH * body.leg_m), 0.002)
    down = away / distance_m[:, None]
    knees = unit(knee_direction - np.sum(knee_direction * down, axis=-1, keepdims=True) * down)
    along_m = (thigh_m**2 - shank_m**2 + reach_m**2) / (2 * reach_m)
    offset_m = np.sqrt(np.maximum(thigh_m**2 - along_m**2, 0.0))
    knee = hip + along_m[:, None] * down + offset_m[:, None] * knees
    return knee, hip + reach_m[:, None] * down, knees


def _foot_frame(stance: FloatArray, shank: FloatArray, air: FloatArray) -> FloatArray:
    """The foot at its foothold; in the air it points along the shank."""
    pointed = shank @ rotation_about(1, np.full(len(shank), 62.0))
    return _between(stance, pointed, air[:, :, None])


def _toes_frame(curves: Curves, foot: FloatArray, side: str, air: FloatArray) -> FloatArray:
    """Toes stay flat on the floor when the heel rises, and follow the foot in the air."""
    level = rotation_about(2, curves[side + "foot_yaw_deg"])
    return _between(level, foot, air[:, :, None])


def _floor_lift(ankle: FloatArray, foot: FloatArray, air: FloatArray, body: Body) -> FloatArray:
    """Lift `[T, C]` that keeps the ball, and in the air the toes, at or above the floor."""
    ball_m = ankle[:, 2] + rotate(foot, body.offset(anatomy.TOE_JOINT))[:, 2]
    tip_m = ankle[:, 2] + rotate(foot, body.offset(anatomy.TOE_TIP))[:, 2]
    depth_m = np.maximum(body.scale * anatomy.BALL_M - ball_m, -air[:, 0] * tip_m)
    return stack(0.0, 0.0, np.maximum(depth_m, 0.0))
