"""Positions as text that a page can carry: 20 s of two bodies in about 200 kB.

Half-millimetres as whole numbers; of each only how far it is from where the two frames before it lead
in a straight line (a small number, since bodies have mass); as bytes of seven bits each, as many as
are needed (LEB128, the sign in the lowest bit); deflated; in base64. `clips.js` reads it.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np
import numpy.typing as npt

from mariel_gnn.viz.camera import Floats

STEP_M = 0.0005  # a position is off by half of it at most
FARTHEST_M = 1000.0  # numbers stay in 32 bits; what is farther away is out of view anyway
_BYTES = 5  # of the largest number

Gap = tuple[int, int, int]
Whole = npt.NDArray[np.int64]


def encode_positions(positions: Floats) -> str:
    """Return positions `[T, J, C]` (metres) as text; what is missing keeps the place it had before."""
    within = np.clip(_held(positions), -FARTHEST_M, FARTHEST_M)
    whole = np.rint(within.reshape(len(within), -1) / STEP_M).astype(np.int64)
    before = np.pad(whole, ((2, 0), (0, 0)))  # as if it came from rest at the origin
    surprise = whole - 2 * before[1:-1] + before[:-2]
    return base64.b64encode(zlib.compress(_varints(surprise.ravel()), level=6)).decode("ascii")


def gaps_of(positions: Floats) -> list[Gap]:
    """Return where a body `[T, J, C]` lacks markers: marker, first frame, the frame after the last."""
    missing = _missing(positions)
    edges = np.diff(np.pad(missing, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    starts, stops = np.argwhere(edges.T == 1), np.argwhere(edges.T == -1)
    return [
        (int(marker), int(start), int(stop))
        for (marker, start), (_, stop) in zip(starts, stops, strict=True)
    ]


def encode_shares(shares: Floats) -> str:
    """Return numbers `[N]` of 0 to 1 as text, a byte each."""
    return base64.b64encode(np.rint(shares * 255).astype(np.uint8).tobytes()).decode("ascii")


def _missing(positions: Floats) -> npt.NDArray[np.bool_]:
    return ~np.asarray(np.isfinite(positions).all(axis=-1))


def _held(positions: Floats) -> Floats:
    """Return the positions with gaps filled by the last known one, the first known one before it."""
    known = ~_missing(positions)
    frame = np.arange(len(positions))[:, None]
    last = np.maximum.accumulate(np.where(known, frame, 0), axis=0)
    first = np.where(known.any(axis=0), known.argmax(axis=0), 0)
    source = np.maximum(last, first)
    held: Floats = np.take_along_axis(positions, source[..., None], axis=0)
    return np.nan_to_num(held, posinf=FARTHEST_M, neginf=-FARTHEST_M)


def _varints(values: Whole) -> bytes:
    """Return whole numbers `[N]` as groups of seven bits, lowest first, each byte but a number's last
    with its top bit set."""
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    groups = zigzag[:, None] >> (7 * np.arange(_BYTES, dtype=np.uint64))
    needed = groups > 0
    needed[:, 0] = True
    more = np.pad(needed[:, 1:], ((0, 0), (0, 1)))
    told = (groups & 0x7F).astype(np.uint8) | (more.astype(np.uint8) << 7)
    return bytes(told[needed])
