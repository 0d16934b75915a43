"""A take as capture software writes it, with the faults that a test adds."""

import numpy as np
import pytest

from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.recording import Recording
from tests.mocap.preparing import prepare_file


@pytest.fixture(scope="session")
def take(dance) -> np.ndarray:
    """Twelve seconds of the synthetic dancer, `[T, 53, C]`."""
    return dance[:420]


@pytest.fixture
def prepare(tmp_path, mariel53):
    """A function that writes positions as `.trc` (which states no axis) and prepares the file."""

    def write_and_prepare(positions, rate_hz=35.0, **options):
        path = tmp_path / "take.trc"
        write_recording(
            path, Recording("take", positions.astype(np.float32), rate_hz, ""), mariel53
        )
        return prepare_file(path, PreparationOptions(**options))

    return write_and_prepare


@pytest.fixture
def finding():
    """The sentence about a topic."""
    return lambda prepared, topic: dict(prepared.findings)[topic]
