"""Stills of two dancers: a line for each edge above the threshold, from marker to marker."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.viz.colors import LIGHT
from mariel_gnn.viz.duet_stills import save_duet_stills
from mariel_gnn.viz.figures import unit_rgb

KINDS = ("near_alike", "mirrored")


@pytest.fixture
def two(dancer):
    return np.stack([dancer[:2], dancer[:2] + np.array([0.0, 1.0, 0.0])], axis=1)


@pytest.fixture
def strengths():
    values = np.zeros((2, 2, 53, 53))
    values[0, 0, 3, 4], values[0, 1, 5, 6], values[1, 1, 5, 7] = 0.9, 0.2, 0.6
    return values


def edge_lines(axes):
    return [line for line in axes.get_lines() if line.get_zorder() == 4]


def test_edges_above_the_threshold_are_lines_in_the_colour_of_their_kind(
    two, skeleton, strengths, tmp_path, drawn
):
    save_duet_stills(two, skeleton, strengths, KINDS, tmp_path / "a.png", "duet", ["0 s", "1 s"])
    first, second = drawn[0].axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["0 s", "1 s"]
    colours = [line.get_color() for axes in (first, second) for line in edge_lines(axes)]
    assert colours == [unit_rgb(LIGHT.between[0]), unit_rgb(LIGHT.between[2])]
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend == ["near, moving together", "mirrored places"]


def test_lower_thresholds_draw_more_and_stronger_edges_are_wider(
    two, skeleton, strengths, tmp_path, drawn
):
    save_duet_stills(two, skeleton, strengths, KINDS, tmp_path / "a.svg", "duet", least=0.1)
    weak, strong = edge_lines(drawn[0].axes[0])
    assert weak.get_linewidth() < strong.get_linewidth()


def test_an_edge_ends_at_the_height_of_its_markers(two, skeleton, strengths, tmp_path, drawn):
    save_duet_stills(two[:1], skeleton, strengths[:1], KINDS, tmp_path / "a.png", "duet")
    (line,) = edge_lines(drawn[0].axes[0])
    np.testing.assert_allclose(line.get_ydata(), [two[0, 0, 3, 2], two[0, 1, 4, 2]])


def test_shapes_that_do_not_fit_are_told(two, skeleton, strengths, tmp_path):
    path = tmp_path / "a.png"
    for arguments in (
        (two[0], skeleton, strengths, KINDS),
        (two, skeleton, strengths[:1], KINDS),
        (two, skeleton, strengths, KINDS[:1]),
        (two[:0], skeleton, strengths[:0], KINDS),
    ):
        with pytest.raises(UserError):
            save_duet_stills(*arguments, path, "duet")
    with pytest.raises(UserError, match="labels"):
        save_duet_stills(two, skeleton, strengths, KINDS, path, "duet", ["one"])
    assert not path.exists()
