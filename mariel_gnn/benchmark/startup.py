"""Start-up of each command, pages for a browser, animations: seconds and megabytes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from mariel_gnn.benchmark.child import run_child
from mariel_gnn.benchmark.rows import Case, Prepared
from mariel_gnn.benchmark.windows import synthetic_duet, synthetic_take
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.recordings import recording_scenes

SECTION = "startup"
SKELETON = "mariel53"
PAGES = {"page of one dancer, 128 frames": (1, 128), "page of two dancers, 60 s": (2, 2100)}
UNKNOWN_OPTION, MISTAKE = "--no_such_option", 2


def startup_cases(commands: Sequence[str], folder: Path, quick: bool) -> list[Case]:
    """The rows of start-up.

    Args:
        commands: modules that are run with `python -m`.
        folder: for pages and films.
        quick: shorter pages and films.
    """
    python = [sys.executable, "-c"]
    folder.mkdir(parents=True, exist_ok=True)
    bare = {"python": [*python, "pass"], "python, import torch": [*python, "import torch"]}
    rows = {name: partial(_command, words, 0) for name, words in bare.items()}
    for module in commands:
        short, start = module.rpartition(".")[2], [sys.executable, "-m", module]
        rows[f"{short} --help"] = partial(_command, [*start, "--help"], 0)
        rows[f"{short}, a mistake"] = partial(_command, [*start, UNKNOWN_OPTION], MISTAKE)
    for name, (dancers, length) in PAGES.items():
        rows[name] = partial(_page, dancers, length, folder)
    frames = 16 if quick else 128
    rows[f"film of {frames} frames, MP4 and GIF"] = partial(_film, frames, folder)
    return [Case(SECTION, name, prepare) for name, prepare in rows.items()]


def _command(words: Sequence[str], expected: int) -> Prepared:
    def measure() -> dict[str, float]:
        ended = run_child(words)
        if ended.status != expected:
            last = [*ended.errors.strip().splitlines(), ""][-1]
            raise RuntimeError(f"exit status {ended.status} in place of {expected}: {last}")
        return {"seconds": ended.seconds, "mb": ended.peak_mb}

    return Prepared(measure)


def _dancers(dancers: int, frames: int) -> tuple[Recording, ...]:
    if dancers == 1:
        return (synthetic_take(frames),)
    return tuple(synthetic_duet(frames).dancers)


def _page(dancers: int, frames: int, folder: Path) -> Prepared:
    skeleton = load_skeleton(SKELETON)
    takes = [(take, skeleton) for take in _dancers(dancers, frames)]
    path = folder / f"page_{dancers}.html"

    def write() -> list[Path]:
        return [write_page(path, recording_scenes(takes, combined=True), "Page")]

    return Prepared(lambda: _written(write))


def _film(frames: int, folder: Path) -> Prepared:
    take, skeleton = synthetic_take(frames), load_skeleton(SKELETON)
    panels = [Panel("a dancer", {"": take.positions})]

    def write() -> list[Path]:
        return save_animation(panels, skeleton, folder / "film.gif", "Film", take.rate_hz)

    def measure() -> dict[str, float]:
        found = _written(write)
        return found | {"ms_per_frame": 1e3 * found["seconds"] / frames}

    return Prepared(measure)


def _written(write: Callable[[], Sequence[Path]]) -> dict[str, float]:
    """Seconds of writing files, and their megabytes."""
    started = time.perf_counter()
    paths = write()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "file_mb": sum(path.stat().st_size for path in paths) / 1e6}
