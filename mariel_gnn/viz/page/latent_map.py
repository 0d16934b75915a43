"""The map of latents: projections to a plane by PCA and UMAP, drawn as SVG with a point for each phrase."""

from __future__ import annotations

import html
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.colors import KINDS

FEWEST_FOR_VARIANCE = 5  # a plane goes through three points, whatever they are
_FEWEST_FOR_UMAP = 16  # one neighbourhood and one point more
_NEIGHBOURS = 15
_HOW_TO_GET_UMAP = (
    "For a second map by UMAP, which keeps neighbours close: pip install -e '.[umap]', then create the "
    "report again."
)
SIZE, EDGE, RADIUS = 400, 14, 5.0  # of a map and its points, in units of the SVG
OUTSIDE = 0.03  # share of the points at each end of an axis that does not set the scale
MARGIN = 1.25  # range of an axis over the range of the points that set the scale


@dataclass(frozen=True)
class Projection:
    """Latents projected to a plane.

    Attributes:
        name: the method.
        points: `[N, 2]`.
        description: what the projection preserves, in words.
    """

    name: str
    points: Floats
    description: str


def projections(latents: Floats, fitted_on: int, seed: int = 0) -> list[Projection]:
    """Project latents to a plane by PCA and, where umap-learn is installed, by UMAP.

    Args:
        latents: `[N, Z]`.
        fitted_on: how many of the first latents the projections are fitted on; all are projected.
        seed: UMAP's random seed.
    """
    latents = np.nan_to_num(latents)  # a diverged model has NaN
    found = [pca_plane(latents, fitted_on)]
    if fitted_on >= _FEWEST_FOR_UMAP and (reducer := _umap(fitted_on, seed)) is not None:
        found.append(_umap_plane(reducer, latents, fitted_on))
    return found


def how_to_get_umap(fitted_on: int) -> str:
    """Return how to install UMAP, or "" where it is installed or there are too few latents for it.

    Args:
        fitted_on: the number of latents to fit on.
    """
    is_missing = fitted_on >= _FEWEST_FOR_UMAP and find_spec("umap") is None
    return _HOW_TO_GET_UMAP if is_missing else ""


def pca_plane(latents: Floats, fitted_on: int) -> Projection:
    """Project latents `[N, Z]` to the first two principal components of the first `fitted_on`."""
    fitted = latents[:fitted_on]
    mean = fitted.mean(axis=0)
    _, singular, directions = np.linalg.svd(fitted - mean, full_matrices=False)
    # The sign is arbitrary. Maps are comparable if the largest weight of each direction is positive.
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    directions = (directions * np.where(largest < 0, -1.0, 1.0))[:2]
    points = np.zeros((len(latents), 2))
    points[:, : len(directions)] = (latents - mean) @ directions.T
    if fitted_on < FEWEST_FOR_VARIANCE:
        return Projection("PCA", points, f"of few phrases ({fitted_on}), so the places mean little")
    variance = singular**2
    kept = variance[:2].sum() / max(float(variance.sum()), 1e-12)
    return Projection("PCA", points, f"the two directions of largest variance, {kept:.0%} of it")


def _umap(fitted_on: int, seed: int) -> Any:
    """Return UMAP (McInnes et al., 2018), or None where umap-learn is not installed."""
    try:
        with _no_warnings():
            from umap import UMAP  # the import takes seconds
    except ImportError:
        return None
    return UMAP(n_neighbors=min(_NEIGHBOURS, fitted_on - 1), random_state=seed)


def _umap_plane(reducer: Any, latents: Floats, fitted_on: int) -> Projection:
    with _no_warnings():
        parts = [reducer.fit_transform(latents[:fitted_on])]
        if len(latents) > fitted_on:
            parts.append(reducer.transform(latents[fitted_on:]))
    points = np.concatenate(parts).astype(np.float64)
    return Projection("UMAP", points, "keeps neighbours close; long distances mean little")


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Suppress the deprecation warnings of UMAP's dependencies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


TRAINING, TEST, SAMPLE = "training phrase", "test phrase", "sample"


@dataclass(frozen=True)
class Point:
    """A phrase on the map.

    Attributes:
        scene: number of the scene that a click plays.
        name: its label.
        recording: the recording that it is from; empty for a sample.
        role: `TRAINING`, a disc; `TEST`, a square; `SAMPLE`, a ring.
    """

    scene: int
    name: str
    recording: str
    role: str


def latent_map(
    projected: Sequence[Projection], points: Sequence[Point], title: str, hint: str = ""
) -> str:
    """Return maps as HTML, with a button for each if there are several.

    Args:
        projected: projections of the same N latents.
        points: the N points.
        title: run and data.
        hint: a line below the maps.
    """
    colours = _colours(points)
    figures = [
        _figure(projection, points, colours, shown=number == 0)
        for number, projection in enumerate(projected)
    ]
    return "\n".join(
        [
            '<aside class="latents"><h3>Map of phrases</h3>',
            f'<p class="quiet">{html.escape(title)}</p>',
            _buttons(projected) if len(projected) > 1 else "",
            *figures,
            '<p class="quiet" id="point-name" aria-live="polite">Point at a phrase for its name.</p>',
            _legend(points, colours),
            f'<p class="quiet">{html.escape(hint)}</p>' if hint else "",
            "</aside>",
        ]
    )


def _buttons(projected: Sequence[Projection]) -> str:
    buttons = [
        f'<button data-map="map-{one.name}" aria-pressed="{str(number == 0).lower()}">{one.name}</button>'
        for number, one in enumerate(projected)
    ]
    return f'<div class="maps">{"".join(buttons)}</div>'


def _colours(points: Sequence[Point]) -> dict[str, int]:
    """Return the colour of each recording, or, of more recordings than colours, of each role."""
    recordings = dict.fromkeys(point.recording for point in points if point.role != SAMPLE)
    names = recordings if len(recordings) <= len(KINDS) else (TRAINING, TEST)
    return {name: number for number, name in enumerate(names)}


def _figure(
    projection: Projection, points: Sequence[Point], colours: Mapping[str, int], shown: bool
) -> str:
    marks = _marks(_to_pixels(projection.points), points, colours)
    return (
        f'<figure id="map-{projection.name}"{"" if shown else " hidden"}>'
        f'<svg class="map" viewBox="0 0 {SIZE} {SIZE}" role="group" aria-label="{projection.name}">'
        f"{''.join(marks)}</svg>"
        f"<figcaption>{projection.name}: {html.escape(projection.description)}. A click plays the phrase."
        "</figcaption></figure>"
    )


def _to_pixels(points: Floats) -> Floats:
    """Return the SVG coordinates `[N, 2]`: one scale, y upwards, outliers moved to the edge."""
    low, high = np.quantile(points, [OUTSIDE, 1 - OUTSIDE], axis=0)
    scale = (SIZE / 2 - EDGE) / max(MARGIN * float((high - low).max()) / 2, 1e-12)
    pixels = (points - (low + high) / 2) * scale * [1.0, -1.0] + SIZE / 2
    inside: Floats = np.clip(pixels, EDGE, SIZE - EDGE)
    return inside


def _marks(places: Floats, points: Sequence[Point], colours: Mapping[str, int]) -> Iterator[str]:
    for (x, y), point in zip(np.round(places, 1), points, strict=True):
        name = html.escape(point.name)
        kind, style = f"point {_CLASSES[point.role]}", ""
        if point.role != SAMPLE:
            style = f'style="fill:{_colour(colours, point)}" '
        shape = f'<circle cx="{x}" cy="{y}" r="{RADIUS}" '
        if point.role == TEST:
            side = 2 * RADIUS - 1
            shape = f'<rect x="{x - side / 2:.1f}" y="{y - side / 2:.1f}" width="{side}" height="{side}" '
        yield (
            f'{shape}class="{kind}" {style}tabindex="0" role="button" aria-label="{name}" '
            f'data-scene="{point.scene}"><title>{name}</title></{shape[1:].split()[0]}>'
        )


_CLASSES = {TRAINING: "training", TEST: "test", SAMPLE: "sample"}


def _legend(points: Sequence[Point], colours: Mapping[str, int]) -> str:
    """Return the shapes of the roles, and the colours of the recordings if they have colours."""
    roles = [role for role in _CLASSES if any(point.role == role for point in points)]
    by_role = set(colours) <= set(roles)
    items = []
    for role in roles:
        style = f' style="background:{_rgb(colours[role])}"' if by_role and role in colours else ""
        items.append(f'<li><i class="{_CLASSES[role]}"{style}></i>{role}</li>')
    if not by_role:
        items += [
            f'<li><i style="background:{_rgb(number)}"></i>{html.escape(name)}</li>'
            for name, number in colours.items()
        ]
    return f'<ul class="keys">{"".join(items)}</ul>'


def _colour(colours: Mapping[str, int], point: Point) -> str:
    return _rgb(colours.get(point.recording, colours.get(point.role, 0)))


def _rgb(number: int) -> str:
    return f"rgb(var(--kind-{number % len(KINDS)}))"
