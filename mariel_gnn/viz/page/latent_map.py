"""The map of latents: projections to a plane by PCA and UMAP, drawn as SVG with a point for each phrase."""

from __future__ import annotations

import html
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.colors import KINDS

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


@dataclass(frozen=True)
class Point:
    """A phrase on the map.

    Attributes:
        scene: number of the scene that a click plays.
        name: its label.
        kind: its colour, for example the recording. A line connects points of one kind in order.
        is_sample: whether the model sampled it; drawn as a ring.
    """

    scene: int
    name: str
    kind: str
    is_sample: bool = False


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
    kinds = list(dict.fromkeys(point.kind for point in points if not point.is_sample))
    figures = [
        _figure(projection, points, kinds, shown=number == 0)
        for number, projection in enumerate(projected)
    ]
    return "\n".join(
        [
            '<aside class="latents"><h3>Map of phrases</h3>',
            f'<p class="quiet">{html.escape(title)}</p>',
            _buttons(projected) if len(projected) > 1 else "",
            *figures,
            _legend(kinds, any(point.is_sample for point in points)),
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


def _figure(
    projection: Projection, points: Sequence[Point], kinds: Sequence[str], shown: bool
) -> str:
    places = _to_pixels(projection.points)
    drawn = [*_paths(places, points, kinds), *_circles(places, points, kinds)]
    return (
        f'<figure id="map-{projection.name}"{"" if shown else " hidden"}>'
        f'<svg class="map" viewBox="0 0 {SIZE} {SIZE}" role="group" aria-label="{projection.name}">'
        f"{''.join(drawn)}</svg>"
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


def _paths(places: Floats, points: Sequence[Point], kinds: Sequence[str]) -> Iterator[str]:
    for kind in kinds:
        own = [point.kind == kind and not point.is_sample for point in points]
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in places[own])
        yield f'<polyline class="path" style="stroke:{_colour(kinds, kind)}" points="{corners}"/>'


def _circles(places: Floats, points: Sequence[Point], kinds: Sequence[str]) -> Iterator[str]:
    for (x, y), point in zip(np.round(places, 1), points, strict=True):
        style = 'class="point sample"'
        if not point.is_sample:
            style = f'class="point" style="fill:{_colour(kinds, point.kind)}"'
        name = html.escape(point.name)
        yield (
            f'<circle {style} cx="{x}" cy="{y}" r="{RADIUS}" tabindex="0" role="button" '
            f'aria-label="{name}" data-scene="{point.scene}"><title>{name}</title></circle>'
        )


def _legend(kinds: Sequence[str], samples: bool) -> str:
    items = [
        f'<li><i style="background:{_colour(kinds, kind)}"></i>{html.escape(kind)}</li>'
        for kind in kinds
    ]
    if samples:
        items.append('<li><i style="border:1.5px solid currentColor"></i>sample</li>')
    return f'<ul class="keys">{"".join(items)}</ul>'


def _colour(kinds: Sequence[str], kind: str) -> str:
    return f"rgb(var(--kind-{kinds.index(kind) % len(KINDS)}))"
