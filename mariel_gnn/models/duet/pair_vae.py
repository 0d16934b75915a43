"""The VAEs of two dancers: a code of each dancer, and a code of what is between them.

    z = [ direction of the pair (2) | first dancer (Z) | second dancer (Z) | between (P) ]
    first, second    codes of the pose VAE, of each dancer alone: her movement, without her heading
    between          code of the frame of the pair (`pair_code.py`): how far apart, where, how they face
    decoder          each dancer decoded alone, then moved to where the code between says

Codes of dancers can come from a run on single dancers (`network.solo`): there are many more minutes of them.
Then only the code between is trained on pairs. The models differ in the network that reads what is between,
and in nothing else.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.data.duet_batches import (
    duet_batch_from_metres,
    duet_positions_m,
    pairs_in_metres,
)
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import DuetBatch, WindowBatch, evenly_spaced
from mariel_gnn.errors import UserError
from mariel_gnn.losses.elbo import DecoderScale, MarkerLaplace, Prediction, elbo_terms
from mariel_gnn.metrics.reconstruction import mpjpe_mm
from mariel_gnn.mocap.skeletons.pair import one_of_pair
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.pair_code import PairCode
from mariel_gnn.models.duet.pair_frame import (
    PairFrame,
    from_pair_frame,
    move_to,
    stands_of,
    to_pair_frame,
)
from mariel_gnn.models.duet.pretrained import take_solo
from mariel_gnn.models.duet.reader import BetweenReader
from mariel_gnn.models.heading import HeadingLatents
from mariel_gnn.models.motion_model import Terms, TrainingWindows, WindowShape
from mariel_gnn.models.options import DuetVAEOptions
from mariel_gnn.models.pose_vae import PoseVAE
from mariel_gnn.models.vae import VAE, Graphs

if TYPE_CHECKING:
    from mariel_gnn.data.duet_dataset import DuetDataset
    from mariel_gnn.models.flow_motion import FlowMotion

_BATCH = 128
_COMPARED_EVERY = 4  # frames


class PairVAE(VAE):
    """A VAE of windows of two dancers.

    Args:
        options: the model's own options.
        shape: T, 2J and the rate.
        normalizer: statistics of the training windows.
        skeleton: the markers of both dancers; see `pair_skeleton`.

    Attributes:
        Reader: class of the network that reads what is between the dancers.
    """

    Options = DuetVAEOptions
    Reader: ClassVar[type[BetweenReader]]
    heading: HeadingLatents

    def __init__(
        self,
        options: DuetVAEOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.options, self.one = options, one_of_pair(skeleton)
        one = WindowShape(shape.frames, len(self.one), shape.rate_hz)
        self.heading = HeadingLatents()
        self.solo = PoseVAE(options, one, copy.deepcopy(normalizer), self.one)
        self.solo.requires_grad_(not self.pretrained)  # here, as a resumed run takes no solo run
        for unused in (self.solo.heading, self.solo.position_scale, self.solo.path_scale):
            unused.requires_grad_(False)
        self.solo_size = options.latent_size - HeadingLatents.SIZE
        self.latent_size = HeadingLatents.SIZE + 2 * self.solo_size + options.between_size
        self.between = PairCode(
            shape.frames, options.frequencies, options.between_size, options.pose_size
        )
        self.log_std = nn.Parameter(
            torch.tensor(options.posterior_std).log().repeat(options.between_size)
        )
        self.reader = self.Reader(options, one, self.one, options.between_size)
        self.position_scale, self.path_scale = DecoderScale(gain=1.0), DecoderScale(gain=1.0)

    @property
    def pretrained(self) -> bool:
        """Whether the codes of dancers come from a run on single dancers."""
        return self.options.solo is not None

    def dense(self, windows: WindowBatch | DuetBatch | Graphs) -> DuetBatch:  # type: ignore[override]
        """Windows of pairs as a dense batch; graphs are items of a `DuetDataset`.

        Raises:
            UserError: graphs of other sizes than the model's.
        """
        if isinstance(windows, DuetBatch):
            return windows
        frames, markers = self.shape.frames, self.shape.markers
        graphs = cast(Any, windows)  # an item of a DuetDataset has `measured` too
        path = getattr(windows, "path", torch.empty(0))
        wanted = (len(path) * markers, frames * 6)
        if path.shape[2:] != (2, 2) or tuple(graphs.x.shape) != wanted:
            raise UserError(
                f"this model takes items of a DuetDataset with {markers} markers and {frames} frames"
            )
        nodes = graphs.x.view(-1, markers, frames, 6).transpose(1, 2)
        path = path[:, :frames] / self.normalizer.path_scale_m
        return DuetBatch(self._in_own_units(nodes, graphs), path, graphs.measured)

    def posterior(self, batch: DuetBatch) -> Normal:  # type: ignore[override]
        """q(z|x) `[B, Z]` of windows of pairs."""
        pairs = duet_positions_m(batch, self.normalizer)
        frame = to_pair_frame(stands_of(pairs, self.one))
        codes = [*self._codes(pairs), self._posterior_between(pairs, frame)]
        phrase = Normal(
            torch.cat([code.loc for code in codes], dim=-1),
            torch.cat([code.scale for code in codes], dim=-1),
            validate_args=False,
        )
        return self.heading.join(frame.axis, phrase)

    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`: positions `[B, T, 2J, C]`, path `[B, T, 2, 2]`."""
        axis, phrase = self.heading.split(z)
        sizes = [self.solo_size, self.solo_size, self.options.between_size]
        first, second, between = phrase.split(sizes, dim=-1)
        frame = self.between.decode(axis, self.between.unstandardized(between))
        bodies = self._decoded_alone(torch.cat([first, second]))
        return self._predicted(torch.stack(bodies.chunk(2), dim=2), frame)

    def _posterior_between(self, pairs: Float[Tensor, "B T 2 J 3"], frame: PairFrame) -> Normal:
        """The code of what is between the dancers."""
        mean = self.between.encode(frame) + self.reader(pairs, frame)
        std = (self.log_std.exp() / self.between.latent_std).expand_as(mean)
        return Normal(self.between.standardized(mean), std, validate_args=False)

    def _predicted(self, bodies: Float[Tensor, "B T 2 J 3"], frame: PairFrame) -> Prediction:
        """p(x) of bodies that are moved to where the frame of the pair says."""
        pairs = move_to(bodies, from_pair_frame(frame), self.one)
        batch = duet_batch_from_metres(pairs, self.normalizer, self.shape.rate_hz)
        positions = MarkerLaplace(batch.positions, self.position_scale.std)
        return Prediction(positions, self.path_scale(batch.path))

    def _codes(self, pairs: Float[Tensor, "B T 2 J 3"]) -> list[Normal]:
        """The codes of both dancers without their headings."""
        both = torch.cat([*pairs.unbind(2)])
        code = self.solo.posterior(self.solo.batch_from_metres(both))
        parts = (part[:, HeadingLatents.SIZE :].chunk(2) for part in (code.loc, code.scale))
        return [Normal(loc, std, validate_args=False) for loc, std in zip(*parts, strict=True)]

    def _decoded_alone(self, z: Float[Tensor, "N Z0"]) -> Float[Tensor, "N T J 3"]:
        """Dancers in metres, facing along x in the middle; where they are is not used."""
        ahead = nn.functional.pad(z, (HeadingLatents.SIZE, 0))
        ahead[:, 0] = HeadingLatents.RADIUS
        return self.solo.in_metres(self.solo.decode(ahead))

    def batch_from_metres(  # type: ignore[override]
        self, positions: Float[Tensor, "B T J2 3"]
    ) -> DuetBatch:
        """Windows of pairs from positions `[B, T, 2J, C]` in metres in one room, all measured."""
        pairs = positions.unflatten(2, (2, -1))
        return duet_batch_from_metres(pairs, self.normalizer, self.shape.rate_hz)

    def metres(
        self,
        positions: Float[Tensor, "N T J2 3"],
        path: Float[Tensor, "N T 2 2"] | None = None,
        start: Float[Tensor, "N 2"] | None = None,
        recorded_path: Float[Tensor, "N T 2"] | None = None,
    ) -> Float[Tensor, "N T J2 3"]:
        """Pairs in metres `[N, T, 2J, C]` from normalised ones along both paths; see `MotionModel.metres`.

        `start` is the place of the point midway between them in the first frame.
        """
        assert path is not None  # every prediction of a pair has one
        places = path * self.normalizer.path_scale_m
        if start is not None:
            places = places + start.to(places.device)[:, None, None]
        return pairs_in_metres(positions, places, self.normalizer).flatten(2, 3)

    def loss(  # type: ignore[override]
        self, batch: DuetBatch, target: DuetBatch | None = None, path_weight: float = 1.0
    ) -> Terms:
        """The terms `nll`, `kl` and those of `_further_terms` `[B]`; see `MotionModel.loss`."""
        target = batch if target is None else target
        pairs = duet_positions_m(target, self.normalizer)
        if self.pretrained:
            terms = self._between_terms(batch, target, pairs, path_weight)
        else:
            posterior, prediction = self(batch, sample=self.training)
            terms = elbo_terms(posterior, prediction, target, path_weight)
        return terms | self._further_terms(pairs, target.measured)

    def validate(self, batch: DuetBatch, path_weight: float) -> tuple[Terms, Terms]:  # type: ignore[override]
        """The loss terms `[B]` at the posterior mean, and the error of the pair in the room `[B]`."""
        posterior, prediction = self(batch, sample=False)
        pairs = duet_positions_m(batch, self.normalizer)
        error = mpjpe_mm(pairs.flatten(2, 3), self.in_metres(prediction))
        if self.pretrained:
            terms = self._between_terms(batch, batch, pairs, path_weight)
        else:
            terms = elbo_terms(posterior, prediction, batch, path_weight)
        return terms | self._further_terms(pairs, batch.measured), {"mpjpe_mm": error}

    def _further_terms(self, pairs: Float[Tensor, "B T 2 J 3"], measured: Tensor) -> Terms:
        """Terms of what a model has beside its codes; none here.

        Args:
            pairs: the target in metres.
            measured: `[B, T]` frames whose relative place is measured.
        """
        return {}

    def _between_terms(
        self,
        batch: DuetBatch,
        target: DuetBatch,
        pairs: Float[Tensor, "B T 2 J 3"],
        path_weight: float,
    ) -> Terms:
        """The terms of the code between with the bodies as recorded, `pairs`: their codes learn nothing.

        Only every few frames are compared: bodies that move as they were recorded differ by where they
        stand, which hardly changes from one frame to the next.
        """
        given = pairs if batch is target else duet_positions_m(batch, self.normalizer)
        frame = to_pair_frame(stands_of(given, self.one))
        posterior = self._posterior_between(given, frame)
        z = posterior.rsample() if self.training else posterior.mean
        decoded = self.between.decode(frame.axis, self.between.unstandardized(z))
        some = slice(None, None, _COMPARED_EVERY)
        decoded = decoded._replace(track=decoded.track[:, some])
        prediction = self._predicted(pairs[:, some], decoded)
        compared = DuetBatch(*(part[:, some] for part in target))
        terms = elbo_terms(posterior, prediction, compared, path_weight)
        return terms | {"nll": terms["nll"] * _COMPARED_EVERY}

    @torch.no_grad()
    def before_training(self, train: TrainingWindows) -> None:
        """Measure what the codes need; take the codes of dancers of a run, if one is named.

        Raises:
            UserError: the run of single dancers does not fit.
        """
        run = (
            take_solo(str(self.options.solo), self.options, self.solo) if self.pretrained else None
        )
        self._prepare(cast("DuetDataset", train), run)

    def _prepare(self, duets: DuetDataset, run: FlowMotion | None) -> None:
        """Measure what the codes need; `run` is the run of single dancers, whose codes are taken."""
        if run is None:
            self.solo.before_training(duets.solo)
        pairs, mirrored = (part.to(self.device) for part in duets.measured_pairs_m())
        self.between.fit(to_pair_frame(stands_of(torch.cat([pairs, mirrored]), self.one)))
        self._measure_scales(pairs)

    @torch.no_grad()
    def after_training(self, train: TrainingWindows) -> None:
        """Standardise the codes and measure the noise that codes of dancers leave out."""
        duets = cast("DuetDataset", train)
        if not self.pretrained:
            self.solo.after_training(duets.solo)
        pairs = torch.cat(duets.measured_pairs_m()).to(self.device).split(_BATCH)
        codes = [self.posterior(self.batch_from_metres(some.flatten(2, 3))) for some in pairs]
        size = self.options.between_size
        mean, variance = (
            torch.cat([part[:, -size:] for part in parts])
            for parts in ([code.mean for code in codes], [code.variance for code in codes])
        )
        self.between.standardize(mean, variance)
        self._measure_scales(torch.cat(pairs))

    def _measure_scales(self, pairs: Float[Tensor, "N T 2 J 3"]) -> None:
        """Set the scales of the decoder to its errors on some training windows."""
        some = pairs[evenly_spaced(len(pairs), _BATCH)].flatten(2, 3)
        batch = self.batch_from_metres(some)
        prediction = self(batch, sample=False).prediction
        distance = (prediction.positions.mean - batch.positions).norm(dim=-1)
        self.position_scale.start_at(float(distance.mean()) / 3)
        error = prediction.path.mean - batch.path
        self.path_scale.start_at(float(error.square().mean().sqrt()))
