"""The options of each model, without torch, so that `--help` starts quickly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mariel_gnn.errors import UserError
from mariel_gnn.ranges import at_least

HEADING_SIZE = 2  # latents of the heading, where it is separate
SCALE_SIZE = 2  # latents of the motion scale of the GNN-VAE


@dataclass(frozen=True)
class ModelOptions:
    """What the options of every model provide; a model's own options inherit it."""

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
class LSTMVAEOptions(ModelOptions):
    """The LSTM-VAE's own options.

    Args:
        latent_size: Z, latents of a window (usually 32 to 256).
        hidden_size: width of the LSTMs (usually 128 to 512; time grows with its square).
        layers: LSTM layers in the encoder and in the decoder (usually 1 to 3).
        dropout: between LSTM layers, 0 to 1; a single layer has none.
        frames_per_step: frames that one LSTM step reads and outputs (1, 2, 4 or 8; must divide the
            window). Fewer steps are faster and easier to train.
        head: linear (a linear map of the hidden state) or hidden_state (the hidden state itself, of
            width 3 J, as in the original notebook).
        initial_state: of the decoder: latent (a linear map of z) or zero (as in the original notebook).
        step_input: of the decoder: latent_and_time, or latent alone (as in the original notebook).
        lead_in_steps: decoder steps that are run and dropped before the first output step, to remove the
            transient of the initial state (usually 0 to 8; the original notebook has none).
        anchor: latent (the LSTM outputs the difference to a pose that is linear in z) or none (as in
            the original notebook).
        heading: separate (two latents hold the direction that the body faces in the middle of the
            window; the networks read and output the window rotated to face along x) or entangled (as
            in the original notebook).
        path: encode and decode the body's horizontal path; the original notebook does not.
        decoder_scale: standard deviation of p(x|z) in normalised units; null learns it.
        initialization: chrono (LSTM cells start with memory of up to the whole window) or notebook.
    """

    latent_size: int = at_least(3, default=256)  # two may hold the heading
    hidden_size: int = at_least(1, default=384)
    layers: int = at_least(1, default=1)
    dropout: float = at_least(0, default=0.0)
    frames_per_step: int = at_least(1, default=4)
    head: Literal["linear", "hidden_state"] = "linear"
    initial_state: Literal["latent", "zero"] = "latent"
    step_input: Literal["latent_and_time", "latent"] = "latent_and_time"
    lead_in_steps: int = at_least(0, default=4)
    anchor: Literal["latent", "none"] = "latent"
    heading: Literal["separate", "entangled"] = "separate"
    path: bool = True
    decoder_scale: float | None = at_least(1e-6, default=None)
    initialization: Literal["chrono", "notebook"] = "chrono"

    @property
    def separates_heading(self) -> bool:
        """Whether the heading has latents of its own."""
        return self.heading == "separate"

    def check(self, frames: int) -> None:
        """Check dropout and frames per step; see `ModelOptions.check`."""
        if self.dropout >= 1:
            raise UserError(f"network.dropout is {self.dropout}; it must be below 1")
        if frames % self.frames_per_step:
            raise UserError(
                f"network.frames_per_step {self.frames_per_step} does not divide data.seq_len {frames}: "
                "take 1, 2, 4 or 8"
            )


@dataclass(frozen=True)
class GNNVAEOptions(ModelOptions):
    """The GNN-VAE's own options.

    Args:
        latent_size: Z, latents of a window (usually 32 to 256).
        hidden_size: D, features of a marker in the graph layers (usually 32 to 128).
        layers: graph layers in the encoder and in the decoder (usually 1 to 4).
        heads: attention heads; must divide hidden_size.
        edges: complete (every pair of markers), skeleton (the skeleton edges), skeleton_completed (the
            skeleton edges and the pairs of most constant distance that connect the graph) or none (a
            plain transformer: every pair and self-loops, without edge features).
        edge_features: all features of the edge builder, or none.
        skeleton_order: true, or shuffled (a control: the edges of a skeleton with permuted markers).
        decoder: graph (marker queries, the same layers) or lstm (the decoder of the LSTM-VAE).
        pose_size: width of the networks that add a pose residual (usually 128 to 512).
        frequencies: K, time axes of the pose that are encoded and decoded (24 of 128 frames reach
            3.3 Hz at 35 Hz).
        pair_bounds: keep pair distances within the range of the training recordings.
        message_passing: dense, or scatter (the PyG reference: the same numbers, many times slower).
        posterior_std: initial standard deviation of the posterior.
    """

    latent_size: int = at_least(HEADING_SIZE + SCALE_SIZE + 1, default=256)
    hidden_size: int = at_least(1, default=64)
    layers: int = at_least(1, default=2)
    heads: int = at_least(1, default=4)
    edges: Literal["complete", "skeleton", "skeleton_completed", "none"] = "complete"
    edge_features: Literal["all", "none"] = "all"
    skeleton_order: Literal["true", "shuffled"] = "true"
    decoder: Literal["graph", "lstm"] = "graph"
    pose_size: int = at_least(1, default=256)
    frequencies: int = at_least(1, default=24)
    pair_bounds: bool = True
    message_passing: Literal["dense", "scatter"] = "dense"
    posterior_std: float = at_least(1e-6, default=0.03)

    @property
    def separates_heading(self) -> bool:
        """The heading always has latents of its own."""
        return True

    def check(self, frames: int) -> None:
        """Check heads and the LSTM decoder's frames; see `ModelOptions.check`."""
        if self.hidden_size % self.heads:
            raise UserError(
                f"network.heads {self.heads} does not divide network.hidden_size {self.hidden_size}: "
                "take 1, 2 or 4"
            )
        if self.decoder == "lstm":
            LSTMVAEOptions().check(frames)


@dataclass(frozen=True)
class FlowMotionOptions(GNNVAEOptions):
    """The options of flow_motion: those of the GNN-VAE, and of the flow.

    Args:
        pose_axes: Q, principal axes of the pose in a state (usually 32 to 96).
        widths: channels of the flow's network on each scale of time.
        solver_steps: steps from noise to motion (usually 8 to 32).
    """

    pose_axes: int = at_least(1, default=64)
    widths: tuple[int, ...] = (128, 192, 256)
    solver_steps: int = at_least(1, default=16)


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
