"""Metres to latents and back: the operations that all tasks of a trained model use."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Normal

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.pair import one_of_pair
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.models.vae import VAE, Graphs

Phrases = Tensor | NDArray[np.floating]

_BATCH = 64  # phrases encoded in one pass
_GAPS = "positions have gaps (NaN): fill them first, as MarielDataset does on loading"


class PhraseCodec:
    """Encodes, decodes and reconstructs phrases.

    Phrases are positions `[N, T, J, C]` in metres, z up, travelling as recorded. T, J and the rate are
    those that the model was trained for (`shape`). A phrase of two dancers has the markers of the first,
    then those of the second.

    Args:
        network: the trained network.
        skeleton: its markers.
    """

    def __init__(self, network: MotionModel, skeleton: Skeleton) -> None:
        self.network, self.skeleton = network.eval(), skeleton
        self.shape = network.shape

    @property
    def vae(self) -> VAE:
        """The network, if it has latents.

        Raises:
            UserError: it has none.
        """
        if not isinstance(self.network, VAE):
            raise UserError(
                f"{type(self.network).__name__} has no latents, which vary and interpolate need: "
                "use sample or continue, or a VAE"
            )
        return self.network

    @property
    def dancers(self) -> int:
        """How many dancers a phrase of the model has, 1 or 2."""
        return self.network.Options.dancers

    @property
    def one_dancer(self) -> Skeleton:
        """The markers of one dancer."""
        return self.skeleton if self.dancers == 1 else one_of_pair(self.skeleton)

    def check_dancers(self, task: str) -> None:
        """Check that a task has a meaning for phrases of one dancer, or of two.

        Raises:
            UserError: the model has the wrong number of dancers; the message names models that do it.
        """
        name = type(self.network).__name__
        if task == "partner" and self.dancers == 1:
            raise UserError(
                f"partner: {name} is a model of one dancer: use a run of duet_gnn_vae, duet_token_vae or "
                "duet_lstm_vae"
            )
        if task == "join" and self.dancers > 1:
            raise UserError(
                f"join: {name} is a model of two dancers, which does not join: continue a pair, or join "
                "clips of one dancer with a run of flow_motion"
            )

    @property
    def has_latents(self) -> bool:
        """Whether the network encodes phrases to latents."""
        return isinstance(self.network, VAE)

    @property
    def reconstructs(self) -> bool:
        """Whether the network reconstructs phrases."""
        return self.network.reconstructs

    @torch.no_grad()
    def posterior(self, phrases: Phrases | Graphs) -> Normal:
        """q(z|x) `[N, Z]` of phrases `[N, T, J, C]`, or of graphs of a `MarielDataset`.

        Raises:
            UserError: the phrases have another shape than the model's, or gaps.
        """
        if not isinstance(phrases, Tensor | np.ndarray):
            return self._posterior_of_graphs(phrases)
        found = [
            self.vae.encode(self.vae.batch_from_metres(some))
            for some in self._checked(phrases).split(_BATCH)
        ]
        return Normal(torch.cat([q.loc for q in found]), torch.cat([q.scale for q in found]))

    def _posterior_of_graphs(self, graphs: Graphs) -> Normal:
        """q(z|x) `[N, Z]` of one graph or a PyG batch, in the units of any dataset."""
        if not hasattr(graphs, "x") or not hasattr(graphs, "path"):
            raise UserError(
                f"a {type(graphs).__name__} cannot be encoded: give positions [N, T, J, 3] in metres, "
                "or graphs of a MarielDataset with x and path"
            )
        return self.vae.encode(graphs.to(self.device))

    def encode(self, phrases: Phrases | Graphs) -> Tensor:
        """The posterior mean `[N, Z]` of phrases `[N, T, J, C]`, or of graphs of a `MarielDataset`."""
        return self.posterior(phrases).mean

    def decode(self, z: Tensor, start: Tensor | None = None, path: Tensor | None = None) -> Tensor:
        """Phrases `[N, T, J, C]` in metres from latents `[N, Z]`.

        Args:
            z: latents.
            start: `[N, 2]` start of the body's path, metres; the origin if None.
            path: `[N, T, 2]` path to take if the model generates none; in place if None.
        """
        return self.vae.decode_to_metres(z, self.vae.decode, start, path)

    def reconstruct(self, positions: Phrases) -> Tensor:
        """Phrases `[N, T, J, C]` encoded and decoded, from the same start.

        The path is the model's own. A model without one, such as that of the original notebook, takes
        the recorded path.

        Raises:
            UserError: the phrases have another shape than the model's, or the model cannot reconstruct.
        """
        return self.network.reconstruct(self._checked(positions))

    def redraw(self, positions: Phrases, seed: int = 0) -> Tensor:
        """Phrases `[N, T, J, C]` that the latents of phrases describe, from the same start.

        They are the reconstructions, unless the model draws what latents leave open.

        Args:
            positions: phrases in metres.
            seed: of what the latents leave open.

        Raises:
            UserError: the phrases have another shape than the model's, or the model has no latents.
        """
        phrases = self._checked(positions)
        path = phrases[..., :2].mean(dim=2)
        generator = torch.Generator().manual_seed(seed)
        return self.vae.phrases_of(self.encode(phrases), generator, path[:, 0], path)

    @property
    def travels(self) -> bool:
        """Whether the model generates the body's path."""
        return self.network.travels

    @property
    def device(self) -> torch.device:
        """The device that the model computes on."""
        return self.network.device

    def _checked(self, positions: Phrases) -> Tensor:
        """Phrases as float32 on the model's device.

        Raises:
            UserError: wrong shape, or gaps.
        """
        found = torch.as_tensor(positions, dtype=torch.float32)
        expected = (self.shape.frames, self.shape.markers, 3)
        if found.ndim != 4 or tuple(found.shape[1:]) != expected or not len(found):
            raise UserError(
                f"positions have shape {list(found.shape)}; this model takes [N, {expected[0]}, "
                f"{expected[1]}, 3] (N phrases of {expected[0]} frames, skeleton {self.skeleton.name}): "
                "cut windows of that length, and add a first axis to a single one"
            )
        if not torch.isfinite(found).all():
            raise UserError(_GAPS)
        return found.to(self.device)

    def _checked_clip(
        self, positions: Phrases, least: int, skeleton: Skeleton | None = None
    ) -> Tensor:
        """A clip `[A, J, C]` of any length as float32, on the CPU.

        Args:
            positions: the clip.
            least: frames that are needed.
            skeleton: its markers; None for those of the model.

        Raises:
            UserError: wrong shape, too short, or gaps.
        """
        skeleton = skeleton or self.skeleton
        found = torch.as_tensor(positions, dtype=torch.float32).cpu()
        if found.ndim != 3 or tuple(found.shape[1:]) != (len(skeleton), 3):
            raise UserError(
                f"positions have shape {list(found.shape)}; a clip for this model is [frames, "
                f"{len(skeleton)}, 3] (skeleton {skeleton.name})"
            )
        if len(found) < least:
            raise UserError(
                f"the clip has {len(found)} frames; {least} are needed "
                f"({least / self.shape.rate_hz:.1f} s): give a longer one"
            )
        if not torch.isfinite(found).all():
            raise UserError(_GAPS)
        return found

    def _checked_phrase(self, positions: Phrases) -> Tensor:
        """The first T frames of a clip as a batch of one, `[1, T, J, C]`, on the model's device."""
        frames = self.shape.frames
        return self._checked(self._checked_clip(positions, frames)[None, :frames])
