"""The look of films: size, camera and background, and what is refused."""

import re

import numpy as np
import pytest
from PIL import Image

from mariel_gnn.errors import UserError
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.colors import DARK, LIGHT
from mariel_gnn.viz.film_style import VIEWS, film_style, theme_on
from tests.viz.test_animation import film_description
from tests.viz.test_audio import samples_of, write_tone


def draw(
    dancer, skeleton, folder, size=None, view="quarter", background="light", panels=1, **options
):
    style = film_style(size, view, background)
    drawn = [Panel(f"panel {n}", {"x": dancer[:6]}) for n in range(panels)]
    return save_animation(drawn, skeleton, folder / "film", "Style", style=style, **options)


def first_frame(path, mode="RGB"):
    with Image.open(path) as image:
        return np.asarray(image.convert(mode)).astype(int)


@pytest.mark.parametrize(("size", "panels"), [("640x480", 1), ("642x364", 3), ("720X1280", 2)])
def test_the_film_has_exactly_the_given_size(dancer, skeleton, tmp_path, size, panels):
    _, video = draw(dancer, skeleton, tmp_path, size, panels=panels)
    assert re.search(rf" {size.lower()}[ ,]", film_description(video))


def test_a_wide_film_has_a_smaller_gif(dancer, skeleton, tmp_path):
    gif, _ = draw(dancer, skeleton, tmp_path, "1920x1080")
    assert first_frame(gif).shape[:2] == (506, 900)


@pytest.mark.parametrize(
    ("background", "colour"),
    [
        ("light", LIGHT.background),
        ("dark", DARK.background),
        ("#203040", (32, 48, 64)),
    ],
)
def test_the_background_has_the_given_colour(dancer, skeleton, tmp_path, background, colour):
    gif, _ = draw(dancer, skeleton, tmp_path, background=background)
    assert tuple(first_frame(gif)[2, 2]) == colour


def test_without_a_background_only_the_drawing_is_opaque(dancer, skeleton, tmp_path):
    gif, video = draw(dancer, skeleton, tmp_path, background="transparent")
    alpha = first_frame(gif, "RGBA")[..., 3]
    assert alpha[2, 2] == 0
    assert 0.01 < (alpha > 0).mean() < 0.5
    assert video.suffix == ".webm"
    assert "vp9" in film_description(video)


def test_each_view_is_another_picture(dancer, skeleton, tmp_path):
    pictures = [first_frame(draw(dancer, skeleton, tmp_path, "400x400", view)[0]) for view in VIEWS]
    for number, picture in enumerate(pictures):
        assert all((picture != other).any() for other in pictures[:number])


def test_from_the_back_the_dancers_left_is_on_the_viewers_left(dancer, skeleton, tmp_path):
    for view, is_right in (("front", True), ("back", False)):
        pixels = first_frame(draw(dancer, skeleton, tmp_path, view=view)[0])[60:-40]
        blue = np.argwhere(pixels[..., 2] - pixels[..., 0] > 120)
        orange = np.argwhere(pixels[..., 0] - pixels[..., 2] > 120)
        assert bool(blue[:, 1].mean() > orange[:, 1].mean()) is is_right


def test_degrees_are_a_view():
    front, degrees = film_style(None, "front", "light"), film_style(None, "0", "light")
    assert front == degrees
    assert film_style(None, "-45", "light").azimuth_deg == -45


def test_the_video_has_the_audio(dancer, skeleton, tmp_path):
    tone = write_tone(tmp_path / "tone.wav", 2.0)
    _, video = draw(dancer, skeleton, tmp_path, audio=tone)
    assert len(samples_of(video)) > 0


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (32, 48, 64), (250, 240, 200)])
def test_text_is_readable_on_each_background(colour):
    theme = theme_on(colour)
    assert abs(sum(theme.ink) - sum(theme.background)) > 300
    assert theme.background == colour


@pytest.mark.parametrize(
    ("size", "view", "background", "message"),
    [
        ("1280", "quarter", "light", "give WIDTHxHEIGHT in pixels, such as 1280x720"),
        ("1281x720", "quarter", "light", "the width is 1281; video needs even numbers: give 1282"),
        ("1280x10", "quarter", "light", "the height is 10; it must be 320 to 3840"),
        (None, "frnt", "light", "Did you mean 'front'?"),
        (None, "nan", "light", "film_view is 'nan'"),
        (None, "quarter", "drak", "Did you mean 'dark'?"),
        (None, "quarter", "#12", "such as #203040"),
    ],
)  # fmt: skip
def test_a_look_that_cannot_be_drawn_is_refused(size, view, background, message):
    with pytest.raises(UserError, match=re.escape(message)):
        film_style(size, view, background)


def test_a_film_too_small_for_its_dancers_is_refused(dancer, skeleton, tmp_path):
    with pytest.raises(UserError, match=r"leaves .* pixels for each of 5 dancers"):
        draw(dancer, skeleton, tmp_path, "400x320", panels=5)
    assert list(tmp_path.iterdir()) == []
