"""The synthetic dancer: seeded recordings of dance without a human source.

Random phrases make a choreography. Its keyframes are sampled into pose curves. Small natural motions
are added to the curves. Forward kinematics gives marker positions, with soft tissue artefacts and
measurement noise.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.mocap.formats.numpy_files import to_field_rows
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.body import MARKERS, SOFT_TISSUE_MM, Body
from mariel_gnn.mocap.synthetic.choreography import Choreography
from mariel_gnn.mocap.synthetic.curves import FloatArray, smooth_noise
from mariel_gnn.mocap.synthetic.gestures import arm_wave, jump, leap, leg_lift, plie, reach
from mariel_gnn.mocap.synthetic.kinematics import markers_from_curves
from mariel_gnn.mocap.synthetic.walking import pirouette, turning_steps, walk

Phrase = Callable[[Choreography], None]

# Phrase and its relative frequency.
PHRASES: dict[str, tuple[Phrase, float]] = {
    "walk": (walk, 2.2),
    "turning_steps": (turning_steps, 1.1),
    "pirouette": (pirouette, 1.2),
    "reach": (reach, 1.2),
    "plie": (plie, 0.8),
    "leg_lift": (leg_lift, 1.3),
    "arm_wave": (arm_wave, 0.8),
    "jump": (jump, 1.0),
    "leap": (leap, 0.8),
}


_SOFT_TISSUE_HZ = 2.0
_WHITE_NOISE_M = 0.0005

# Overlapping action: distal joints start and arrive later.
LAGS_S = {"elbow_deg": 0.05, "forearm_roll_deg": 0.08, "wrist_deg": 0.12, "head_side_deg": 0.06}

# Slow random sway of each joint: standard deviation in degrees.
_SWAY_DEG = {
    "pelvis_yaw_deg": 0.6, "pelvis_side_deg": 0.7, "spine_flexion_deg": 1.0, "spine_side_deg": 1.0,
    "spine_twist_deg": 1.2, "head_yaw_deg": 2.5, "head_up_deg": 1.8, "head_side_deg": 1.5,
    "arm_elevation_deg": 2.0, "arm_azimuth_deg": 2.5, "elbow_deg": 2.0, "wrist_deg": 3.0,
}  # fmt: skip


def synthesize_recording(
    seed: int = 0, seconds: float = 60.0, rate_hz: float = 35.0, body: Body | None = None
) -> FloatArray:
    """One recording of the synthetic dancer.

    Args:
        seed: random seed, 0 or more; the same seed gives the same numbers.
        seconds: duration of the recording.
        rate_hz: frames per second.
        body: the dancer's body; None is one of 1.68 m.

    Returns:
        Positions `[T, J, C]` in metres, z up, right-handed, with the J = 53 markers of `mariel53` in
        alphabetical order.

    Raises:
        UserError: duration, rate or seed is out of range.
    """
    check_request(seed, seconds, rate_hz)
    rng = np.random.default_rng(seed)
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    dance = choreograph(rng, seconds)
    curves = add_natural_motion(dance.sample(times_s, LAGS_S), rng, rate_hz)
    names = load_skeleton("mariel53").markers
    positions = markers_from_curves(curves, body or Body(), names)
    return positions + soft_tissue_and_noise(rng, names, len(times_s), rate_hz)


def write_synthetic_recordings(
    folder: str | Path,
    count: int = 36,
    seconds: float = 12.0,
    seed: int = 0,
    rate_hz: float = 35.0,
) -> list[Path]:
    """Write synthetic recordings in the field's file layout: `synthetic_1.npy`, `synthetic_2.npy`, ...

    Args:
        folder: the output folder; created if missing.
        count: number of recordings.
        seconds: duration of each.
        seed: random seed of the first recording; each further one adds 1.
        rate_hz: frames per second.

    Returns:
        The written files: float32 `[55, T, 3]`, metres, z down.

    Raises:
        UserError: as in `synthesize_recording`.
    """
    paths = []
    for number in range(count):
        path = Path(folder) / f"synthetic_{number + 1}.npy"
        positions = synthesize_recording(seed + number, seconds, rate_hz)
        rows = to_field_rows(positions, load_skeleton("mariel53"))
        with written_aside(path) as aside:
            np.save(aside, rows)
        paths.append(path)
    return paths


def choreograph(
    rng: np.random.Generator, seconds: float, phrases: Sequence[str] = tuple(PHRASES)
) -> Choreography:
    """Append random phrases until the duration is reached.

    No phrase occurs twice in a row. The probability of a phrase falls with its number of occurrences.

    Args:
        rng: random generator.
        seconds: minimum duration.
        phrases: names of at least two phrases of `PHRASES`.
    """
    dance = Choreography(rng)
    dance.stand(rng.uniform(-0.6, 0.6, 2), float(rng.uniform(-180, 180)))
    names = list(phrases)
    danced = [""]
    while dance.time_s < seconds:
        weights = [PHRASES[name][1] / (1 + danced.count(name)) for name in names]
        allowed = np.array(weights) * np.array([name != danced[-1] for name in names])
        danced.append(str(rng.choice(names, p=allowed / allowed.sum())))
        dance.support = dance.choose("L", "R")  # the weight is on both feet between phrases
        PHRASES[danced[-1]][0](dance)
    return dance


def check_request(seed: int, seconds: float, rate_hz: float) -> None:
    """Check what a synthetic recording is asked for.

    Raises:
        UserError: duration, rate or seed is out of range.
    """
    if seed < 0:
        raise UserError(f"seed is {seed}; it must be 0 or more")
    if not rate_hz > 0:
        raise UserError(f"rate_hz is {rate_hz}; it must be more than 0")
    if not 1 <= seconds * rate_hz < np.inf:
        raise UserError(
            f"seconds is {seconds} at {rate_hz} frames per second; a recording needs at least one frame: "
            "give for example 60"
        )


def add_natural_motion(
    curves: dict[str, FloatArray], rng: np.random.Generator, rate_hz: float
) -> dict[str, FloatArray]:
    """Curves with anticipation of the head, follow-through of the hands, sway and breathing."""
    frames = len(curves["pelvis_yaw_deg"])
    curves = dict(curves)
    _add_anticipation(curves, rate_hz)
    _add_follow_through(curves, rate_hz)
    for name in curves:
        if sway_deg := _SWAY_DEG.get(name.lstrip("LR")):
            curves[name] = curves[name] + sway_deg * smooth_noise(rng, (frames,), 0.35, rate_hz)
    breath = np.sin(2 * np.pi * 0.27 * np.arange(frames) / rate_hz + rng.uniform(0, 2 * np.pi))
    curves["spine_flexion_deg"] = curves["spine_flexion_deg"] - 0.8 * breath
    return curves


def _add_anticipation(curves: dict[str, FloatArray], rate_hz: float) -> None:
    """Head and chest turn towards the direction that the body faces a quarter of a second later."""
    yaw_deg = curves["pelvis_yaw_deg"]
    times_s = np.arange(len(yaw_deg)) / rate_hz
    ahead_deg = np.interp(times_s + 0.25, times_s, yaw_deg) - yaw_deg
    lead = np.tanh(ahead_deg / 60) * (1 - curves["spotting"])
    curves["head_yaw_deg"] = curves["head_yaw_deg"] + 38 * lead
    curves["spine_twist_deg"] = curves["spine_twist_deg"] + 9 * lead


def _add_follow_through(curves: dict[str, FloatArray], rate_hz: float) -> None:
    """Hands lag behind an arm that rises or falls."""
    for side in "LR":
        rising = np.gradient(curves[side + "arm_elevation_deg"]) * rate_hz
        late = np.interp(np.arange(len(rising)) - 0.06 * rate_hz, np.arange(len(rising)), rising)
        curves[side + "wrist_deg"] = curves[side + "wrist_deg"] + 22 * np.tanh(late / 220)


def soft_tissue_and_noise(
    rng: np.random.Generator, names: Sequence[str], frames: int, rate_hz: float
) -> FloatArray:
    """Displacement of the skin over the bones plus measurement noise, `[T, J, C]` in metres."""
    displacement_mm = [SOFT_TISSUE_MM[MARKERS[name][0].lstrip("LR")] for name in names]
    per_axis_m = np.array(displacement_mm)[:, None] / 1000 / np.sqrt(3)
    shape = (frames, len(names), 3)
    displacement_m = per_axis_m * smooth_noise(rng, shape, _SOFT_TISSUE_HZ, rate_hz)
    result: FloatArray = displacement_m + _WHITE_NOISE_M * rng.standard_normal(shape)
    return result
