"""Prepared CMU files agree with the virtual markers that were computed from them."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.mocap.formats.bvh import read_bvh
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.preparation import cmu_file, opening
from mariel_gnn.mocap.preparation.cmu_file import LOST_OFFSETS, describe_take, read_cmu_file
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.published import CmuTake
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from tests.mocap.preparing import prepare_file

pytest.importorskip("pybvh")
CMU21 = load_skeleton("cmu21")
PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "cmu_bvh"
TAKE = CmuTake("salsa_60_01", "", "", None, "daz", 60.0, -0.02, ((10, 100), (110, None)))


@pytest.fixture
def fake_file(tmp_path, monkeypatch, dance, mariel53):
    """The synthetic dancer as the content of a `.bvh` file: centimetres, y up, stated rate 120 Hz."""
    path = tmp_path / "any.bvh"
    path.write_text("HIERARCHY")
    positions = 100 * dance[:400][..., [1, 2, 0]].astype(float)
    content = MarkerFile(positions, mariel53.markers, "cm", "y", 120.0, False, False)
    monkeypatch.setattr(cmu_file, "read_bvh", lambda *_: content)
    monkeypatch.setattr(opening, "find_cmu_take", lambda _: TAKE)
    return path


def test_the_table_overrules_the_file(fake_file, dance):
    found = read_cmu_file(fake_file, TAKE)
    assert (found.rate_hz, found.unit, found.up) == (60.0, "cm", "y")
    assert np.isnan(found.positions[[0, 9, 100, 109]]).all()
    assert np.isfinite(found.positions[[10, 99, 110, 399]]).all()
    raised_m = found.positions[50, :, 1] / 100 - dance[50, :, 2]
    np.testing.assert_allclose(raised_m, 0.02, atol=1e-6)


def test_the_report_describes_the_corrections(fake_file, finding):
    prepared = prepare_file(fake_file, PreparationOptions())
    known = finding(prepared, "published")
    assert known == describe_take(TAKE, 400)
    for word in (
        "salsa_60_01",
        "60 frames a second",
        "20 of 400 frames",
        "0-9, 100-109",
        "0.020 m",
    ):
        assert word in known
    assert finding(prepared, "rate") == "60 frames a second, known for this file; resampled to 35"
    (part,) = prepared.parts  # ten frames at 60 Hz are a short gap, which is filled
    assert len(part) == pytest.approx(390 * 35 / 60, abs=1)


def test_the_users_rate_overrules_the_table(fake_file, finding):
    prepared = prepare_file(fake_file, PreparationOptions(source_rate_hz=70.0))
    assert finding(prepared, "rate") == "70 frames a second, as given; resampled to 35"
    assert prepared.before.rate_hz == 70


def published(name: str, folder: Path) -> Path:
    packed = PUBLISHED / f"{name}.bvh.gz"
    if not packed.exists():
        pytest.skip(f"{packed} is absent")
    path = folder / f"{name}.bvh"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


def virtual_markers(name: str, skeleton) -> np.ndarray:
    path = PUBLISHED.parent / "recordings" / f"{name}.npy"
    return read_recording(path, skeleton, 35.0).positions


def middle(positions, skeleton, markers):
    return np.mean([positions[:, skeleton.markers.index(marker)] for marker in markers], axis=0)


# Joints and the markers around them; the distance is that of skin from joint.
AROUND = {"knee": ("KNE", "KNI"), "ankle": ("ANK",), "wrist": ("IWR", "OWR"), "elbow": ("ELB", "IEL"),
          "toe": ("MT1", "MT5"), "shoulder": ("FSH", "BSH")}  # fmt: skip


@pytest.mark.parametrize("name", ["modern_05_04", "martial_135_07", "salsa_61_10_b"])
def test_joints_lie_between_their_markers(tmp_path, mariel53, name):
    prepared = prepare_file(
        published(name.removesuffix("_b"), tmp_path), PreparationOptions(), CMU21
    )
    part = prepared.parts[-1]
    markers = virtual_markers(name, mariel53)
    assert part.rate_hz == 35
    assert abs(len(part) - len(markers)) <= 1
    frames = min(len(part), len(markers))
    for joint, around in AROUND.items():
        for side in ("left", "right"):
            own = part.positions[:frames, CMU21.markers.index(f"{side}_{joint}")]
            near = [side[0].upper() + marker for marker in around]
            distance = np.linalg.norm(own - middle(markers[:frames], mariel53, near), axis=1)
            assert np.median(distance) < 0.085, (joint, side)
    low = part.positions[:, [CMU21.markers.index(f"{side}_toe") for side in ("left", "right")], 2]
    assert 0.0 < np.median(low.min(axis=1)) < 0.12


def test_both_parts_of_a_cut_take_start_where_they_did(tmp_path, finding):
    prepared = prepare_file(published("salsa_60_10", tmp_path), PreparationOptions(), CMU21)
    first, second = prepared.parts
    assert second.start_frame - first.start_frame == 209  # 5.97 s
    assert (len(first), len(second)) == (97, 485)
    assert "176-367" in finding(prepared, "published")


def test_whole_body_jumps_are_bridged(tmp_path):
    (part,) = prepare_file(published("salsa_60_09", tmp_path), PreparationOptions(), CMU21).parts
    speed = 35 * np.linalg.norm(np.diff(part.positions, axis=0), axis=2)
    assert speed.max() < 6


def test_lost_bones_are_added(tmp_path):
    path = published("modern_05_03", tmp_path)
    plain, corrected = read_bvh(path), read_bvh(path, LOST_OFFSETS["cmu"])

    def bone(found, a, b):
        ends = [found.positions[50, found.labels.index(name)] for name in (a, b)]
        return np.linalg.norm(ends[0] - ends[1])

    for a, b, length in (("Spine1", "Neck", 2.11), ("LeftHand", "LeftFingerBase", 1.22)):
        assert bone(plain, a, b) == pytest.approx(0, abs=1e-6)
        assert bone(corrected, a, b) == pytest.approx(length, abs=0.01)
    assert bone(corrected, "LeftLeg", "LeftFoot") == pytest.approx(
        bone(plain, "LeftLeg", "LeftFoot")
    )
