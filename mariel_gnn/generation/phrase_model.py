"""A trained model as a user meets it: metres in, metres out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Normal

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.models import VAE, Prediction, load_weights
from mariel_gnn.models.prior import PRIOR, FlowPrior, load_prior
from mariel_gnn.models.weights import BEST
from mariel_gnn.skeletons import Skeleton

Phrases = Tensor | NDArray[np.floating]

_AT_ONCE = 64  # phrases that go through the network together


class PhraseModel:
    """Reconstructs, encodes and samples phrases.

    Phrases are positions `[N, T, J, C]` in metres, z up, travelling as recorded; T, J and the rate
    are those that the model was trained for (`model.shape`).

    Args:
        network: the trained network.
        skeleton: its markers.
        prior: the flow fitted to its posteriors, if there is one.
    """

    def __init__(self, network: VAE, skeleton: Skeleton, prior: FlowPrior | None = None) -> None:
        self.network, self.skeleton, self.prior = network.eval(), skeleton, prior
        self.shape = network.shape

    def __repr__(self) -> str:
        size = sum(parameter.numel() for parameter in self.network.parameters())
        return (
            f"PhraseModel({type(self.network).__name__}, {size / 1e6:.1f} M parameters, phrases of "
            f"{self.shape.frames} frames at {self.shape.rate_hz:g} Hz, {self.skeleton.name})"
        )

    @torch.no_grad()
    def posterior(self, positions: Phrases) -> Normal:
        """q(z|x) `[N, Z]` of phrases `[N, T, J, C]`.

        Raises:
            UserError: the phrases have another shape than the model was trained for, or gaps.
        """
        found = [
            self.network.encode(self.network.batch_from_metres(some))
            for some in self._checked(positions).split(_AT_ONCE)
        ]
        return Normal(torch.cat([q.loc for q in found]), torch.cat([q.scale for q in found]))

    def encode(self, positions: Phrases) -> Tensor:
        """The posterior mean `[N, Z]` of phrases `[N, T, J, C]`."""
        return self.posterior(positions).mean

    def decode(self, z: Tensor, start: Tensor | None = None, path: Tensor | None = None) -> Tensor:
        """Phrases `[N, T, J, C]` in metres of latents `[N, Z]`.

        Args:
            z: latents.
            start: `[N, 2]` where the body's path begins, metres; the origin if None.
            path: `[N, T, 2]` path to travel on if the model gives none; on the spot if None.
        """
        return self._decoded(z, self.network.decode, start, path)

    def reconstruct(self, positions: Phrases) -> Tensor:
        """Decode the posterior mean of phrases `[N, T, J, C]`, and give the travel back.

        The path is the model's own, from where the phrase began; a model that has no ear for travel
        (the seed's) gets the path as recorded.
        """
        given = self._checked(positions)
        path = given[..., :2].mean(dim=2)
        return self.decode(self.encode(given), start=path[:, 0], path=path)

    @torch.no_grad()
    def sample(
        self, count: int, temperature: float = 1.0, seed: int = 0, prior: str | None = None
    ) -> Tensor:
        """New phrases `[count, T, J, C]`, decoded from latents that a prior gives.

        Args:
            count: how many.
            temperature: of the prior's noise: 0 gives the most ordinary phrase, 1 what was learned,
                more is bolder.
            seed: the same seed gives the same phrases.
            prior: ``"normal"`` for N(0, I), ``"flow"`` for the flow fitted after training; None takes
                the flow where the run has one.

        Raises:
            UserError: a prior that is not there, or a count or temperature that cannot be.
        """
        if count < 1 or not temperature >= 0:
            raise UserError(
                f"sample: count {count} and temperature {temperature} must be at least 1 and 0"
            )
        flow = self._prior(prior)
        generator = torch.Generator().manual_seed(seed)
        z = temperature * torch.randn(count, self.network.latent_size, generator=generator)
        if flow is not None:
            z = flow.from_noise(z)
        return self._decoded(
            z, lambda some: self.network.decode_sample(some, temperature, generator)
        )

    @property
    def travels(self) -> bool:
        """Whether the model gives the body's path."""
        return self.network.travels

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return self.network.normalizer.position_scale.device

    def _prior(self, name: str | None) -> FlowPrior | None:
        """The flow that is asked for; None for N(0, I).

        Raises:
            UserError: there is no such prior.
        """
        if name not in (None, "normal", "flow"):
            hint = nearest_match(str(name), ("normal", "flow"))
            raise UserError(f"no prior '{name}'.{hint} There are normal, flow")
        if name == "flow" and self.prior is None:
            raise UserError(
                "this run has no prior 'flow': sample from 'normal', or fit one by going on with the "
                "run (--trainer.resume RUN --prior flow)"
            )
        return None if name == "normal" else self.prior

    @torch.no_grad()
    def _decoded(
        self,
        z: Tensor,
        decode: Callable[[Tensor], Prediction],
        start: Tensor | None = None,
        path: Tensor | None = None,
    ) -> Tensor:
        """Phrases of latents as `decode` has it, some at a time, with travel as the caller has it."""
        parts = [self._metres(decode(some)) for some in z.to(self.device).split(_AT_ONCE)]
        positions = torch.cat([positions for positions, _ in parts])
        own = torch.cat([travel for _, travel in parts])
        if self.travels:
            own = own - own[:, :1]
            path = own if start is None else own + start[:, None]
        if path is not None and bool(self.network.normalizer.xy_centering):
            # The body's mean is where it travels: what the decoder leaves of it goes.
            positions[..., :2] += (path - positions[..., :2].mean(dim=2))[:, :, None]
        return positions

    def _metres(self, prediction: Prediction) -> tuple[Tensor, Tensor]:
        positions, path = self.network.metres_from_prediction(prediction)
        return positions.cpu(), torch.zeros(0) if path is None else path.cpu()

    def _checked(self, positions: Phrases) -> Tensor:
        """Phrases as float32 on the model's device.

        Raises:
            UserError: wrong shape, or gaps.
        """
        found = torch.as_tensor(positions, dtype=torch.float32)
        wanted = (self.shape.frames, self.shape.markers, 3)
        if found.ndim != 4 or tuple(found.shape[1:]) != wanted or not len(found):
            raise UserError(
                f"positions have shape {list(found.shape)}; this model takes [N, {wanted[0]}, "
                f"{wanted[1]}, 3] (N phrases of {wanted[0]} frames, skeleton {self.skeleton.name}): "
                "cut windows of that length, and add a first axis to a single one"
            )
        if not torch.isfinite(found).all():
            raise UserError(
                "positions have gaps (NaN): fill them first, as MarielDataset does on loading"
            )
        return found.to(self.device)


def load(run: str | Path) -> PhraseModel:
    """Load a trained model, with the prior that was fitted to its best weights if there is one.

    Args:
        run: a run folder (its best weights are taken), or a `.safetensors` file of one.

    Raises:
        UserError: nothing there to load.
    """
    network, identity = load_weights(run)
    weights = Path(run) / BEST if Path(run).is_dir() else Path(run)
    fitted = weights.with_name(PRIOR)
    prior = load_prior(fitted) if weights.name == BEST and fitted.exists() else None
    return PhraseModel(network, identity.skeleton, prior)
