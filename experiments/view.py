"""Write recordings as one HTML page: `python -m experiments.view FILE… --out page.html`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import CHANNELS, DuetEdgeOptions
from mariel_gnn.mocap.cleaning import impossible_note
from mariel_gnn.mocap.formats.reading import ReadingOptions, ReadRecording, read_dancers
from mariel_gnn.mocap.loading import find_clip
from mariel_gnn.mocap.recording import Recording, expand_home, find_files, on_one_clock
from mariel_gnn.viz.audio import audio_of_page, open_audio
from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.recordings import (
    Take,
    describe_files,
    recording_scenes,
    recordings_title,
)
from mariel_gnn.viz.page.scenes import Scene

THRESHOLDS = ("radius_m", "least_cosine", "speed_floor_m_per_s", "tolerance_m")


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and write the page."""
    values, show = _parser().parse_args(list(arguments)), Messages(terminal())
    options = options_of(ReadingOptions, values)
    files = find_files(values.files)
    by_file = [[*map(_with_doubts, read_dancers(file, options).values())] for file in files]
    dancers = [dancer for of_file in by_file for dancer in of_file]
    together = values.together or (values.between is not None and max(map(len, by_file)) == 1)
    edges, interpolated = _edges_of(values, dancers)
    clock = ""
    if together:
        placed, clock = on_one_clock([dancer.recording for dancer in dancers])
        dancers = [
            dancer._replace(recording=one) for dancer, one in zip(dancers, placed, strict=True)
        ]
    groups = [dancers] if together else by_file
    takes = [[dancer[:2] for dancer in group] for group in groups]
    scenes, about = _scenes(takes, edges, interpolated)
    title = recordings_title([dancer[:2] for dancer in dancers])
    name = expand_home(values.out or f"{files[0].stem}.html")
    audio = None if values.audio is None else open_audio(values.audio, values.audio_offset_s)
    seconds = max(len(dancer.recording) / dancer.recording.rate_hz for dancer in dancers)
    sound = audio_of_page(audio, seconds)
    path = write_page(name, scenes, title, below=describe_files(dancers), audio=sound)
    notes = [note for dancer in dancers for note in dancer.notes]
    for note in [*notes, *filter(None, [clock]), *dict.fromkeys(about)]:
        show(note)
    show(f"{path} ({path.stat().st_size / 1e6:.1f} MB): open it in a browser")


def _with_doubts(dancer: ReadRecording) -> ReadRecording:
    """The dancer, with a note on impossible positions: the page shows them as they are."""
    doubts = filter(None, [impossible_note(dancer.recording, dancer.skeleton)])
    return dancer._replace(notes=[*dancer.notes, *doubts])


def _edges_of(
    values: Any, dancers: Sequence[ReadRecording]
) -> tuple[DuetEdgeOptions | None, list[Recording]]:
    """The edges to draw between dancers, None for no edges; and where no place is measured."""
    defaults = DuetEdgeOptions()
    thresholds = {name: values[name] for name in THRESHOLDS}
    if values.between is None:
        for name in THRESHOLDS:
            if thresholds[name] != getattr(defaults, name):
                raise UserError(f"--{name} is of the edges between dancers: add --between")
        if values.interpolated:
            raise UserError("--interpolated is of the edges between dancers: add --between")
        return None, []
    channels = list(dict.fromkeys(values.between)) or defaults.channels
    recordings = [dancer.recording for dancer in dancers]
    clips = [clip for name in values.interpolated for clip in find_clip(name, recordings)]
    return DuetEdgeOptions(channels=channels, **thresholds), clips


def _scenes(
    groups: Sequence[Sequence[Take]],
    edges: DuetEdgeOptions | None,
    interpolated: Sequence[Recording],
) -> tuple[list[Scene], list[str]]:
    """A scene of each group, and notes."""
    if edges is None:
        return [scene for takes in groups for scene in recording_scenes(takes, combined=True)], []
    from mariel_gnn.viz.page.duet_scenes import depth_note, duet_scene  # loads torch

    scenes = [duet_scene(takes, edges, interpolated) for takes in groups]
    return scenes, [note for takes in groups if (note := depth_note(takes))]


def _parser() -> Parser:
    parser = Parser(
        prog="python -m experiments.view",
        allow_abbrev=False,
        description="Write recordings as one HTML file that plays in a browser without a network.",
    )
    add = parser.add_argument
    add("files", nargs="+", help="recordings of any format, or patterns in quotes")
    add(
        "--out", type=Path | None, default=None, help="the page; null names it after the first file"
    )
    add("--together", action="store_true", help="show all in one scene, such as partners of a duet")
    kinds = (
        f"edges between every two dancers: {', '.join(CHANNELS)}; without a name the first three"
    )
    add("--between", nargs="*", type=str, default=None, help=kinds)
    without = (
        "clips such as take.npy@12.5s-13s in which a dancer's place is interpolated: no edges there"
    )
    add("--interpolated", nargs="+", type=str, default=[], help=without)
    add("--audio", type=str | None, default=None, help="audio file that plays with the motion")
    about = (
        "second of the audio file that plays with the first frame; negative: the audio starts later"
    )
    add("--audio_offset_s", type=float, default=0.0, help=about)
    parser.add_class_arguments(ReadingOptions)
    parser.add_class_arguments(DuetEdgeOptions, skip={"channels"})
    return parser


if __name__ == "__main__":
    guarded(main)
