"""Networks over the markers of one body: a transformer, and the same layers with edges.

As residuals of a VAE they read and change the spectrum of each marker.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.graphs.edges import EDGE_FEATURES, build_edges
from mariel_gnn.graphs.layers import Attend, DenseEdges, GraphLayer, attend_densely, dense_edges
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion.basis import MotionBasis
from mariel_gnn.models.motion.residual import DecoderResidual, EncoderResidual
from mariel_gnn.models.options import GNNVAEOptions, TransformerVAEOptions

SHUFFLE_SEED = 0
READOUT_GAIN = 0.05  # a readout sums J x D features: keeps its first steps in z small
SPECTRUM_GAIN = 0.05  # of the decoder's network, in normalised units


class MarkerTransformer(nn.Module):
    """New features of each marker from all markers.

    Args:
        markers: J.
        options: size, layers and heads.
        inputs: number of input features of a marker.
        edge_features: F, features of an edge; 0 for a plain transformer.
    """

    joined: Tensor
    edge_features: Tensor

    def __init__(
        self, markers: int, options: TransformerVAEOptions, inputs: int, edge_features: int = 0
    ) -> None:
        super().__init__()
        size = options.hidden_size
        self.register_buffer("joined", torch.ones(markers, markers, dtype=torch.bool))
        self.register_buffer("edge_features", torch.zeros(markers, markers, edge_features))
        self.enter = nn.Linear(inputs, size)
        self.marker = nn.Parameter(0.3 * torch.randn(markers, size))
        self.layers = nn.ModuleList(
            GraphLayer(size, edge_features, options.heads) for _ in range(options.layers)
        )
        self.norm = nn.LayerNorm(size)

    @property
    def edges(self) -> DenseEdges:
        """The edges of the body; of a transformer all pairs, self-loops included."""
        return DenseEdges(self.joined, self.edge_features)

    def forward(
        self, nodes: Float[Tensor, "B J I"], body: Float[Tensor, "B D"] | None = None
    ) -> Float[Tensor, "B J D"]:
        """Features of all markers after all layers.

        Args:
            nodes: input features of each marker.
            body: features of the whole phrase, added to each marker.
        """
        hidden = self.enter(nodes) + self.marker
        if body is not None:
            hidden = hidden + body[:, None]
        for layer in self.layers:
            hidden = layer(hidden, self.edges, self._attend)
        normed: Tensor = self.norm(hidden)
        return normed

    @property
    def _attend(self) -> Attend:
        return attend_densely

    def attention(self, nodes: Float[Tensor, "B J I"]) -> Float[Tensor, "layers B heads J J"]:
        """The attention of each layer: row i holds the weights of the markers j."""
        hidden, found = self.enter(nodes) + self.marker, []
        for layer in self.layers:
            assert isinstance(layer, GraphLayer)  # for mypy
            found.append(layer.attention_weights(hidden, self.edges))
            hidden = layer(hidden, self.edges)
        return torch.stack(found)


class MarkerGraph(MarkerTransformer):
    """New features of each marker from messages along edges with features.

    Args:
        skeleton: the markers.
        options: size, layers, heads and edges.
        inputs: number of input features of a marker.
    """

    def __init__(self, skeleton: Skeleton, options: GNNVAEOptions, inputs: int) -> None:
        names = EDGE_FEATURES if options.edge_features == "all" else ()
        super().__init__(len(skeleton), options, inputs, len(names))
        self.skeleton, self.options, self.names = skeleton, options, names

    @property
    def _attend(self) -> Attend:
        if self.options.message_passing == "dense":
            return attend_densely
        from mariel_gnn.graphs.scatter import scatter_attention  # imports torch_geometric

        return scatter_attention

    def fit(self, pairs: PairStatistics) -> None:
        """Build the edges with pair statistics of the training recordings."""
        edges = build_edges(self.skeleton, self.options.edges, self.names, pairs)
        matrices = dense_edges(edges, len(self.skeleton))
        if self.options.skeleton_order == "shuffled":
            generator = np.random.default_rng(SHUFFLE_SEED)
            order = torch.from_numpy(generator.permutation(len(self.skeleton)))
            matrices = DenseEdges(*(matrix[order][:, order] for matrix in matrices))
        self.joined.copy_(matrices.joined)
        self.edge_features.copy_(matrices.features)


class MarkerEncoder(EncoderResidual):
    """The network's features of all markers, mapped to latents.

    Args:
        network: over the markers; its inputs are the spectrum of a marker.
        latent_size: P.
    """

    def __init__(self, network: MarkerTransformer, latent_size: int) -> None:
        super().__init__()
        self.network = network
        self.readout = nn.Linear(network.marker.numel(), latent_size, bias=False)
        nn.init.normal_(self.readout.weight, std=1e-3)

    def forward(self, spectrum: Float[Tensor, "B K D"], basis: MotionBasis) -> Float[Tensor, "B P"]:
        """See `EncoderResidual.forward`."""
        features = self.network(basis.marker_nodes(spectrum)).flatten(1)
        change: Tensor = READOUT_GAIN * self.readout(features)
        return change


class MarkerDecoder(DecoderResidual):
    """The network's features of each marker, mapped to a change of its spectrum.

    Args:
        network: over the markers; its inputs are the spectrum of a marker.
        latent_size: P.
    """

    def __init__(self, network: MarkerTransformer, latent_size: int) -> None:
        super().__init__()
        self.network = network
        inputs, size = network.enter.in_features, network.enter.out_features
        self.to_markers = nn.Linear(latent_size, size, bias=False)
        self.readout = nn.Linear(size, inputs, bias=False)
        nn.init.normal_(self.readout.weight, std=1e-3)

    def forward(
        self, spectrum: Float[Tensor, "B M D"], z: Float[Tensor, "B P"], basis: MotionBasis
    ) -> Float[Tensor, "B M D"]:
        """See `DecoderResidual.forward`."""
        nodes = self.network(basis.marker_nodes(spectrum), self.to_markers(z))
        change = self.readout(nodes).unflatten(-1, (-1, 3)) * basis.spectrum_std[:, None]
        sized: Tensor = SPECTRUM_GAIN * change.transpose(1, 2).flatten(2)
        return sized
