"""Prepare several files into one folder: recordings, their marker set, a report and pictures."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.mocap.formats.new_skeleton import write_skeleton
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.options import PreparationOptions, check_options
from mariel_gnn.mocap.preparation.prepare_file import PreparedRecording
from mariel_gnn.mocap.preparation.prepare_scene import prepare_scene
from mariel_gnn.mocap.preparation.scene import OpenedScene, called, open_scene
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton, shipped_skeletons
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

SKELETON, REPORT, PICTURES = "skeleton.yaml", "report.txt", "pictures"
REPORT_COLUMNS = 100
_NOT_IN_NAMES = re.compile(
    r'[\\/:*?"<>|\s\[\]\x00-\x1f]+'
)  # of files, on any system or in patterns
Draw = Callable[[PreparedRecording, Path], object]
Print = Callable[[str], None]
Progress = Callable[[int, int], None]


@dataclass
class PreparedFolder:
    """The content of the folder.

    Attributes:
        skeleton: name or path of the marker set, as `--data.skeleton` takes it; None before the first
            file.
        recordings: the written files.
        parts: their recordings.
        left_out: file -> the reason why it is not usable.
        existing: earlier recordings in the folder, which `*.npz` matches too.
        published: whether all recordings come from published CMU files.
    """

    skeleton: str | None
    recordings: list[Path] = field(default_factory=list)
    parts: list[Recording] = field(default_factory=list)
    left_out: dict[Path, str] = field(default_factory=dict)
    existing: list[Path] = field(default_factory=list)
    published: bool = True

    @property
    def seconds(self) -> float:
        """Duration of all recordings."""
        return sum(len(part) / part.rate_hz for part in self.parts)


def prepare_folder(
    files: Sequence[Path],
    out: Path,
    options: PreparationOptions,
    skeleton: str | None,
    print_line: Print,
    draw: Draw,
    on_progress: Progress = lambda done, total: None,
) -> PreparedFolder:
    """Prepare files one after another; all get the marker set of the first.

    Args:
        files: of any readable format.
        out: the folder; recordings are written as `.npz`, pictures into its folder `pictures`.
        options: facts about the files and requirements for the output.
        skeleton: the marker set, a shipped name or a YAML path; None identifies it in the first file.
        print_line: called with each line of the report.
        draw: draws a prepared recording into a picture file.
        on_progress: called with the number of files done and of all files.

    Raises:
        UserError: no file is usable.
    """
    check_options(options)
    marker_set = load_skeleton(skeleton) if skeleton else None
    result = PreparedFolder(skeleton)
    lines: list[str] = []
    opened: Iterable[OpenedScene] = _opened(files, options, marker_set, result.left_out)
    tallest = None
    if options.height_m:  # one scale, even if the tallest dancer stays low in some files
        opened = list(opened)
        tallest = max((scene.height for scene in opened), default=None)
    for number, scene in enumerate(opened):
        on_progress(number + len(result.left_out), len(files))
        try:
            dancers = prepare_scene(scene, options, marker_set, out.name, tallest)
            targets = _targets(dancers, scene.path, out, result.recordings)
        except UserError as error:
            result.left_out[scene.path] = str(error)
            continue
        for dancer, prepared in dancers.items():
            marker_set = prepared.skeleton
            _write(prepared, scene, targets[dancer], out, result)
            draw(prepared, out / PICTURES / f"{scene.path.stem}{_suffix(dancer)}.png")
            lines += _printed(
                _report(prepared, f"{scene.path.name} {called(dancer)}".rstrip()), print_line
            )
    if not result.recordings:
        raise UserError(_none_usable(list(result.left_out.values())))
    for path, reason in result.left_out.items():
        lines += _printed([f"{path.name}: LEFT OUT", _report_entry("because:", reason)], print_line)
    write_text(out / REPORT, "\n".join(lines) + "\n")
    result.existing = sorted(set(out.glob("*.npz")) - set(result.recordings))
    return result


def _opened(
    files: Sequence[Path],
    options: PreparationOptions,
    skeleton: Skeleton | None,
    left_out: dict[Path, str],
) -> Iterator[OpenedScene]:
    """The readable files one by one; the others go to `left_out`."""
    for path in files:
        try:
            opened = open_scene(path, options, skeleton)
        except UserError as error:
            left_out[path] = str(error)
        else:
            yield opened


def _targets(
    dancers: Mapping[str, PreparedRecording], path: Path, out: Path, written: Sequence[Path]
) -> dict[str, list[Path]]:
    """The output files of the parts of each dancer: `duet_1_Anna.npz`, so that pairs sort together.

    Raises:
        UserError: another input, or another dancer, has the same output.
    """
    targets: dict[str, list[Path]] = {}
    for dancer, prepared in dancers.items():
        count = len(prepared.parts)
        numbers = [f"_{number + 1}" for number in range(count)] if count > 1 else [""]
        targets[dancer] = [out / f"{path.stem}{number}{_suffix(dancer)}.npz" for number in numbers]
    every = [target for own in targets.values() for target in own]
    for place, target in enumerate(every):
        if target in written or target in every[:place]:
            raise UserError(
                f"{path}: {target.name} is the output of another file: rename one of them"
            )
    return targets


def _suffix(dancer: str) -> str:
    """The end of a file's name for a dancer of a scene; empty for a single dancer."""
    return f"_{_NOT_IN_NAMES.sub('-', called(dancer))}" if dancer else ""


def _write(
    prepared: PreparedRecording,
    scene: OpenedScene,
    targets: Sequence[Path],
    out: Path,
    result: PreparedFolder,
) -> None:
    """Write the parts of a dancer, and the marker set with the first file."""
    if result.skeleton is None:
        result.skeleton = _write_skeleton(prepared.skeleton, scene.path, out)
    for target, part in zip(targets, prepared.parts, strict=True):
        write_recording(target, part, prepared.skeleton)
    result.recordings += targets
    result.parts += prepared.parts
    result.published &= all(file.take is not None for file in scene.dancers.values())


def _write_skeleton(skeleton: Skeleton, source: Path, out: Path) -> str:
    """The marker set as `--data.skeleton` takes it; one that is not shipped is written to a file."""
    if skeleton.name in shipped_skeletons():
        return skeleton.name
    write_skeleton(out / SKELETON, skeleton, source.name)
    return str(out / SKELETON)


def _none_usable(reasons: Sequence[str]) -> str:
    if len(reasons) == 1:
        return reasons[0]
    return f"none of the {len(reasons)} files can be used; the first: {reasons[0]}"


def _printed(lines: list[str], print_line: Print) -> list[str]:
    for line in lines:
        print_line(line)
    return lines


def _report(prepared: PreparedRecording, name: str) -> list[str]:
    """The report of one dancer of a file."""
    kept_s = sum(len(part) / part.rate_hz for part in prepared.parts)
    whole_s = len(prepared.before) / prepared.before.rate_hz
    count = len(prepared.parts)
    parts = f" in {count} parts" if count > 1 else ""
    entries = [_report_entry(f"{topic}:", sentence) for topic, sentence in prepared.findings]
    return [f"{name}: {kept_s:.1f} s of {whole_s:.1f} s kept{parts}", *entries]


def _report_entry(topic: str, sentence: str) -> str:
    return textwrap.fill(
        f"  {topic:<16}{sentence}",
        REPORT_COLUMNS,
        subsequent_indent=18 * " ",
        break_long_words=False,
        break_on_hyphens=False,
    )
