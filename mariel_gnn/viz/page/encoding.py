"""The encoding of positions and of edges as text that a page can carry: 20 s of two bodies take about 200 kB.

Positions are whole multiples of half a millimetre. Each is predicted linearly from the two frames
before it; the residuals are small, because bodies have mass. The residuals are stored as varints
(LEB128, zigzag-encoded), deflated, in base64. `decodeClip` in `player.js` is the inverse.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np
import numpy.typing as npt

from mariel_gnn.viz.camera import Floats
from mariel_gnn.viz.edges_between import Integers, StrongEdges

STEP_M = 0.0005  # the error of a position is at most half of it
FARTHEST_M = 1000.0  # keeps the numbers in 32 bits; a marker farther away is out of view
FULL_BYTE = 255  # strength or share 1
_MOST_BYTES = 5  # of one varint

Gap = tuple[int, int, int]


def encode_positions(positions: Floats) -> str:
    """Return positions `[T, J, C]` (metres) as text; a missing marker keeps its last position."""
    within = np.clip(_fill_gaps(positions), -FARTHEST_M, FARTHEST_M)
    steps = np.rint(within.reshape(len(within), -1) / STEP_M).astype(np.int64)
    before = np.pad(steps, ((2, 0), (0, 0)))  # two frames at the origin
    residual = steps - 2 * before[1:-1] + before[:-2]
    return encode_integers(residual.ravel())


def encode_integers(values: Integers) -> str:
    """Return integers `[N]` as text, small ones in few letters."""
    return base64.b64encode(zlib.compress(_varints(values), level=6)).decode("ascii")


def gaps_of(positions: Floats) -> list[Gap]:
    """Return the gaps of a body `[T, J, C]`: marker, first frame, frame after the last."""
    missing = _missing(positions)
    edges = np.diff(np.pad(missing, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    starts, stops = np.argwhere(edges.T == 1), np.argwhere(edges.T == -1)
    return [
        (int(marker), int(start), int(stop))
        for (marker, start), (_, stop) in zip(starts, stops, strict=True)
    ]


def encode_edges(edges: StrongEdges, kinds: int, markers: int) -> str:
    """Return edges between two bodies as text: 20 s of two bodies take about 100 kB.

    The strengths of one pair and kind in consecutive frames are a run. A run is its code, as a difference
    from the code of the run before, its first frame, its number of frames, its first strength as a byte, and
    the changes of the strength. A code is `(first * markers + second) * kinds + kind`.

    Args:
        edges: the edges.
        kinds: how many kinds there are.
        markers: of the second body.
    """
    code = (edges.first * markers + edges.second) * kinds + edges.kind
    order = np.lexsort((edges.frame, code))
    code, frame = code[order], edges.frame[order]
    value = np.maximum(np.rint(edges.strength[order] * FULL_BYTE).astype(np.int64), 1)
    is_start = (np.diff(code, prepend=-1) != 0) | (np.diff(frame, prepend=-2) != 1)
    starts = np.flatnonzero(is_start)
    lengths = np.diff(starts, append=len(code))
    heads = np.stack([np.diff(code[starts], prepend=0), frame[starts], lengths], axis=1)
    changes = np.where(is_start, value, np.diff(value, prepend=0))
    return encode_integers(np.insert(changes, np.repeat(starts, 3), heads.ravel()))


def encode_shares(shares: Floats) -> str:
    """Return numbers `[N]` from 0 to 1 as text, one byte each."""
    return base64.b64encode(np.rint(shares * FULL_BYTE).astype(np.uint8).tobytes()).decode("ascii")


def _missing(positions: Floats) -> npt.NDArray[np.bool_]:
    return ~np.asarray(np.isfinite(positions).all(axis=-1))


def _fill_gaps(positions: Floats) -> Floats:
    """Fill gaps with the last position before them, a gap at the start with the first one after it."""
    present = ~_missing(positions)
    frame = np.arange(len(positions))[:, None]
    last = np.maximum.accumulate(np.where(present, frame, 0), axis=0)
    first = np.where(present.any(axis=0), present.argmax(axis=0), 0)
    source = np.maximum(last, first)
    filled: Floats = np.take_along_axis(positions, source[..., None], axis=0)
    return np.nan_to_num(filled, posinf=FARTHEST_M, neginf=-FARTHEST_M)


def _varints(values: Integers) -> bytes:
    """Return integers `[N]` as varints: groups of seven bits, lowest first; the top bit announces another."""
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    groups = zigzag[:, None] >> (7 * np.arange(_MOST_BYTES, dtype=np.uint64))
    needed = groups > 0
    needed[:, 0] = True
    more = np.pad(needed[:, 1:], ((0, 0), (0, 1)))
    encoded = (groups & 0x7F).astype(np.uint8) | (more.astype(np.uint8) << 7)
    return bytes(encoded[needed])
