"""The page of generated recordings in a real Chromium: colours of generated frames, clip to copy, sound."""

import pytest

from mariel_gnn.viz.audio import open_audio
from mariel_gnn.viz.page.build import warning_list, write_page
from mariel_gnn.viz.page.scenes import Body, Clip, Scene
from tests.viz.page.chromium import RATE_HZ, pause, picture, save_screenshot, until, until_drawn
from tests.viz.test_audio import write_tone


@pytest.fixture(scope="module")
def generated(dance, mariel53, tmp_path_factory):
    """A continuation of 35 frames after 70, and a variation beside its input; with a tone."""
    folder = tmp_path_factory.mktemp("generated")
    clip = Clip(dance[:105], mariel53, RATE_HZ)
    mixed = Body("continued", clip, generated=[(70, 105)])
    beside = [Body("input", clip, generated=[]), Body("variation", clip, generated=[(0, 105)])]
    scenes = [
        Scene("continued", "", [mixed], source="takes/one.npz@0s-3s"),
        Scene("variation", "", beside, side_by_side=True),
    ]
    with open_audio(write_tone(folder / "tone.wav"), 0.0).cut(3.0) as sound:
        audio = sound.read_bytes()
    above = warning_list([("a transition is too fast", "another --seed")])
    return write_page(folder / "page.html", scenes, "Generated", above=above, audio=audio)


def colours_at(view, seconds):
    """The numbers of the drawn bodies' colours."""
    view.evaluate(f"viewer.state.time = {seconds}")
    view.keyboard.press("0")  # draws
    until_drawn(view)
    return view.evaluate("viewer.shown.figures.map((figure) => figure.number)")


def test_generated_frames_have_other_colours_on_body_and_slider(opened, generated):
    view = opened(generated)
    pause(view)
    assert colours_at(view, 1.0) == [0]
    before = picture(view)
    assert colours_at(view, 2.5) == [1]
    assert picture(view) != before
    strip, track = (view.locator(name).bounding_box() for name in ("#spans i", "#spans"))
    assert (strip["x"] - track["x"]) / track["width"] == pytest.approx(
        2 / (104 / RATE_HZ), abs=0.02
    )
    assert view.inner_text("#spans-key").split() == ["input", "generated"]
    save_screenshot(view, "generated")
    view.keyboard.press("]")
    until(view, "viewer.state.scene === 1")
    assert colours_at(view, 1.0) == [0, 1]
    assert not view.locator("#spans").is_visible()  # the names of the bodies say it


def test_warnings_stand_above_the_stage(opened, generated):
    view = opened(generated)
    assert view.inner_text(".warnings") == "a transition is too fast. Try another --seed."
    assert (
        view.locator(".warnings").bounding_box()["y"] < view.locator("#stage").bounding_box()["y"]
    )


def test_the_clip_can_be_copied(opened, generated):
    view = opened(generated, permissions=["clipboard-read", "clipboard-write"])
    assert view.input_value("#source-text") == "takes/one.npz@0s-3s"
    view.click("#copy")
    until(view, "document.getElementById('copy').textContent === 'Copied'")
    assert view.evaluate("navigator.clipboard.readText()") == "takes/one.npz@0s-3s"
    view.click("#source-text")
    view.keyboard.press("l")  # a letter in the field is no command
    assert view.evaluate("viewer.state.loop")
    view.evaluate("document.activeElement.blur()")
    view.keyboard.press("]")
    until(view, "!document.getElementById('source').offsetParent")


def test_the_sound_follows_the_motion(opened, generated):
    view = opened(generated)
    sound = "document.getElementById('audio')"
    pause(view)
    view.keyboard.press("Home")
    view.click("#play")
    until(view, f"!{sound}.paused && viewer.state.time > 0.5")
    assert view.evaluate(f"Math.abs({sound}.currentTime - viewer.state.time)") < 0.3
    view.click("#sound")
    until(view, f"{sound}.paused")
    view.click("#sound")
    until(view, f"!{sound}.paused")
    pause(view)
    until(view, f"{sound}.paused")


def test_a_page_without_sound_has_no_button_for_it(opened, run):
    view = opened(run.report)
    assert not view.locator("#sound").is_visible()


def test_the_name_of_a_phrase_on_the_map_is_shown(opened, run):
    view = opened(run.report)
    point = view.locator(".point.training").first
    point.hover(force=True)
    assert view.inner_text("#point-name") == point.get_attribute("aria-label")
    point.click(force=True)
    until(view, "document.getElementById('source-text').value.startsWith('/takes/one.npy@')")
