"""The marks of a body: every marker, every skeleton edge, painter's order, a head with a nose."""

import numpy as np
import pytest

from mariel_gnn.mocap.skeletons.loading import load_skeleton, shipped_skeletons
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.mocap.skeletons.skeleton import gap_edges
from mariel_gnn.viz.bodies import body_marks, head_of
from mariel_gnn.viz.camera import Camera
from mariel_gnn.viz.colors import BODY_COLOURS, LIGHT, shared_palette
from mariel_gnn.viz.figures import font, wrapped

CAMERA = Camera(0.3, 0.2, pixels_per_m=100.0)


def marks_of(body, skeleton):
    return body_marks(body, skeleton, BODY_COLOURS[0], CAMERA, np.zeros(3), stroke_px=2.0)


@pytest.mark.parametrize("name", shipped_skeletons())
def test_every_marker_and_edge_is_drawn(name):
    skeleton = load_skeleton(name)
    body = np.random.default_rng(0).normal(size=(4, len(skeleton.markers), 3))
    marks = marks_of(body, skeleton)
    heads = head_of(body, skeleton) is not None
    assert marks.is_dot.sum() == len(skeleton.markers) + heads
    assert (~marks.is_dot).sum() == len(skeleton.edges) + len(gap_edges(skeleton)) + heads


def test_gap_edges_connect_the_body(skeleton):
    added = gap_edges(skeleton)
    assert not {frozenset(edge) for edge in added} & {frozenset(edge) for edge in skeleton.edges}
    component = np.arange(len(skeleton.markers))
    for a, b in (*skeleton.edges, *added):
        component[component == component[a]] = component[b]
    largest = np.bincount(component).argmax()
    others = {skeleton.markers[i] for i in np.flatnonzero(component != largest)}
    # Markers beside the legs' edges: another stroke there would look like a second shin.
    assert others == {side + name for side in "LR" for name in ("ANK", "KNI", "SHN")}


def test_each_dancer_of_a_pair_has_her_own_gap_edges(skeleton):
    count, one = len(skeleton), gap_edges(skeleton)
    both = {(a + first, b + first) for first in (0, count) for a, b in one}
    assert set(gap_edges(pair_skeleton(skeleton))) == both


def test_far_marks_come_first_and_missing_ones_are_left_out(dancer, skeleton):
    gappy = dancer.copy()
    gappy[0, 7] = np.nan
    marks = marks_of(gappy, skeleton)
    order = marks.order(0)
    assert (np.diff(marks.nearness[0, order]) >= 0).all()
    assert len(order) < len(marks.is_dot)
    assert len(marks.order(1)) == len(marks.is_dot)


def test_the_nose_points_forward(skeleton):
    # A headband that rises by 37 degrees towards +x; the dancer's left is at +y.
    corners = {"LFHD": (0.06, 0.06), "RFHD": (0.06, -0.06), "LBHD": (-0.06, 0.06)}
    corners["RBHD"] = (-0.06, -0.06)
    body = np.zeros((1, len(skeleton.markers), 3))
    for name, (x, y) in corners.items():
        body[0, skeleton.markers.index(name)] = x, y, 1.6 + x * np.tan(np.radians(37))
    head = head_of(body, skeleton)
    nose = (head.nose - head.middle)[0]
    np.testing.assert_allclose(nose / np.linalg.norm(nose), [1, 0, 0], atol=1e-9)
    assert head.middle[0, 2] < 1.6


def test_colours_repeat_and_the_palette_fits_a_gif():
    assert LIGHT.colours_of_body(0) == LIGHT.colours_of_body(len(BODY_COLOURS))
    assert len(shared_palette()) <= 256


@pytest.mark.parametrize("text", ["", "one", "two words " * 20, "w" * 500, "a " + "w" * 99 + " b"])
def test_wrapped_lines_fit_and_keep_all_letters(text):
    lines = wrapped(text, font(13), 120)
    assert all(font(13).getlength(line) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
