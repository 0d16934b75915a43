"""Scenes of two dancers or more with the edges between every two of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray

from mariel_gnn.data.duets import MIN_INTERPOLATED, as_one_take, place_is_measured
from mariel_gnn.errors import UserError
from mariel_gnn.graphs.duet_edge_options import DuetEdgeOptions
from mariel_gnn.graphs.duet_edges import duet_strengths
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.viz.page.between import Mask, edges_between
from mariel_gnn.viz.page.recordings import Take, recording_scenes
from mariel_gnn.viz.page.scenes import Body, EdgesBetween, Scene

Floats = NDArray[np.float32]
STILL_M = 1e-3  # range of a coordinate that was not measured
_CHUNK = 128  # frames at once


def duet_scene(
    takes: Sequence[Take],
    options: DuetEdgeOptions | None = None,
    interpolated: Sequence[Recording] = (),
) -> Scene:
    """Return one scene of all recordings, with the edges between every two of them.

    Args:
        takes: recordings of one room and one clock, each with its skeleton; all have the same markers.
        options: kinds and thresholds of the edges; None takes the defaults.
        interpolated: parts of the recordings in which a dancer's place is interpolated: no edges there.

    Raises:
        UserError: there is one dancer only, or two do not fit together; the message names the pair.
    """
    options = options or DuetEdgeOptions()
    if len(takes) < 2:
        name = takes[0][0].name if takes else "nothing"
        raise UserError(
            f"{name}: one dancer: edges are between two dancers: give the partner's file too, or a file "
            "that holds both"
        )
    for one, other in combinations(takes, 2):
        _check_pair(one, other)
    (scene,) = recording_scenes(takes, combined=True)
    measured = [_has_place(take, skeleton, interpolated) for take, skeleton in takes]
    pairs = combinations(range(len(takes)), 2)
    return replace(scene, between=[_edges(scene, pair, measured, options) for pair in pairs])


def edges_of_bodies(
    first: Body,
    second: Body,
    options: DuetEdgeOptions | None = None,
    measured: Mask | None = None,
) -> EdgesBetween:
    """Return the edges between two bodies of a scene, for `Scene.between`.

    Args:
        first: a body with all frames of its clip.
        second: another one, with the same frames, rate and markers.
        options: kinds and thresholds of the edges; None takes the defaults.
        measured: `[T]` whether the relative place is measured; None: in all frames.
    """
    options = options or DuetEdgeOptions()
    positions = np.stack([first.clip.positions, second.clip.positions], axis=1)
    parts = _strengths(positions, first.clip.skeleton.root, first.clip.rate_hz, options)
    return edges_between(first, second, np.concatenate(list(parts)), options.channels, measured)


def depth_note(takes: Sequence[Take]) -> str:
    """A note if a marker never moves along a horizontal axis, as in pose estimation from one camera.

    Args:
        takes: the recordings of a scene.
    """
    still = [
        (
            np.nanmax(one.positions[..., :2], axis=0) - np.nanmin(one.positions[..., :2], axis=0)
        ).min()
        for one, _ in takes
        if len(one) > one.rate_hz and np.isfinite(one.positions).any(axis=0).all()
    ]
    if not still or min(still) > STILL_M:
        return ""
    return (
        "a marker never moves along one horizontal axis: the distance between the dancers along it was not "
        "recorded, so edges between them do not count it"
    )


def _check_pair(one: Take, other: Take) -> None:
    (first, skeleton), (second, its_skeleton) = one, other
    as_one_take(first, second)
    if skeleton.markers != its_skeleton.markers:
        raise UserError(
            f"{first.name} with {second.name}: {len(skeleton)} markers ({skeleton.name}) and "
            f"{len(its_skeleton)} ({its_skeleton.name}): edges between dancers need one marker set: run "
            "experiments.prepare on both, or state it (--skeleton)"
        )


def _edges(
    scene: Scene,
    pair: tuple[int, int],
    measured: Sequence[Mask],
    options: DuetEdgeOptions,
) -> EdgesBetween:
    both = measured[pair[0]] & measured[pair[1]]
    one, other = (scene.bodies[number] for number in pair)
    return edges_of_bodies(one, other, options, both)


def _strengths(
    positions: Floats, root: Sequence[int], rate_hz: float, options: DuetEdgeOptions
) -> Iterator[NDArray[np.float16]]:
    """Yield the strengths `[T, channels, J, J]` of positions `[T, 2, J, C]`, some frames at a time.

    Half precision is finer than the byte of a page, and a long recording needs half of the memory.
    """
    of_root = torch.from_numpy(positions[:, :, list(root)])
    missing = ~of_root.isfinite().all(dim=3, keepdim=True)
    roots = of_root.masked_fill(missing, torch.nan).nanmean(dim=2)
    places = torch.from_numpy(positions)
    for start in range(0, len(positions), _CHUNK):
        before = max(start - 1, 0)  # for the velocity of the first frame
        part = slice(before, start + _CHUNK)
        strengths = duet_strengths(places[part], roots[part], rate_hz, options)[start - before :]
        yield strengths.nan_to_num().half().numpy()


def _has_place(take: Recording, skeleton: Skeleton, interpolated: Sequence[Recording]) -> Mask:
    """`[T]` whether a dancer's place is measured: half of the markers are there, and nothing is stated."""
    present = np.isfinite(take.positions).all(axis=2)
    mostly: Mask = present.mean(axis=1) > 1 - MIN_INTERPOLATED
    return mostly & place_is_measured(take, interpolated)
