import math

import torch
from torch.distributions import Normal

from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.elbo import Prediction, elbo_terms, weighted_sum
from mariel_gnn.models.vae import VAEOutput

B, T, J, STD = 3, 5, 7, 0.4


def centred_windows(seed):
    """Positions whose mean x and y is zero, and a path of their own."""
    generator = torch.Generator().manual_seed(seed)
    positions = torch.randn(B, T, J, 3, generator=generator)
    positions[..., :2] -= positions[..., :2].mean(dim=2, keepdim=True)
    return positions, torch.randn(B, T, 2, generator=generator)


def terms(travels, path_weight=1.0):
    (target, target_path), (mean, mean_path) = centred_windows(0), centred_windows(1)
    path = Normal(mean_path, torch.tensor(STD)) if travels else None
    output = VAEOutput(Normal(torch.zeros(B, 2), torch.ones(B, 2)),
                       Prediction(Normal(mean, torch.tensor(STD)), path))  # fmt: skip
    nodes = torch.cat([target, torch.zeros_like(target)], dim=-1)
    return elbo_terms(*output, WindowBatch(nodes, target_path), path_weight)


def test_centred_positions_and_path_cost_what_travelling_positions_cost():
    """With the path counted once a marker, the squared error is that of the markers where they are."""
    (target, target_path), (mean, mean_path) = centred_windows(0), centred_windows(1)
    for positions, path in ((target, target_path), (mean, mean_path)):
        positions[..., :2] += path[:, :, None]
    square = (target - mean).square().sum(dim=(1, 2, 3))
    numbers = T * J * 3 + T * 2 * J
    constant = numbers * math.log(STD * math.sqrt(2 * math.pi))
    torch.testing.assert_close(
        terms(True, path_weight=float(J))["nll"], square / (2 * STD**2) + constant
    )


def test_with_the_seeds_scale_the_loss_is_the_summed_squared_error_and_a_constant():
    (target, path), (mean, _) = centred_windows(0), centred_windows(1)
    output = VAEOutput(Normal(torch.zeros(B, 2), torch.ones(B, 2)),
                       Prediction(Normal(mean, torch.tensor(math.sqrt(0.5))), None))  # fmt: skip
    nodes = torch.cat([target, target], dim=-1)
    nll = elbo_terms(*output, WindowBatch(nodes, path))["nll"]
    square = (target - mean).square().sum(dim=(1, 2, 3))
    torch.testing.assert_close(nll - square, torch.full((B,), T * J * 3 * 0.5 * math.log(math.pi)))


def test_terms_are_per_example():
    assert {value.shape for t in (True, False) for value in terms(t).values()} == {(B,)}


def test_terms_without_a_weight_have_weight_1():
    both = {"nll": torch.tensor([5.0]), "kl": torch.tensor([2.0])}
    assert weighted_sum(both) == 7
    assert weighted_sum(both, {"kl": 0.0}) == 5
    assert weighted_sum(both, {"kl": 10.0, "absent": 3.0}) == 25
