"""A file that is brought, as far as it can be read before its unit is known."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from mariel_gnn.data.bringing.options import BringOptions
from mariel_gnn.data.bringing.size import standing_height
from mariel_gnn.data.bringing.upright import up_axis
from mariel_gnn.data.files.dancers import of_subject_only
from mariel_gnn.data.files.door import read_markers
from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.units import z_up
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import Skeleton


@dataclass(frozen=True)
class Opened:
    """A file that was read and set upright, before its unit is known.

    Attributes:
        path: the file.
        found: what it holds of one dancer, z up.
        upright: which axis was up, and why, in words.
        height: how tall the dancer stands, in the file's units.
    """

    path: Path
    found: MarkerFile
    upright: str
    height: float


def open_upright(path: Path, options: BringOptions, skeleton: Skeleton | None = None) -> Opened:
    """Read one dancer of a file and find out which axis is up.

    Args:
        path: a file of any readable format.
        options: what is known of it.
        skeleton: the marker set of a bare array; None takes the shipped one that fits.

    Raises:
        UserError: it cannot be read, holds no body, or it is not sure who or which axis is meant.
    """
    found = of_subject_only(read_markers(path, skeleton), options.subject, path, skeleton)
    labels = found.labels or ()
    up, why = up_axis(found, labels, options.up, str(path))
    turned = dataclasses.replace(found, positions=z_up(found.positions, up), up="z")
    height = standing_height(turned.positions, labels)
    if not height > 0:  # nor NaN
        raise UserError(
            f"{path}: holds no body: its markers are never seen, or all in one place: export it again"
        )
    return Opened(path, turned, why, height)
