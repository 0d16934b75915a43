"""The camera of the page: all bodies stay in the picture; a camera that follows moves smoothly."""

import numpy as np
import pytest

from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.recordings import recording_scenes
from tests.viz.page.chromium import DESKTOP, PHONE, pause, take, until

FRAMES = 140


def distant(dance, frames):
    """Two dancers five metres apart."""
    return dance[:frames], dance[300 : 300 + frames] + np.float32([5, 0, 0])


def walking_away(dance, frames):
    """One dancer stays; the other walks eight metres away, jumps once and ends below the floor."""
    away = dance[300 : 300 + frames].copy()
    away[:, :, 0] += np.linspace(0, 8, frames)[:, None]
    away[frames // 2, :, 2] += 1.0
    away[-10:, :, 2] -= 0.1
    return dance[:frames], away


@pytest.fixture(params=[distant, walking_away])
def two(request, dance, tmp_path):
    bodies = request.param(dance, FRAMES)
    pair = [take(name, positions) for name, positions in zip(("one", "two"), bodies, strict=True)]
    return write_page(tmp_path / "two.html", recording_scenes(pair, combined=True), "Two")


def outside_px(view):
    """Return how far the outermost marker is out of the canvas, over all frames and views."""
    return view.evaluate("""() => {
        const { state, view, shown, draw } = viewer, canvas = document.getElementById("stage");
        let most = -Infinity;
        for (view.elevation of [-0.1, 0.16, 1.5]) {
          for (let turn = 0; turn < 6; turn++) {
            view.azimuth = (turn * Math.PI) / 3;
            for (let time = 0; time <= state.duration; time += 7 / state.rate_hz) {
              draw(time);
              for (const { screen } of shown.figures) {
                for (let i = 0; i < screen.length; i += 4) {
                  const [x, y] = [screen[i], screen[i + 1]];
                  most = Math.max(most, -x, -y, x - canvas.clientWidth, y - canvas.clientHeight);
                }
              }
            }
          }
        }
        return most;
    }""")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("follow", [False, True], ids=["stays", "follows"])
def test_all_bodies_stay_in_the_picture(opened, two, viewport, follow):
    view = opened(two, viewport=viewport)
    pause(view)
    view.evaluate(f"viewer.options.follow = {str(follow).lower()}")
    assert outside_px(view) < 0


def test_an_outlier_does_not_change_the_scale(opened, dance, tmp_path):
    def size_px(name, positions):
        scenes = recording_scenes([take(name, positions)])
        view = opened(write_page(tmp_path / f"{name}.html", scenes, name))
        return view.evaluate("viewer.shown.panels[0].scale")

    lost = dance[:FRAMES].copy()
    lost[40:45, 7] += 20
    assert size_px("lost", lost) == pytest.approx(size_px("plain", dance[:FRAMES]), rel=0.02)


def test_the_camera_position_is_interpolated_between_frames(opened, two):
    view = opened(two)
    until(view, "viewer.shown.bodies.length === 2")
    before, between, after = view.evaluate("[60, 60.5, 61].map(viewer.shown.bodies[1].path)")
    assert before != after
    np.testing.assert_allclose(between, np.mean([before, after], axis=0))
