"""The GNN-VAE: a graph network over the markers of a phrase, as a residual to linear maps.

    encoder    mu = … + R graph(s_1 … s_J)        s_i the spectrum of marker i
    decoder    s_i += graph(s_1 … s_J, z)_i

The graph has the layers of `transformer_vae`, with edges of the edge builder and their features.
docs/models/gnn_vae.md gives the reason for each part.
"""

from __future__ import annotations

import torch

from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.models.marker_graph import MarkerGraph
from mariel_gnn.models.motion_model import TrainingWindows
from mariel_gnn.models.options import GNNVAEOptions
from mariel_gnn.models.transformer_vae import TransformerVAE


class GNNVAE(TransformerVAE):
    """A graph network over the markers, in the encoder and in the decoder; see `MotionVAE`."""

    Options = GNNVAEOptions
    options: GNNVAEOptions

    def marker_network(self, inputs: int) -> MarkerGraph:
        """A new graph network over the markers with `inputs` features each."""
        return MarkerGraph(self.skeleton, self.options, inputs)

    @property
    def graphs(self) -> tuple[MarkerGraph, MarkerGraph]:
        """The networks of the encoder and of the decoder."""
        encoder, decoder = self.residual, self.decoder.residual
        networks = (getattr(part, "network", None) for part in (encoder, decoder))
        first, second = networks
        assert isinstance(first, MarkerGraph)  # for mypy
        assert isinstance(second, MarkerGraph)
        return first, second

    @torch.no_grad()
    def before_training(self, train: TrainingWindows) -> None:
        """Build the edges with statistics of the training recordings; see `MotionVAE.before_training`."""
        pairs = measure_pairs(train.recordings_m(with_path=False))
        for graph in self.graphs:
            graph.fit(pairs)
        super().before_training(train)
