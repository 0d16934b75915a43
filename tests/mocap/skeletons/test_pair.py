"""Laws of the skeleton of two dancers."""

import numpy as np
import pytest

from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.skeletons.pair import (
    join_dancers,
    one_of_pair,
    pair_skeleton,
    split_dancers,
)

SKELETONS = ("mariel18", "mariel53", "smpl22")
COMPARED = ("name", "markers", "edges", "pairs", "parts", "root", "mirror")


@pytest.mark.parametrize("name", SKELETONS)
def test_one_of_a_pair_is_the_dancer_that_the_pair_was_made_of(name):
    skeleton = load_skeleton(name)
    found = one_of_pair(pair_skeleton(skeleton))
    for attribute in COMPARED:
        assert getattr(found, attribute) == getattr(skeleton, attribute)
    assert skeleton.difference(found) == ""


@pytest.mark.parametrize("name", SKELETONS)
def test_nothing_of_a_pair_belongs_to_both_dancers(name):
    skeleton = load_skeleton(name)
    pair, count = pair_skeleton(skeleton), len(skeleton)
    assert len(set(pair.markers)) == 2 * count
    for first, second in (*pair.edges, *pair.pairs):
        assert (first < count) == (second < count)
    for members in pair.parts.values():
        assert len({member < count for member in members}) == 1
    assert len(pair.edges) == 2 * len(skeleton.edges)
    assert len(pair.parts) == 2 * len(skeleton.parts)
    assert pair.mirror[count:] == tuple(count + partner for partner in skeleton.mirror)


def test_a_part_without_markers_stays_one_part():
    skeleton = load_skeleton("mariel18")
    skeleton = type(skeleton)("x", ("a", "b"), ("a", "b"), parts={"arm": (0,), "tail": ()})
    assert one_of_pair(pair_skeleton(skeleton)).parts == skeleton.parts


def test_joined_dancers_are_split_again():
    both = np.random.default_rng(0).normal(size=(2, 7, 5, 3)).astype(np.float32)
    first, second = (
        Recording(name, one, 35.0, "/duet.npz", 4) for name, one in zip("ab", both, strict=True)
    )
    joined = join_dancers(first, second)
    assert joined.positions.shape == (7, 10, 3)
    assert (joined.start_frame, joined.rate_hz, joined.source) == (4, 35.0, "/duet.npz")
    assert np.array_equal(split_dancers(joined.positions), both)
