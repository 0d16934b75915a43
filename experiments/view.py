"""Write recordings as one HTML page: `python -m experiments.view FILE… --out page.html`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import Messages, terminal
from experiments.parser import Parser, guarded, options_of
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_dancers
from mariel_gnn.mocap.recording import expand_home, find_files, on_one_clock
from mariel_gnn.viz.audio import audio_of_page, open_audio
from mariel_gnn.viz.page.build import write_page
from mariel_gnn.viz.page.recordings import describe_files, recording_scenes, recordings_title


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and write the page."""
    values, show = _parser().parse_args(list(arguments)), Messages(terminal())
    options = options_of(ReadingOptions, values)
    files = find_files(values.files)
    by_file = [list(read_dancers(file, options).values()) for file in files]
    dancers = [dancer for of_file in by_file for dancer in of_file]
    clock = ""
    if values.together:
        placed, clock = on_one_clock([dancer.recording for dancer in dancers])
        dancers = [
            dancer._replace(recording=one) for dancer, one in zip(dancers, placed, strict=True)
        ]
    groups = [dancers] if values.together else by_file
    scenes = [
        scene
        for group in groups
        for scene in recording_scenes([dancer[:2] for dancer in group], combined=True)
    ]
    title = recordings_title([dancer[:2] for dancer in dancers])
    name = expand_home(values.out or f"{files[0].stem}.html")
    audio = None if values.audio is None else open_audio(values.audio, values.audio_offset_s)
    seconds = max(len(dancer.recording) / dancer.recording.rate_hz for dancer in dancers)
    sound = audio_of_page(audio, seconds)
    path = write_page(name, scenes, title, below=describe_files(dancers), audio=sound)
    for note in [*(note for dancer in dancers for note in dancer.notes), *filter(None, [clock])]:
        show(note)
    show(f"{path} ({path.stat().st_size / 1e6:.1f} MB): open it in a browser")


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
    add("--audio", type=str | None, default=None, help="audio file that plays with the motion")
    about = (
        "second of the audio file that plays with the first frame; negative: the audio starts later"
    )
    add("--audio_offset_s", type=float, default=0.0, help=about)
    parser.add_class_arguments(ReadingOptions)
    return parser


if __name__ == "__main__":
    guarded(main)
