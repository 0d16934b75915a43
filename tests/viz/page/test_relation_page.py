"""The page of relations: a line for each related pair while both are measured, planted beside found."""

import numpy as np
import pytest

from mariel_gnn.data.read_duets import ReadDuets
from mariel_gnn.evaluation.duet_movement import duet_movements
from mariel_gnn.metrics.duet_relations import DuetRelations
from mariel_gnn.metrics.partner_past import PartnerPast
from mariel_gnn.mocap.body_parts import ten_parts
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.viz.page import relation_page
from mariel_gnn.viz.page.relation_page import KINDS, PLANTED, write_relation_page

LEFT_HAND, RIGHT_HAND, HEAD = 4, 5, 0
FRAMES = 290


def relations(related: dict[tuple[int, int], tuple[float, float]]) -> DuetRelations:
    """Related pairs: strength, and the evidence that the first is earlier."""
    strength, q_value, z = np.full((2, 10, 10), 0.05), np.ones((2, 10, 10)), np.zeros((10, 10))
    for pair, (strong, evidence) in related.items():
        strength[0][pair], q_value[0][pair], z[pair] = strong, 0.01, evidence
    lag_s = np.full((2, 10, 10), 0.3)
    return DuetRelations(strength, lag_s, lag_s, q_value, q_value, z, np.ones(1))


@pytest.fixture
def written(monkeypatch, dance, mariel53, tmp_path):
    """A writer of pages that returns the scenes and the text."""
    pair = [
        Recording(name, body.astype(np.float32), 35.0, "/take.npy", 0, file=f"/{name}.npy")
        for name, body in (("A", dance[:FRAMES]), ("B", dance[400 : 400 + FRAMES]))
    ]
    (duet,) = duet_movements(ReadDuets(pair, [pair[1].part(50, 60)], mariel53, ["a note"]), 8.0)
    scenes = []
    write = relation_page.write_page
    monkeypatch.setattr(
        relation_page,
        "write_page",
        lambda path, some, *rest, **more: (scenes.extend(some), write(path, some, *rest, **more))[
            1
        ],
    )

    def make(related, planted=None):
        past = PartnerPast(*np.ones((4, 1, 2)))
        path = write_relation_page(tmp_path / "page.html", duet, relations(related), past, planted)
        return scenes[-1], path.read_text(encoding="utf-8")

    return make


def test_a_line_joins_markers_of_the_related_parts_in_all_measured_frames(written, mariel53):
    related = {(LEFT_HAND, RIGHT_HAND): (0.5, 6.0), (LEFT_HAND, HEAD): (0.25, 0.1)}
    scene, _ = written(related)
    (between,) = scene.between
    edges, parts = between.edges, list(ten_parts(mariel53).values())
    assert len(edges) == 2 * (FRAMES - 10)
    assert not ((edges.frame >= 50) & (edges.frame < 60)).any()
    assert list(between.unmeasured) == [(50, 60)]
    assert set(edges.first) <= set(parts[LEFT_HAND])
    by_kind = {KINDS[kind]: edges.kind == kind for kind in np.unique(edges.kind)}
    assert set(by_kind) == {"first_dancer_earlier", "earlier_not_told"}
    sure, unsure = by_kind["first_dancer_earlier"], by_kind["earlier_not_told"]
    assert set(edges.second[sure]) <= set(parts[RIGHT_HAND])
    assert set(edges.second[unsure]) <= set(parts[HEAD])
    assert set(edges.strength[sure]) == {1.0}
    assert set(edges.strength[unsure]) == {0.5}


def test_bodies_stay_visible_where_their_place_is_not_measured(written):
    scene, _ = written({})
    assert all(np.isfinite(body.clip.positions).all() for body in scene.bodies)


def test_the_lag_is_in_the_table_in_brackets_if_order_is_not_told(written):
    _, page = written({(LEFT_HAND, RIGHT_HAND): (0.5, 6.0), (LEFT_HAND, HEAD): (0.25, 0.1)})
    assert page.count('class="matrix"') == 1
    assert ">+0.30</td>" in page
    assert ">(+0.30)</td>" in page
    assert "left hand of the first dancer with right hand of the second, 0.30 s apart" in page
    assert "a note" in page


def test_planted_relations_are_beside_and_have_lines_of_their_own(written):
    planted = np.full((2, 10, 10), np.nan)
    planted[1, 2, 3] = 0.4
    scene, page = written({(LEFT_HAND, RIGHT_HAND): (0.5, 6.0)}, planted)
    assert page.count('class="matrix"') == 2
    assert ">-0.40</td>" in page
    (between,) = scene.between
    assert between.kinds[-1] == PLANTED
    assert (between.edges.kind == len(KINDS)).sum() == FRAMES - 10


def test_nothing_related_is_a_page_without_lines(written):
    scene, page = written({})
    assert len(scene.between[0].edges) == 0
    assert "No pair of parts is related beyond chance" in page
