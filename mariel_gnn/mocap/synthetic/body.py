"""The synthetic dancer's body: segment lengths and marker positions on the bones.

The numbers are rounded anthropometric constants for an adult of 1.68 m: segment lengths after
Winter, Biomechanics and Motor Control of Human Movement, table 4.1; marker positions after the
Vicon Plug-in Gait set with two markers at each joint. Each bone has a frame with x forward, y left
and z up when the dancer stands with hanging arms and palms facing inwards.
"""

from dataclasses import dataclass

from mariel_gnn.errors import UserError

Vector = tuple[float, float, float]

REFERENCE_HEIGHT_M = 1.68
SIGN = {"L": 1, "R": -1}  # y points to the left

# Joint offsets in the frame of the parent bone, left side, metres.
HIP: Vector = (0.0, 0.088, 0.0)
LUMBAR: Vector = (-0.020, 0.0, 0.100)
CHEST: Vector = (-0.010, 0.0, 0.140)
NECK: Vector = (-0.020, 0.0, 0.265)
HEAD: Vector = (0.035, 0.0, 0.100)
CLAVICLE: Vector = (0.055, 0.025, 0.225)
SHOULDER: Vector = (-0.035, 0.140, 0.005)
TOE_JOINT: Vector = (0.140, 0.0, -0.056)
TOE_TIP: Vector = (0.185, 0.0, -0.045)
BALL_M = 0.020  # height of the toe joint, inside the ball of the foot, above the sole
THIGH_M, SHANK_M = 0.412, 0.378
UPPER_ARM_M, FOREARM_M = 0.285, 0.240

_MIDDLE_BONES = ("head", "neck", "chest", "pelvis")

# Marker: (bone, offset from the bone's first joint in metres). Pairs list the left marker; the right
# one is mirrored.
_MIDDLE: dict[str, tuple[str, Vector]] = {
    "ARIEL": ("head", (0.000, 0.0, 0.205)),
    "C7": ("neck", (-0.045, 0.0, 0.020)),
    "CLAV": ("chest", (0.125, 0.0, 0.215)),
    "STRN": ("chest", (0.170, 0.0, 0.105)),
    "T10": ("chest", (-0.075, 0.0, 0.125)),
    "MBWT": ("pelvis", (-0.095, 0.0, 0.140)),
    "MFWT": ("pelvis", (0.140, 0.0, 0.065)),
}
_PAIRED: dict[str, tuple[str, Vector]] = {
    "FHD": ("head", (0.100, 0.050, 0.180)),
    "BHD": ("head", (-0.050, 0.078, 0.100)),
    "FSH": ("shoulder", (0.055, -0.022, 0.005)),
    "BSH": ("shoulder", (-0.060, -0.022, 0.050)),
    "UPA": ("upper_arm", (0.000, 0.055, -0.110)),
    "ELB": ("elbow", (0.000, 0.047, 0.012)),
    "IEL": ("elbow", (0.000, -0.047, -0.012)),
    "FRM": ("forearm", (0.000, 0.040, -0.105)),
    "IWR": ("forearm", (0.044, -0.008, -0.235)),
    "OWR": ("forearm", (-0.044, 0.008, -0.235)),
    "IHAND": ("hand", (0.032, 0.015, -0.085)),
    "OHAND": ("hand", (-0.030, 0.015, -0.082)),
    "FWT": ("pelvis", (0.105, 0.132, 0.082)),
    "BWT": ("pelvis", (-0.072, 0.105, 0.140)),
    "THI": ("thigh", (0.015, 0.090, -0.200)),
    "KNE": ("knee", (0.000, 0.060, 0.005)),
    "KNI": ("knee", (0.000, -0.060, -0.005)),
    "SHN": ("shank", (0.040, 0.010, -0.180)),
    "ANK": ("foot", (-0.005, 0.038, 0.000)),
    "HEL": ("foot", (-0.062, 0.000, -0.048)),
    "MT1": ("foot", (0.147, -0.040, -0.052)),
    "MT5": ("foot", (0.130, 0.042, -0.046)),
    "TOE": ("toes", (0.032, -0.005, 0.020)),
}


def _mirrored(side: str) -> dict[str, tuple[str, Vector]]:
    """The paired markers of one side on the bones of that side."""
    sign = SIGN[side]
    return {
        side + name: (bone if bone in _MIDDLE_BONES else side + bone, (x, sign * y, z))
        for name, (bone, (x, y, z)) in _PAIRED.items()
    }


MARKERS: dict[str, tuple[str, Vector]] = _MIDDLE | _mirrored("L") | _mirrored("R")

# Soft tissue artefact: standard deviation of the 3-D displacement of the skin over the bone, in mm.
SOFT_TISSUE_MM = {
    "head": 3.0, "neck": 4.0, "chest": 5.0, "pelvis": 5.0, "shoulder": 6.0, "upper_arm": 8.0,
    "elbow": 5.0, "forearm": 5.0, "hand": 3.0, "thigh": 8.0, "knee": 5.0, "shank": 5.0,
    "foot": 3.0, "toes": 3.0,
}  # fmt: skip


@dataclass(frozen=True)
class Body:
    """A body; all lengths scale with its height.

    Attributes:
        height_m: standing height in metres.
    """

    height_m: float = REFERENCE_HEIGHT_M

    def __post_init__(self) -> None:
        if not 1.3 <= self.height_m <= 2.2:  # the step lengths are those of an adult
            raise UserError(
                f"height_m is {self.height_m}; allowed are 1.3 to 2.2 m: give for example "
                f"{REFERENCE_HEIGHT_M}"
            )

    @property
    def scale(self) -> float:
        """Ratio of this body's lengths to the reference lengths."""
        return self.height_m / REFERENCE_HEIGHT_M

    def offset(self, reference: Vector, sign: int = 1) -> Vector:
        """A reference offset scaled to this body, metres; mirrored if `sign` is -1."""
        x, y, z = (self.scale * c for c in reference)
        return x, sign * y, z

    @property
    def leg_m(self) -> float:
        """Length of the straight leg from hip to ankle, metres."""
        return self.scale * (THIGH_M + SHANK_M)
