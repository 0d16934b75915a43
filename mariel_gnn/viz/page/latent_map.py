"""The map of latents: a point a phrase, which it plays on click."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.page.colours import KINDS
from mariel_gnn.viz.page.projections import Projection

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
