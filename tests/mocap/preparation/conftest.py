"""A dance as capture software would write it, with the faults that a test asks for."""

import numpy as np
import pytest

from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.prepare_file import PreparationOptions, prepare_file
from mariel_gnn.mocap.recording import Recording


@pytest.fixture(scope="session")
def take(dance) -> np.ndarray:
    """Twelve seconds of the synthetic dancer, `[T, 53, C]`."""
    return dance[:420]


@pytest.fixture
def brought(tmp_path, mariel53):
    """A maker: positions written as `.trc` (which states neither axis), read and brought."""

    def make(positions, rate_hz=35.0, **options):
        path = tmp_path / "take.trc"
        write_recording(
            path, Recording("take", positions.astype(np.float32), rate_hz, ""), mariel53
        )
        return prepare_file(path, PreparationOptions(**options))

    return make


@pytest.fixture
def said():
    """What was found on a topic."""
    return lambda found, topic: dict(found.findings)[topic]
