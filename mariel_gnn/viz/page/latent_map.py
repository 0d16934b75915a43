"""Latents on a plane: by PCA always, by UMAP where umap-learn is installed."""

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

_FEWEST_FOR_UMAP = 16  # with fewer there are no neighbourhoods to keep
_NEIGHBOURS = 15
_HOW_TO_GET_UMAP = (
    "A second map, by UMAP, in which neighbours stay neighbours: pip install -e '.[umap]', then make the "
    "report anew."
)


@dataclass(frozen=True)
class Projection:
    """A plane and how points came to it.

    Attributes:
        name: of the method.
        points: `[N, 2]`.
        told: what is kept of the latents, in words.
    """

    name: str
    points: Floats
    told: str


def projections(latents: Floats, fitted_on: int, seed: int = 0) -> list[Projection]:
    """Return the planes on which latents are shown.

    Args:
        latents: `[N, Z]`.
        fitted_on: the first so many are what the planes are fitted on; the others are placed there.
        seed: of UMAP.
    """
    latents = np.nan_to_num(latents)  # of a model that has come to nothing
    found = [pca_plane(latents, fitted_on)]
    if fitted_on >= _FEWEST_FOR_UMAP and (reducer := _umap(fitted_on, seed)) is not None:
        found.append(_umap_plane(reducer, latents, fitted_on))
    return found


def how_to_get_umap(fitted_on: int) -> str:
    """Return how to have the plane of UMAP too; nothing where it is there, or has too little to go by.

    Args:
        fitted_on: how many latents it would be fitted on.
    """
    is_missing = fitted_on >= _FEWEST_FOR_UMAP and find_spec("umap") is None
    return _HOW_TO_GET_UMAP if is_missing else ""


def pca_plane(latents: Floats, fitted_on: int) -> Projection:
    """Return latents `[N, Z]` on the two directions of largest variance of the first `fitted_on`."""
    fitted = latents[:fitted_on]
    mean = fitted.mean(axis=0)
    _, spread, directions = np.linalg.svd(fitted - mean, full_matrices=False)
    # The sign is free: the largest weight of each direction is positive, so that maps can be compared.
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    directions = (directions * np.where(largest < 0, -1.0, 1.0))[:2]
    points = np.zeros((len(latents), 2))
    points[:, : len(directions)] = (latents - mean) @ directions.T
    kept = (spread[:2] ** 2).sum() / max(float((spread**2).sum()), 1e-12)
    return Projection("PCA", points, f"the two directions of largest variance, {kept:.0%} of it")


def _umap(fitted_on: int, seed: int) -> Any:
    """UMAP (McInnes et al., 2018), or None where umap-learn is not installed."""
    try:
        with _quiet():
            from umap import UMAP  # takes seconds: only where a map is drawn
    except ImportError:
        return None
    return UMAP(n_neighbors=min(_NEIGHBOURS, fitted_on - 1), random_state=seed)


def _umap_plane(reducer: Any, latents: Floats, fitted_on: int) -> Projection:
    with _quiet():
        placed = [reducer.fit_transform(latents[:fitted_on])]
        if len(latents) > fitted_on:
            placed.append(reducer.transform(latents[fitted_on:]))
    points = np.concatenate(placed).astype(np.float64)
    return Projection("UMAP", points, "neighbours stay neighbours; distances mean little")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of libraries below UMAP about each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


SIZE, EDGE, RADIUS = 400, 14, 5.0
OUTSIDE, ROOM = 0.03, 1.25  # share at each end that may lie outside, and room beyond it


@dataclass(frozen=True)
class Point:
    """A phrase on the map.

    Attributes:
        scene: the scene that it plays.
        name: what it is.
        kind: what it is of, such as its recording; points of a kind share a colour and a line joins
            them in their order.
        is_sample: whether it was made up by the model; drawn as a ring.
    """

    scene: int
    name: str
    kind: str
    is_sample: bool = False


def latent_map(
    projected: Sequence[Projection], points: Sequence[Point], title: str, hint: str = ""
) -> str:
    """Return maps as HTML, with buttons to choose one where there are several.

    Args:
        projected: planes of the same N points.
        points: what is at each.
        title: which run and data it is.
        hint: how to have more maps.
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
            _keys(kinds, any(point.is_sample for point in points)),
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
    places = _placed(projection.points)
    drawn = [*_paths(places, points, kinds), *_circles(places, points, kinds)]
    return (
        f'<figure id="map-{projection.name}"{"" if shown else " hidden"}>'
        f'<svg class="map" viewBox="0 0 {SIZE} {SIZE}" role="group" aria-label="{projection.name}">'
        f"{''.join(drawn)}</svg>"
        f"<figcaption>{projection.name}: {html.escape(projection.told)}. A click plays the phrase."
        "</figcaption></figure>"
    )


def _placed(points: Floats) -> Floats:
    """Both axes at one scale, y upwards; the few that lie far out are put on the edge."""
    low, high = np.quantile(points, [OUTSIDE, 1 - OUTSIDE], axis=0)
    scale = (SIZE / 2 - EDGE) / max(ROOM * float((high - low).max()) / 2, 1e-12)
    placed = (points - (low + high) / 2) * scale * [1.0, -1.0] + SIZE / 2
    inside: Floats = np.clip(placed, EDGE, SIZE - EDGE)
    return inside


def _paths(places: Floats, points: Sequence[Point], kinds: Sequence[str]) -> Iterator[str]:
    for kind in kinds:
        own = [
            p
            for p, point in zip(places, points, strict=True)
            if point.kind == kind and not point.is_sample
        ]
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in own)
        yield f'<polyline class="path" style="stroke:{_colour(kinds, kind)}" points="{corners}"/>'


def _circles(places: Floats, points: Sequence[Point], kinds: Sequence[str]) -> Iterator[str]:
    for (x, y), point in zip(np.round(places, 1), points, strict=True):
        look = (
            'class="point sample"'
            if point.is_sample
            else (f'class="point" style="fill:{_colour(kinds, point.kind)}"')
        )
        name = html.escape(point.name)
        yield (
            f'<circle {look} cx="{x}" cy="{y}" r="{RADIUS}" tabindex="0" role="button" '
            f'aria-label="{name}" data-scene="{point.scene}"><title>{name}</title></circle>'
        )


def _keys(kinds: Sequence[str], samples: bool) -> str:
    items = [
        f'<li><i style="background:{_colour(kinds, kind)}"></i>{html.escape(kind)}</li>'
        for kind in kinds
    ]
    if samples:
        items.append('<li><i style="border:1.5px solid currentColor"></i>sample</li>')
    return f'<ul class="keys">{"".join(items)}</ul>'


def _colour(kinds: Sequence[str], kind: str) -> str:
    return f"rgb(var(--kind-{kinds.index(kind) % len(KINDS)}))"
