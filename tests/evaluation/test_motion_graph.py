"""The motion graph: recorded seconds, joined without jumps; nothing if the recordings are too short."""

import pytest
import torch

from mariel_gnn.evaluation.motion_graph import MotionGraph
from mariel_gnn.metrics.distribution import aligned_mpjpe_mm

RATE_HZ = 35.0


@pytest.fixture(scope="module")
def graph(dance, mariel53):
    return MotionGraph([dance[:600], dance[600:1200]], mariel53, RATE_HZ)


def phrases(graph, count=4, frames=128, seed=0):
    return graph.sample(count, frames, torch.Generator().manual_seed(seed))


def test_its_first_second_is_a_recorded_one(graph, dance):
    """But for what the axes of the pose leave out."""
    seconds = torch.from_numpy(dance[:1200]).unfold(0, 30, 1).permute(0, 3, 1, 2)
    for phrase in phrases(graph):
        assert aligned_mpjpe_mm(phrase[:30], seconds).min() < 15


def test_clips_are_joined_without_jumps(graph, dance):
    steps = phrases(graph, frames=256).diff(dim=1).norm(dim=-1).amax(-1)
    recorded = torch.from_numpy(dance).diff(dim=0).norm(dim=-1).amax(-1)
    assert steps.max() < 1.5 * recorded.max()


def test_a_seed_repeats_the_samples_and_another_gives_others(graph):
    assert torch.equal(phrases(graph), phrases(graph))
    assert not torch.allclose(phrases(graph), phrases(graph, seed=1))


def test_clips_are_not_continued_by_themselves(graph):
    """Otherwise each sample would be one recording."""
    states = graph.starts[torch.arange(0, len(graph.starts), 7)]
    found = graph._similar(states, torch.Generator().manual_seed(0))
    assert ((found - states).abs() >= graph.clip).all()


def test_recordings_that_are_too_short_have_no_samples(dance, mariel53):
    assert phrases(MotionGraph([dance[:40]], mariel53, RATE_HZ)) is None
    assert phrases(MotionGraph([dance[:40], dance[:200]], mariel53, RATE_HZ)) is not None
