"""Laws of the notebook's augmentation: noisy copies of a quarter of the windows, with constant noise."""

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.notebook import NoisyQuarter


@pytest.fixture(scope="module")
def dataset(record) -> MarielDataset:
    return MarielDataset([record(150, 1), record(90, 2)], seq_len=16, normalization="notebook")


@pytest.fixture(scope="module")
def noisy(dataset) -> NoisyQuarter:
    return NoisyQuarter(dataset, seed=5)


def test_noisy_copies_of_a_quarter_of_the_windows_are_appended(dataset, noisy):
    count = len(dataset)
    assert len(noisy) == count + count // 4
    assert torch.equal(noisy.starts[:count], dataset.starts)
    assert set(noisy.starts[count:].tolist()) <= set(dataset.starts.tolist())
    assert len(set(noisy.starts[count:].tolist())) > 10  # drawn, not one over and over
    assert torch.equal(noisy.batch(range(count)).nodes, dataset.batch(range(count)).nodes)


def test_the_noise_is_one_percent_of_each_elements_standard_deviation(dataset, noisy):
    numbers = torch.arange(len(dataset), len(noisy))
    without = dataset.batch(noisy.windows[numbers])
    with_noise = noisy.batch(numbers)
    noise = with_noise.nodes - without.nodes
    # The std of each element is 0.01 U(0, 1), so the std of all is 0.01 / sqrt(3); it is not Gaussian.
    assert noise.std().item() == pytest.approx(0.01 / 3**0.5, rel=0.02)
    assert abs(noise.mean().item()) < 1e-4
    kurtosis = (noise**4).mean() / noise.square().mean() ** 2
    assert kurtosis.item() == pytest.approx(3 * 9 / 5, rel=0.1)  # 3 E[s^4] / E[s^2]^2
    assert torch.equal(with_noise.path, without.path)


def test_a_window_has_the_same_noise_in_every_epoch(noisy):
    last = len(noisy) - 1
    together, alone = noisy.batch([0, last - 1, last]), noisy.batch([last])
    assert torch.equal(together.nodes[2], alone.nodes[0])
    torch.manual_seed(99)
    assert torch.equal(noisy.batch([last]).nodes, alone.nodes)


def test_no_two_windows_have_the_same_noise(dataset):
    noisy = NoisyQuarter(dataset.subset(torch.zeros(20, dtype=torch.int64)), seed=5)
    nodes = noisy.batch(range(20, 25)).nodes  # the same window five times
    assert len({window.numpy().tobytes() for window in nodes}) == 5


def test_another_seed_gives_other_noise(dataset, noisy):
    assert torch.equal(NoisyQuarter(dataset, seed=5).windows, noisy.windows)
    assert not torch.equal(NoisyQuarter(dataset, seed=6).windows, noisy.windows)


def test_a_subset_keeps_each_windows_noise(dataset, noisy):
    chosen = torch.tensor([len(noisy) - 2, 3, len(noisy) - 1])
    part = noisy.subset(chosen)
    assert len(part) == 3
    assert torch.equal(part.starts, noisy.starts[chosen])
    assert torch.equal(part.batch([0, 1, 2]).nodes, noisy.batch(chosen).nodes)
    assert torch.equal(
        part.subset(torch.tensor([2])).batch([0]).nodes, noisy.batch(chosen[2:]).nodes
    )
    assert len(noisy) == len(dataset) + len(dataset) // 4


def test_the_wrapped_dataset_is_not_changed(dataset, noisy):
    before = dataset.nodes.clone()
    noisy.batch(range(len(noisy) - 20, len(noisy)))
    assert torch.equal(dataset.nodes, before)
