"""The picture of relations: numbers and lines for related pairs only, planted below found."""

import numpy as np
import pytest

from mariel_gnn.metrics.duet_relations import DuetRelations
from mariel_gnn.viz import duet_relation_picture
from mariel_gnn.viz.duet_relation_picture import FIRST, NOT_TOLD, save_relation_picture
from mariel_gnn.viz.figures import unit_rgb


def relations(related: list[tuple[int, int, float]]) -> DuetRelations:
    """Related pairs with their evidence of who is earlier."""
    rng = np.random.default_rng(0)
    strength, q_value, z = (
        rng.uniform(0, 0.1, (2, 10, 10)),
        np.ones((2, 10, 10)),
        np.zeros((10, 10)),
    )
    for first, second, evidence in related:
        strength[0, first, second], q_value[0, first, second] = 0.5, 0.01
        z[first, second] = evidence
    lag_s = np.full((2, 10, 10), 0.3)
    return DuetRelations(strength, lag_s, lag_s, q_value, q_value, z, np.ones(1))


@pytest.fixture
def drawn(monkeypatch, dance, mariel53, tmp_path):
    """A maker of pictures that returns the figure."""
    figures = []
    save = duet_relation_picture.save_figure
    monkeypatch.setattr(
        duet_relation_picture,
        "save_figure",
        lambda figure, path: (figures.append(figure), save(figure, path)),
    )

    def draw(related, planted=None):
        path, poses = tmp_path / "relations.png", [dance[0], dance[200]]
        save_relation_picture(path, relations(related), poses, mariel53, ("A", "B"), planted)
        assert path.stat().st_size > 10_000
        return figures[-1]

    return draw


def colours(axes) -> list[tuple[float, ...]]:
    return [line.get_color() for line in axes.lines if line.get_zorder() == 2]


def test_related_pairs_have_a_lag_and_a_line(drawn):
    figure = drawn([(4, 5, 6.0), (8, 8, 0.3)])
    matrix, bodies = figure.axes
    assert sorted(text.get_text() for text in matrix.texts) == ["(+0.30)", "+0.30"]
    assert sorted(colours(bodies)) == sorted([unit_rgb(FIRST), unit_rgb(NOT_TOLD)])


def test_nothing_related_has_no_line(drawn):
    matrix, bodies = drawn([]).axes
    assert not matrix.texts
    assert not colours(bodies)


def test_planted_relations_are_below(drawn):
    planted = np.full((2, 10, 10), np.nan)
    planted[1, 2, 3] = 0.4
    axes = drawn([(4, 5, 6.0)], planted).axes
    assert [each.get_title(loc="left") for each in axes[::2]] == ["found", "planted"]
    assert [text.get_text() for text in axes[2].texts] == ["-0.40"]
