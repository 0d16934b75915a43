"""Helpers for tests of the page in a real Chromium.

Screenshots are kept in `$CI_ARTEFACTS`, or in `build/artefacts`.
"""

import os
import time
from pathlib import Path

from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton

ARTEFACTS = Path(os.environ.get("CI_ARTEFACTS", Path(__file__).parents[3] / "build" / "artefacts"))
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
RATE_HZ = 35.0


def take(name, positions):
    return Recording(name, positions, RATE_HZ, f"/takes/{name}.npy"), load_skeleton("mariel53")


def until(view, condition, seconds=10):
    """Wait for a condition. Playwright's own way evaluates text, which the page's policy forbids."""
    deadline = time.monotonic() + seconds
    while not view.evaluate(condition):
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        view.wait_for_timeout(20)


def until_drawn(view):
    """Wait until the page has drawn what was asked for before: two pictures of the browser later."""
    view.evaluate("new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")


def time_s(view):
    return view.evaluate("viewer.state.time")


def picture(view):
    """Return the pixels of the canvas as text."""
    return view.evaluate("document.getElementById('stage').toDataURL()")


def pause(view):
    view.evaluate("viewer.state.playing && document.getElementById('play').click()")
    until(view, "!viewer.state.playing")


def save_screenshot(view, name):
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    view.screenshot(path=ARTEFACTS / f"{name}.png")


def drawn_share(view):
    """Return the share of the canvas that is not background."""
    return view.evaluate("""() => {
        const canvas = document.getElementById('stage');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let drawn = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i] > 128) drawn++;
        return drawn / (data.length / 4);
    }""")
