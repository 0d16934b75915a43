"""Find which part of one dancer moves with which part of the other: `python -m experiments.relations A B`.

Functions import what they need when they run: `--help` is then quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.parser import Parser, guarded, options_of
from mariel_gnn.errors import UserError
from mariel_gnn.run_folder import CONFIG

if TYPE_CHECKING:
    from experiments.console import Messages
    from mariel_gnn.data.options import DataOptions
    from mariel_gnn.evaluation.duet_movement import DuetMovement
    from mariel_gnn.metrics.duet_relations import RelationOptions

WHAT = (
    "Find which body part of one dancer moves with which part of the other, with what lag, and how "
    "surely. Prints a table and writes a CSV file, a picture and a page. docs/relations.md says how to "
    "read them."
)
HOW_TO_GIVE = (
    "give two recordings of one duet, files that hold two dancers, takes of the first dancer with as "
    "many of the second after --partners, the folder of a duet's run, or --benchmark 3"
)
_OPTIONS = ("skeleton", "rate_hz", "layout")
_WORDS = {
    "data.recordings": "the first files",
    "data.partners": "--partners",
    "data.interpolated": "--interpolated",
    "data.skeleton": "--skeleton",
}  # options of a run -> what this command calls them


def main(arguments: Sequence[str]) -> None:
    """Parse the command line, measure, print, write."""
    from mariel_gnn.metrics.duet_relations import RelationOptions

    parser = _parser()
    parser.add_class_arguments(RelationOptions)
    values = parser.instantiate(parser.parse_args(list(arguments)))
    if values.benchmark:
        _benchmark(values)
    else:
        _relations(values, options_of(RelationOptions, values))


def _parser() -> Parser:
    from mariel_gnn.mocap.formats.unnamed_arrays import Layout

    parser = Parser(prog="python -m experiments.relations", allow_abbrev=False, description=WHAT)
    add = parser.add_argument
    add("files", nargs="*", help=f"{HOW_TO_GIVE} without files")
    add(
        "--partners",
        nargs="+",
        type=str,
        default=[],
        help="takes of the second dancer, in the same order",
    )
    about = "clips such as take.npy@12.5s-13s in which a dancer's place is interpolated: left out"
    add("--interpolated", nargs="+", type=str, default=[], help=about)
    about = "name of the CSV file, the picture and the page (default: by the first file)"
    add("--out", type=str, default="", help=about)
    add(
        "--skeleton",
        type=str | None,
        default=None,
        help="marker set of each dancer; null takes that of the files",
    )
    add(
        "--rate_hz",
        type=float | None,
        default=None,
        help="frames per second; null takes the rate of the files",
    )
    add(
        "--layout",
        type=Layout,
        default="auto",
        help="of an array without names: field, plain or auto",
    )
    about = (
        "duets of each planted scene for the benchmark of methods, run instead (usually 3; 0: none)"
    )
    add("--benchmark", type=int, default=0, help=about)
    about = "also PCMCI+ in the benchmark: minutes for each duet, and needs tigramite (GPL)"
    add("--pcmci", action="store_true", help=about)
    return parser


def _relations(values: Any, options: RelationOptions) -> None:
    from experiments.console import Messages, progress_bar, terminal
    from mariel_gnn.ranges import check_ranges

    check_ranges(options)
    if not values.files:
        raise UserError(f"no files: {HOW_TO_GIVE}")
    console = terminal()
    say = Messages(console)
    pairs = _read(values, options.min_take_s)
    if _is_run(values):
        say("all takes of the run, for training too: the dancers are measured, not the model")
    for note in dict.fromkeys(note for pair in pairs for note in pair.notes):
        say(note)
    out = values.out or f"{Path(values.files[0].rstrip('/')).stem}_relations"
    with progress_bar(console, "relations") as on_progress:
        for number, pair in enumerate(pairs, start=1):
            on_progress(number - 1, len(pairs))
            one_of = f"_{number}" if len(pairs) > 1 else ""
            _one_pair(pair, options, f"{_stem(out)}{one_of}", console, say)


def _read(values: Any, min_take_s: float) -> list[DuetMovement]:
    from mariel_gnn.data.read_duets import read_duets
    from mariel_gnn.evaluation.duet_movement import duet_movements

    try:
        return duet_movements(read_duets(_data_options(values)), min_take_s)
    except UserError as error:  # the reader names options of a run
        text = str(error)
        for option, word in _WORDS.items():
            text = text.replace(option, word)
        raise UserError(text) from error


def _data_options(values: Any) -> DataOptions:
    from mariel_gnn.data.options import DataOptions
    from mariel_gnn.mocap.formats.reading import ReadingOptions, read_dancers
    from mariel_gnn.mocap.recording import find_files

    if _is_run(values):
        return _options_of_run(Path(values.files[0]), values)
    given = {name: values[name] for name in _OPTIONS} | {"interpolated": values.interpolated}
    if values.partners:
        return DataOptions(recordings=list(values.files), partners=list(values.partners), **given)
    found = [path for pattern in values.files for path in find_files(pattern)]
    if len(found) == 2:  # in the given order: the first file is the first dancer
        reading = ReadingOptions(values.skeleton, values.rate_hz, layout=values.layout)
        if all(len(read_dancers(path, reading)) == 1 for path in found):
            first, second = map(str, found)
            return DataOptions(recordings=[first], partners=[second], **given)
    return DataOptions(recordings=[str(path) for path in found], **given)


def _is_run(values: Any) -> bool:
    return (Path(values.files[0]) / CONFIG).is_file()


def _options_of_run(run: Path, values: Any) -> DataOptions:
    """All recordings of a run of a duet."""
    from mariel_gnn.comparison.runs import read_mapping
    from mariel_gnn.data.options import DataOptions
    from mariel_gnn.mocap.cleaning import CleaningOptions
    from mariel_gnn.parsing import load_yaml

    stated = [values[name] for name in ("partners", "interpolated", "skeleton", "rate_hz")]
    if len(values.files) > 1 or any(stated) or values.layout != "auto":
        raise UserError(
            f"{run} is a run folder, which says how its recordings are read: give it alone, or files "
            "without it"
        )
    data = read_mapping(run / CONFIG, load_yaml).get("data") or {}
    if not data.get("recordings"):
        raise UserError(
            f"{run}: was trained without recordings of its own: give the files of a duet instead"
        )
    kept = ("recordings", "partners", "interpolated", "trim", *_OPTIONS)
    stated_cleaning = data.get("cleaning") or {}
    known = {item.name for item in fields(CleaningOptions)}
    cleaning = CleaningOptions(
        **{name: stated_cleaning[name] for name in known & {*stated_cleaning}}
    )
    return DataOptions(**{name: data[name] for name in kept if name in data}, cleaning=cleaning)


def _one_pair(
    pair: DuetMovement, options: RelationOptions, stem: str, console: Any, say: Messages
) -> None:
    from experiments.console import print_rows
    from mariel_gnn.evaluation.planted_relations import planted_lags
    from mariel_gnn.evaluation.relations_report import (
        MOST_ROWS,
        TAKES_HEAD,
        save_relations_csv,
        table_head,
        table_rows,
        take_rows,
        verdicts,
    )  # fmt: skip
    from mariel_gnn.metrics.duet_relations import find_relations
    from mariel_gnn.metrics.partner_past import measure_partner_past
    from mariel_gnn.viz.duet_relation_picture import save_relation_picture
    from mariel_gnn.viz.page.relation_page import write_relation_page

    movement = [take.movement for take in pair.takes]
    found = find_relations(movement, pair.rate_hz, options)
    past = measure_partner_past(movement, pair.rate_hz)
    alone = pair.takes[0].dancers[0].file if len(pair.takes) == 1 else ""
    planted = planted_lags(alone, pair.parts) if alone else None
    say(f"\nfirst dancer: {pair.names[0]}; second dancer: {pair.names[1]}")
    rows = table_rows(found, pair.parts, planted)
    if rows:
        print_rows(console, table_head(planted), rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        say(f"and {len(rows) - MOST_ROWS} more pairs, in the CSV file")
    print_rows(console, TAKES_HEAD, take_rows([take.name for take in pair.takes], found, past))
    for line in verdicts(found, past):
        say(f"• {line}")
    table, picture, page = (Path(f"{stem}.{suffix}") for suffix in ("csv", "png", "html"))
    save_relations_csv(table, found, pair.parts)
    save_relation_picture(picture, found, pair.poses(), pair.skeleton, pair.names, planted)
    say.to_copy(f"table: {table}")
    say.to_copy(f"picture: {picture}")
    write_relation_page(page, pair, found, past, planted)
    say.to_copy(f"page: {page} ({page.stat().st_size / 1e6:.1f} MB): open it in a browser")


def _stem(out: str) -> Path:
    from mariel_gnn.mocap.recording import expand_home

    for suffix in (".csv", ".png", ".html"):
        out = out.removesuffix(suffix)
    return expand_home(out)


def _benchmark(values: Any) -> None:
    from experiments.console import Messages, print_rows, progress_bar, terminal
    from mariel_gnn.evaluation import relation_benchmark as benchmark
    from mariel_gnn.mocap.synthetic.planted_duets import SCENES

    if values.files or values.benchmark < 0:
        raise UserError(f"--benchmark is {values.benchmark}; it must be 1 or more, without files")
    console = terminal()
    say, rows = Messages(console), benchmark.benchmarked_rows(values.pcmci)
    total = values.benchmark * len(SCENES) * len(benchmark.SNRS) * len(rows)
    seeds = range(benchmark.FIRST_SEED, benchmark.FIRST_SEED + values.benchmark)
    results = []
    with progress_bar(console, "benchmark") as on_progress:
        for result in benchmark.run_benchmark(seeds, rows, say=say):
            results.append(result)
            on_progress(len(results), total)
    for title, head, cells in benchmark.benchmark_tables(results):
        console.print(f"\n{title}", style="bold", highlight=False)
        print_rows(console, head, cells)


if __name__ == "__main__":
    guarded(main)
