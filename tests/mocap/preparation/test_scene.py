"""Several dancers of one room: what is done to one is done to all, and frame t is one moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import from_z_up
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.preparation.prepare_file import PreparedRecording
from mariel_gnn.mocap.preparation.prepare_scene import prepare_scene
from mariel_gnn.mocap.preparation.scene import open_scene
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict

MARKERS = load_skeleton("mariel53").markers
Floats = NDArray[np.float32]
Prepare = Callable[..., dict[str, PreparedRecording]]
TOLERANCE_M = 1e-4


@pytest.fixture(scope="session")
def couple(dance: Floats) -> dict[str, Floats]:
    """Twelve seconds of two dancers, `[T, 53, C]` each."""
    return {"Anna": dance[:420], "Ben": dance[600:1020] + np.float32([1.5, 0.5, 0.0])}


def write(path: Path, dancers: dict[str, Floats], markers: tuple[str, ...] = MARKERS) -> Path:
    names = [f"{dancer}:{name}" for dancer in dancers for name in markers]
    together = np.concatenate([*dancers.values()], axis=1).astype(np.float32)
    scene = skeleton_from_dict({"name": "scene", "markers": names})
    write_recording(path, Recording("scene", together, 35.0, ""), scene)
    return path


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """A function that writes dancers as `.trc`, which states no axis, and prepares the file."""

    def write_and_prepare(
        dancers: dict[str, Floats], **options: Any
    ) -> dict[str, PreparedRecording]:
        given_options = PreparationOptions(**options)
        return prepare_scene(
            open_scene(write(tmp_path / "duet.trc", dancers), given_options), given_options
        )

    return write_and_prepare


def finding(prepared: PreparedRecording, topic: str) -> str:
    return dict(prepared.findings)[topic]


def assert_one_clock(prepared: dict[str, PreparedRecording]) -> None:
    frames = [
        [(part.start_frame, len(part), part.rate_hz, part.source) for part in one.parts]
        for one in prepared.values()
    ]
    assert all(own == frames[0] for own in frames)


def test_a_clean_scene_is_unchanged(prepare: Prepare, couple: dict[str, Floats]) -> None:
    prepared = prepare(couple)
    assert list(prepared) == ["Anna", "Ben"]
    assert_one_clock(prepared)
    for name, one in prepared.items():
        (part,) = one.parts
        np.testing.assert_allclose(part.positions, couple[name], atol=TOLERANCE_M)
        assert finding(one, "scene") == (
            "two dancers in one scene: Anna, Ben; frames t are simultaneous"
        )
        assert one.skeleton.markers == MARKERS


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(
        st.tuples(st.sampled_from(["Anna", "Ben"]), st.integers(0, 400), st.integers(1, 40)),
        max_size=4,
    ),
    rate_hz=st.sampled_from([35.0, 70.0, 20.0]),
)
def test_a_gap_of_one_cuts_both_and_moves_neither(
    prepare: Prepare, couple: dict[str, Floats], gaps: list[tuple[str, int, int]], rate_hz: float
) -> None:
    gapped = {name: one.copy() for name, one in couple.items()}
    for name, start, frames in gaps:
        gapped[name][start : start + frames, 7] = np.nan
    prepared = prepare(gapped, rate_hz=rate_hz)
    assert_one_clock(prepared)
    long = [(a, a + n) for _, a, n in gaps if n > 7 or a == 0 or a + n >= 420]
    for name, one in prepared.items():
        for part in one.parts:
            assert np.isfinite(part.positions).all()
            first, last = part.start_frame * 35 / rate_hz, part.end_frame * 35 / rate_hz
            inside = (first + 2, last - 2)  # resampled frames are rounded
            assert not [gap for gap in long if max(gap[0], inside[0]) < min(gap[1], inside[1])]
            if rate_hz == 35:
                own = couple[name][part.start_frame : part.end_frame]
                others = np.delete(np.arange(53), 7)
                np.testing.assert_allclose(
                    part.positions[:, others], own[:, others], atol=TOLERANCE_M
                )


@pytest.mark.parametrize("off_m", [-0.6, 0.4])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("up", ["y", "-y", "x", "z"])
def test_floor_sides_and_axis_are_corrected_for_all_alike(
    prepare: Prepare, couple: dict[str, Floats], off_m: float, mirrored: bool, up: str
) -> None:
    changed = {}
    for name, one in couple.items():
        wrong = (one + np.array([0, 0, off_m])) * [1, -1 if mirrored else 1, 1]
        # The file is written with y up, so its content is that of a file with `up` up.
        changed[name] = from_z_up(from_z_up(wrong.astype(float), up), "-y")
    prepared = prepare(changed)
    assert_one_clock(prepared)
    anna, ben = (one.parts[0].positions for one in prepared.values())
    # The horizontal axes depend on the file's; heights and all distances between the dancers do not.
    shift = anna[..., 2] - couple["Anna"][..., 2]
    np.testing.assert_allclose(shift, ben[..., 2] - couple["Ben"][..., 2], atol=TOLERANCE_M)
    np.testing.assert_allclose(shift, shift[0, 0], atol=TOLERANCE_M)
    assert abs(shift[0, 0]) < 0.03
    for marker in (0, 20, 52):
        np.testing.assert_allclose(
            np.linalg.norm(anna[:, marker] - ben[:, 52 - marker], axis=1),
            np.linalg.norm(couple["Anna"][:, marker] - couple["Ben"][:, 52 - marker], axis=1),
            atol=TOLERANCE_M,
        )
    for one in prepared.values():
        assert ("the scene was reversed" in finding(one, "left and right")) == mirrored
        assert "correct in" in finding(one, "left and right")
        assert finding(one, "floor").endswith("(all dancers alike)")


def test_a_scene_with_one_reversed_dancer_is_not_mirrored(
    prepare: Prepare, couple: dict[str, Floats]
) -> None:
    anna = couple["Anna"]
    skeleton = load_skeleton("mariel53")
    changed = couple | {"Anna": anna[:, list(skeleton.mirror)]}  # left names on the right
    prepared = prepare(changed)
    np.testing.assert_allclose(prepared["Ben"].parts[0].positions, couple["Ben"], atol=TOLERANCE_M)
    assert "kept, since another dancer is not" in finding(prepared["Anna"], "left and right")
    assert "reversed" not in finding(prepared["Ben"], "left and right")


def test_one_dancer_in_the_air_does_not_move_the_floor(
    prepare: Prepare, couple: dict[str, Floats]
) -> None:
    lifted = couple | {"Ben": couple["Ben"] + np.float32([0, 0, 1.2])}
    prepared = prepare(lifted)
    for name, one in prepared.items():
        np.testing.assert_allclose(one.parts[0].positions, lifted[name], atol=TOLERANCE_M)


def test_a_jump_of_one_body_cuts_both(prepare: Prepare, couple: dict[str, Floats]) -> None:
    jumped = couple["Ben"].copy()
    jumped[210:] += np.float32([3, 0, 0])
    prepared = prepare(couple | {"Ben": jumped})
    for one in prepared.values():
        assert [(part.start_frame, len(part)) for part in one.parts] == [(0, 210), (210, 210)]


def test_the_time_that_a_partner_costs_is_told(prepare: Prepare, couple: dict[str, Floats]) -> None:
    gapped = couple["Ben"].copy()
    gapped[350:] = np.nan
    prepared = prepare(couple | {"Ben": gapped})
    assert "2.0 s of Anna cut where another has gaps" in finding(prepared["Anna"], "scene")
    assert "cut where" not in finding(prepared["Ben"], "scene")


def test_dancers_that_are_never_whole_together_are_refused(
    prepare: Prepare, couple: dict[str, Floats]
) -> None:
    gapped = {name: one.copy() for name, one in couple.items()}
    gapped["Anna"][:200, 3] = np.nan
    gapped["Ben"][210:, 3] = np.nan
    with pytest.raises(UserError, match=r"Anna and Ben are never whole at the same time for 1 s"):
        prepare(gapped)


def test_one_scale_is_that_of_the_tallest(prepare: Prepare, couple: dict[str, Floats]) -> None:
    small = couple | {"Ben": couple["Ben"] * np.float32(0.7)}
    prepared = prepare(small, height_m=2.0)
    heights = [np.ptp(one.parts[0].positions[..., 2]) for one in prepared.values()]
    before = [np.ptp(one[..., 2]) for one in small.values()]
    np.testing.assert_allclose(heights[0] / before[0], heights[1] / before[1], rtol=1e-4)
    assert "one scale for the scene: Anna 2.00 m, Ben 1." in finding(prepared["Ben"], "size")


def test_a_subject_is_prepared_alone(prepare: Prepare, couple: dict[str, Floats]) -> None:
    prepared = prepare(couple, subject="Ben")
    assert list(prepared) == [""]
    np.testing.assert_allclose(prepared[""].parts[0].positions, couple["Ben"], atol=TOLERANCE_M)
    assert "scene" not in dict(prepared[""].findings)
    with pytest.raises(UserError, match=r"has no markers of 'Bea'. Did you mean 'Ben'"):
        prepare(couple, subject="Bea")


def test_a_new_set_has_the_markers_that_all_dancers_show(
    tmp_path: Path, couple: dict[str, Floats]
) -> None:
    names = tuple(f"M{number}" for number in range(53))
    rare = {name: one.copy() for name, one in couple.items()}
    rare["Ben"][40:, 5] = np.nan
    rare["Anna"][:300, 6] = np.nan
    path = write(tmp_path / "duet.trc", rare, names)
    options = PreparationOptions(up="y")
    prepared = prepare_scene(open_scene(path, options), options)
    assert_one_clock(prepared)
    for one in prepared.values():
        assert one.is_new
        assert {*names} - {*one.skeleton.markers} == {"M5", "M6"}
        assert "2 others left out" in finding(one, "markers")


def test_a_missing_marker_of_one_is_left_out_of_both(
    tmp_path: Path, couple: dict[str, Floats]
) -> None:
    names = [f"Anna:{name}" for name in MARKERS]
    names += [f"Ben:{name if name != 'LANK' else 'LANKLE'}" for name in MARKERS]
    scene = skeleton_from_dict({"name": "scene", "markers": names})
    together = np.concatenate([*couple.values()], axis=1)
    write_recording(tmp_path / "duet.trc", Recording("duet", together, 35.0, ""), scene)
    options = PreparationOptions()
    prepared = prepare_scene(open_scene(tmp_path / "duet.trc", options), options)
    for one in prepared.values():
        assert {*MARKERS} - {*one.skeleton.markers} == {"LANK"}
    assert "LANK (nearest: LANKLE)" in finding(prepared["Ben"], "markers")


def test_dancers_of_different_sets_are_refused(tmp_path: Path, couple: dict[str, Floats]) -> None:
    names = [f"Anna:{name}" for name in MARKERS] + [f"Ben:M{n}" for n in range(40)]
    scene = skeleton_from_dict({"name": "scene", "markers": names})
    together = np.concatenate([couple["Anna"], couple["Ben"][:, :40]], axis=1)
    write_recording(tmp_path / "duet.trc", Recording("duet", together, 35.0, ""), scene)
    options = PreparationOptions(up="y")
    with pytest.raises(
        UserError, match=r"Anna and Ben have only 0 of 53 markers in common.*--subject"
    ):
        prepare_scene(open_scene(tmp_path / "duet.trc", options), options)


def test_a_lying_dancer_follows_the_axis_of_the_standing_one(
    prepare: Prepare, couple: dict[str, Floats]
) -> None:
    lying = couple["Ben"][..., [0, 2, 1]] * np.float32([1, -1, 1])
    prepared = prepare(couple | {"Ben": lying})
    for name, expected in (couple | {"Ben": lying}).items():
        found = prepared[name].parts[0].positions
        np.testing.assert_allclose(found - found[0, 0], expected - expected[0, 0], atol=TOLERANCE_M)


def test_three_dancers_are_one_scene(prepare: Prepare, couple: dict[str, Floats]) -> None:
    prepared = prepare(couple | {"Cy": couple["Anna"] + np.float32([-2, 0, 0])})
    assert_one_clock(prepared)
    assert finding(prepared["Cy"], "scene").startswith("three dancers in one scene: Anna, Ben, Cy;")


def test_a_prop_is_left_out_and_told(tmp_path: Path, couple: dict[str, Floats]) -> None:
    names = [f"{dancer}:{name}" for dancer in couple for name in MARKERS] + [
        "Sword:tip",
        "Sword:hilt",
    ]
    scene = skeleton_from_dict({"name": "scene", "markers": names})
    together = np.concatenate([*couple.values(), couple["Anna"][:, :2] + np.float32(0.3)], axis=1)
    write_recording(tmp_path / "duet.trc", Recording("duet", together, 35.0, ""), scene)
    for options in (PreparationOptions(), PreparationOptions(subject="Ben")):
        prepared = prepare_scene(open_scene(tmp_path / "duet.trc", options), options)
        for one in prepared.values():
            assert len(one.skeleton) == 53
            assert "2 markers belong to no dancer: Sword:tip, Sword:hilt" in finding(one, "file")
