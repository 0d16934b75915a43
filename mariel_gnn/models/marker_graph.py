"""Graph layers over the markers of one body, with the edges of the edge builder."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.graphs.edges import EDGE_FEATURES, build_edges
from mariel_gnn.graphs.layers import Attend, DenseEdges, GraphLayer, attend_densely, dense_edges
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.options import GNNVAEOptions

SHUFFLE_SEED = 0


class MarkerGraph(nn.Module):
    """New features of each marker from messages along edges.

    Args:
        skeleton: the markers.
        options: size, layers, heads and edges.
        inputs: number of input features of a marker.
    """

    joined: Tensor
    edge_features: Tensor

    def __init__(self, skeleton: Skeleton, options: GNNVAEOptions, inputs: int) -> None:
        super().__init__()
        self.skeleton, self.options = skeleton, options
        markers, size = len(skeleton), options.hidden_size
        self.names = EDGE_FEATURES if options.edge_features == "all" else ()
        if options.edges == "none":
            self.names = ()
        self.register_buffer("joined", torch.ones(markers, markers, dtype=torch.bool))
        self.register_buffer("edge_features", torch.zeros(markers, markers, len(self.names)))
        self.enter = nn.Linear(inputs, size)
        self.marker = nn.Parameter(0.3 * torch.randn(markers, size))
        self.layers = nn.ModuleList(
            GraphLayer(size, len(self.names), options.heads) for _ in range(options.layers)
        )
        self.norm = nn.LayerNorm(size)

    @property
    def edges(self) -> DenseEdges:
        """The edges of the body."""
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
        if self.options.message_passing == "dense":
            return attend_densely
        from mariel_gnn.graphs.scatter import scatter_attention  # imports torch_geometric

        return scatter_attention

    def attention(self, nodes: Float[Tensor, "B J I"]) -> Float[Tensor, "layers B heads J J"]:
        """The attention of each layer: row i holds the weights of the markers j."""
        hidden, found = self.enter(nodes) + self.marker, []
        for layer in self.layers:
            assert isinstance(layer, GraphLayer)  # for mypy
            found.append(layer.attention_weights(hidden, self.edges))
            hidden = layer(hidden, self.edges)
        return torch.stack(found)

    def fit(self, pairs: PairStatistics) -> None:
        """Build the edges with pair statistics of the training recordings."""
        if self.options.edges == "none":
            return
        edges = build_edges(self.skeleton, self.options.edges, self.names, pairs)
        matrices = dense_edges(edges, len(self.skeleton))
        if self.options.skeleton_order == "shuffled":
            generator = np.random.default_rng(SHUFFLE_SEED)
            order = torch.from_numpy(generator.permutation(len(self.skeleton)))
            matrices = DenseEdges(*(matrix[order][:, order] for matrix in matrices))
        self.joined.copy_(matrices.joined)
        self.edge_features.copy_(matrices.features)
