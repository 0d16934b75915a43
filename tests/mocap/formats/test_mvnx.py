"""MVNX: what a file states is read, what it contradicts is refused, what it lacks is a gap."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.mvnx import read_mvnx
from mariel_gnn.mocap.formats.mvnx_xml import SEGMENTS
from mariel_gnn.mocap.formats.reading import read_dancers, read_recording, read_with_skeleton
from mariel_gnn.mocap.preparation.options import PreparationOptions
from tests.mocap.preparing import prepare_file

# A standing body, facing +x, left = +y: x, y, z in metres.
_MIDDLE = {
    "Pelvis": 0.95,
    "L5": 1.05,
    "L3": 1.15,
    "T12": 1.25,
    "T8": 1.35,
    "Neck": 1.5,
    "Head": 1.6,
}
_SIDE = {
    "Shoulder": (0, 0.05, 1.45), "UpperArm": (0, 0.2, 1.45), "ForeArm": (0, 0.22, 1.15),
    "Hand": (0.05, 0.24, 0.9), "UpperLeg": (0, 0.1, 0.92), "LowerLeg": (0, 0.1, 0.5),
    "Foot": (0, 0.1, 0.1), "Toe": (0.15, 0.1, 0.03),
}  # fmt: skip
BODY = {name: (0.0, 0.0, height) for name, height in _MIDDLE.items()}
BODY |= {f"Left{name}": place for name, place in _SIDE.items()}
BODY |= {f"Right{name}": (x, -y, z) for name, (x, y, z) in _SIDE.items()}
_CHAINS = ["Pelvis L5 L3 T12 T8 Neck Head"]
_CHAINS += [f"T8 {s}Shoulder {s}UpperArm {s}ForeArm {s}Hand" for s in ("Left", "Right")]
_CHAINS += [f"Pelvis {s}UpperLeg {s}LowerLeg {s}Foot {s}Toe" for s in ("Left", "Right")]
JOINTS = [pair for chain in _CHAINS for pair in pairwise(chain.split())]
Floats = NDArray[np.float64]


def walk(frames: int = 90, seed: int = 0) -> Floats:
    """A body that walks and sways, `[T, 23, C]`."""
    body = np.array([BODY[name] for name in SEGMENTS])
    time = np.arange(frames)[:, None] / 60
    sway = 0.02 * np.sin(2 * time + np.arange(23) + seed)[..., None]
    return body + sway + np.stack([0.5 * time, 0 * time, 0 * time], axis=-1)


def frame(kind: str, attributes: str, position: Floats | None) -> str:
    numbers = "" if position is None else " ".join(f"{value:.6f}" for value in position.ravel())
    text = f"<position>{numbers}</position>" if position is not None else ""
    return (
        f'<frame type="{kind}" {attributes}><orientation>1 0 0 0</orientation>{text}'
        "<velocity>1 2 3</velocity></frame>"
    )


def subject(
    positions: Floats,
    label: str = "Anna",
    rate_hz: float | None = 60,
    numbers: Sequence[int] | None = None,
    times: Sequence[float] | None = None,
    segments: Sequence[str] = SEGMENTS,
) -> str:
    """The XML of one subject; with calibration poses, as the program writes it."""
    numbers = range(len(positions)) if numbers is None else numbers
    times = [round(1000 * n / 60) for n in numbers] if times is None else times
    rate = "" if rate_hz is None else f'frameRate="{rate_hz}"'
    named = "".join(f'<segment id="{n}" label="{name}"/>' for n, name in enumerate(segments))
    joints = "".join(
        f'<joint label="j{b}"><connector1>{a}/j{b}</connector1><connector2>{b}/j{b}</connector2></joint>'
        for a, b in JOINTS
    )
    frames = [frame(kind, 'index="" time="0"', positions[0] + 9) for kind in ("identity", "tpose")]
    frames += [
        frame("normal", f'index="{number}" time="{time}"', position)
        for number, time, position in zip(numbers, times, positions, strict=True)
    ]
    return (
        f"<subject label={quoteattr(label)} {rate}><segments>{named}</segments><joints>{joints}</joints>"
        f"<frames>{''.join(frames)}</frames></subject>"
    )


def document(*subjects: str, version: str = "4") -> str:
    space = 'xmlns="http://www.xsens.com/mvn/mvnx"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><mvnx {space} version="{version}">'
        f"<mvn/>{''.join(subjects)}</mvnx>"
    )


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "take.mvnx"
        path.write_bytes(text.encode(encoding))
        return path

    return to_file


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_mvnx(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_the_positions_names_rate_and_edges_are_read(write: Write) -> None:
    found = read_mvnx(write(document(subject(walk()))))
    np.testing.assert_allclose(found.positions, walk(), atol=1e-6)
    assert (found.labels, found.rate_hz, found.unit, found.up) == (SEGMENTS, 60, "m", "z")
    assert (found.unit_stated, found.up_stated) == (True, True)
    assert found.edges == tuple(JOINTS)
    assert found.notes == (
        "2 calibration frames are left out (identity, tpose)",
        "only positions are read, not orientation, velocity",
    )


def test_it_is_prepared_and_read_like_any_file(write: Write) -> None:
    path = write(document(subject(walk())))
    read = read_with_skeleton(path)
    assert (len(read.skeleton), len(read.skeleton.edges)) == (23, 22)
    assert len(read.skeleton.pairs) == 8
    prepared = dict(prepare_file(path, PreparationOptions()).findings)
    assert prepared["up"] == "z: the head is above the feet"
    assert prepared["left and right"].startswith("correct in 100%")
    assert prepared["rate"].startswith("60 frames a second, as the file states")


@pytest.mark.parametrize(
    "text",
    [
        document(subject(walk()), version="3"),
        document(subject(walk())).replace('xmlns="http://www.xsens.com/mvn/mvnx"', ""),
        document(subject(walk())).replace("<", "<m:").replace("<m:/", "</m:").replace("<m:?", "<?")
        .replace("xmlns=", "xmlns:m="),
        re.sub('type="[a-z]+" ', "", document(subject(walk()))),
        document(subject(walk())).replace("<joint ", "<bone ").replace("</joint>", "</bone>"),
        document(subject(walk())).replace("><", ">\n  <"),
        document(subject(walk(), times=[n / 60 for n in range(90)])),
        document(subject(walk(), times=[0] * 90)),
    ],
    ids=["3", "no namespace", "prefix", "no type", "no joints", "indented", "seconds", "no clock"],
)  # fmt: skip
def test_versions_namespaces_and_spaces_make_no_difference(write: Write, text: str) -> None:
    found = read_mvnx(write(text))
    np.testing.assert_allclose(found.positions, walk(), atol=1e-6)
    assert (found.labels, found.rate_hz) == (SEGMENTS, 60)


def test_an_encoding_is_followed(write: Write) -> None:
    two = document(subject(walk(), "Zoë"), subject(walk(), "Bo"))
    for encoding in ("utf-8", "utf-16"):
        text = two.replace("UTF-8", encoding)
        assert (read_mvnx(write(text, encoding)).labels or ())[0] == "Zoë:Pelvis"


def test_several_subjects_are_dancers_on_one_clock(write: Write) -> None:
    text = document(
        subject(walk(60), "Anna", numbers=range(60)),
        subject(walk(60, 1), "Ben", numbers=range(10, 70)),
    )
    dancers = read_dancers(write(text))
    assert list(dancers) == ["Anna", "Ben"]
    anna, ben = (read.recording for read in dancers.values())
    assert len(anna) == len(ben) == 70
    np.testing.assert_allclose(anna.positions[:60], walk(60), atol=1e-5)
    np.testing.assert_allclose(ben.positions[10:], walk(60, 1), atol=1e-5)
    assert np.isnan(anna.positions[60:]).all()
    assert np.isnan(ben.positions[:10]).all()
    alone = read_recording(write(text), subject="Ben")
    np.testing.assert_array_equal(alone.positions, ben.positions)


def test_subjects_of_one_name_are_kept_apart(write: Write) -> None:
    text = document(subject(walk(), "Suit"), subject(walk(seed=1), "Suit"), subject(walk(), ""))
    assert list(read_dancers(write(text))) == ["Suit 1", "Suit 2", "subject 3"]


@given(lost=st.sets(st.integers(1, 88), max_size=40), drops=st.sampled_from(["both", "times"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_missing_frame_is_a_gap_and_moves_no_other(
    write: Write, lost: set[int], drops: str
) -> None:
    kept = [n for n in range(90) if n not in lost]
    numbers = kept if drops == "both" else range(len(kept))
    times = [round(1000 * n / 60) for n in kept]
    found = read_mvnx(write(document(subject(walk()[kept], numbers=numbers, times=times))))
    assert found.rate_hz == 60
    np.testing.assert_allclose(found.positions[kept], walk()[kept], atol=1e-6)
    assert np.isnan(found.positions[sorted(lost)]).all()
    missing = [note for note in found.notes if "missing" in note]
    assert [note.split()[0] for note in missing] == ([str(len(lost))] if lost else [])


def test_a_frame_without_positions_is_a_gap(write: Write) -> None:
    text = subject(walk())
    one = " ".join(f"{value:.6f}" for value in walk()[7].ravel())
    found = read_mvnx(write(document(text.replace(f"<position>{one}</position>", ""))))
    assert np.isnan(found.positions[7]).all()
    assert np.isfinite(np.delete(found.positions, 7, axis=0)).all()
    assert "frames without positions: 1, they are gaps" in found.notes


def test_numbers_that_contradict_the_times_are_told(write: Write) -> None:
    found = read_mvnx(write(document(subject(walk())).replace('index="30"', 'index="33"')))
    np.testing.assert_allclose(found.positions, walk(), atol=1e-6)
    assert any("disagree behind frame" in note for note in found.notes)


def test_an_impossible_rate_is_not_believed(write: Write) -> None:
    for stated in (0, 1e5, None):
        found = read_mvnx(write(document(subject(walk(), rate_hz=stated))))
        assert found.rate_hz == pytest.approx(60, rel=1e-3)
        assert any("not used" in note for note in found.notes) == (stated is not None)


def test_a_file_of_frames_alone_has_the_names_of_the_format(write: Write) -> None:
    text = document(subject(walk(), segments=()))
    frames = text[text.index("<frames>") : text.index("</frames>") + len("</frames>")]
    found = read_mvnx(write(frames))
    assert found.labels == SEGMENTS
    assert found.rate_hz == pytest.approx(60, rel=1e-3)
    assert any("names no segments" in note for note in found.notes)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
REFUSED = {
    "truncated": (lambda text: text[: len(text) // 2], "truncated"),
    "truncated at the end": (lambda text: text[:-3], "truncated"),
    "empty": (lambda text: "", "no XML"),
    "no XML": (lambda text: "frame,x,y,z\n1,2,3,4\n", "no XML"),
    "entities": (lambda text: text.replace("<mvnx", ENTITIES + "<mvnx"), "DOCTYPE"),
    "other XML": (lambda text: "<svg><frame/></svg>", "no MVNX file"),
    "calibration only": (lambda text: text.replace('"normal"', '"npose"'), "no captured frames"),
    "no positions": (
        lambda text: text.replace("position>", "sensor>"), "no positions of segments (orientation, sensor",
    ),
    "a word": (lambda text: text.replace("0.950000", "0,950000", 20), "'0,950000', which is no number"),
    "too few segments": (lambda text: text.replace('<segment id="3" label="T12"/>', ""), "for 22 named"),
    "short frame": (lambda text: text.replace("</position>", " 1</position>", 4), "has 70 coordinates"),
    "another clock": (lambda text: text.replace('time="500"', 'time="0"'), "starts anew at captured"),
    "twice": (
        lambda text: re.sub(' time="[0-9]+"', "", text).replace('index="30"', 'index="3"'), "occurs twice",
    ),
    "far number": (
        lambda text: text.replace('"89" time="1483"', '"99999" time="1666650"'), "time jumps",
    ),
    "no such rate": (lambda text: text.replace('"60"', '"sixty"', 1), "frameRate is 'sixty'"),
    "no such number": (lambda text: text.replace('index="3"', 'index="x"', 1), "index is 'x'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(write: Write, kind: str) -> None:
    change, words = REFUSED[kind]
    body = walk()
    body[:, 0, 2] = 0.95
    assert words in refusal(write(change(document(subject(body)))))


def test_a_rate_that_contradicts_the_times_must_be_stated(write: Write) -> None:
    path = write(document(subject(walk(), rate_hz=120)))
    with pytest.raises(UserError, match=r"states 120 .*its times give 60.*\(--rate_hz\)"):
        read_recording(path)
    assert read_recording(path, rate_hz=60).rate_hz == 60


def test_subjects_of_different_rates_are_refused(write: Write) -> None:
    other = subject(walk(), "Ben", rate_hz=30, times=[round(n * 1000 / 30) for n in range(90)])
    assert "60 frames a second" in refusal(write(document(subject(walk()), other)))
