"""Laws of fitting the prior: it beats N(0, I) where there is something, and learns nothing by heart."""

import pytest
import torch
from torch.distributions import Normal

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import PoseVAEOptions
from mariel_gnn.models.weights import Identity
from mariel_gnn.training.fit_prior import active_latents, fit_prior, posteriors

FRAMES, WITHIN = 16, 0.3


def banana(count: int, seed: int) -> Normal:
    """Posteriors `[N, 5]`: one latent with another's square, one with its half, two that hold nothing."""
    generator = torch.Generator().manual_seed(seed)
    first, own = torch.randn(2, count, generator=generator)
    residual = 0.6 * (first.square() - 1) + 0.1 * own
    means = torch.stack([first, residual, first / 2, 0 * own, 0 * own], dim=-1)
    return Normal(means, torch.tensor([WITHIN, WITHIN, WITHIN, 1, 1]).expand_as(means))


@pytest.fixture(scope="module")
def fitted():
    return fit_prior(banana(2000, 0), banana(500, 1), steps=600)


def score(prior, posterior: Normal, seed: int = 5) -> float:
    noise = torch.randn(posterior.loc.shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return float(prior.log_prob(posterior.loc + posterior.scale * noise).mean())


def normal_score(posterior: Normal) -> float:
    """E_q[log N(z; 0, I)] in closed form."""
    squares = posterior.loc.square() + posterior.scale.square() + torch.tensor(2 * torch.pi).log()
    return float(-0.5 * squares.sum(-1).mean())


def test_the_flow_beats_the_gaussian_and_that_beats_n_0_1(fitted):
    scores = fitted.scores_nats
    assert scores["normal"] + 0.5 < scores["gaussian"] < scores["flow"] - 0.3


def test_it_does_so_on_posteriors_not_used_for_selection(fitted):
    fresh = banana(4000, 2)
    assert score(fitted, fresh) > normal_score(fresh) + 1
    assert score(fitted, fresh) == pytest.approx(fitted.scores_nats["flow"], abs=0.15)


def test_samples_have_the_shape_of_the_posteriors(fitted):
    e = torch.randn(4000, 5, generator=torch.Generator().manual_seed(0))
    z = fitted.from_noise(e).detach()
    correlation = torch.corrcoef(torch.stack([z[:, 0].square(), z[:, 1]]))[0, 1]
    assert correlation > 0.6
    assert abs(torch.corrcoef(z[:, [0, 1]].T)[0, 1]) < 0.15


def test_inactive_latents_do_not_change(fitted):
    assert fitted.active.tolist() == [True, True, True, False, False]


def test_a_collapsed_posterior_leaves_n_0_1():
    means = torch.zeros(100, 4)
    nothing = Normal(means, torch.ones_like(means))
    assert active_latents(nothing).all()  # there is nothing to choose by
    prior = fit_prior(nothing, nothing, steps=100)
    noise = Normal(torch.zeros(1000, 4), torch.ones(1000, 4))
    assert score(prior, noise) == pytest.approx(normal_score(noise), abs=0.15)


def test_a_few_windows_are_not_overfitted():
    """Twenty narrow posteriors in 48 dimensions that are N(0, I) in truth."""

    def few(count, seed):
        means = torch.randn(count, 48, generator=torch.Generator().manual_seed(seed))
        return Normal(0.95 * means, torch.full_like(means, (1 - 0.95**2) ** 0.5))

    prior, fresh = fit_prior(few(20, 0), few(20, 1), steps=300), few(500, 2)
    assert score(prior, fresh) > normal_score(fresh) - 1.0  # of 68 nats


def test_the_same_seed_gives_the_same_flow_without_the_global_generator():
    before = torch.get_rng_state()
    first, again, other = (fit_prior(banana(200, 0), banana(50, 1), s, steps=50) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    states = [prior.state_dict() for prior in (first, again, other)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert first.scores_nats == again.scores_nats != other.scores_nats


@pytest.fixture(scope="module")
def windows(dance):
    recording = Recording("dance", dance[:200], 35.0, "/takes/dance.npy")
    return MarielDataset([recording], FRAMES, 0)


@pytest.fixture(scope="module")
def network(windows):
    torch.manual_seed(0)
    options = PoseVAEOptions(latent_size=6, pose_size=12)
    shape = WindowShape(FRAMES, 53)
    return Identity("pose_vae", options, shape, windows.skeleton).build(windows.normalizer).eval()


def test_posteriors_are_in_the_order_of_the_windows(network, windows):
    with torch.no_grad():
        expected = network.encode(windows.batch(range(len(windows))))
    found = posteriors(network, windows)
    torch.testing.assert_close(found.loc, expected.loc, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.scale, expected.scale, rtol=1e-4, atol=1e-5)


def test_a_subset_of_posteriors_is_evenly_spaced(network, windows):
    some = posteriors(network, windows, at_most=10)
    assert 5 <= len(some.loc) <= 10
    step = -(-len(windows) // 10)
    torch.testing.assert_close(
        some.loc, posteriors(network, windows).loc[::step], rtol=1e-4, atol=1e-5
    )


def test_augmented_posteriors_have_all_headings_and_repeat_with_the_seed(network, windows):
    augmentation = AugmentationOptions(noise_mm=50.0)  # which is left out
    before = torch.get_rng_state()
    found, again = (posteriors(network, windows, augmentation, 2, seed=1) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert len(found.loc) == 2 * len(windows)
    assert torch.equal(found.loc, again.loc)
    first, second = found.loc.chunk(2)
    # Two latents are the heading; the rest of a window is as it is, or that of its mirror image.
    alike = (first[:, 2:] - second[:, 2:]).abs().amax(dim=1) < 1e-4
    assert 0.3 < alike.float().mean() < 0.7
    assert (first[:, :2] - second[:, :2]).norm(dim=1).median() > 0.5


def test_rotations_change_the_heading_only(network, windows):
    turned = posteriors(network, windows, AugmentationOptions(mirror=False))
    torch.testing.assert_close(
        turned.loc[:, 2:], posteriors(network, windows).loc[:, 2:], rtol=0, atol=1e-4
    )
