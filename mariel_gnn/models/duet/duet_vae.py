"""The models of two dancers: a VAE of pairs (`pair_vae.py`), and a flow that draws partners of one dancer.

The flow (`partner_flow.py`) draws partners, new pairs and continuations; the VAE reconstructs, varies and
interpolates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.drawing import continue_pairs, draw_pairs, draw_partners
from mariel_gnn.models.duet.pair_vae import PairVAE
from mariel_gnn.models.duet.partner_flow import PartnerFlow
from mariel_gnn.models.flow.states import MotionStates
from mariel_gnn.models.motion_model import OnFrames, Terms, WindowShape
from mariel_gnn.models.options import DuetVAEOptions
from mariel_gnn.models.vae import LatentPrior, WithoutLatents

if TYPE_CHECKING:
    from mariel_gnn.data.duet_dataset import DuetDataset
    from mariel_gnn.models.flow_motion import FlowMotion


# Std of the noise on the dancer in the last of several answers; axis 1 of the pose has std 1.
FREEST_NOISE = 0.5


class DuetVAE(PairVAE):
    """A VAE of windows of two dancers, with a flow that draws partners.

    Args:
        options: the model's own options.
        shape: T, 2J and the rate.
        normalizer: statistics of the training windows.
        skeleton: the markers of both dancers; see `pair_skeleton`.

    Attributes:
        partner: the flow; None for a model of codes alone (`network.partner` false), whose samples are
            decoded latents.
    """

    partner: PartnerFlow | None

    def __init__(
        self,
        options: DuetVAEOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.samples_latents = not options.partner
        self.other_priors = ("normal",) if options.partner else ()
        self.partner = None
        if options.partner:
            states = MotionStates(self.one, shape.rate_hz, options.pose_axes, options.pair_bounds)
            window = states.count(shape.frames)
            self.partner = PartnerFlow(states, window, options.widths, options.solver_steps)

    @property
    def _flow(self) -> PartnerFlow:
        """The flow.

        Raises:
            UserError: the model has none.
        """
        if self.partner is None:
            raise UserError(
                "this model was trained with network.partner false: it codes pairs, and draws neither "
                "partners nor continuations"
            )
        return self.partner

    def _further_terms(self, pairs: Float[Tensor, "B T 2 J 3"], measured: Tensor) -> Terms:
        """The term `flow`, if there is a flow; see `PairVAE`."""
        if self.partner is None:
            return {}
        return {"flow": self.partner.loss(pairs, measured, random=self.training)}

    def _prepare(self, duets: DuetDataset, run: FlowMotion | None) -> None:
        """Measure what codes and states need; see `PairVAE`."""
        super()._prepare(duets, run)
        if self.partner is None:
            return
        pairs, mirrored = (part.to(self.device) for part in duets.measured_pairs_m())
        if run is None:
            self.partner.fit_dancer(pairs, mirrored)
        else:
            self.partner.start_from(run.flow)
        self.partner.fit_relations(pairs)

    @torch.no_grad()
    def sample(
        self,
        count: int,
        temperature: float,
        generator: torch.Generator,
        prior: LatentPrior | None = None,
    ) -> Float[Tensor, "N T J2 3"]:
        """New pairs `[count, T, 2J, C]`: the flow draws a dancer, then her partner."""
        if self.samples_latents or not isinstance(prior, WithoutLatents | None):
            z = self.draw_latents(count, temperature, generator, prior)
            return self.decode_to_metres(z, self.decode)
        drawn = draw_pairs(self._flow, count, self.shape.frames, temperature, generator)
        return drawn.flatten(2, 3)

    @torch.no_grad()
    def continue_from(
        self,
        given: Float[Tensor, "N A J2 3"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
        on_frames: OnFrames | None = None,
    ) -> Float[Tensor, "N F J2 3"]:
        """The frames that follow pairs: the first dancer goes on, then her partner answers."""
        pairs = given.unflatten(2, (2, -1)).to(self.device)
        found = continue_pairs(self._flow, pairs, frames, temperature, generator)
        if on_frames is not None:
            on_frames(frames, frames)
        return found.flatten(2, 3)

    @torch.no_grad()
    def partners(
        self,
        given: Float[Tensor, "F J 3"],
        count: int,
        temperature: float,
        generator: torch.Generator,
        is_first: bool = True,
    ) -> Float[Tensor, "N F J 3"]:
        """Partners `[count, F, J, C]` of one dancer, in her room, in metres, on the CPU.

        The first answers the dancer as she is, the others her with more and more noise: they follow her less
        closely.

        Args:
            given: the dancer, metres.
            count: how many.
            temperature: scale of the randomness, of the noise on the dancer too: 1 as trained, 0 the mean of
                all partners, `count` times.
            generator: the source of all randomness, on the CPU.
            is_first: whether she is the first of the pair, as the files of training were given.
        """
        clips = given.to(self.device)[None].expand(count, -1, -1, -1)
        noise = temperature * torch.linspace(0, FREEST_NOISE, count, device=self.device)
        return draw_partners(self._flow, clips, is_first, temperature, generator, noise=noise)
