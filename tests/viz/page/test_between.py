"""Edges between two bodies: the choice, the encoding, and mistakes."""

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import CHANNELS
from mariel_gnn.viz.edges_between import colour_number, strongest_edges, words_of
from mariel_gnn.viz.page.between import edges_between
from mariel_gnn.viz.page.encoding import encode_edges
from mariel_gnn.viz.page.scenes import Body, Clip, Scene, scenes_as_data

STRENGTHS = st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 4)).flatmap(
    lambda shape: arrays(
        np.float64, (*shape[:2], shape[2], shape[2]),
        elements=st.just(0.0) | st.floats(0, 1) | st.just(np.nan),
    )
)  # fmt: skip


def decode(text, kinds, markers):
    """Decode edges as `decodeBetween` in between.js does: {(frame, kind, first, second): strength}."""
    numbers, value, shift = [], 0, 0
    for byte in zlib.decompress(base64.b64decode(text)):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    found, at, code = {}, 0, 0
    while at < len(numbers):
        code, start, length = code + numbers[at], numbers[at + 1], numbers[at + 2]
        strengths = np.cumsum(numbers[at + 3 : at + 3 + length]) / 255
        first, second = divmod(code // kinds, markers)
        for i, strength in enumerate(strengths):
            assert (start + i, code % kinds, first, second) not in found
            found[start + i, code % kinds, first, second] = strength
        at += 3 + length
    return found


def as_dict(edges):
    keys = zip(
        *(part.tolist() for part in (edges.frame, edges.kind, edges.first, edges.second)),
        strict=True,
    )
    return dict(zip(keys, edges.strength, strict=True))


@given(STRENGTHS, st.integers(1, 5))
def test_encoded_edges_are_exact_to_half_a_step_of_a_byte(strengths, smoothing):
    edges = strongest_edges(strengths, 0.01, smoothing=smoothing)
    decoded = decode(encode_edges(edges, *strengths.shape[1:3]), *strengths.shape[1:3])
    expected = as_dict(edges)
    assert decoded.keys() == expected.keys()
    for key, strength in expected.items():
        assert decoded[key] == pytest.approx(strength, abs=0.5 / 255 + 1e-6)


@given(STRENGTHS, st.integers(1, 5))
def test_edges_have_the_strength_of_their_frame_and_one_of_a_kind_at_a_marker(strengths, smoothing):
    edges = strongest_edges(strengths, 0.2, smoothing=smoothing)
    found = as_dict(edges)
    for key, strength in found.items():
        assert strength == pytest.approx(strengths[key], abs=1e-6)
        assert strength >= 0.2 - 1e-6
    assert len({key[:3] for key in found}) == len(found)
    assert len({(*key[:2], key[3]) for key in found}) == len(found)
    assert (np.diff(edges.frame) >= 0).all()


@given(STRENGTHS)
def test_the_strongest_edge_of_each_kind_is_kept(strengths):
    found = as_dict(strongest_edges(strengths, 0.1, most=1))
    best = np.nan_to_num(strengths).astype(np.float32).max(axis=(2, 3))
    kept = {key[:2]: strength for key, strength in found.items()}
    assert kept.keys() == {tuple(at) for at in np.argwhere(best >= np.float32(0.1)).tolist()}
    for at, strength in kept.items():
        assert strength == best[at]


@given(STRENGTHS)
def test_exchanged_dancers_have_exchanged_edges(strengths):
    strengths += np.linspace(0, 1e-3, strengths.size).reshape(strengths.shape)  # no two are equal
    strengths = np.minimum(strengths, 1)
    if len(np.unique(strengths)) < strengths.size:
        return
    found = as_dict(strongest_edges(strengths))
    other = as_dict(strongest_edges(strengths.swapaxes(2, 3)))
    assert {(t, kind, b, a) for t, kind, a, b in other} == found.keys()


def test_chunks_leave_no_trace():
    strengths = np.random.default_rng(0).uniform(size=(150, 2, 5, 5)) ** 3
    whole = as_dict(strongest_edges(strengths, smoothing=7))
    part = as_dict(strongest_edges(strengths[50:120], smoothing=7))
    inner = {key: value for key, value in part.items() if 4 <= key[0] < 66}
    assert inner == {(t - 50, *rest): value for (t, *rest), value in whole.items() if 54 <= t < 116}


@pytest.fixture
def bodies(dance, mariel53):
    return [
        Body(name, Clip(dance[:40], mariel53, 35.0), start)
        for name, start in (("one", 0), ("two", 0))
    ]


def strengths_of(frames=40, kinds=2, markers=53):
    strengths = np.zeros((frames, kinds, markers, markers), dtype=np.float32)
    strengths[:, 0, 3, 4] = strengths[:, 1, 10, 11] = 0.6
    return strengths


def test_a_scene_names_bodies_and_kinds(bodies):
    between = edges_between(*bodies, strengths_of(), ["near_alike", "listens_to"])
    data = scenes_as_data([Scene("duet", "", bodies[::-1], between=[between])])
    (edges,) = data["scenes"][0]["between"]
    assert edges["bodies"] == [1, 0]
    assert [kind["label"] for kind in edges["kinds"]] == ["near, moving together", "listens to"]
    assert len(decode(edges["runs"], 2, 53)) == 80
    assert edges["unmeasured"] == []


def test_frames_without_a_measured_place_have_no_edges(bodies):
    measured = np.ones(40, dtype=bool)
    measured[5:9] = measured[30:] = False
    between = edges_between(*bodies, strengths_of(), ["a", "b"], measured)
    assert set(between.edges.frame.tolist()) == set(np.flatnonzero(measured).tolist())
    assert between.unmeasured == [(5, 9), (30, 40)]


def test_mistakes_are_told(bodies, dance, mariel53):
    with pytest.raises(UserError, match="name for each kind"):
        edges_between(*bodies, strengths_of(), ["a"])
    with pytest.raises(UserError, match=r"one with two.*40 frames"):
        edges_between(*bodies, strengths_of(39), ["a", "b"])
    with pytest.raises(UserError, match="one with two"):
        edges_between(*bodies, strengths_of(markers=52), ["a", "b"])
    with pytest.raises(UserError, match="0 to 1"):
        edges_between(*bodies, 2 * strengths_of(), ["a", "b"])
    slow = Body("slow", Clip(dance[:40], mariel53, 30.0))
    with pytest.raises(UserError, match="one with slow: 35 and 30"):
        edges_between(bodies[0], slow, strengths_of(), ["a", "b"])
    between = edges_between(*bodies, strengths_of(), ["a", "b"])
    with pytest.raises(UserError, match="both bodies"):
        scenes_as_data([Scene("solo", "", bodies[:1], between=[between])])


def test_every_kind_has_words_and_a_style_of_its_own():
    assert all(all(words_of(kind)) for kind in CHANNELS)
    assert len({words_of(kind)[0] for kind in CHANNELS}) == len(CHANNELS)
    assert {colour_number(kind) for kind in CHANNELS} == set(range(len(CHANNELS)))


def test_twenty_seconds_of_two_dancers_are_small(real_recordings, mariel53):
    from mariel_gnn.mocap.formats.reading import read_recording
    from mariel_gnn.viz.page.duet_scenes import duet_scene

    paths = {path.stem: path for path in real_recordings}
    takes = [
        (read_recording(paths[f"salsa_{who}_01"], mariel53).part(0, 700), mariel53)
        for who in (60, 61)
    ]
    (between,) = duet_scene(takes).between
    assert len(encode_edges(between.edges, 3, 53)) < 100_000
