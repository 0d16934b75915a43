"""An audio file beside the motion: checked, and cut to the duration of a film or page."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import imageio_ffmpeg

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import nearest_file

KBIT_PER_S = 160
MOST_BYTES = 16_000_000  # on a page, which is one file: 13 minutes
MOST_S = MOST_BYTES * 8 / (KBIT_PER_S * 1000)


@dataclass(frozen=True)
class Audio:
    """An audio file that can be read.

    Attributes:
        file: its path.
        offset_s: second of the file that plays with the first frame; negative: the audio starts later.
        duration_s: of the file.
    """

    file: str
    offset_s: float
    duration_s: float

    def record(self) -> dict[str, Any]:
        """Return the attributes for `generation.json`."""
        return asdict(self)

    @contextmanager
    def cut(self, seconds: float) -> Iterator[Path]:
        """Yield a temporary MP3 that begins with the first frame and lasts as long as the motion.

        Args:
            seconds: duration of the motion.

        Raises:
            UserError: the file cannot be read to the end.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "audio.mp3"
            start = ["-ss", f"{self.offset_s:.4f}"] if self.offset_s > 0 else []
            delay_ms = round(max(0.0, -self.offset_s) * 1000)
            filters = f"adelay={delay_ms}:all=1,apad" if delay_ms else "apad"
            end = ["-af", filters, "-t", f"{seconds:.4f}", "-b:a", f"{KBIT_PER_S}k", "-ac", "2"]
            problem = _ffmpeg([*start, *_input(self.file), "-map", "0:a:0", *end, str(path)])
            if problem:
                raise UserError(
                    f"{self.file}: cannot be read to the end ({problem}): save it as WAV or MP3"
                )
            yield path


def open_audio(file: str, offset_s: float) -> Audio:
    """Check an audio file and its offset.

    Args:
        file: of any format that ffmpeg reads; of a video, the audio track is taken.
        offset_s: second of the file that plays with the first frame.

    Raises:
        UserError: no such file, a file without audio, or an offset outside the file.
    """
    path = Path(file)
    if not path.is_file():
        raise UserError(f"audio {file}: no such file.{nearest_file(path)}".rstrip("."))
    problem = _ffmpeg([*_input(file), "-map", "0:a:0", "-t", "0.2", "-f", "null", "-"])
    if problem:
        raise UserError(
            f"audio {file}: has no audio that can be read ({problem}): save it as WAV or MP3"
        )
    duration_s = _duration_s(file)
    if not -MOST_S <= offset_s < duration_s:
        raise UserError(
            f"audio_offset_s is {offset_s:g}; {path.name} lasts {duration_s:.1f} s: give seconds below that"
        )
    return Audio(file, offset_s, duration_s)


def audio_of_page(audio: Audio | None, seconds: float) -> bytes:
    """Return the MP3 of a page whose motion lasts so many seconds; empty without audio.

    Raises:
        UserError: the audio is too long, or cannot be read to the end.
    """
    if audio is None:
        return b""
    check_length(audio, seconds)
    with audio.cut(seconds) as path:
        return path.read_bytes()


def check_length(audio: Audio | None, seconds: float) -> None:
    """Check that the audio of so many seconds fits on a page.

    Raises:
        UserError: it does not.
    """
    if audio is not None and seconds > MOST_S:
        raise UserError(
            f"audio {audio.file}: {seconds / 60:.0f} minutes of audio do not fit on a page, which takes "
            f"{MOST_BYTES / 1e6:.0f} MB, {MOST_S / 60:.0f} minutes: omit --audio, or generate less"
        )


def _duration_s(file: str) -> float:
    """Duration of the audio, from decoding it: headers can be wrong."""
    result = _run([*_input(file), "-map", "0:a:0", "-f", "null", "-"])
    times = [part.split()[0] for part in result.stderr.replace("\r", "\n").split("time=")[1:]]
    hours, minutes, seconds = times[-1].split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def _input(file: str) -> list[str]:
    """The file as ffmpeg's input; without `file:` a name with a colon would be a protocol."""
    return ["-i", f"file:{file}"]


def _ffmpeg(arguments: list[str]) -> str:
    """Run ffmpeg; return what went wrong, or ""."""
    result = _run(["-v", "error", *arguments])
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    if result.returncode == 0:
        return ""
    return (lines[0].rpartition("] ")[2] if lines else "unknown reason")[:120]


def _run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-y", *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
