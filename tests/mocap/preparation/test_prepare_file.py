"""Every fault that a test adds to a take is found, reported and corrected; no other is reported."""

import re

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import METRES, from_z_up
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict
from tests.mocap.preparing import prepare_file

MARIEL = load_skeleton("mariel53")
TOLERANCE_M = 1e-4


def index(name):
    return MARIEL.markers.index(name)


def test_a_clean_take_is_unchanged(prepare, take, finding):
    prepared = prepare(take)
    (part,) = prepared.parts
    np.testing.assert_allclose(part.positions, take, atol=TOLERANCE_M)
    assert finding(prepared, "gaps") == "none"
    assert finding(prepared, "jumps") == "none"
    assert "53 of skeleton mariel53" in finding(prepared, "markers")
    assert not prepared.is_new


@pytest.mark.parametrize("up", ["x", "-x", "-y", "z", "-z"])
def test_the_upright_axis_is_found_from_the_head(prepare, take, finding, up):
    # The file is written with y up, so its content is that of a file with `up` up.
    prepared = prepare(from_z_up(from_z_up(take.astype(float), up), "-y")[..., [0, 1, 2]])
    assert "the head is above the feet along this axis" in finding(prepared, "up")
    height = prepared.parts[0].positions[:, index("ARIEL"), 2]
    feet = prepared.parts[0].positions[:, index("LHEL"), 2]
    assert (height > feet).mean() > 0.9
    bones = [np.linalg.norm(p[:, index("LKNE")] - p[:, index("LANK")], axis=1)
             for p in (prepared.parts[0].positions, take)]  # fmt: skip
    np.testing.assert_allclose(bones[0], bones[1], atol=TOLERANCE_M)


@pytest.mark.parametrize("unit", ["m", "cm", "mm", "in"])
def test_the_unit_that_gives_a_plausible_height_is_used(tmp_path, take, finding, unit):
    np.save(tmp_path / "take.npy", (take / METRES[unit]).astype(np.float32))
    prepared = prepare_file(tmp_path / "take.npy", PreparationOptions())
    np.testing.assert_allclose(prepared.parts[0].positions, take, atol=1e-3)
    assert f"{unit}" in finding(prepared, "size")


@pytest.mark.parametrize("unit", ["ft", "cmu"])
def test_an_error_asks_for_the_unit_if_no_usual_one_is_plausible(tmp_path, take, unit):
    np.save(tmp_path / "take.npy", (take / METRES[unit]).astype(np.float32))
    with pytest.raises(UserError, match="--height_m") as caught:
        prepare_file(tmp_path / "take.npy", PreparationOptions())
    assert "\n" not in str(caught.value)
    assert re.search(rf"stand 1\.\d+ m with --unit {unit}: give", str(caught.value))
    given = prepare_file(tmp_path / "take.npy", PreparationOptions(unit=unit)).parts[0].positions
    np.testing.assert_allclose(given, take, atol=1e-3)
    tall = prepare_file(tmp_path / "take.npy", PreparationOptions(height_m=1.7)).parts[0].positions
    ratio = np.linalg.norm(np.ptp(tall, axis=0), axis=1) / np.linalg.norm(
        np.ptp(take, axis=0), axis=1
    )
    assert np.ptp(ratio) < 1e-3
    assert 0.8 < ratio.mean() < 1.25


def test_a_mirrored_dancer_is_mirrored_back(prepare, take, finding):
    prepared = prepare(take * (1, -1, 1))
    assert "mirrored" in finding(prepared, "left and right")
    np.testing.assert_allclose(prepared.parts[0].positions, take, atol=TOLERANCE_M)
    kept = prepare(take * (1, -1, 1), mirror=False)
    np.testing.assert_allclose(kept.parts[0].positions, take * (1, -1, 1), atol=TOLERANCE_M)
    assert "kept" in finding(kept, "left and right")


@pytest.mark.parametrize("names", [("LANK", "RANK"), ("LIWR", "RIWR"), ("LKNE", "RKNE")])
def test_label_swaps_are_undone(prepare, take, finding, names):
    left, right = map(index, names)
    swapped = take.copy()
    swapped[100:140, [left, right]] = take[100:140, [right, left]]
    prepared = prepare(swapped)
    assert f"1 swaps of labels undone ({names[0]})" in finding(prepared, "left and right")
    np.testing.assert_allclose(prepared.parts[0].positions, take, atol=TOLERANCE_M)


def test_a_marker_jump_is_interpolated(prepare, take, finding):
    jumped = take.copy()
    jumped[200:203, index("LOHAND")] += (0.0, 0.9, 0.8)
    prepared = prepare(jumped)
    assert "3 impossible positions removed: LOHAND at frame 200 (5.71 s)" in finding(
        prepared, "jumps"
    )
    (part,) = prepared.parts
    assert np.abs(part.positions - take).max() < 0.1  # a straight line over three frames
    others = np.delete(np.arange(53), index("LOHAND"))
    np.testing.assert_allclose(part.positions[:, others], take[:, others], atol=TOLERANCE_M)


def test_a_jump_of_the_whole_body_cuts_the_take(prepare, take, finding):
    jumped = take.copy()
    jumped[210:] += (3.0, 0.0, 0.0)
    prepared = prepare(jumped)
    assert "cut there: frame 210 (6.00 s)" in finding(prepared, "jumps")
    assert [len(part) for part in prepared.parts] == [210, 210]


@pytest.mark.parametrize("off_m", [-0.6, -0.1, 0.2, 1.5])
def test_a_dancer_below_or_above_the_floor_is_moved_onto_it(prepare, take, finding, off_m):
    off = take + np.array([0, 0, off_m])
    prepared = prepare(off)
    lowest = prepared.parts[0].positions[..., 2].min(axis=1)
    assert abs(np.quantile(lowest, 0.05)) < 1e-3
    assert finding(prepared, "floor").endswith("raised" if off_m < 0 else "lowered")
    shift = prepared.parts[0].positions - take
    np.testing.assert_allclose(shift - shift[0, 0], 0, atol=TOLERANCE_M)  # translated, not deformed
    kept = prepare(off, floor=False)
    np.testing.assert_allclose(kept.parts[0].positions, off, atol=TOLERANCE_M)
    assert finding(kept, "floor").endswith("kept")


def test_a_dancer_without_a_standing_foot_is_not_moved(prepare, take, finding):
    swinging = take + np.stack([0 * (t := np.arange(420)), 0 * t, 1 - np.cos(t / 20)], 1)[:, None]
    prepared = prepare(swinging - (0, 0, 0.3))
    np.testing.assert_allclose(
        prepared.parts[0].positions, swinging - (0, 0, 0.3), atol=TOLERANCE_M
    )
    assert "rarely at rest there" in finding(prepared, "floor")


def test_gaps_are_filled_or_cut_and_reported(prepare, take, finding):
    gapped = take.copy()
    gapped[50:54, index("STRN")] = np.nan
    gapped[200:230, index("C7")] = np.nan
    prepared = prepare(gapped)
    assert "4 interpolated" in finding(prepared, "gaps")
    assert "most of them of C7" in finding(prepared, "gaps")
    assert [len(part) for part in prepared.parts] == [200, 190]
    assert all(np.isfinite(part.positions).all() for part in prepared.parts)
    np.testing.assert_allclose(prepared.before.positions, gapped, atol=TOLERANCE_M)


def test_an_error_names_the_marker_with_most_gaps_if_no_part_is_left(prepare, take):
    gapped = take.copy()
    gapped[::10, index("LMT5")] = np.nan
    assert len(prepare(gapped).parts) == 1  # short gaps
    gapped[1:, index("LMT5")] = np.nan
    with pytest.raises(UserError, match="LMT5"):
        prepare(gapped)


def test_missing_and_unused_markers_are_named(tmp_path, take, finding):
    names = [name if name != "LANK" else "LANKLE" for name in MARIEL.markers] + ["Stick1", "*7"]
    beside = np.concatenate([take, take[:, :2] + np.float32(0.1)], axis=1)
    renamed = skeleton_from_dict({"name": "renamed", "markers": names})
    write_recording(tmp_path / "take.trc", Recording("take", beside, 35.0, ""), renamed)
    prepared = prepare_file(tmp_path / "take.trc", PreparationOptions())
    assert finding(prepared, "markers") == (
        "52 of skeleton mariel53; lacks 1 of mariel53's 53 markers: LANK (nearest: LANKLE); 3 others "
        "left out, not in this set: LANKLE, Stick1, *7"
    )
    assert prepared.parts[0].positions.shape[1] == 52
    with pytest.raises(UserError, match=r"LANK \(nearest: LANKLE\)"):
        prepare_file(tmp_path / "take.trc", PreparationOptions(), MARIEL)


def test_an_assumed_rate_is_reported(tmp_path, take, finding):
    np.save(tmp_path / "take.npy", take)
    assert "--source_rate_hz" in finding(
        prepare_file(tmp_path / "take.npy", PreparationOptions()), "rate"
    )
    given = prepare_file(tmp_path / "take.npy", PreparationOptions(source_rate_hz=70))
    assert finding(given, "rate").startswith("70 frames a second, as given; resampled to 35")
    assert len(given.parts[0]) == 210


def test_real_recordings_need_no_corrections(real_recordings, finding):
    for path in real_recordings[1::8]:
        prepared = prepare_file(path, PreparationOptions())
        assert "correct in" in finding(prepared, "left and right")
        assert "undone" not in finding(prepared, "left and right")
        assert "mirrored" not in finding(prepared, "left and right")
        assert finding(prepared, "floor") == "the feet are on it"
        if sum(map(len, prepared.parts)) < len(prepared.before):
            assert "cut" in finding(prepared, "jumps")
