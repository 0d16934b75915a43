"""Laws of bringing: every fault that is put into a dance is found, told and mended; none is made up."""

import re

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import METRES, from_z_up
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.prepare_file import PreparationOptions, prepare_file
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict

MARIEL = load_skeleton("mariel53")
NEAR_M = 1e-4


def index(name):
    return MARIEL.markers.index(name)


def test_a_clean_take_stays_as_it_is(brought, take, said):
    found = brought(take)
    (part,) = found.parts
    np.testing.assert_allclose(part.positions, take, atol=NEAR_M)
    assert said(found, "gaps") == "none"
    assert said(found, "jumps") == "none"
    assert "53 of skeleton mariel53" in said(found, "markers")
    assert not found.is_new


@pytest.mark.parametrize("up", ["x", "-x", "-y", "z", "-z"])
def test_up_is_where_the_head_is(brought, take, said, up):
    # Written with y up, so this is what a file with `up` holds.
    found = brought(from_z_up(from_z_up(take.astype(float), up), "-y")[..., [0, 1, 2]])
    assert "along it the head is over the feet" in said(found, "up")
    height = found.parts[0].positions[:, index("ARIEL"), 2]
    feet = found.parts[0].positions[:, index("LHEL"), 2]
    assert (height > feet).mean() > 0.9
    bones = [np.linalg.norm(p[:, index("LKNE")] - p[:, index("LANK")], axis=1)
             for p in (found.parts[0].positions, take)]  # fmt: skip
    np.testing.assert_allclose(bones[0], bones[1], atol=NEAR_M)


@pytest.mark.parametrize("unit", ["m", "cm", "mm", "in"])
def test_the_unit_is_the_one_that_gives_a_dancer(tmp_path, take, said, unit):
    np.save(tmp_path / "take.npy", (take / METRES[unit]).astype(np.float32))
    found = prepare_file(tmp_path / "take.npy", PreparationOptions())
    np.testing.assert_allclose(found.parts[0].positions, take, atol=1e-3)
    assert f"{unit}" in said(found, "size")


@pytest.mark.parametrize("unit", ["ft", "cmu"])
def test_where_no_usual_unit_gives_a_dancer_it_is_asked_for(tmp_path, take, unit):
    np.save(tmp_path / "take.npy", (take / METRES[unit]).astype(np.float32))
    with pytest.raises(UserError, match="--height_m") as caught:
        prepare_file(tmp_path / "take.npy", PreparationOptions())
    assert "\n" not in str(caught.value)
    assert re.search(rf"stand 1\.\d+ m with --unit {unit}: give", str(caught.value))
    told = prepare_file(tmp_path / "take.npy", PreparationOptions(unit=unit)).parts[0].positions
    np.testing.assert_allclose(told, take, atol=1e-3)
    tall = prepare_file(tmp_path / "take.npy", PreparationOptions(height_m=1.7)).parts[0].positions
    ratio = np.linalg.norm(np.ptp(tall, axis=0), axis=1) / np.linalg.norm(
        np.ptp(take, axis=0), axis=1
    )
    assert np.ptp(ratio) < 1e-3
    assert 0.8 < ratio.mean() < 1.25


def test_a_mirrored_dancer_is_mirrored_back(brought, take, said):
    found = brought(take * (1, -1, 1))
    assert "mirrored back" in said(found, "left and right")
    np.testing.assert_allclose(found.parts[0].positions, take, atol=NEAR_M)
    kept = brought(take * (1, -1, 1), mirror=False)
    np.testing.assert_allclose(kept.parts[0].positions, take * (1, -1, 1), atol=NEAR_M)
    assert "kept" in said(kept, "left and right")


@pytest.mark.parametrize("names", [("LANK", "RANK"), ("LIWR", "RIWR"), ("LKNE", "RKNE")])
def test_partners_that_trade_places_are_put_back(brought, take, said, names):
    left, right = map(index, names)
    traded = take.copy()
    traded[100:140, [left, right]] = take[100:140, [right, left]]
    found = brought(traded)
    assert f"put back ({names[0]})" in said(found, "left and right")
    np.testing.assert_allclose(found.parts[0].positions, take, atol=NEAR_M)


def test_a_leap_out_and_back_is_taken_out(brought, take, said):
    leapt = take.copy()
    leapt[200:203, index("LOHAND")] += (0.0, 0.9, 0.8)
    found = brought(leapt)
    assert "3 positions of markers that leapt" in said(found, "jumps")
    (part,) = found.parts
    assert np.abs(part.positions - take).max() < 0.1  # a straight line over three frames
    others = np.delete(np.arange(53), index("LOHAND"))
    np.testing.assert_allclose(part.positions[:, others], take[:, others], atol=NEAR_M)


def test_a_body_that_leaps_is_cut_there(brought, take, said):
    leapt = take.copy()
    leapt[210:] += (3.0, 0.0, 0.0)
    found = brought(leapt)
    assert "cut there" in said(found, "jumps")
    assert [len(part) for part in found.parts] == [210, 210]


@pytest.mark.parametrize("off_m", [-0.6, -0.1, 0.2, 1.5])
def test_who_stands_under_the_floor_or_over_it_is_set_on_it(brought, take, said, off_m):
    off = take + np.array([0, 0, off_m])
    found = brought(off)
    lowest = found.parts[0].positions[..., 2].min(axis=1)
    assert abs(np.quantile(lowest, 0.05)) < 1e-3
    assert said(found, "floor").endswith("lifted" if off_m < 0 else "set down")
    shift = found.parts[0].positions - take
    np.testing.assert_allclose(shift - shift[0, 0], 0, atol=NEAR_M)  # moved, never bent
    kept = brought(off, floor=False)
    np.testing.assert_allclose(kept.parts[0].positions, off, atol=NEAR_M)
    assert said(kept, "floor").endswith("kept")


def test_who_never_stands_is_left_where_they_are(brought, take, said):
    swinging = take + np.stack([0 * (t := np.arange(420)), 0 * t, 1 - np.cos(t / 20)], 1)[:, None]
    found = brought(swinging - (0, 0, 0.3))
    np.testing.assert_allclose(found.parts[0].positions, swinging - (0, 0, 0.3), atol=NEAR_M)
    assert "seldom stand there" in said(found, "floor")


def test_gaps_are_filled_or_cut_and_told(brought, take, said):
    gapped = take.copy()
    gapped[50:54, index("STRN")] = np.nan
    gapped[200:230, index("C7")] = np.nan
    found = brought(gapped)
    assert "4 filled on straight lines" in said(found, "gaps")
    assert "most of them of C7" in said(found, "gaps")
    assert [len(part) for part in found.parts] == [200, 190]
    assert all(np.isfinite(part.positions).all() for part in found.parts)
    np.testing.assert_allclose(found.before.positions, gapped, atol=NEAR_M)


def test_a_marker_that_is_hardly_seen_is_named_when_nothing_is_left(brought, take):
    gapped = take.copy()
    gapped[::10, index("LMT5")] = np.nan
    assert len(brought(gapped).parts) == 1  # short gaps
    gapped[1:, index("LMT5")] = np.nan
    with pytest.raises(UserError, match="LMT5"):
        brought(gapped)


def test_markers_that_are_not_there_are_named_and_so_are_those_left_out(tmp_path, take, said):
    names = [name if name != "LANK" else "LANKLE" for name in MARIEL.markers] + ["Stick1", "*7"]
    beside = np.concatenate([take, take[:, :2] + np.float32(0.1)], axis=1)
    renamed = skeleton_from_dict({"name": "renamed", "markers": names})
    write_recording(tmp_path / "take.trc", Recording("take", beside, 35.0, ""), renamed)
    found = prepare_file(tmp_path / "take.trc", PreparationOptions())
    assert said(found, "markers") == (
        "52 of skeleton mariel53; lacks 1 of mariel53's 53 markers: LANK (nearest: LANKLE); 3 others "
        "left out, not in this set: LANKLE, Stick1, *7"
    )
    assert found.parts[0].positions.shape[1] == 52
    with pytest.raises(UserError, match=r"LANK \(nearest: LANKLE\)"):
        prepare_file(tmp_path / "take.trc", PreparationOptions(), MARIEL)


def test_what_is_not_stated_is_said(tmp_path, take, said):
    np.save(tmp_path / "take.npy", take)
    assert "--source_rate_hz" in said(
        prepare_file(tmp_path / "take.npy", PreparationOptions()), "rate"
    )
    told = prepare_file(tmp_path / "take.npy", PreparationOptions(source_rate_hz=70))
    assert said(told, "rate").startswith("70 frames a second, as you say; now 35")
    assert len(told.parts[0]) == 210


def test_real_dancers_need_no_mending(real_recordings, said):
    for path in real_recordings[1::8]:
        found = prepare_file(path, PreparationOptions())
        assert "on the dancer's left" in said(found, "left and right")
        assert "put back" not in said(found, "left and right")
        assert "mirrored" not in said(found, "left and right")
        assert said(found, "floor") == "the feet are on it"
        if sum(map(len, found.parts)) < len(found.before):
            assert "cut" in said(found, "jumps")
