"""The synthetic dancer as clips, and parts of a small flow that is fitted to her."""

from dataclasses import replace

import pytest
import torch

from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.models.flow.state_flow import StateFlow
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import FlowMotionOptions

FRAMES, RATE_HZ, LEADING = 32, 35.0, 10
SMALL = FlowMotionOptions(
    latent_size=12,
    pose_size=16,
    frequencies=8,
    widths=(16, 24, 32),
    solver_steps=3,
    pose_axes=159,  # all: states leave out nothing
)


@pytest.fixture(scope="package")
def clips(dance):
    """Eight windows with travel, `[8, T, J, C]` metres."""
    starts = range(0, 800, 100)
    return torch.stack([torch.from_numpy(dance[start : start + FRAMES]) for start in starts])


@pytest.fixture(scope="package")
def sideless(mariel53):
    """The same markers, none of which is left or right: every body faces along x."""
    return replace(mariel53, pairs=())


def small_flow(skeleton, dance, rate_hz=RATE_HZ, **changes):
    """A new flow, fitted to windows of the dance."""
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, len(skeleton), rate_hz)
    flow = StateFlow(replace(SMALL, **changes), shape, skeleton, LEADING)
    windows = torch.from_numpy(dance[: 20 * FRAMES]).unflatten(0, (-1, FRAMES))
    flow.fit(windows, None, measure_pairs([dance[:300]]))
    return flow.eval()


@pytest.fixture(scope="package")
def flow(mariel53, dance):
    return small_flow(mariel53, dance)
