"""The page in a real Chromium: loading, playing, scrubbing, turning, no network requests."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.page.build import framed, page, write_page
from mariel_gnn.viz.page.encoding import STEP_M
from mariel_gnn.viz.page.recordings import recording_scenes
from mariel_gnn.viz.page.scenes import Body, Clip, Scene
from mariel_gnn.viz.relation_pictures import NOT_A_RELATION
from tests.viz.page.chromium import (
    PHONE,
    RATE_HZ,
    drawn_share,
    pause,
    picture,
    save_screenshot,
    take,
    time_s,
    until,
    until_drawn,
)  # fmt: skip


@pytest.fixture(scope="module")
def duet(dance, tmp_path_factory):
    """A page of two bodies for 20 s, combined and single; one of them has a gap."""
    gappy = dance[700:].copy()
    gappy[100:120, 4] = np.nan
    pair = [take("one", dance[:700]), take("two", gappy)]
    scenes = [*recording_scenes(pair, combined=True), *recording_scenes(pair)]
    return write_page(tmp_path_factory.mktemp("pages") / "duet.html", scenes, "Two dancers")


def test_the_browser_decodes_the_encoded_positions(opened, duet, dance):
    view = opened(duet)
    for number, written in enumerate((dance[:140], dance[700:840])):
        text = view.evaluate(
            f"Array.from(viewer.shown.bodies[{number}].clip.positions.subarray(0, {written.size})).join()"
        )
        read = np.array(text.split(","), dtype=np.float64).reshape(written.shape)
        missing = np.isnan(read).all(axis=2)
        assert missing.sum() == (20 if number else 0)
        np.testing.assert_allclose(read[~missing], written[~missing], atol=STEP_M / 2 + 1e-6)


def test_it_plays_stops_and_loops(opened, duet):
    view = opened(duet)
    until(view, "viewer.state.time > 0.3")
    view.keyboard.press("Space")
    until(view, "!viewer.state.playing")
    before = time_s(view)
    view.wait_for_timeout(150)
    assert time_s(view) == before
    view.keyboard.press("End")
    view.keyboard.press("ArrowLeft")
    near_end = time_s(view)
    view.click("#play")
    until(view, f"viewer.state.time < {near_end} - 1")


def test_it_does_not_play_with_reduced_motion(opened, duet):
    view = opened(duet, reduced_motion="reduce")
    view.wait_for_timeout(200)
    assert time_s(view) == 0


def test_it_plays_at_the_selected_speed(opened, duet):
    view = opened(duet)
    pause(view)
    view.select_option("#speed", "0.25")
    view.keyboard.press("Home")
    view.clock.install()
    view.clock.pause_at(datetime.now() + timedelta(hours=1))  # from here on, run_for sets the time
    view.keyboard.press("Space")
    view.clock.run_for(100)
    start = time_s(view)
    view.clock.run_for(1200)
    assert time_s(view) - start == pytest.approx(0.3, abs=0.01)


def test_scrubbing_and_stepping_set_the_time(opened, duet):
    view = opened(duet)
    pause(view)
    box = view.locator("#time").bounding_box()
    view.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert time_s(view) == pytest.approx(view.evaluate("viewer.state.duration") / 2, rel=0.05)
    view.evaluate("document.activeElement.blur()")
    view.keyboard.press("Home")
    for _ in range(3):
        view.click("#forward")
    view.click("#back")
    assert time_s(view) == pytest.approx(2 / RATE_HZ)
    view.keyboard.press("Shift+ArrowRight")
    assert time_s(view) == pytest.approx(12 / RATE_HZ)


def test_dragging_turns_and_the_wheel_zooms(opened, duet):
    view = opened(duet)
    pause(view)
    before, start = picture(view), view.evaluate("({...viewer.view})")
    view.mouse.move(600, 400)
    view.mouse.down()
    view.mouse.move(760, 400, steps=4)
    view.mouse.up()
    turned = view.evaluate("({...viewer.view})")
    assert turned["azimuth"] < start["azimuth"] - 1
    view.mouse.wheel(0, -400)
    until(view, f"viewer.view.zoom > {start['zoom']} * 1.5")
    assert picture(view) != before
    view.keyboard.press("0")
    assert view.evaluate("viewer.view.zoom") == 1
    until_drawn(view)
    assert picture(view) == before


def test_two_fingers_zoom(opened, duet):
    view = opened(duet, viewport=PHONE, has_touch=True)
    pause(view)
    touch = view.context.new_cdp_session(view)
    box = view.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, half in (("touchStart", 30), ("touchMove", 50), ("touchMove", 70)):
        points = [{"x": x - half, "y": y}, {"x": x + half, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    until(view, "viewer.view.zoom > 1.8")


@pytest.mark.parametrize("key", ["t", "g", "n", "f"])
def test_switches_change_the_picture_and_back(opened, duet, key):
    view = opened(duet)
    pause(view)
    view.evaluate("viewer.state.time = 2")
    view.keyboard.press("0")  # draws
    until_drawn(view)
    before = picture(view)
    for same in (False, True):
        view.keyboard.press(key)
        until_drawn(view)
        assert (picture(view) == before) is same


def test_bodies_are_side_by_side_or_over_each_other(opened, duet):
    view = opened(duet)
    assert view.evaluate("viewer.shown.panels.length") == 1
    view.keyboard.press("b")
    until(view, "viewer.shown.panels.length === 2")
    assert view.locator("#bodies button").all_inner_texts() == ["one", "two"]
    view.click("#bodies button >> nth=0")
    until(view, "viewer.shown.panels.length === 1")
    view.click("#bodies .hidden-body button")
    until(view, "viewer.shown.panels.length === 2")


def test_a_tap_on_a_marker_draws_its_trail(opened, duet):
    view = opened(duet)
    pause(view)
    x, y = view.evaluate("Array.from(viewer.shown.figures[0].screen.slice(0, 2))")
    box = view.locator("#stage").bounding_box()
    view.mouse.move(box["x"] + x, box["y"] + y)
    assert view.locator("#marker").is_visible()
    view.mouse.click(box["x"] + x, box["y"] + y)
    assert view.evaluate("viewer.shown.bodies.some((body) => body.traced.size === 1)")


def test_a_click_on_the_map_plays_that_phrase(opened, run):
    view = opened(run.report)
    # The first point that no other point covers.
    visible = view.evaluate("""() => [...document.querySelectorAll(".point")].findIndex((point) => {
      point.scrollIntoView({ block: "center" });
      const { x, y, width, height } = point.getBoundingClientRect();
      return !point.matches(".sample") && document.elementFromPoint(x + width / 2, y + height / 2) === point;
    })""")
    point = view.locator(".point").nth(visible)
    scene = int(point.get_attribute("data-scene"))
    point.click()
    until(
        view, f"viewer.state.scene === {scene} && viewer.state.playing && viewer.state.time > 0.1"
    )
    assert point.get_attribute("aria-label") in view.inner_text("#caption")
    assert "shown" in point.get_attribute("class")
    save_screenshot(view, "report-desktop")


def test_attention_has_a_threshold_and_a_note(opened, run):
    view = opened(run.report)
    pause(view)
    before = picture(view)
    assert not view.locator("#note").is_visible()
    view.keyboard.press("e")
    until_drawn(view)
    attention = picture(view)
    assert attention != before
    assert view.inner_text("#note") == NOT_A_RELATION
    view.locator("#threshold").fill("1")
    until_drawn(view)
    assert picture(view) not in (before, attention)
    view.keyboard.press("]")
    until(view, "viewer.state.scene !== 0")


def test_every_phrase_of_a_report_opens(opened, run):
    view = opened(run.report)
    buttons = view.locator("[data-button]")
    for number in range(buttons.count()):
        buttons.nth(number).click()
        scene = int(buttons.nth(number).get_attribute("data-button"))
        until(view, f"viewer.state.scene === {scene}")
    assert view.evaluate("viewer.shown.panels.length") == 3  # samples side by side


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_or_dark_follows_the_system_and_the_button(opened, run, scheme):
    view = opened(run.report, color_scheme=scheme)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    of_system = view.evaluate(background)
    assert (sum(map(int, of_system[4:-1].split(","))) > 384) is (scheme == "light")
    pause(view)
    before = picture(view)
    save_screenshot(view, f"report-{scheme}")
    view.click("#theme")
    until_drawn(view)
    assert view.evaluate(background) != of_system
    assert picture(view) != before


def test_it_fits_a_phone(opened, run):
    view = opened(run.report, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    pause(view)
    assert view.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert drawn_share(view) > 0.02
    save_screenshot(view, "report-phone")


def test_it_plays_in_the_frame_of_a_notebook(browser, duet, dance, tmp_path):
    scenes = recording_scenes([take("one", dance[:64])])
    (tmp_path / "cell.html").write_text(
        f"<body>{framed(page(scenes, 'One', autoplay=False))}</body>"
    )
    view = browser.new_page()
    view.goto((tmp_path / "cell.html").as_uri())
    frame = view.frame_locator("iframe")
    frame.locator("#play").click()
    frame.locator("body.playing").wait_for()
    view.close()


def test_an_old_browser_gets_a_message(browser, duet):
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    view = context.new_page()
    view.goto(duet.as_uri())
    view.get_by_text("one of 2023 or later").wait_for()
    context.close()


def test_a_body_without_sides_has_no_legend(opened, smooth, tmp_path):
    names = tuple("abcdefg")
    clip = Clip(smooth(12, markers=7), Skeleton("points", names, names), RATE_HZ)
    scene = Scene("points", "points", [Body("a", clip), Body("b", clip)])
    view = opened(write_page(tmp_path / "points.html", [scene], "Points"))
    assert not view.locator("#sides").is_visible()
    assert drawn_share(view) > 0.001
