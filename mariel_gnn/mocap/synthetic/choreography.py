"""Choreography: keyframes of pose curves, and the positions of the feet.

Phrases append keyframes: steps, weight shifts, posture, arms, a free leg. Sampled at the frames they
give the curves from which `kinematics` computes the bones. Names of channels end in units: `_deg`,
`_m`. `air` is 1 for a leg off the floor; `leg_reach` is a fraction of the leg's length.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mariel_gnn.mocap.synthetic.body import SIGN
from mariel_gnn.mocap.synthetic.curves import FloatArray, Track

GRAVITY_M_PER_S2 = 9.81
TALL_M = 1.05  # above the reach of the legs: the pelvis is as high as the feet allow

POSTURE = {
    "pelvis_height_m": TALL_M, "pelvis_pitch_deg": 4.0, "pelvis_side_deg": 0.0,
    "spine_flexion_deg": 2.0, "spine_side_deg": 0.0, "spine_twist_deg": 0.0,
    "head_yaw_deg": 0.0, "head_up_deg": 0.0, "head_side_deg": 0.0,
}  # fmt: skip
_ARM = ("arm_elevation_deg", "arm_azimuth_deg", "elbow_deg", "arm_twist_deg", "forearm_roll_deg",
        "wrist_deg")  # fmt: skip
_LEG = {"leg_elevation_deg": 5.0, "leg_azimuth_deg": 0.0, "leg_reach": 0.97, "air": 0.0}
_FOOT = {"foot_x_m": 0.0, "foot_y_m": 0.0, "foot_yaw_deg": 0.0, "foot_lift_m": 0.0, "heel_deg": 0.0}

# Arm positions in degrees: elevation from hanging, azimuth (0 front, 90 side), elbow flexion, twist of
# the upper arm, roll of the forearm, wrist flexion.
ARMS: dict[str, tuple[float, ...]] = {
    "natural": (9, 60, 18, 0, 0, 4),
    "swing_front": (26, 8, 28, 0, 0, 4),
    "swing_back": (-20, 12, 12, 0, 0, 2),
    "low": (22, 45, 34, 5, 10, 12),
    "first": (58, 34, 58, 20, 35, 10),
    "second": (82, 74, 26, -8, 55, 8),
    "fifth": (150, 62, 44, 0, 20, 10),
    "front": (94, 10, 9, 0, 0, -6),
    "long": (92, 86, 8, 0, 10, -6),
    "back": (58, 132, 9, 0, 0, -8),
    "diagonal": (134, 60, 9, 0, 25, -6),
    "up": (168, 60, 7, 0, 20, 0),
    "across": (52, -4, 62, 10, 20, 6),
    "open_low": (48, 72, 16, 0, 30, 0),
}


def _new_tracks() -> dict[str, Track]:
    """All channels with neutral values. Legs and feet are at rest at keyframes; the others flow."""
    tracks = {name: Track(value, flowing=True) for name, value in POSTURE.items()}
    for name in ("pelvis_x_m", "pelvis_y_m", "pelvis_yaw_deg", "spotting"):
        tracks[name] = Track(0.0, flowing=True)
    for side in "LR":
        tracks |= {side + name: Track(value, flowing=False) for name, value in _FOOT.items()}
        tracks |= {side + name: Track(value, flowing=False) for name, value in _LEG.items()}
        tracks |= {side + n: Track(v, True) for n, v in zip(_ARM, ARMS["natural"], strict=True)}
    return tracks


RETIRE = (23.0, -52.0, 0.57)  # angles and reach of a free leg with the foot at the other knee
Arms = tuple[str, str]  # names of `ARMS` for left and right; "" sets no keyframe


def other(side: str) -> str:
    """The other side of `L` or `R`."""
    return "R" if side == "L" else "L"


def arms_by_side(side: str, near: str, far: str) -> Arms:
    """Arm positions by name, `near` on the given side."""
    return (near, far) if side == "L" else (far, near)


def polar(yaw_deg: float) -> FloatArray:
    """Horizontal unit vector `[2]` of a heading."""
    angle = np.deg2rad(yaw_deg)
    return np.array([np.cos(angle), np.sin(angle)])


@dataclass
class Foothold:
    """Position and direction of a foot on the floor.

    Attributes:
        ball_m: position of the ball of the foot `[2]`.
        yaw_deg: direction of the toes.
    """

    ball_m: FloatArray
    yaw_deg: float

    @property
    def middle_m(self) -> FloatArray:
        """The middle of the foot `[2]`, below the centre of mass of a balanced body."""
        return self.ball_m - 0.07 * polar(self.yaw_deg)


@dataclass
class Choreography:
    """The keyframes so far.

    Attributes:
        rng: random generator.
        time_s: start of the next phrase.
        heading_deg: facing direction; not wrapped, because turns accumulate.
        feet: last foothold of each side.
        support: the side that carries more weight.
    """

    rng: np.random.Generator
    time_s: float = 0.0
    heading_deg: float = 0.0
    feet: dict[str, Foothold] = field(default_factory=dict)
    support: str = "L"
    _tracks: dict[str, Track] = field(default_factory=_new_tracks)

    # -------------------------------------------------------------- random choices

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """A uniform sample between two bounds."""
        return float(self.rng.uniform(low, high))

    def choose(self, *names: str) -> str:
        """A random one of several names."""
        return names[int(self.rng.integers(len(names)))]

    def relaxed_arms(self) -> Arms:
        """Random arm positions between two phrases."""
        names = ("low", "open_low", "natural", "second", "low")
        return self.choose(*names), self.choose(*names)

    # -------------------------------------------------------------- keyframes

    def key(self, time_s: float, name: str, value: float, velocity_per_s: float = np.nan,
            acceleration_per_s2: float = 0.0) -> None:  # fmt: skip
        """Set a keyframe of one channel."""
        self._tracks[name].key(time_s, value, velocity_per_s, acceleration_per_s2)

    def stand(self, position_m: FloatArray, heading_deg: float) -> None:
        """Start with both feet side by side below the body."""
        self.heading_deg = heading_deg
        for side in "LR":
            self.feet[side] = self.foothold(side, position_m, heading_deg)
            self._key_foot(self.time_s, side)
        self.weight(self.time_s, "L", 0.5)
        self.key(self.time_s, "pelvis_yaw_deg", heading_deg)
        self.posture(self.time_s, ("natural", "natural"))

    def foothold(self, side: str, position_m: FloatArray, heading_deg: float, half_width_m: float = 0.085,
                 ahead_m: float = 0.0, turnout_deg: float = 14.0) -> Foothold:  # fmt: skip
        """The foothold of one foot for a body at a position `[2]` with a heading."""
        sign = SIGN[side]
        ball_m = (
            position_m
            + (0.08 + ahead_m) * polar(heading_deg)
            + sign * half_width_m * polar(heading_deg + 90)
        )
        return Foothold(ball_m, heading_deg + sign * turnout_deg)

    def _key_foot(self, time_s: float, side: str) -> None:
        foot = self.feet[side]
        self.key(time_s, side + "foot_x_m", float(foot.ball_m[0]))
        self.key(time_s, side + "foot_y_m", float(foot.ball_m[1]))
        self.key(time_s, side + "foot_yaw_deg", foot.yaw_deg)

    def step(self, start_s: float, land_s: float, side: str, to: Foothold, lift_m: float = 0.07,
             heel_deg: float = 0.0) -> None:  # fmt: skip
        """Move a foot through the air to a new foothold; the heel leaves first, the ball lands first."""
        heel = side + "heel_deg"
        self.move_foot(start_s, land_s, side, to)
        for time_s, height_m in (
            (start_s, 0.0), ((start_s + land_s) / 2, lift_m), (land_s, 0.0),
        ):  # fmt: skip
            self.key(time_s, side + "foot_lift_m", height_m)
        self.key(start_s - 0.16, heel, self._tracks[heel].latest(start_s - 0.16))
        self.key(start_s + 0.04, heel, 28.0)
        self.key(land_s, heel, max(10.0, heel_deg))
        self.key(land_s + 0.14, heel, heel_deg)

    def move_foot(self, start_s: float, land_s: float, side: str, to: Foothold) -> None:
        """Move a foothold; the foot must be off the floor meanwhile."""
        self._key_foot(start_s, side)
        self.feet[side] = to
        self._key_foot(land_s, side)

    def pivot(self, start_s: float, end_s: float, side: str, by_deg: float) -> None:
        """Turn a foot on its ball."""
        foot = self.feet[side]
        self.move_foot(start_s, end_s, side, Foothold(foot.ball_m, foot.yaw_deg + by_deg))

    def rise(self, start_s: float, end_s: float, side: str, heel_deg: float) -> None:
        """Raise or lower a heel."""
        track = side + "heel_deg"
        self.key(start_s, track, self._tracks[track].latest(start_s))
        self.key(end_s, track, heel_deg)

    def weight(self, time_s: float, side: str, share: float) -> None:
        """Move the pelvis towards one foot (0.5: between both feet, 1: above this foot)."""
        if share > 0.5:
            self.support = side
        at_m = share * self.feet[side].middle_m + (1 - share) * self.feet[other(side)].middle_m
        self.pelvis_at(time_s, at_m)

    def pelvis_at(
        self, time_s: float, at_m: FloatArray, velocity_m_per_s: FloatArray | None = None
    ) -> None:
        """Move the pelvis above a point `[2]` of the floor, with an optional velocity `[2]`."""
        speeds = (np.nan, np.nan) if velocity_m_per_s is None else velocity_m_per_s
        for name, value, speed in zip(("pelvis_x_m", "pelvis_y_m"), at_m, speeds, strict=True):
            self.key(time_s, name, float(value), float(speed))

    def posture(self, time_s: float, arms: Arms = ("", ""), **changes: float) -> None:
        """Set pelvis height, trunk and head (neutral unless given) and arm positions by name."""
        for name, value in (POSTURE | changes).items():
            self.key(time_s, name, value)
        self.carry(time_s, arms)

    def carry(self, time_s: float, arms: Arms) -> None:
        """Move the arms to positions of `ARMS`, each with a random variation."""
        for side, name in zip("LR", arms, strict=True):
            if name:
                self.arm(time_s, side, *ARMS[name])

    def arm(self, time_s: float, side: str, *angles_deg: float) -> None:
        """Move one arm to angles in the order of `ARMS`, with a random variation."""
        for channel, angle, variation in zip(_ARM, angles_deg, (4, 5, 4, 3, 6, 4), strict=True):
            self.key(time_s, side + channel, angle + float(self.rng.uniform(-variation, variation)))

    def free_leg(self, time_s: float, side: str, air: float, elevation_deg: float,
                 azimuth_deg: float, reach: float = 0.97) -> None:  # fmt: skip
        """Set the direction of a leg in the air; with `air` 0 the foothold determines the leg."""
        values = (elevation_deg, azimuth_deg, reach, air)
        for name, value in zip(_LEG, values, strict=True):
            self.key(time_s, side + name, value)

    # -------------------------------------------------------------- results

    @property
    def position_m(self) -> FloatArray:
        """The point on the floor `[2]` midway between the feet."""
        return (self.feet["L"].middle_m + self.feet["R"].middle_m) / 2

    def beside(self, side: str, half_width_m: float = 0.085, turnout_deg: float = 14.0) -> Foothold:
        """The foothold of one foot beside the other, for a body that faces the heading."""
        stance = self.feet[other(side)]
        sign = SIGN[side]
        across = sign * polar(self.heading_deg + 90)
        return Foothold(
            stance.ball_m + 2 * half_width_m * across, self.heading_deg + sign * turnout_deg
        )

    def sample(self, times_s: FloatArray, lags_s: Mapping[str, float]) -> dict[str, FloatArray]:
        """All channels `[T]` at times `[T]` in seconds.

        Args:
            times_s: the times.
            lags_s: channel name without side -> delay.
        """
        return {
            name: track.sample(times_s - lags_s.get(name.lstrip("LR"), 0.0))
            for name, track in self._tracks.items()
        }
