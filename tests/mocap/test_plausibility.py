"""One place decides what a plausible body, rate and room are, and every command asks it.

Impossible values are refused with what fits; unusual ones are read and reported.
"""

import dataclasses
import itertools

import numpy as np
import pytest

from experiments import convert, prepare, view
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import to_recording
from mariel_gnn.mocap.formats.marker_file import METRES, MarkerFile
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.loading import load_recordings, read_clip
from mariel_gnn.mocap.plausibility import RATES_HZ, body_extents
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from tests.mocap.preparing import prepare_file

SKELETON = load_skeleton("mariel53")
HANDS = [SKELETON.markers.index(side + name) for side in "LR" for name in ("IHAND", "OHAND", "IWR")]
UPPER = [n for n, part in enumerate(SKELETON.part_of) if part and "leg" not in part]


@pytest.fixture(scope="module")
def body(dance):
    return dance[:200].astype(np.float64)


@pytest.fixture(scope="module")
def take_in_mm(dance, tmp_path_factory):
    path = tmp_path_factory.mktemp("mm") / "take.npy"
    np.save(path, 1000 * dance[:200])
    return path


def content(positions, labels=SKELETON.markers, **statements) -> MarkerFile:
    return MarkerFile(positions, tuple(labels), **{"rate_hz": 35.0} | statements)


def read(found, tmp_path, **given_by_user):
    return to_recording(found, tmp_path / "take.any", **given_by_user)


def refusal_or_notes(found, tmp_path) -> str:
    try:
        return notes_of(found, tmp_path)
    except UserError as error:
        return str(error)


def notes_of(found, tmp_path, **given_by_user) -> str:
    return " | ".join(read(found, tmp_path, **given_by_user).notes)


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize(("true", "read_as"), [*itertools.permutations(METRES, 2)])
def test_a_wrong_unit_is_never_silent(body, tmp_path, stated, true, read_as):
    found = content(body / METRES[true], unit=read_as, unit_stated=stated)
    ratio = METRES[read_as] / METRES[true]
    if 0.35 < ratio < 2.4:  # the body is 0.8 m or 4 m tall
        assert refusal_or_notes(found, tmp_path)
        return
    with pytest.raises(UserError, match=rf"{true}: 1\.8") as caught:
        read(found, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("unit", METRES)
def test_the_right_unit_is_read_without_a_word(body, tmp_path, unit):
    for stated in (True, False):
        found = content(body / METRES[unit], unit=unit, unit_stated=stated)
        recording = read(found, tmp_path)
        np.testing.assert_allclose(recording.positions, body, atol=1e-5)
        assert recording.notes == ()


def test_a_unit_that_the_user_gives_is_believed_and_doubted(body, tmp_path):
    assert "implausible" in notes_of(content(body), tmp_path, unit="ft")
    assert "implausible" in notes_of(content(1000 * body), tmp_path, unit="cm")
    assert notes_of(content(1000 * body, unit_stated=False), tmp_path, unit="mm") == ""


def lying(positions):
    return positions[..., [2, 1, 0]] * (1, 1, -1) + np.array([0, 0, 0.4])


def with_partner(positions):
    return np.concatenate([positions, positions + np.array([6, 2, 0])], axis=1)


PLAUSIBLE = {
    "lying": lambda p: (lying(p), SKELETON.markers),
    "crawling": lambda p: (lying(p)[..., [1, 0, 2]] * (1, -1, 1), SKELETON.markers),
    "jumping": lambda p: (p + np.array([0, 0, 1.2]), SKELETON.markers),
    "child": lambda p: (0.6 * p, SKELETON.markers),
    "upper body": lambda p: (p[:, UPPER], [SKELETON.markers[n] for n in UPPER]),
    "legs never seen": lambda p: (np.where(np.isin(np.arange(53), UPPER)[:, None], 0.6 * p, np.nan),
                                  SKELETON.markers),
    "two dancers": lambda p: (with_partner(p), [d + m for d in "AB" for m in SKELETON.markers]),
    "one marker lost far away": lambda p: (np.where(np.arange(53)[:, None] == 7, 9e4, p),
                                           SKELETON.markers),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLAUSIBLE)
@pytest.mark.parametrize("stated", [True, False])
def test_unusual_dancers_are_read(body, tmp_path, kind, stated):
    positions, labels = PLAUSIBLE[kind](body)
    recording = read(content(positions, labels, unit_stated=stated), tmp_path)
    reported = [note for note in recording.notes if "a part of a body" not in note]
    assert "unit" not in " ".join(reported)


@pytest.mark.parametrize("kind", ["lying", "child", "upper body", "jumping"])
def test_unusual_dancers_are_prepared(body, tmp_path, kind):
    positions, labels = PLAUSIBLE[kind](body)
    path = tmp_path / "take.npz"
    np.savez(path, positions_m=positions, markers=np.array(labels), rate_hz=35.0)
    (part,) = prepare_file(path, PreparationOptions(up="z", floor=False)).parts
    assert len(part) == len(positions)


def test_a_part_of_a_body_is_reported(body, tmp_path):
    hand = HANDS[:3]
    found = content(body[:, hand * 2] + np.zeros((6, 3)), [f"H{n}" for n in range(6)])
    assert "a part of a body" in notes_of(found, tmp_path)


def test_markers_of_one_position_are_no_body(tmp_path):
    with pytest.raises(UserError, match="has no body"):
        read(content(np.ones((9, 53, 3))), tmp_path)


@pytest.mark.parametrize("rate_hz", [0.1, 1e-9, 0.0, 30_000.0, 1e6, float("nan"), float("inf")])
def test_a_rate_that_no_capture_has_is_refused_unless_the_user_states_one(body, tmp_path, rate_hz):
    found = content(body, rate_hz=rate_hz)
    with pytest.raises(UserError, match="--rate_hz") as caught:
        read(found, tmp_path)
    assert "\n" not in str(caught.value)
    assert read(found, tmp_path, rate_hz=50.0).rate_hz == 50
    path = tmp_path / "take.npz"
    np.savez(path, positions_m=body, markers=np.array(SKELETON.markers), rate_hz=rate_hz)
    with pytest.raises(UserError, match="--source_rate_hz"):
        prepare_file(path, PreparationOptions())


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_slowest_and_the_fastest_capture_are_read(body, tmp_path, rate_hz):
    assert read(content(body[:, :, :] * 1.0, rate_hz=rate_hz), tmp_path).rate_hz == rate_hz


def test_an_unusual_speed_duration_or_place_is_reported(body, tmp_path):
    assert "order of the frames" in notes_of(
        content(body[::-17].repeat(1, 0)[::3]), tmp_path, rate_hz=300.0
    )
    assert "one frame" in notes_of(content(body[:1]), tmp_path)
    still = np.repeat(body[:2], 120_000, axis=0)
    assert "13 hours" in notes_of(content(still, rate_hz=5.0), tmp_path)
    far = body.copy()
    far[3, 7] = 5000
    recording = read(content(far), tmp_path)
    assert "over 1,000 m from the origin" in " ".join(recording.notes)
    assert np.isnan(recording.positions[3, 7]).all()
    assert np.isfinite(np.delete(recording.positions, 3, axis=0)).all()
    with pytest.raises(UserError, match="every position is over 1,000 m from the origin"):
        read(content(body + 5e5), tmp_path)


def test_millimetres_are_no_metres_for_any_command(take_in_mm, run_command, tmp_path):
    for command, *arguments in (
        (view, "--out", tmp_path / "v.html"),
        (convert, tmp_path / "t.csv"),
    ):
        line, code = run_command(command, take_in_mm, *arguments)
        assert code
        assert "--unit mm: 1.8" in line
        assert len(line.splitlines()) == 1
    assert not list(tmp_path.iterdir())
    for read_it in (load_recordings, read_clip):
        with pytest.raises(UserError, match=r"experiments\.prepare"):
            read_it(str(take_in_mm), SKELETON)
    line, code = run_command(prepare, take_in_mm, "--out", tmp_path / "prepared")
    assert not code
    assert "in millimetres the dancer stands 1." in line


def test_no_stray_marker_changes_the_extent(body):
    extents = body_extents(body)
    stray = body.copy()
    stray[:, 5] = 9e4
    np.testing.assert_allclose(body_extents(stray), extents, rtol=0.1)
    assert np.isnan(body_extents(np.full((3, 7, 3), np.nan))).all()
    np.testing.assert_allclose(body_extents(7 * body), 7 * extents)


def test_real_recordings_are_read_as_they_are(real_recordings):
    for path in real_recordings:
        recording = read_recording(path)
        assert recording.notes == ()
        field = np.load(path)
        rows = [row for row in range(55) if row not in (26, 53)]
        expected = field[rows].transpose(1, 0, 2) * np.float32([1, -1, -1])
        np.testing.assert_array_equal(recording.positions, expected)
        assert dataclasses.replace(recording).rate_hz == 35
