"""The options of each model; no torch, so that `--help` is quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mariel_gnn.errors import UserError

HEADING_SIZE = 2  # latents that hold the heading where it is kept separate
SCALE_SIZE = 2  # latents that hold the motion scale of the GNN-VAE


@dataclass(frozen=True)
class LSTMVAEOptions:
    """The LSTM-VAE's own options.

    Args:
        latent_size: Z, numbers that hold a phrase (usually 32 to 256).
        hidden_size: width of the LSTMs (usually 128 to 512; time grows with its square).
        layers: LSTM layers in encoder and in decoder each (usually 1 to 3).
        dropout: between LSTM layers, 0 to 1; one layer has none.
        frames_per_step: frames that one LSTM step hears and gives (1, 2, 4 or 8; must divide the
            window): fewer steps are faster and easier to learn through.
        head: linear (a linear map of the hidden state) or hidden_state (the hidden state itself, of
            width 3 J: the seed's).
        initial_state: of the decoder: latent (a linear map of z) or zero (the seed's).
        step_input: of the decoder: latent_and_time, or latent alone (the seed's).
        lead_in_steps: decoder steps before the first that is kept, so that what the start does to the
            LSTM is over by then (usually 0 to 8; the seed's has none).
        anchor: latent (the LSTM gives the difference to a pose that is linear in z) or none (the
            seed's).
        heading: separate (the direction of two of the latents is where the body faces in the middle of
            the window, and the rest is heard and given as if it faced along x) or mixed (the seed's).
        path: hear and give the body's horizontal path; the seed's model does not.
        decoder_scale: standard deviation of p(x|z) in normalised units; null learns it.
        initialization: chrono (LSTM cells start out remembering for up to the whole window) or seed.
    """

    latent_size: int = 256
    hidden_size: int = 384
    layers: int = 1
    dropout: float = 0.0
    frames_per_step: int = 4
    head: Literal["linear", "hidden_state"] = "linear"
    initial_state: Literal["latent", "zero"] = "latent"
    step_input: Literal["latent_and_time", "latent"] = "latent_and_time"
    lead_in_steps: int = 4
    anchor: Literal["latent", "none"] = "latent"
    heading: Literal["separate", "entangled"] = "separate"
    path: bool = True
    decoder_scale: float | None = None
    initialization: Literal["chrono", "notebook"] = "chrono"

    def check(self, frames: int) -> None:
        """Check what goes together, for windows of T frames.

        Raises:
            UserError: what does not, and what to take instead.
        """
        if self.dropout >= 1:
            raise UserError(f"network.dropout is {self.dropout}; it must be below 1")
        if frames % self.frames_per_step:
            raise UserError(
                f"network.frames_per_step {self.frames_per_step} does not divide data.seq_len {frames}: "
                "take 1, 2, 4 or 8"
            )


@dataclass(frozen=True)
class GNNVAEOptions:
    """The GNN-VAE's own options.

    Args:
        latent_size: Z, numbers that hold a phrase (usually 32 to 256).
        hidden_size: D, features of a marker in the graph layers (usually 32 to 128).
        layers: graph layers in encoder and in decoder each (usually 1 to 4).
        heads: of the attention; must divide hidden_size.
        edges: complete joins every pair, skeleton the skeleton edges, skeleton_completed those and
            the steady pairs that join the whole body; none is a plain transformer: every marker, itself too, no features.
        edge_features: all the edge builder knows, or none.
        skeleton_order: true, or shuffled (a control: edges of a body whose markers' names are mixed up).
        decoder: graph (marker queries, same layers) or lstm (the LSTM-VAE's).
        pose_size: width of the networks that bend the pose axes (usually 128 to 512).
        frequencies: K, time axes of the pose that are heard and given (24 of 128 frames reach 3.3 Hz).
        pair_bounds: keep pair distances within those of the training recordings.
        message_passing: dense, or scatter (the reference: the same numbers, many times slower).
        posterior_std: where the posterior's standard deviation starts.
    """

    latent_size: int = 256
    hidden_size: int = 64
    layers: int = 2
    heads: int = 4
    edges: Literal["complete", "skeleton", "skeleton_completed", "none"] = "complete"
    edge_features: Literal["all", "none"] = "all"
    skeleton_order: Literal["true", "shuffled"] = "true"
    decoder: Literal["graph", "lstm"] = "graph"
    pose_size: int = 256
    frequencies: int = 24
    pair_bounds: bool = True
    message_passing: Literal["dense", "scatter"] = "dense"
    posterior_std: float = 0.03

    @property
    def heading(self) -> str:
        """Headings are always told apart."""
        return "separate"

    def check(self, frames: int) -> None:
        """Check what goes together, for windows of T frames.

        Raises:
            UserError: what does not, and what to take instead.
        """
        least = HEADING_SIZE + SCALE_SIZE + 1
        if self.latent_size < least:
            raise UserError(
                f"network.latent_size is {self.latent_size}; gnn_vae needs {least} or more: heading and "
                "log_scale of liveliness take four"
            )
        if self.hidden_size % self.heads:
            raise UserError(
                f"network.heads {self.heads} does not divide network.hidden_size {self.hidden_size}: "
                "take 1, 2 or 4"
            )
        if self.decoder == "lstm":
            LSTMVAEOptions().check(frames)
