"""Edges over bodies: the strongest is widest, darkest and on top; edges move with their markers."""

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from mariel_gnn.errors import UserError
from mariel_gnn.viz.camera import Camera, project
from mariel_gnn.viz.edge_pictures import (
    WeightedEdges,
    edge_marks,
    save_edge_animation,
    save_edge_stills,
)
from mariel_gnn.viz.relation_pictures import save_pair_matrix

EDGES = WeightedEdges([(0, 40), (3, 9), (12, 30)], [0.9, 0.5, 0.1])
LONG = "a long title or note of a picture " * 8


def assert_inside(figure):
    """Assert that everything is inside the figure."""
    box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    width, height = figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def assert_no_text_overlaps(figure):
    """Assert that no two texts overlap."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [t for axes in figure.axes for t in (axes.title, axes._left_title, axes.xaxis.label)]
    texts += [figure._suptitle, *(t for axes in figure.axes for t in axes.texts)]
    texts += [t for axes in figure.axes for t in axes.get_yticklabels()]
    texts += [t for legend in figure.legends for t in (legend.get_title(), *legend.get_texts())]
    boxes = [text.get_window_extent(renderer) for text in texts if text.get_text()]
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            width = min(box.x1, other.x1) - max(box.x0, other.x0)
            height = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert width <= 1 or height <= 1


def test_edges_move_with_their_markers(dancer):
    camera = Camera(0.4, 0.2, pixels_per_m=100.0)
    marks = edge_marks(dancer, EDGES, camera, np.zeros(3), 2.0)
    pixels, _ = project(dancer, camera, np.zeros(3))
    np.testing.assert_array_equal(marks.ends[:, 0], pixels[:, [0, 40]].reshape(-1, 4))
    assert marks.ends.shape == (len(dancer), 3, 4)


def test_the_strongest_is_widest_darkest_and_on_top(dancer):
    marks = edge_marks(dancer, EDGES, Camera(0.0, 0.0), np.zeros(3), 2.0)
    assert list(np.argsort(-marks.width_px)) == [0, 1, 2]
    darkness = marks.colour[0].astype(int).sum(axis=-1)
    assert list(np.argsort(darkness)) == [0, 1, 2]
    assert list(marks.order(frame=0)) == [2, 1, 0]


@pytest.mark.parametrize("strength", [[1.0], [2.0, 2.0]])
def test_equal_strengths_have_equal_shares(strength):
    np.testing.assert_array_equal(WeightedEdges([(0, 1)] * len(strength), strength).share(), 1.0)


@pytest.mark.parametrize("note", ["", LONG])
def test_stills_name_the_strongest_edges(tmp_path, drawn, dancer, skeleton, note):
    pairs = [(i, 52 - i) for i in range(20)]
    edges = WeightedEdges(pairs, [1 / (1 + i) for i in range(20)])
    save_edge_stills(dancer[:1], skeleton, edges, tmp_path / "a.png", LONG, "mm", note)
    names = [text.get_text() for text in drawn[0].axes[-1].get_yticklabels()]
    assert names[0] == f"{skeleton.markers[0]} – {skeleton.markers[52]}"
    assert drawn[0].axes[-1].get_ylim()[0] > drawn[0].axes[-1].get_ylim()[1], "strongest on top"
    assert note.split() == drawn[0].legends[0].get_title().get_text().split()
    assert_inside(drawn[0])
    assert_no_text_overlaps(drawn[0])


def test_a_film_moves_at_true_speed(tmp_path, dancer, skeleton):
    panels = {"attention": EDGES, LONG: WeightedEdges([(1, 2)], [1.0])}
    paths = save_edge_animation(dancer, skeleton, panels, tmp_path / "film", LONG, 35.0)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    with Image.open(paths[0]) as image:
        assert image.n_frames == len(dancer)


def test_no_edges_are_refused(tmp_path, dancer, skeleton):
    for draw in (
        lambda edges: save_edge_stills(dancer[:1], skeleton, edges, tmp_path / "a.png", "t", "mm"),
        lambda edges: save_edge_animation(dancer, skeleton, {"none": edges}, tmp_path / "a", "t"),
        lambda edges: save_edge_animation(dancer, skeleton, {}, tmp_path / "a", "t"),
    ):
        with pytest.raises(UserError, match="one pair or more"):
            draw(WeightedEdges([], []))
    assert list(tmp_path.iterdir()) == []


def test_a_matrix_has_all_pairs_grouped_by_part(tmp_path, drawn, skeleton):
    values = torch.arange(53 * 53.0).view(53, 53)
    save_pair_matrix(values, skeleton, tmp_path / "m.png", LONG, "mm", LONG)
    axes = drawn[0].axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert sorted(names) == sorted(skeleton.markers)
    shown = axes.images[0].get_array()
    first, second = skeleton.markers.index(names[3]), skeleton.markers.index(names[30])
    assert shown[3, 30] == values[first, second]
    parts = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert parts == list(skeleton.parts)
    assert_inside(drawn[0])
    assert_no_text_overlaps(drawn[0])


def test_a_matrix_of_zeros_can_be_drawn(tmp_path, skeleton):
    save_pair_matrix(torch.zeros(53, 53), skeleton, tmp_path / "m.png", "t", "mm")
    assert (tmp_path / "m.png").exists()
