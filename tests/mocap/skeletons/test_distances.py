"""The distances of positions are those of a norm."""

import numpy as np

from mariel_gnn.mocap.skeletons.spanning_tree import distances


def test_distances_are_those_of_a_norm_and_broadcast():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(7, 5, 3)), rng.normal(size=(7, 1, 3))
    np.testing.assert_array_equal(distances(one, other), np.linalg.norm(one - other, axis=2))
    assert np.isnan(distances(np.full((2, 3), np.nan), np.zeros(3))).all()
