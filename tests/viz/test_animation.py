"""Films: both files, true speed, any number of bodies, invalid positions, no partial files."""

import re
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from PIL import Image

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.viz import animation
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.film_files import gif_delays_ms, gif_stride


def film_frames_and_s(path):
    return imageio_ffmpeg.count_frames_and_secs(str(path))


def film_description(path):
    """Return ffmpeg's description of the video stream."""
    result = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)], capture_output=True)
    return next(line for line in result.stderr.decode().splitlines() if " Video: " in line)


def gif_duration_s(path):
    with Image.open(path) as image:
        spans = []
        for frame in range(image.n_frames):
            image.seek(frame)
            spans.append(image.info["duration"])
        return image.n_frames, sum(spans) / 1000, min(spans)


def test_both_files_play_every_frame_at_true_speed(tmp_path, dancer, skeleton):
    panels = [
        Panel("Recording", {"recording": dancer}),
        Panel("Both", {"recording": dancer, "model": torch.from_numpy(dancer).float() + 0.05}),
    ]
    paths = save_animation(panels, skeleton, tmp_path / "film", "Two panels", rate_hz=35.0)
    assert paths == [tmp_path / "film.gif", tmp_path / "film.mp4"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    frames, seconds, shortest = gif_duration_s(paths[0])
    assert frames == len(dancer)
    assert seconds == pytest.approx(len(dancer) / 35.0, abs=0.006)
    assert shortest >= 0.02
    frames, seconds = film_frames_and_s(paths[1])
    assert frames == len(dancer)
    assert seconds == pytest.approx(len(dancer) / 35.0, abs=0.01)
    description = film_description(paths[1])
    assert "h264" in description
    assert "yuv420p" in description
    assert "35 fps" in description
    width, height = map(int, re.search(r" (\d{2,})x(\d{2,})", description).groups())
    assert width % 2 == height % 2 == 0
    with Image.open(paths[0]) as image:
        assert image.size == (width, height)


def test_the_dancers_left_is_blue_and_on_the_viewers_right_from_the_front(
    tmp_path, dancer, skeleton
):
    gif, _ = save_animation([Panel("x", {"x": dancer})], skeleton, tmp_path / "film", "Sides")
    with Image.open(gif) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)[60:-40]
    blue = np.argwhere(pixels[..., 2] - pixels[..., 0] > 120)
    orange = np.argwhere(pixels[..., 0] - pixels[..., 2] > 120)
    assert len(blue) > 20
    assert len(orange) > 20
    assert blue[:, 1].mean() > orange[:, 1].mean()


@pytest.mark.parametrize("rate_hz", [10.0, 24.0, 29.97, 35.0, 50.0, 60.0, 120.0, 1000.0])
@pytest.mark.parametrize("frames", [1, 127, 128, 1000])
def test_gif_delays_sum_to_the_duration_and_are_not_too_short(rate_hz, frames):
    stride = gif_stride(frames, rate_hz)
    delays = gif_delays_ms(frames, rate_hz, stride)
    assert len(delays) == -(-frames // stride) <= 400
    assert min(delays) >= 20
    assert all(delay % 10 == 0 for delay in delays)
    assert sum(delays) / 1000 == pytest.approx(frames / rate_hz, abs=0.026)


def test_128_frames_of_three_panels_take_less_than_two_megabytes(tmp_path, skeleton):
    phrase = synthesize_recording(0)[:128]
    panels = [Panel(name, {"recording": phrase, "model": phrase + 0.05}) for name in "abc"]
    paths = save_animation(panels, skeleton, tmp_path / "film", "Size")
    assert max(path.stat().st_size for path in paths) < 2_000_000


def test_missing_and_infinite_positions_are_not_drawn(tmp_path, dancer, skeleton):
    broken = dancer[:6].copy()
    broken[0], broken[1, 3], broken[2, 4], broken[3, 5] = np.nan, np.inf, 1e300, -1e5
    panels = [Panel("Good", {"x": dancer[:6]}), Panel("Bad", {"x": broken, "y": broken * np.nan})]
    gif, mp4 = save_animation(panels, skeleton, tmp_path / "film", "Broken")
    assert gif_duration_s(gif)[0] == film_frames_and_s(mp4)[0] == 6


def test_a_body_disappears_at_its_end(tmp_path, dancer, skeleton):
    panels = [Panel("Lengths", {"short": dancer[:3], "long": dancer[:5]})]
    gif, _ = save_animation(panels, skeleton, tmp_path / "film", "Lengths")
    assert gif_duration_s(gif)[0] == 5


def test_one_frame_and_long_texts_make_a_film(tmp_path, dancer, skeleton):
    panels = [Panel("long " * 30, {"x" * 200: dancer[:1], "y": dancer[:1]})] * 3
    gif, mp4 = save_animation(panels, skeleton, tmp_path / "film", "W" * 300)
    assert gif_duration_s(gif)[0] == film_frames_and_s(mp4)[0] == 1


def test_no_file_remains_when_drawing_fails(tmp_path, dancer, skeleton, monkeypatch):
    def fail_late(picture, seconds, total_s, ink):
        if seconds > 0.1:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(animation, "draw_time", fail_late)
    with pytest.raises(RuntimeError, match="disk"):
        save_animation([Panel("x", {"x": dancer})], skeleton, tmp_path / "film", "Fails")
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments_are_refused(tmp_path, dancer, skeleton):
    good = [Panel("x", {"x": dancer})]
    for panels in ([], [Panel("x", {})]):
        with pytest.raises(UserError, match="one panel or more"):
            save_animation(panels, skeleton, tmp_path / "film", "t")
    with pytest.raises(UserError, match=r"\[T, 53, 3\]"):
        save_animation([Panel("x", {"x": dancer[:, :18]})], skeleton, tmp_path / "film", "t")
    for rate_hz in (0.0, float("nan")):
        with pytest.raises(UserError, match="rate_hz"):
            save_animation(good, skeleton, tmp_path / "film", "t", rate_hz=rate_hz)
    assert list(tmp_path.iterdir()) == []
