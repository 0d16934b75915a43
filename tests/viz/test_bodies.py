"""What is drawn of a body: every marker, every listed line, in painter's order, with a face."""

import numpy as np
import pytest

from mariel_gnn.mocap.skeletons.loading import load_skeleton, shipped_skeletons
from mariel_gnn.mocap.skeletons.skeleton import gap_edges
from mariel_gnn.viz.bodies import body_marks, head_of
from mariel_gnn.viz.camera import Camera
from mariel_gnn.viz.colors import BODY_COLOURS, colours_of_body, shared_palette
from mariel_gnn.viz.figures import font, wrapped

CAMERA = Camera(0.3, 0.2, pixels_per_m=100.0)


def marks_of(body, skeleton):
    return body_marks(body, skeleton, BODY_COLOURS[0], CAMERA, np.zeros(3), stroke_px=2.0)


@pytest.mark.parametrize("name", shipped_skeletons())
def test_every_marker_and_listed_line_is_drawn(name):
    skeleton = load_skeleton(name)
    body = np.random.default_rng(0).normal(size=(4, len(skeleton.markers), 3))
    marks = marks_of(body, skeleton)
    heads = head_of(body, skeleton) is not None
    assert marks.is_dot.sum() == len(skeleton.markers) + heads
    assert (~marks.is_dot).sum() == len(skeleton.edges) + len(gap_edges(skeleton)) + heads


def test_filling_lines_join_all_that_the_listed_lines_leave_apart(skeleton):
    lines = gap_edges(skeleton)
    assert not {frozenset(line) for line in lines} & {frozenset(line) for line in skeleton.edges}
    group = np.arange(len(skeleton.markers))
    for a, b in (*skeleton.edges, *lines):
        group[group == group[a]] = group[b]
    alone = {skeleton.markers[i] for i in np.flatnonzero(group != np.bincount(group).argmax())}
    # Beside the legs' lines, where a stroke more would make a second shin.
    assert alone == {side + name for side in "LR" for name in ("ANK", "KNI", "SHN")}


def test_far_marks_come_first_and_lost_ones_not_at_all(dancer, skeleton):
    lost = dancer.copy()
    lost[0, 7] = np.nan
    marks = marks_of(lost, skeleton)
    order = marks.order(0)
    assert (np.diff(marks.nearness[0, order]) >= 0).all()
    assert len(order) < len(marks.is_dot)
    assert len(marks.order(1)) == len(marks.is_dot)


def test_the_nose_points_forward_whatever_the_head_does(skeleton):
    # A band that rises by 37 degrees towards +x, the dancer's left at +y.
    place = {"LFHD": (0.06, 0.06), "RFHD": (0.06, -0.06), "LBHD": (-0.06, 0.06)}
    place["RBHD"] = (-0.06, -0.06)
    body = np.zeros((1, len(skeleton.markers), 3))
    for name, (x, y) in place.items():
        body[0, skeleton.markers.index(name)] = x, y, 1.6 + x * np.tan(np.radians(37))
    head = head_of(body, skeleton)
    nose = (head.nose - head.middle)[0]
    np.testing.assert_allclose(nose / np.linalg.norm(nose), [1, 0, 0], atol=1e-9)
    assert head.middle[0, 2] < 1.6


def test_tones_repeat_and_the_palette_fits_a_gif():
    assert colours_of_body(0) == colours_of_body(len(BODY_COLOURS))
    assert len(shared_palette()) <= 256


@pytest.mark.parametrize("text", ["", "one", "two words " * 20, "w" * 500, "a " + "w" * 99 + " b"])
def test_no_line_is_wider_than_its_place_and_no_letter_is_lost(text):
    lines = wrapped(text, font(13), 120)
    assert all(font(13).getlength(line) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
