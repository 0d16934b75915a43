"""`.npz`: the program's own exchange file, complete: positions in metres, rate, marker set.

`positions_m` `[T, J, 3]` float32, z up · `rate_hz` · `markers` `[J]` · `skeleton`, the whole marker set
as JSON · `take` and `start_frame`, which recording it is a part of, so that a split keeps parts of one
together. Any other archive may hold one array, which is then read as an `.npy` file is.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.data.files.marker_file import MarkerFile
from mariel_gnn.data.files.numpy_array import Layout, from_array
from mariel_gnn.data.recording import Recording
from mariel_gnn.errors import UserError
from mariel_gnn.files import written_aside
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.skeletons.skeleton import skeleton_from_dict


def read_npz(path: Path, skeleton: Skeleton | None, layout: Layout = "auto") -> MarkerFile:
    """Read an archive.

    Raises:
        UserError: it is no archive of plain arrays, or not ours and with more than one.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path}: is no .npz archive, or a cut one: save it again with numpy.savez")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        content = {name: _plain(archive, name, path) for name in archive.files}
    if "positions_m" not in content:
        if len(content) != 1:
            raise UserError(
                f"{path}: holds {', '.join(content) or 'nothing'}; needed is positions_m with markers "
                "and rate_hz, or one array alone"
            )
        return from_array(next(iter(content.values())), path, skeleton, layout)
    if "markers" not in content:
        named = from_array(content["positions_m"], path, skeleton, "plain").labels
    else:
        named = tuple(map(str, content["markers"]))
    rate_hz = float(content["rate_hz"]) if "rate_hz" in content else None
    brought = _skeleton(str(content["skeleton"]), path) if "skeleton" in content else None
    positions = content["positions_m"].astype(np.float64)
    part_of = (
        (str(content["take"]), int(content["start_frame"]))
        if str(content.get("take", "")) and "start_frame" in content
        else None
    )
    return MarkerFile(positions, named, rate_hz=rate_hz, skeleton=brought, part_of=part_of)


def _skeleton(text: str, path: Path) -> Skeleton:
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        raise UserError(
            f"{path}: its marker set is no JSON: it is damaged, make it again"
        ) from None
    return skeleton_from_dict(content, str(path))


def _plain(archive: Any, name: str, path: Path) -> NDArray[Any]:
    """One of an archive's arrays."""
    try:
        array = archive[name]
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise UserError(
            f"{path}: {name} holds Python objects, which are not read because they may run code: save "
            "plain arrays with numpy.savez"
        ) from None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: {name} is no array: save plain arrays with numpy.savez")
    return array


def write_npz(path: Path, recording: Recording, skeleton: Skeleton) -> list[str]:
    """Write a recording in metres, z up, with its marker set, its rate and the take it is a part of."""
    with written_aside(path) as aside:
        np.savez_compressed(
            aside,
            positions_m=recording.positions.astype(np.float32),
            rate_hz=np.float64(recording.rate_hz),
            markers=np.array(skeleton.markers),
            skeleton=np.array(json.dumps(skeleton.to_dict())),
            take=np.array(recording.source),
            start_frame=np.int64(recording.start_frame),
        )
    return []
