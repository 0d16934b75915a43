"""Laws of the learned prior: a density, its own samples, and the Gaussian that it starts from."""

import pytest
import torch
from safetensors import safe_open
from torch.distributions import MultivariateNormal, Normal

from mariel_gnn.errors import UserError
from mariel_gnn.models.prior import FlowPrior, load_prior, save_prior
from mariel_gnn.models.weights import PRIOR

ACTIVE = torch.tensor([True, False, True, True, False])
MEAN = torch.tensor([1.0, -0.5, 0.25])
COVARIANCE = torch.tensor([[2.0, 0.9, 0.1], [0.9, 1.0, -0.2], [0.1, -0.2, 0.3]])


def noise(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, len(ACTIVE), generator=torch.Generator().manual_seed(seed))


def gaussian() -> FlowPrior:
    """A prior before it has learned anything."""
    prior = FlowPrior(ACTIVE, {"flow": -1.5})
    prior.set_gaussian(MEAN, COVARIANCE)
    return prior.eval()


@pytest.fixture
def residual() -> FlowPrior:
    """A prior with a flow that is not the identity."""
    prior, generator = gaussian(), torch.Generator().manual_seed(1)
    for parameter in prior.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
    return prior


def test_it_starts_as_the_given_gaussian():
    z = noise(20)
    expected = MultivariateNormal(MEAN, COVARIANCE).log_prob(z[:, ACTIVE])
    expected = expected + Normal(0.0, 1.0).log_prob(z[:, ~ACTIVE]).sum(-1)
    torch.testing.assert_close(gaussian().log_prob(z), expected, rtol=1e-4, atol=1e-4)


def test_samples_of_the_gaussian_have_its_mean_and_covariance():
    z = gaussian().from_noise(noise(40_000))[:, ACTIVE].detach()
    torch.testing.assert_close(z.mean(0), MEAN, rtol=0, atol=0.05)
    torch.testing.assert_close(torch.cov(z.T), COVARIANCE, rtol=0, atol=0.06)


def test_the_density_is_that_of_its_samples(residual):
    """log p(z) = log N(noise) - log |dz / dnoise|, the determinant taken numerically."""
    for one in noise(5):
        jacobian = torch.autograd.functional.jacobian(
            lambda e: residual.from_noise(e[None])[0], one
        )
        expected = Normal(0.0, 1.0).log_prob(one).sum() - jacobian.double().slogdet().logabsdet
        found = residual.log_prob(residual.from_noise(one[None]))[0]
        torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-3)


def test_inactive_latents_are_the_noise_itself(residual):
    e = noise(10)
    z = residual.from_noise(e)
    assert torch.equal(z[:, ~ACTIVE], e[:, ~ACTIVE])
    assert not torch.isclose(z[:, ACTIVE], e[:, ACTIVE]).any()


def test_large_noise_gives_bounded_latents(residual):
    assert residual.from_noise(3 * noise(1000)).abs().max() < 1e3


def test_saved_and_loaded_is_equal(residual, tmp_path):
    save_prior(tmp_path / PRIOR, residual)
    loaded = load_prior(tmp_path / PRIOR)
    assert loaded.scores_nats == residual.scores_nats == {"flow": -1.5}
    assert torch.equal(loaded.from_noise(noise(4)), residual.from_noise(noise(4)))
    assert torch.equal(loaded.log_prob(noise(4)), residual.log_prob(noise(4)))
    assert [path.name for path in tmp_path.iterdir()] == [PRIOR]


def test_the_header_names_the_kind_of_file(residual, tmp_path):
    save_prior(tmp_path / PRIOR, residual)
    with safe_open(tmp_path / PRIOR, framework="pt") as file:
        assert '"prior": "flow"' in file.metadata()["mariel_gnn"]


def test_building_and_loading_do_not_use_the_global_generator(residual, tmp_path):
    save_prior(tmp_path / PRIOR, residual)
    before = torch.get_rng_state()
    load_prior(tmp_path / PRIOR)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("content", [b"", b"no safetensors at all, but long enough"])
def test_a_damaged_file_is_one_line(content, tmp_path):
    (tmp_path / PRIOR).write_bytes(content)
    with pytest.raises(UserError, match=r"prior\.safetensors.*is not a prior.*--prior flow"):
        load_prior(tmp_path / PRIOR)
