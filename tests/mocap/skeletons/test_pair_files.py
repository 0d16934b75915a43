"""Laws of the skeleton of two dancers."""

import pytest

from mariel_gnn.mocap.skeletons.loading import (
    load_skeleton,
    shipped_skeletons,
    skeleton_from_dict,
)
from mariel_gnn.mocap.skeletons.pair import one_of_pair, pair_skeleton
from mariel_gnn.mocap.skeletons.skeleton import gap_edges


@pytest.mark.parametrize("name", shipped_skeletons())
def test_one_dancer_of_a_pair_has_all_that_files_need(name):
    skeleton = load_skeleton(name)
    found = one_of_pair(skeleton_from_dict(pair_skeleton(skeleton).to_dict()))
    assert not found.difference(skeleton)
    assert found.name == skeleton.name
    assert (found.file_rows, found.not_markers) == (skeleton.file_rows, skeleton.not_markers)
    assert found.aliases == skeleton.aliases


def test_each_dancer_of_a_pair_has_the_gaps_of_one_closed(mariel53):
    count, of_one = len(mariel53), gap_edges(mariel53)
    of_both = {*of_one, *((a + count, b + count) for a, b in of_one)}
    assert of_one
    assert set(gap_edges(pair_skeleton(mariel53))) == of_both
