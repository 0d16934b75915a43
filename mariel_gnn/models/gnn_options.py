"""The GNN-VAE's own options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mariel_gnn.errors import UserError
from mariel_gnn.models.heading import HeadingLatents
from mariel_gnn.models.lstm_vae import LSTMVAEOptions
from mariel_gnn.models.motion.liveliness import Liveliness


@dataclass(frozen=True)
class GNNVAEOptions:
    """The GNN-VAE's own options.

    Args:
        latent_size: Z, numbers that hold a phrase (usually 32 to 256).
        hidden_size: D, features of a marker in the graph layers (usually 32 to 128).
        layers: graph layers in encoder and in decoder each (usually 1 to 4).
        heads: of the attention; must divide hidden_size.
        edges: complete joins every pair, listed the listed lines, listed_completed those and what
            joins the whole body; none is a plain transformer: every marker, itself too, no features.
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
    edges: Literal["complete", "listed", "listed_completed", "none"] = "complete"
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
        return "apart"

    def check(self, frames: int) -> None:
        """Check what goes together, for windows of T frames.

        Raises:
            UserError: what does not, and what to take instead.
        """
        least = HeadingLatents.SIZE + Liveliness.SIZE + 1
        if self.latent_size < least:
            raise UserError(
                f"network.latent_size is {self.latent_size}; gnn_vae needs {least} or more: heading and "
                "levels of liveliness take four"
            )
        if self.hidden_size % self.heads:
            raise UserError(
                f"network.heads {self.heads} does not divide network.hidden_size {self.hidden_size}: "
                "take 1, 2 or 4"
            )
        if self.decoder == "lstm":
            LSTMVAEOptions().check(frames)
