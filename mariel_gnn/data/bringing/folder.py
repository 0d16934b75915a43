"""Files brought into one folder: recordings that train, their marker set, a report and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.data.bringing.bring import Brought, bring, height_in
from mariel_gnn.data.bringing.new_skeleton import write_skeleton
from mariel_gnn.data.bringing.options import BringOptions, check
from mariel_gnn.data.files.door import write_recording
from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.skeletons import Skeleton, load_skeleton, shipped_skeletons

SKELETON, REPORT, PICTURES = "skeleton.yaml", "report.txt", "pictures"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class BroughtFolder:
    """What stands in the folder.

    Attributes:
        recordings: the files written.
        skeleton: name or path of their marker set, as `--data.skeleton` takes it.
        seconds: of dance, in all.
        left_out: files that could not be brought, and why.
    """

    recordings: list[Path]
    skeleton: str
    seconds: float
    left_out: list[str]


def bring_folder(
    files: Sequence[Path],
    out: Path,
    options: BringOptions,
    skeleton: str | None,
    tell: Tell,
    draw: Callable[[Brought, Path], object],
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> BroughtFolder:
    """Bring files, one after another; the first one's marker set is that of all.

    Args:
        files: of any readable format.
        out: the folder; recordings go there as `.npz`, pictures into `pictures/` below.
        options: what is known of the files.
        skeleton: the marker set; None finds it in the first file.
        tell: takes the report, line by line.
        draw: draws what was brought into a picture file.
        on_file: is told how many files are done, and of how many.

    Raises:
        UserError: none of the files can be used.
    """
    check(options)
    marker_set = load_skeleton(skeleton) if skeleton else None
    name, lines = skeleton, []
    written: list[Path] = []
    left_out: list[str] = []
    seconds = 0.0
    # The same dancer in all of them: one scale, however low a take keeps to the floor.
    tallest = _tallest(files, options, marker_set) if options.height_m else None
    for number, path in enumerate(files):
        on_file(number, len(files))
        try:
            brought = bring(path, options, marker_set, out.name, tallest)
        except UserError as error:
            left_out.append(str(error))
            lines += _said([f"{path.name}: LEFT OUT", f"  {error}"], tell)
            continue
        if name is None:
            name = _kept_skeleton(brought, path, out)
        marker_set = brought.skeleton
        written += _write(brought, path, out)
        draw(brought, out / PICTURES / f"{path.stem}.png")
        seconds += sum(len(part) / part.rate_hz for part in brought.parts)
        lines += _said(_report(brought, path), tell)
    if not written or name is None:
        raise UserError(left_out[0] if left_out else "no files given")
    write_text(out / REPORT, "\n".join(lines) + "\n")
    return BroughtFolder(written, name, seconds, left_out)


def _tallest(
    files: Sequence[Path], options: BringOptions, skeleton: Skeleton | None
) -> float | None:
    heights = []
    for path in files:
        with suppress(UserError):  # told when the file itself is brought
            heights.append(height_in(path, options, skeleton))
    return max(heights, default=None)


def _said(lines: list[str], tell: Tell) -> list[str]:
    for line in lines:
        tell(line)
    return lines


def _kept_skeleton(brought: Brought, path: Path, out: Path) -> str:
    """How the marker set is named to a run; one that is not shipped is written down."""
    if brought.skeleton.name in shipped_skeletons():
        return brought.skeleton.name
    write_skeleton(out / SKELETON, brought.skeleton, path.name)
    return str(out / SKELETON)


def _write(brought: Brought, path: Path, out: Path) -> list[Path]:
    several = len(brought.parts) > 1
    written = []
    for number, part in enumerate(brought.parts, start=1):
        written.append(out / f"{path.stem}{f'_{number}' if several else ''}.npz")
        write_recording(written[-1], part, brought.skeleton)
    return written


def _report(brought: Brought, path: Path) -> list[str]:
    """What was found in one file, for a dancer."""
    seconds = [len(part) / part.rate_hz for part in brought.parts]
    lasts_s = len(brought.before) / brought.before.rate_hz
    pieces = f" in {len(seconds)} pieces" if len(seconds) > 1 else ""
    lines = [f"{path.name}: {sum(seconds):.1f} s of {lasts_s:.1f} s kept{pieces}"]
    return lines + [f"  {topic + ':':<16}{said}" for topic, said in brought.findings]
