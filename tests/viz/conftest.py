"""A synthetic body with the 53 markers: it faces +x, has its left at +y and moves along +x."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from mariel_gnn.mocap.skeletons.loading import load_skeleton

FRAMES = 24


@pytest.fixture(scope="session")
def skeleton():
    return load_skeleton("mariel53")


@pytest.fixture(scope="session")
def dancer(skeleton):
    rng = np.random.default_rng(7)
    markers = rng.uniform([-0.15, 0.05, 0.0], [0.15, 0.4, 1.7], (len(skeleton.markers), 3))
    sign = {"left": 1.0, "right": -1.0, "middle": 0.0}
    for left, right in skeleton.pairs:
        markers[right] = markers[left]
    markers[:, 1] *= [sign[side] for side in skeleton.side]
    step = np.linspace(0, 1, FRAMES)[:, None, None] * [1.0, 0.0, 0.0]
    sway = 0.05 * np.sin(np.linspace(0, 9, FRAMES))[:, None, None] * [0.0, 0.0, 1.0]
    return markers + step + sway


@pytest.fixture
def drawn(monkeypatch):
    """The matplotlib figures that were saved."""
    saved = []
    save = Figure.savefig

    def remember(self, *args, **kwargs):
        saved.append(self)
        save(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", remember)
    return saved
