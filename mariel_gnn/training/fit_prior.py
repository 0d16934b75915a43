"""Fit the flow prior to the posteriors of a trained model.

The data has few independent phrases (eleven minutes are 190 windows without overlap) and hundreds of
latents, so an unconstrained flow overfits at once. Three constraints prevent it: the flow starts at a
Gaussian, each step samples z anew from the posteriors, and training stops at the best likelihood of held-out
posteriors.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from mariel_gnn.data.augmentation import augment
from mariel_gnn.data.options import AugmentationOptions
from mariel_gnn.data.windows import Windows, evenly_spaced
from mariel_gnn.models.prior import FlowPrior
from mariel_gnn.models.vae import VAE

ACTIVE_KL_NATS = 0.01  # mean KL to N(0, 1) below which a latent is inactive
SHRINKAGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of the covariance towards its diagonal
STEPS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 2000, 256, 1e-3, 0.1
CHECK_EVERY, PATIENCE = 50, 10  # steps; checks without improvement
HELD_OUT_SAMPLES = 2500  # of z, for a low variance of the held-out likelihood
_BATCH = 128


@torch.no_grad()
def posteriors(
    network: VAE,
    windows: Windows,
    augmentation: AugmentationOptions | None = None,
    passes: int = 1,
    at_most: int = 2500,
    seed: int = 0,
) -> Normal:
    """q(z|x) `[N, Z]` of evenly spaced windows of a dataset.

    Args:
        network: the trained model, on the windows' device.
        windows: the windows to encode.
        augmentation: turn and mirror as in training, without input noise; None for none.
        passes: how often each window is encoded, with new augmentation.
        at_most: windows of a pass; neighbouring ones are nearly equal.
        seed: of the augmentation; the global generator does not change.
    """
    options = replace(augmentation or AugmentationOptions(turn=False, mirror=False), noise_mm=0.0)
    places = evenly_spaced(len(windows), at_most)
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for indices in places.repeat(passes).split(_BATCH):
            batch, _ = augment(windows.batch(indices), options, network.skeleton.mirror, 1.0)
            found.append(network.encode(batch))
    return Normal(torch.cat([q.loc for q in found]), torch.cat([q.scale for q in found]))


def fit_prior(train: Normal, validation: Normal, seed: int = 0, steps: int = STEPS) -> FlowPrior:
    """Fit a flow to training posteriors and select it by held-out ones.

    `scores_nats` of the result is the mean log-likelihood of z sampled from the held-out posteriors under
    ``normal`` (N(0, I)), ``gaussian`` (the initial state of the flow) and ``flow``.

    Args:
        train: q(z|x) `[N, Z]` of training windows.
        validation: q(z|x) `[M, Z]` of held-out windows.
        seed: the same seed gives the same flow.
        steps: largest number of steps of the optimiser.
    """
    generator = torch.Generator().manual_seed(seed)
    prior = FlowPrior(active_latents(train))
    held_out = _sample(validation, HELD_OUT_SAMPLES, generator)
    standard = Normal(0.0, 1.0).log_prob(held_out).sum(dim=-1).mean()
    prior.set_gaussian(*_best_gaussian(_only(train, prior.active), _only(validation, prior.active)))
    gaussian = _score(prior, held_out)
    flow = _train(prior, train, held_out, generator, steps)
    prior.scores_nats = {"normal": float(standard), "gaussian": gaussian, "flow": flow}
    return prior.eval()


def active_latents(posterior: Normal) -> Bool[Tensor, " Z"]:
    """The latents `[Z]` that encode something; all of them if fewer than two do."""
    standard = Normal(torch.zeros_like(posterior.loc), torch.ones_like(posterior.scale))
    active = kl_divergence(posterior, standard).mean(dim=0) > ACTIVE_KL_NATS
    # A coupling flow needs two latents.
    return active if active.sum() > 1 else torch.ones_like(active)


def _train(
    prior: FlowPrior,
    train: Normal,
    held_out: Float[Tensor, "N Z"],
    generator: torch.Generator,
    steps: int,
) -> float:
    """Train the flow, restore its best state and return its held-out score.

    The initial state counts: a flow that does not improve on it stays a Gaussian.
    """
    optimizer = torch.optim.AdamW(prior.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, best_step, best_state = _score(prior, held_out), 0, _copy(prior)
    for step in range(1, steps + 1):
        loss = -prior.log_prob(_sample(train, BATCH, generator)).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        if step % CHECK_EVERY == 0:
            score = _score(prior, held_out)
            if score > best:
                best, best_step, best_state = score, step, _copy(prior)
            if step - best_step >= PATIENCE * CHECK_EVERY:
                break
    prior.load_state_dict(best_state)
    return best


def _best_gaussian(
    train: Normal, validation: Normal
) -> tuple[Float[Tensor, " A"], Float[Tensor, "A A"]]:
    """Mean and covariance of the best held-out likelihood: N(0, I), or those of training posteriors.

    The covariance of z is between windows plus within windows, shrunk towards its diagonal.
    """
    means = train.loc.double()
    within = train.scale.double().square().mean(dim=0).diag()
    covariance = torch.cov(means.T, correction=0) + within
    diagonal = covariance.diag().diag()
    candidates = [(torch.zeros_like(means[0]), torch.eye(len(diagonal), dtype=torch.float64))]
    candidates += [(means.mean(dim=0), torch.lerp(covariance, diagonal, a)) for a in SHRINKAGES]
    return max(candidates, key=lambda gaussian: _expected_log_prob(validation, *gaussian))


def _expected_log_prob(
    posterior: Normal, mean: Float[Tensor, " A"], covariance: Float[Tensor, "A A"]
) -> float:
    """The mean over windows of E_q[log N(z; mean, covariance)], in closed form, nats."""
    gaussian = MultivariateNormal(mean, covariance)
    at_means = gaussian.log_prob(posterior.loc.double()).mean()
    variances = posterior.scale.double().square().mean(dim=0)
    return float(at_means - 0.5 * (variances * gaussian.precision_matrix.diag()).sum())


@torch.no_grad()
def _score(prior: FlowPrior, z: Float[Tensor, "N Z"]) -> float:
    return float(prior.log_prob(z).mean())


def _sample(
    posterior: Normal, count: int, generator: torch.Generator
) -> Float[Tensor, "{count} Z"]:
    """z `[count, Z]`, each from the posterior of a random window."""
    loc, scale = posterior.loc, posterior.scale
    which = torch.randint(0, len(loc), (count,), generator=generator)
    return loc[which] + scale[which] * torch.randn(loc[which].shape, generator=generator)


def _only(posterior: Normal, active: Bool[Tensor, " Z"]) -> Normal:
    return Normal(posterior.loc[:, active], posterior.scale[:, active])


def _copy(prior: FlowPrior) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in prior.state_dict().items()}
