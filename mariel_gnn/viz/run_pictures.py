"""The pictures of a run, and the page and film of generated recordings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.evaluate import Evaluation
from mariel_gnn.evaluation.relations import measure_relations, save_relations
from mariel_gnn.evaluation.window_errors import describe_window_sources
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.tasks import GenerationResult
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.pair import join_dancers, pair_skeleton
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.run_folder import METRICS, PICTURES
from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.audio import Audio
from mariel_gnn.viz.colors import GENERATED
from mariel_gnn.viz.curves import save_bar, save_curves
from mariel_gnn.viz.film_style import FilmStyle
from mariel_gnn.viz.page.build import warning_list, write_page
from mariel_gnn.viz.page.generation_scenes import describe_generation, generation_scenes
from mariel_gnn.viz.relation_pictures import draw_relations
from mariel_gnn.viz.stills import save_stills

TEMPERATURES = (1.0, 1.5, 2.0)
MOST_PANELS = 5  # of a film


def draw_run(
    folder: Path,
    model: PhraseModel,
    test: MarielDataset,
    evaluation: Evaluation,
    data_name: str,
    seed: int = 0,
    films: bool = True,
) -> Iterator[Path]:
    """Draw all pictures of a run, and yield each path when it is written.

    Args:
        folder: the run folder, with `metrics.csv` for the curves; pictures go to its `pictures`.
        model: the trained model.
        test: test windows; the phrase of median error is drawn.
        evaluation: the run's numbers.
        data_name: name of the data, for the titles.
        seed: random seed of the samples.
        films: whether to draw GIF and MP4 files in addition to stills.
    """
    out, run = folder / PICTURES, folder.name
    yield from _draw_numbers(folder, out, evaluation, data_name)
    if evaluation.reconstructs:
        yield from _draw_reconstruction(folder, model, test, evaluation, data_name, films)
    samples = {f"temperature {t:g}": model.sample(1, t, seed)[0] for t in TEMPERATURES}
    title = f"{run}: samples, seed {seed}, trained on {data_name}"
    panels = _panels(samples) if films else []
    yield from _draw_phrases(out / "samples", samples, panels, model.skeleton, title, test)


def _draw_reconstruction(
    folder: Path,
    model: PhraseModel,
    test: MarielDataset,
    evaluation: Evaluation,
    data_name: str,
    films: bool,
) -> Iterator[Path]:
    """Draw the window of median error beside its reconstruction, and what the graph relates."""
    out, run = folder / PICTURES, folder.name
    window = _median_window(evaluation.by_window_mm)
    error_mm = float(evaluation.by_window_mm[window])
    source = describe_window_sources(test)[window]
    original = test.positions_m([window])
    bodies = {"original": original[0], "reconstruction": model.reconstruct(original)[0]}
    if isinstance(model.network, GNNVAE):
        relations = measure_relations(model.network, test)
        save_relations(folder, relations)
        yield from draw_relations(
            out, run, model.network, relations, original[0], source, data_name
        )
    title = f"{run}: {source}, median error {error_mm:.0f} mm"
    panels = [*_panels(bodies), Panel("over each other", bodies)] if films else []
    yield from _draw_phrases(out / "reconstruction", bodies, panels, model.skeleton, title, test)


def _panels(bodies: Mapping[str, Tensor]) -> list[Panel]:
    """Return one panel for each body."""
    return [Panel(label, {label: body}) for label, body in bodies.items()]


def _draw_phrases(
    path: Path,
    bodies: Mapping[str, Tensor],
    panels: Sequence[Panel],
    skeleton: Skeleton,
    title: str,
    test: MarielDataset,
) -> Iterator[Path]:
    """Draw the stills of bodies and the film of panels, if any; file names begin with `path`."""
    stills = path.with_name(f"{path.name}_stills.png")
    save_stills(bodies, skeleton, stills, title, rate_hz=test.rate_hz)
    yield stills
    if panels:
        yield from save_animation(panels, skeleton, path.with_suffix(".mp4"), title, test.rate_hz)


def _draw_numbers(
    folder: Path, out: Path, evaluation: Evaluation, data_name: str
) -> Iterator[Path]:
    """Draw the learning curves and the error by body part."""
    if (folder / METRICS).exists():  # missing after a stop in the first epoch
        curves = out / "curves.png"
        save_curves(folder / METRICS, curves, f"{folder.name}: training on {data_name}")
        yield curves
    if evaluation.by_part_mm:  # empty for a skeleton without body parts
        bars = out / "error_by_body_part.png"
        title = f"{folder.name}: mean error on test windows by body part, {data_name}"
        save_bar(evaluation.by_part_mm, bars, title, "mm")
        yield bars


def _median_window(by_window_mm: Tensor) -> int:
    """Return the window of median error."""
    return int(torch.argsort(by_window_mm)[len(by_window_mm) // 2])


def draw_generation(
    result: GenerationResult,
    skeleton: Skeleton,
    folder: Path,
    title: str,
    film: FilmStyle | None = None,
    audio: Audio | None = None,
    about: Sequence[str] = (),
) -> Iterator[Path]:
    """Write the page of generated recordings and, if asked, a film; yield each path.

    Args:
        result: recordings, transitions, inputs and warnings.
        skeleton: their markers, of one dancer.
        folder: the folder to write to.
        title: run, task and phrases in words.
        film: the look of a GIF and a video, which take longer; None for no film.
        audio: plays with the motion.
        about: the command and notes, for the page.

    Raises:
        UserError: the audio cannot be read to the end, or the film is too small.
    """
    seconds = max(len(recording) / recording.rate_hz for recording in result.recordings)
    with nullcontext() if audio is None else audio.cut(seconds) as sound:
        yield write_page(
            folder / "page.html",
            generation_scenes(result, skeleton, title),
            title,
            above=warning_list(result.warnings),
            below=describe_generation(result, about),
            audio=sound.read_bytes() if sound else b"",
        )
        if film:
            path, rate_hz = folder / "film.mp4", result.recordings[0].rate_hz
            panels, drawn = _film_panels(result, skeleton)
            yield from save_animation(panels, drawn, path, title, rate_hz, film, sound)


def _film_panels(result: GenerationResult, skeleton: Skeleton) -> tuple[list[Panel], Skeleton]:
    """Return the panels of a film, and the skeleton of their bodies: a pair is drawn as one body."""
    if result.answers:
        return _with_partners(result), skeleton
    if result.dancers > 1:
        recordings, inputs = _pairs(result.recordings), _pairs(result.inputs)
        result = replace(result, recordings=recordings, inputs=inputs, dancers=1)
        skeleton = pair_skeleton(skeleton)
    return ([_one_body(result)] if result.transitions else _side_by_side(result)), skeleton


def _pairs(recordings: Sequence[Recording]) -> list[Recording]:
    """Return the dancers of each pair as one recording, with the name of the pair."""
    return [
        replace(join_dancers(first, second), name=first.name.removesuffix("_first"))
        for first, second in zip(recordings[::2], recordings[1::2], strict=True)
    ]


def _with_partners(result: GenerationResult) -> list[Panel]:
    """Return panels of the given dancer with the recorded partner, if any, and with each answer."""
    given, *recorded = result.inputs
    named = zip(["recorded partner"] * len(recorded), recorded, strict=True)
    partners = {name: one.positions for name, one in named}
    partners |= {one.name.replace("_", " "): one.positions for one in result.recordings}
    return [
        Panel(name, {"given": given.positions, name: partner})
        for name, partner in [*partners.items()][:MOST_PANELS]
    ]


def _one_body(result: GenerationResult) -> Panel:
    """Return one body, in dark colours in generated frames and in full colours in input frames."""
    (recording,) = result.recordings
    generated = np.zeros(len(recording), dtype=bool)
    for span in result.generated_spans():
        generated[slice(*span)] = True
    bodies = {
        "input": _frames_where(~generated, recording.positions),
        "generated": _frames_where(generated, recording.positions),
    }
    return Panel(recording.name, bodies)


def _frames_where(chosen: NDArray[np.bool_], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return positions with NaN in the frames that are not chosen."""
    return np.where(chosen[:, None, None], positions, np.float32(np.nan))


def _side_by_side(result: GenerationResult) -> list[Panel]:
    """Return panels of a single input and of the recordings; of many recordings, equally spaced ones."""
    panels, colours = [], 0
    if len(result.inputs) == 1:
        panels.append(Panel("input", {"input": result.inputs[0].positions}))
        colours = GENERATED
    count = min(len(result.recordings), MOST_PANELS - len(panels))
    for index in np.linspace(0, len(result.recordings) - 1, count).round().astype(int):
        recording = result.recordings[index]
        name = recording.name.replace("_", " ")
        panels.append(Panel(name, {name: recording.positions}, colours))
    return panels
