"""Short recordings for all formats."""

import numpy as np
import pytest

from mariel_gnn.mocap.recording import Recording


@pytest.fixture(scope="session")
def phrase(dance) -> Recording:
    """Sixty frames of the synthetic dancer."""
    return Recording("phrase", dance[100:160], 35.0, "phrase")


@pytest.fixture(scope="session")
def gapped(phrase) -> Recording:
    """The same with four gaps, one at the start and one at the end."""
    positions = phrase.positions.copy()
    for marker, start, stop in ((3, 10, 20), (7, 0, 5), (7, 55, 60), (50, 30, 31)):
        positions[start:stop, marker] = np.nan
    return Recording("gapped", positions, 35.0, "gapped")
