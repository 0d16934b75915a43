"""Fit the flow prior on the posteriors of a trained model.

There are few phrases that differ (eleven minutes are 190 windows side by side) and hundreds of latents,
so a free flow learns them by heart at once. What holds it: it starts at a Gaussian, it never sees the
same z twice (each is drawn anew from its posterior), and it stops where held-out posteriors like it best.
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

ACTIVE_KL_NATS = 0.01  # mean KL to N(0, 1) below which a latent holds nothing
SHRINKAGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of the covariance towards its diagonal
STEPS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 2000, 256, 1e-3, 0.1
CHECK_EVERY, PATIENCE = 50, 10  # steps; checks without a better one
HELD_OUT_DRAWS = 2500  # of z, for a held-out likelihood that is steady
_AT_ONCE = 128


@torch.no_grad()
def posteriors(
    network: VAE,
    windows: Windows,
    augmentation: AugmentationOptions | None = None,
    passes: int = 1,
    at_most: int = 2500,
    seed: int = 0,
) -> Normal:
    """q(z|x) `[N, Z]` of windows spread evenly over a dataset.

    Args:
        network: the trained model, on the windows' device.
        windows: what is encoded.
        augmentation: turn and mirror as training did; input noise is left out. None: as recorded.
        passes: how often each window is encoded, augmented anew.
        at_most: windows of a pass; neighbours are nearly alike.
        seed: of turns and mirrors; the global generator stays as it is.
    """
    options = replace(augmentation or AugmentationOptions(turn=False, mirror=False), noise_mm=0.0)
    places = evenly_spaced(len(windows), at_most)
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for indices in places.repeat(passes).split(_AT_ONCE):
            batch, _ = augment(windows.batch(indices), options, network.skeleton.mirror, 1.0)
            found.append(network.encode(batch))
    return Normal(torch.cat([q.loc for q in found]), torch.cat([q.scale for q in found]))


def fit_prior(train: Normal, validation: Normal, seed: int = 0, steps: int = STEPS) -> FlowPrior:
    """Fit a flow on training posteriors, chosen by held-out ones.

    `scores_nats` of the result: the mean log-likelihood of z drawn from the held-out posteriors under
    ``normal`` (N(0, I)), ``gaussian`` (where the flow starts) and ``flow``.

    Args:
        train: q(z|x) `[N, Z]` of training windows.
        validation: q(z|x) `[M, Z]` of held-out windows.
        seed: the same seed gives the same flow.
        steps: of the optimiser, at most.
    """
    generator = torch.Generator().manual_seed(seed)
    prior = FlowPrior(active_latents(train))
    held_out = _draw(validation, HELD_OUT_DRAWS, generator)
    standard = Normal(0.0, 1.0).log_prob(held_out).sum(dim=-1).mean()
    prior.set_gaussian(*_best_gaussian(_only(train, prior.active), _only(validation, prior.active)))
    gaussian = _score(prior, held_out)
    flow = _learn(prior, train, held_out, generator, steps)
    prior.scores_nats = {"normal": float(standard), "gaussian": gaussian, "flow": flow}
    return prior.eval()


def active_latents(posterior: Normal) -> Bool[Tensor, " Z"]:
    """The latents `[Z]` that tell windows apart; all of them where fewer than two do."""
    standard = Normal(torch.zeros_like(posterior.loc), torch.ones_like(posterior.scale))
    active = kl_divergence(posterior, standard).mean(dim=0) > ACTIVE_KL_NATS
    # A flow that tells some latents by others needs two.
    return active if active.sum() > 1 else torch.ones_like(active)


def _learn(
    prior: FlowPrior,
    train: Normal,
    held_out: Float[Tensor, "N Z"],
    generator: torch.Generator,
    steps: int,
) -> float:
    """Train the flow and leave it at its best held-out score, which is given back.

    The prior as it comes is the first best: a flow that learns nothing stays a Gaussian.
    """
    optimizer = torch.optim.AdamW(prior.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    best, best_step, kept = _score(prior, held_out), 0, _copy(prior)
    for step in range(1, steps + 1):
        loss = -prior.log_prob(_draw(train, BATCH, generator)).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        if step % CHECK_EVERY == 0:
            score = _score(prior, held_out)
            if score > best:
                best, best_step, kept = score, step, _copy(prior)
            if step - best_step >= PATIENCE * CHECK_EVERY:
                break
    prior.load_state_dict(kept)
    return best


def _best_gaussian(
    train: Normal, validation: Normal
) -> tuple[Float[Tensor, " A"], Float[Tensor, "A A"]]:
    """Mean and covariance that held-out posteriors like best: N(0, I), or the training posteriors' own.

    The covariance is that of z, so between windows and within each, shrunk towards its diagonal.
    """
    means = train.loc.double()
    within = train.scale.double().square().mean(dim=0).diag()
    covariance = torch.cov(means.T, correction=0) + within
    diagonal = covariance.diag().diag()
    tried = [(torch.zeros_like(means[0]), torch.eye(len(diagonal), dtype=torch.float64))]
    tried += [(means.mean(dim=0), torch.lerp(covariance, diagonal, a)) for a in SHRINKAGES]
    return max(tried, key=lambda gaussian: _expected_log_prob(validation, *gaussian))


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


def _draw(posterior: Normal, count: int, generator: torch.Generator) -> Float[Tensor, "{count} Z"]:
    """z `[count, Z]`, each from the posterior of a window drawn at random."""
    loc, scale = posterior.loc, posterior.scale
    which = torch.randint(0, len(loc), (count,), generator=generator)
    return loc[which] + scale[which] * torch.randn(loc[which].shape, generator=generator)


def _only(posterior: Normal, active: Bool[Tensor, " Z"]) -> Normal:
    return Normal(posterior.loc[:, active], posterior.scale[:, active])


def _copy(prior: FlowPrior) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in prior.state_dict().items()}
