"""Edges between two bodies in a real Chromium: what Python encoded, buttons, threshold, side by side."""

import numpy as np
import pytest

from mariel_gnn.viz.page.between import edges_between
from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.scenes import Body, Clip, Scene
from tests.viz.page.chromium import RATE_HZ, pause, picture, save_screenshot, until, until_drawn

FRAMES = 70
KINDS = ("near_alike", "mirrored")


@pytest.fixture
def duet(dance, mariel53, tmp_path):
    """A page with edges of two kinds; frames 50 to 59 are not measured."""
    beside = dance[300 : 300 + FRAMES] + np.float32([1.2, 0, 0])
    one, two = (
        Body(name, Clip(positions, mariel53, RATE_HZ))
        for name, positions in (("one", dance[:FRAMES]), ("two", beside))
    )
    strengths = np.zeros((FRAMES, 2, 53, 53))
    strengths[:, 0, 7, 20] = np.linspace(0.2, 1, FRAMES)
    strengths[10:40:2, 1, 52, 51] = 0.8
    measured = np.ones(FRAMES, dtype=bool)
    measured[50:60] = False
    between = edges_between(one, two, strengths, KINDS, measured)
    scenes = [
        Scene("duet", "", [one, two], between=[between]),
        Scene("solo", "", [one]),
    ]
    return write_page(tmp_path / "duet.html", scenes, "Duet"), between.edges


def show(view, seconds):
    view.evaluate(f"viewer.state.time = {seconds}")
    view.keyboard.press("0")  # draws
    until_drawn(view)


def edges_at(view, frame):
    return view.evaluate(f"viewer.edgesAt(viewer.shown.between[0], {frame}).map(edge => "
                         "[edge.kind.name, edge.a, edge.b, edge.strength])")  # fmt: skip


def test_the_page_decodes_what_was_encoded(opened, duet):
    path, edges = duet
    view = opened(path)
    pause(view)
    view.evaluate("viewer.options.least = 0")
    for frame in range(FRAMES):
        now = edges.where(edges.frame == frame)
        expected = {
            (KINDS[kind], a, b): strength
            for kind, a, b, strength in zip(
                now.kind, now.first, now.second, now.strength, strict=True
            )
        }
        found = {(kind, a, b): strength for kind, a, b, strength in edges_at(view, frame)}
        assert found == pytest.approx(expected, abs=0.5 / 255 + 1e-6)


def test_an_edge_of_one_of_two_frames_fades(opened, duet):
    view = opened(duet[0])
    view.evaluate("viewer.options.least = 0.1")
    (found,) = [edge for edge in edges_at(view, 12.75) if edge[0] == "mirrored"]
    assert found[1:] == [52, 51, pytest.approx(0.25 * 0.8, abs=1e-6)]


def test_buttons_and_threshold_choose_the_edges(opened, duet):
    view = opened(duet[0])
    pause(view)
    buttons = view.locator("#kinds button")
    assert buttons.all_inner_texts() == ["near, moving together", "mirrored places"]
    kinds = lambda: [edge[0] for edge in edges_at(view, 30)]  # noqa: E731
    assert kinds() == ["mirrored", "near_alike"]  # dashed lines under the others
    buttons.nth(1).click()
    assert kinds() == ["near_alike"]
    view.keyboard.press("2")
    view.locator("#least").fill("0.7")
    assert kinds() == ["mirrored"]
    until_drawn(view)
    assert view.locator("#least-value").inner_text() == "0.70"


@pytest.mark.parametrize("side_by_side", [False, True], ids=["together", "side by side"])
def test_edges_are_drawn_between_both_bodies(opened, duet, side_by_side):
    view = opened(duet[0])
    pause(view)
    if side_by_side:
        view.locator("#side-by-side").click()
    show(view, 20 / RATE_HZ)
    drawn = picture(view)
    save_screenshot(view, f"edges_{side_by_side}")
    view.evaluate("viewer.options.least = 1.01")
    show(view, 20 / RATE_HZ)
    assert picture(view) != drawn
    view.evaluate("viewer.options.least = 0.3; viewer.shown.bodies[1].hidden = true")
    show(view, 20 / RATE_HZ)
    alone = picture(view)
    view.evaluate("viewer.options.least = 1.01")
    show(view, 20 / RATE_HZ)
    assert picture(view) == alone


def test_the_page_says_where_the_place_is_not_measured(opened, duet):
    view = opened(duet[0])
    pause(view)
    assert not view.locator("#unmeasured").is_visible()
    show(view, 55 / RATE_HZ)
    assert view.locator("#unmeasured").is_visible()
    assert edges_at(view, 55) == []


def test_a_scene_without_edges_has_no_buttons_for_them(opened, duet):
    view = opened(duet[0])
    assert view.locator("#between").is_visible()
    view.locator("#scenes button", has_text="solo").click()
    until(view, "viewer.state.scene === 1")
    until_drawn(view)
    assert not view.locator("#between").is_visible()
    assert not view.locator("#kinds-note").is_visible()
