"""Files brought into one folder: recordings that train, their marker set, a report and pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.formats.new_skeleton import write_skeleton
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.prepare_file import (
    OpenedFile,
    PreparationOptions,
    PreparedRecording,
    check_options,
    open_upright,
    prepare_opened,
)
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, shipped_skeletons
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

SKELETON, REPORT, PICTURES = "skeleton.yaml", "report.txt", "pictures"
REPORT_COLUMNS = 100
Report = Callable[[str], None]


@dataclass(frozen=True)
class PreparedFolder:
    """What stands in the folder.

    Attributes:
        recordings: the files written.
        skeleton: name or path of their marker set, as `--data.skeleton` takes it.
        seconds: of dance, in all.
        left_out: files that could not be brought, and why.
        older: recordings that were there before, which `*.npz` matches too.
        parts: the recordings themselves.
        published: whether all of them come from published CMU files.
    """

    recordings: list[Path]
    skeleton: str
    seconds: float
    left_out: dict[Path, str]
    older: list[Path]
    parts: list[Recording]
    published: bool = False


def prepare_folder(
    files: Sequence[Path],
    out: Path,
    options: PreparationOptions,
    skeleton: str | None,
    tell: Report,
    draw: Callable[[PreparedRecording, Path], object],
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> PreparedFolder:
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
    check_options(options)
    marker_set = load_skeleton(skeleton) if skeleton else None
    name, tallest = skeleton, None
    lines: list[str] = []
    written: list[Path] = []
    parts: list[Recording] = []
    left_out: dict[Path, str] = {}
    published = True
    opened: Iterable[OpenedFile] = _opened(files, options, marker_set, left_out)
    if options.height_m:  # the same dancer in all of them: one scale, however low a take keeps
        opened = list(opened)
        tallest = max((one.height for one in opened), default=None)
    for number, one in enumerate(opened):
        on_file(number + len(left_out), len(files))
        try:
            brought = prepare_opened(one, options, marker_set, out.name, tallest)
            targets = _targets(brought, one.path, out, written)
        except UserError as error:
            left_out[one.path] = str(error)
            continue
        name = name or _kept_skeleton(brought, one.path, out)
        marker_set = brought.skeleton
        for target, part in zip(targets, brought.parts, strict=True):
            write_recording(target, part, brought.skeleton)
        written += targets
        parts += brought.parts
        published &= one.take is not None
        draw(brought, out / PICTURES / f"{one.path.stem}.png")
        lines += _reported(_report(brought, one.path), tell)
    if name is None or not written:
        raise UserError(_none_usable(list(left_out.values())))
    lines += _reported(_left_out(left_out), tell)
    write_text(out / REPORT, "\n".join(lines) + "\n")
    seconds = sum(len(part) / part.rate_hz for part in parts)
    older = sorted(set(out.glob("*.npz")) - set(written))
    return PreparedFolder(written, name, seconds, left_out, older, parts, published)


def _opened(
    files: Sequence[Path],
    options: PreparationOptions,
    skeleton: Skeleton | None,
    left_out: dict[Path, str],
) -> Iterator[OpenedFile]:
    """The files one by one; those that cannot be opened go to `left_out`."""
    for path in files:
        try:
            opened = open_upright(path, options, skeleton)
        except UserError as error:
            left_out[path] = str(error)
        else:
            yield opened


def _none_usable(reasons: Sequence[str]) -> str:
    if len(reasons) == 1:
        return reasons[0]
    return f"none of the {len(reasons)} files can be used; the first: {reasons[0]}"


def _reported(lines: list[str], tell: Report) -> list[str]:
    for line in lines:
        tell(line)
    return lines


def _kept_skeleton(brought: PreparedRecording, path: Path, out: Path) -> str:
    """How the marker set is named to a run; one that is not shipped is written down."""
    if brought.skeleton.name in shipped_skeletons():
        return brought.skeleton.name
    write_skeleton(out / SKELETON, brought.skeleton, path.name)
    return str(out / SKELETON)


def _targets(
    brought: PreparedRecording, path: Path, out: Path, written: Sequence[Path]
) -> list[Path]:
    """Where the pieces of a file go; none in place of another file's."""
    several = len(brought.parts) > 1
    numbers = [f"_{number + 1}" if several else "" for number in range(len(brought.parts))]
    targets = [out / f"{path.stem}{number}.npz" for number in numbers]
    for target in targets:
        if target in written:
            raise UserError(f"{path}: {target.name} is another file's: give this one another name")
    return targets


def _report(brought: PreparedRecording, path: Path) -> list[str]:
    """What was found in one file, for a dancer."""
    seconds = [len(part) / part.rate_hz for part in brought.parts]
    lasts_s = len(brought.before) / brought.before.rate_hz
    pieces = f" in {len(seconds)} pieces" if len(seconds) > 1 else ""
    found = [_wrapped(f"{topic}:", said) for topic, said in brought.findings]
    return [f"{path.name}: {sum(seconds):.1f} s of {lasts_s:.1f} s kept{pieces}", *found]


def _left_out(left_out: Mapping[Path, str]) -> list[str]:
    lines = []
    for path, reason in left_out.items():
        lines += [f"{path.name}: LEFT OUT", _wrapped("because:", reason)]
    return lines


def _wrapped(topic: str, said: str) -> str:
    """A topic and what is said of it, in lines that fit."""
    return textwrap.fill(
        f"  {topic:<16}{said}",
        REPORT_COLUMNS,
        subsequent_indent=18 * " ",
        break_long_words=False,
        break_on_hyphens=False,
    )
