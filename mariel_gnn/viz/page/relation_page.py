"""The page of relations between two dancers: both dance, lines join related parts, tables are below."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.evaluation.duet_movement import DuetMovement, Take
from mariel_gnn.evaluation.related_pairs import RelatedPairs, pairs_found, pairs_planted
from mariel_gnn.evaluation.relations_report import (
    TAKES_HEAD,
    table_head,
    table_rows,
    take_rows,
    verdicts,
)
from mariel_gnn.metrics.duet_relations import DuetRelations
from mariel_gnn.metrics.partner_past import PartnerPast
from mariel_gnn.mocap.body_parts import ten_parts
from mariel_gnn.mocap.cleaning import runs
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.edges_between import StrongEdges
from mariel_gnn.viz.page.build import paragraph, section, write_page
from mariel_gnn.viz.page.recordings import recording_scenes
from mariel_gnn.viz.page.scenes import EdgesBetween, Scene

Floats = NDArray[np.float64]

KINDS = ("first_dancer_earlier", "second_dancer_earlier", "earlier_not_told")
PLANTED = "planted"
ABOUT = (
    "A line joins two parts that are related over the whole recording; it does not change while they dance. "
    "The widest line is the strongest pair, which has strength 1 on the slider."
)
HOW_TO_READ = (
    "Rows are the first dancer's parts, columns the second's. A number marks a related pair: by how many "
    "seconds the second dancer's part is later; with a minus it is earlier, in brackets the data do not "
    "tell which is earlier. The darker the cell, the stronger. Earlier does not mean leading."
)
_MOST_SHADE = 0.55


def write_relation_page(
    path: str | Path,
    pair: DuetMovement,
    found: DuetRelations,
    past: PartnerPast,
    planted: Floats | None = None,
) -> Path:
    """Write the page and return its path.

    Args:
        path: the page.
        pair: the takes.
        found: the relations in all of them.
        past: how well each dancer is predicted.
        planted: `[2, P, P]` planted lags in seconds, shown beside what was found.
    """
    shown = {"found": pairs_found(found)}
    if planted is not None:
        shown[PLANTED] = pairs_planted(planted)
    scenes = [_scene(take, pair.skeleton, shown, pair.poses()) for take in pair.takes]
    parts = [_matrix(what, pairs, pair.parts) for what, pairs in shown.items()]
    rows = table_rows(found, pair.parts, planted)
    takes = take_rows([take.name for take in pair.takes], found, past)
    below = [
        section("Which parts move together", _columns(parts), paragraph(HOW_TO_READ)),
        section("Related pairs", _table(table_head(planted), rows)) if rows else "",
        section("Each take", _table(TAKES_HEAD, takes), *map(paragraph, verdicts(found, past))),
        section("Files", *map(paragraph, pair.notes)) if pair.notes else "",
    ]
    title = f"Relations between {pair.names[0]} and {pair.names[1]}"
    return write_page(path, scenes, title, ABOUT, below="".join(below))


def _scene(
    take: Take,
    skeleton: Skeleton,
    shown: dict[str, RelatedPairs],
    poses: Sequence[NDArray[np.floating]],
) -> Scene:
    """Both dancers of a take, with a line for each pair in all frames that are used."""
    (scene,) = recording_scenes([(one, skeleton) for one in take.dancers], combined=True)
    kinds = [*KINDS, PLANTED][: len(KINDS) + len(shown) - 1]
    markers = [_marker_of_parts(pose, skeleton) for pose in poses]
    lines = [line for what, pairs in shown.items() for line in _lines(what, pairs)]
    frame, line = (
        index.ravel()
        for index in np.meshgrid(np.flatnonzero(take.used), np.arange(len(lines)), indexing="ij")
    )
    first, second, kind = np.array([each[:3] for each in lines], dtype=np.int64).reshape(-1, 3).T
    strength = np.array([each[3] for each in lines])
    edges = StrongEdges(
        frame, kind[line], markers[0][first][line], markers[1][second][line], strength[line]
    )
    one, other = scene.bodies
    between = EdgesBetween(one, other, kinds, edges, runs(~take.used))
    return replace(scene, between=[between])


def _lines(what: str, pairs: RelatedPairs) -> list[tuple[int, int, int, float]]:
    """Part of the first, part of the second, number of the kind, and share of the largest strength."""
    top = max(pairs.strength, default=1.0)
    untold = len(KINDS) - 1
    kinds = [
        len(KINDS) if what == PLANTED else (untold if who is None else who) for who in pairs.earlier
    ]
    return [
        (*pair, kind, strength / top)
        for pair, kind, strength in zip(pairs.pairs, kinds, pairs.strength, strict=True)
    ]


def _marker_of_parts(pose: NDArray[np.floating], skeleton: Skeleton) -> NDArray[np.int64]:
    """For each part the marker nearest to its centre in a pose `[J, C]`, where a line ends."""
    ends = []
    for members in ten_parts(skeleton).values():
        places = pose[list(members)]
        distance = np.linalg.norm(places - places.mean(axis=0), axis=1)
        ends.append(members[int(distance.argmin())])
    return np.array(ends, dtype=np.int64)


def _matrix(what: str, pairs: RelatedPairs, parts: Sequence[str]) -> str:
    """All pairs of parts as a table with the lags of related ones."""
    number_of = {pair: number for number, pair in enumerate(pairs.pairs)}
    top = max(pairs.strength, default=1.0)

    def cell(pair: tuple[int, int]) -> str:
        if pair not in number_of:
            return "<td></td>"
        number = number_of[pair]
        shade = _MOST_SHADE * pairs.strength[number] / top
        words = html.escape(_in_words(pairs, number, parts), quote=True)
        return (
            f'<td style="background:rgb(var(--between-0)/{shade:.2f})" title="{words}">'
            f"{pairs.label(number)}</td>"
        )

    head = "".join(f"<th>{html.escape(part)}</th>" for part in parts)
    rows = "".join(
        f"<tr><th>{html.escape(part)}</th>{''.join(cell((i, j)) for j in range(len(parts)))}</tr>"
        for i, part in enumerate(parts)
    )
    return (
        f'<div class="wide"><table class="matrix"><thead><tr><th>{html.escape(what)}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _in_words(pairs: RelatedPairs, number: int, parts: Sequence[str]) -> str:
    first, second = (parts[part] for part in pairs.pairs[number])
    who, lag_s = pairs.earlier[number], abs(pairs.lag_s[number])
    order = (
        "which is earlier is not told" if who is None else f"the {('first', 'second')[who]} earlier"
    )
    return (
        f"{first} of the first dancer with {second} of the second, {lag_s:.2f} s apart, {order}; "
        f"strength {pairs.strength[number]:.2f}"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads, cells = (
        "".join(
            f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in row)}</tr>"
            for row in some
        )
        for tag, some in (("th", [head]), ("td", rows))
    )
    return f'<div class="wide"><table><thead>{heads}</thead><tbody>{cells}</tbody></table></div>'


def _columns(parts: Sequence[str]) -> str:
    return f'<div class="beside">{"".join(parts)}</div>'
