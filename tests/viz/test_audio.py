"""Audio: cut to the motion's duration at the given second; a file that cannot be read is one line."""

import subprocess
import wave

import imageio_ffmpeg
import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.viz.audio import MOST_S, check_length, open_audio

RATE_HZ = 8000


def write_tone(path, seconds=4.0):
    """Silence in the first second, then a tone."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    samples = np.where(time >= 1, 12000 * np.sin(2 * np.pi * 440 * time), 0).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return str(path)


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    return write_tone(tmp_path_factory.mktemp("audio") / "tone.wav")


def samples_of(path):
    """Decode to mono samples at `RATE_HZ`."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(path),
        "-f",
        "s16le",
        "-ac",
        "1",
    ]
    raw = subprocess.run(
        [*command, "-ar", str(RATE_HZ), "-"], capture_output=True, check=True
    ).stdout
    return np.frombuffer(raw, "<i2")


@pytest.mark.parametrize(
    ("offset_s", "first_sound_s"), [(0.0, 1.0), (0.6, 0.4), (-0.5, 1.5), (1.5, 0.0)]
)
def test_the_cut_begins_with_the_first_frame_and_lasts_as_long_as_the_motion(
    tone, offset_s, first_sound_s
):
    with open_audio(tone, offset_s).cut(2.0) as path:
        samples = samples_of(path)
    assert len(samples) / RATE_HZ == pytest.approx(2.0, abs=0.06)
    first = np.flatnonzero(np.abs(samples) > 4000)[0] / RATE_HZ
    assert first == pytest.approx(first_sound_s, abs=0.06)
    assert not path.exists()


def test_audio_that_ends_early_is_followed_by_silence(tone):
    with open_audio(tone, 3.5).cut(2.0) as path:
        samples = samples_of(path)
    assert len(samples) / RATE_HZ == pytest.approx(2.0, abs=0.06)
    assert np.abs(samples[-RATE_HZ:]).max() < 500


@pytest.mark.parametrize(
    ("name", "content", "offset_s", "message"),
    [
        ("missing.wav", None, 0.0, "no such file"),
        ("text.mp3", b"not audio at all", 0.0, "has no audio that can be read"),
        ("empty.wav", b"", 0.0, "has no audio that can be read"),
        ("tone.wav", "tone", 9.0, "lasts 4.0 s: give seconds below that"),
        ("tone.wav", "tone", float("nan"), "audio_offset_s is nan"),
    ],
)
def test_audio_that_cannot_be_used_is_one_line(tmp_path, name, content, offset_s, message):
    path = tmp_path / name
    if content == "tone":
        write_tone(path)
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        open_audio(str(path), offset_s)
    assert len(str(error.value).splitlines()) == 1


def test_a_folder_is_no_audio_file(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        open_audio(str(tmp_path), 0.0)


def test_audio_longer_than_a_page_takes_is_refused(tone):
    audio = open_audio(tone, 0.0)
    check_length(audio, MOST_S)
    check_length(None, 2 * MOST_S)
    with pytest.raises(UserError, match="do not fit on a page, which takes 16 MB, 13 minutes"):
        check_length(audio, MOST_S + 1)
