"""Laws of products in bfloat16: in training only, and with nearly the gradients of float32."""

import pytest
import torch
from torch import nn

from mariel_gnn.models import fast_products


@pytest.fixture(params=[True, False], ids=["bfloat16", "float32"])
def has_instructions(request, monkeypatch):
    """Whether the processor has them; the results of both are computed on every processor."""
    monkeypatch.setattr(fast_products, "multiplies_bfloat16", lambda: request.param)
    return request.param


@pytest.mark.parametrize("training", [True, False])
def test_products_are_fast_in_training_on_a_fitting_processor_only(has_instructions, training):
    network, inputs = nn.Linear(8, 8).train(training), torch.randn(4, 8)
    with fast_products.fast_products(network, inputs):
        found = network(inputs).dtype
    assert found == (torch.bfloat16 if training and has_instructions else torch.float32)
    assert network(inputs).dtype == torch.float32


def test_gradients_are_nearly_those_of_float32(monkeypatch):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, 1))
    inputs, gradients = torch.randn(256, 32), []
    for fast in (True, False):
        monkeypatch.setattr(fast_products, "multiplies_bfloat16", lambda fast=fast: fast)
        network.zero_grad()
        with fast_products.fast_products(network, inputs):
            loss = network(inputs).float().square().mean()
        loss.backward()
        gradients.append(torch.cat([one.grad.flatten() for one in network.parameters()]))
    half, full = gradients
    assert half.dtype == torch.float32
    assert not torch.equal(half, full)
    assert (half - full).norm() < 0.02 * full.norm()
