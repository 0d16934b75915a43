"""Latents on a plane: by PCA always, by UMAP where umap-learn is installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from mariel_gnn.viz.camera import Floats

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
    found = [pca(latents, fitted_on)]
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


def pca(latents: Floats, fitted_on: int) -> Projection:
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
