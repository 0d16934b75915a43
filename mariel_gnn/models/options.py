"""The options of each model, without torch, so that `--help` starts quickly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from mariel_gnn.errors import UserError
from mariel_gnn.ranges import at_least

Prior = Literal["none", "normal", "flow"]  # of the latents of samples
PRIORS: tuple[Prior, ...] = get_args(Prior)
HEADING_SIZE = 2  # latents of the heading, where it is separate
SCALE_SIZE = 2  # latents of the motion scale


@dataclass(frozen=True)
class ModelOptions:
    """What the options of every model provide; a model's own options inherit it.

    Attributes:
        dancers: how many dancers a window of the model has, 1 or 2.
    """

    dancers: ClassVar[int] = 1

    @property
    def separates_heading(self) -> bool:
        """Whether the model rotates positions itself, which needs one scale for x and y."""
        return False

    def check(self, frames: int) -> None:
        """Check option values against each other, for windows of T frames.

        Args:
            frames: T.

        Raises:
            UserError: which options conflict, and a valid value.
        """


@dataclass(frozen=True)
class MotionVAEOptions(ModelOptions):
    """The options that all VAEs of the motion representation share.

    Args:
        latent_size: Z, latents of a window (usually 32 to 256).
        pose_size: width of the networks that add a pose residual (usually 128 to 512).
        frequencies: K, time axes of the pose that are encoded and decoded (24 of 128 frames reach
            3.3 Hz at 35 Hz).
        pair_bounds: keep pair distances within the range of the training recordings.
        posterior_std: initial standard deviation of the posterior.
    """

    latent_size: int = at_least(HEADING_SIZE + SCALE_SIZE + 1, default=256)
    pose_size: int = at_least(1, default=256)
    frequencies: int = at_least(1, default=24)
    pair_bounds: bool = True
    posterior_std: float = at_least(1e-6, default=0.03)

    @property
    def separates_heading(self) -> bool:
        """The heading always has latents of its own."""
        return True


@dataclass(frozen=True)
class PoseVAEOptions(MotionVAEOptions):
    """The options of the pose VAE: those of the motion representation."""


@dataclass(frozen=True)
class LSTMVAEOptions(MotionVAEOptions):
    """The options of the LSTM-VAE.

    Args:
        hidden_size: width of the LSTMs (usually 64 to 384; 192 has as many parameters as the graph of
            gnn_vae).
        layers: LSTM layers in the encoder and in the decoder (usually 1 or 2).
    """

    hidden_size: int = at_least(1, default=192)
    layers: int = at_least(1, default=1)


@dataclass(frozen=True)
class TransformerVAEOptions(MotionVAEOptions):
    """The options of the transformer VAE.

    Args:
        hidden_size: D, features of a marker in the layers (usually 32 to 128).
        layers: attention layers in the encoder and in the decoder (usually 1 to 4).
        heads: attention heads; must divide hidden_size.
    """

    hidden_size: int = at_least(1, default=64)
    layers: int = at_least(1, default=2)
    heads: int = at_least(1, default=4)

    def check(self, frames: int) -> None:
        """Check heads; see `ModelOptions.check`."""
        if self.hidden_size % self.heads:
            raise UserError(
                f"network.heads {self.heads} does not divide network.hidden_size {self.hidden_size}: "
                "take 1, 2 or 4"
            )


@dataclass(frozen=True)
class GNNVAEOptions(TransformerVAEOptions):
    """The options of the GNN-VAE.

    Args:
        edges: complete (every pair of markers), skeleton (the skeleton edges) or skeleton_completed (the
            skeleton edges and the pairs of most constant distance that connect the graph).
        edge_features: all features of the edge builder, or none.
        skeleton_order: true, or shuffled (a control: the edges of a skeleton with permuted markers).
        message_passing: dense, or scatter (the PyG reference: the same numbers, many times slower).
    """

    edges: Literal["complete", "skeleton", "skeleton_completed"] = "complete"
    edge_features: Literal["all", "none"] = "all"
    skeleton_order: Literal["true", "shuffled"] = "true"
    message_passing: Literal["dense", "scatter"] = "dense"


@dataclass(frozen=True)
class NotebookLSTMVAEOptions(ModelOptions):
    """The options of the original notebook's LSTM-VAE; the defaults are those of the notebook.

    Args:
        latent_size: Z, latents of a window.
        hidden_size: width of the encoder's LSTM; that of the decoder is 3 J.
        layers: LSTM layers in the encoder and in the decoder.
        dropout: between LSTM layers, 0 to 1; a single layer has none.
    """

    latent_size: int = at_least(1, default=256)
    hidden_size: int = at_least(1, default=384)
    layers: int = at_least(1, default=3)
    dropout: float = at_least(0, default=0.2)

    def check(self, frames: int) -> None:
        """Check dropout; see `ModelOptions.check`."""
        if self.dropout >= 1:
            raise UserError(f"network.dropout is {self.dropout}; it must be below 1")


@dataclass(frozen=True)
class FlowMotionOptions(PoseVAEOptions):
    """The options of flow_motion: those of the pose VAE, and of the flow.

    Args:
        pose_axes: Q, principal axes of the pose in a state (usually 32 to 96).
        widths: channels of the flow's network on each scale of time, multiples of 8.
        solver_steps: steps from noise to motion (usually 8 to 32).
    """

    pose_axes: int = at_least(1, default=64)
    widths: tuple[int, ...] = (128, 192, 256)
    solver_steps: int = at_least(1, default=16)

    def check(self, frames: int) -> None:
        """Check the widths, and the options of the VAE; see `ModelOptions.check`."""
        super().check(frames)
        if not self.widths or any(width < 8 or width % 8 for width in self.widths):
            raise UserError(
                f"network.widths is {list(self.widths)}: each must be a multiple of 8, such as "
                "[128, 192, 256]"
            )


Connections = Literal["recorded", "none", "random", "shuffled"]


@dataclass(frozen=True)
class DuetVAEOptions(FlowMotionOptions):
    """The options that all models of two dancers share; latent_size is that of each dancer.

    Args:
        between_size: P, latents of what is between the dancers (usually 16 to 128).
        hidden_size: width of the network that reads what is between (usually 16 to 128).
        knots: moments of a window at which it reads (usually 8 to 32).
        solo: folder of a flow_motion run on single dancers, whose codes and flow are taken; it must not have
            seen the validation and test takes. Null trains them on the pairs.
        partner: train the flow that draws partners, most of the work of a step; false for a model that codes
            pairs and draws no partners.
    """

    dancers: ClassVar[int] = 2
    between_size: int = at_least(1, default=64)
    hidden_size: int = at_least(8, default=32)
    knots: int = at_least(2, default=8)
    solo: str | None = None
    partner: bool = True


@dataclass(frozen=True)
class DuetLSTMVAEOptions(DuetVAEOptions):
    """The options of duet_lstm_vae: those of the models of two dancers."""


@dataclass(frozen=True)
class DuetGNNVAEOptions(DuetVAEOptions):
    """The options of duet_gnn_vae.

    Args:
        layers: of message passing (usually 1 to 3).
        connections: edges between the dancers: recorded, none, or as controls random (the same strengths
            between other markers) or shuffled (those of half a window later).
    """

    layers: int = at_least(1, default=2)
    connections: Connections = "recorded"


@dataclass(frozen=True)
class DuetTokenVAEOptions(DuetVAEOptions):
    """The options of duet_token_vae.

    Args:
        layers: of attention (usually 1 to 4).
        heads: attention heads; must divide hidden_size.
        tokens: K, connection tokens at each knot: the strongest edges between the dancers (usually 4 to 16).
        connections: as of duet_gnn_vae.
    """

    layers: int = at_least(1, default=2)
    heads: int = at_least(1, default=4)
    tokens: int = at_least(1, default=8)
    connections: Connections = "recorded"

    def check(self, frames: int) -> None:
        """Check heads; see `ModelOptions.check`."""
        super().check(frames)
        if self.hidden_size % self.heads:
            raise UserError(
                f"network.heads {self.heads} does not divide network.hidden_size {self.hidden_size}: "
                "take 1, 2 or 4"
            )


@dataclass(frozen=True)
class MDNRNNOptions(ModelOptions):
    """The options of the autoregressive LSTM with a mixture-density head.

    Args:
        hidden_size: width of the LSTM (usually 128 to 512; time grows with its square).
        layers: LSTM layers (usually 1 to 3).
        mixtures: M, Gaussian components of the next frame's density (usually 1 to 10).
        pose_axes: K, principal components of the pose (usually 16 to 48; the rest is left out).
        noise: standard deviation of the noise on input frames, in units of the typical step between
            frames (usually 0 to 0.5); it prepares the model for its own errors.
        noise_warmup_steps: training steps in which the noise rises from 0.
        lead_in_frames: frames that are generated and dropped before a sample begins, to remove the
            transient of the initial state (usually 0 to 64).
    """

    hidden_size: int = at_least(1, default=256)
    layers: int = at_least(1, default=1)
    mixtures: int = at_least(1, default=5)
    pose_axes: int = at_least(1, default=32)
    noise: float = at_least(0, default=0.15)
    noise_warmup_steps: int = at_least(0, default=100)
    lead_in_frames: int = at_least(0, default=32)

    @property
    def separates_heading(self) -> bool:
        """Poses are rotated to face along x before PCA."""
        return True
