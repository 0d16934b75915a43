"""Graph layers: attention from marker to marker, with edge features in its logits and its messages.

    alpha_ij = softmax_j( q_i · (k_j + K e_ij) / sqrt(d) ),   j a neighbour of i, per head
    out_i    = W sum_j alpha_ij (v_j + V e_ij)

after the transformer convolution (Shi et al., "Masked Label Prediction", IJCAI 2021), without its skip
connection, which `GraphLayer` has. The computation is dense, on matrices of all pairs: for the 53 markers
of a body it is many times faster than messages over a list of edges. The reference with PyG message
passing is `mariel_gnn.graphs.scatter`; it uses the same parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mariel_gnn.graphs.edges import EdgeSet


class DenseEdges(NamedTuple):
    """Edges as matrices of all pairs; `[i, j]` is the edge from j to i.

    Attributes:
        joined: `[J, J]` whether there is an edge.
        features: `[J, J, F]`, zero where there is none.
    """

    joined: Tensor
    features: Tensor


def dense_edges(edges: EdgeSet, markers: int) -> DenseEdges:
    """The matrices of a list of edges between `markers` markers."""
    source, target = edges.edge_index
    joined = torch.zeros(markers, markers, dtype=torch.bool)
    features = torch.zeros(markers, markers, edges.features.shape[1])
    joined[target, source] = True
    features[target, source] = edges.features
    return DenseEdges(joined, features)


def edge_list(edges: DenseEdges) -> tuple[Int[Tensor, "2 E"], Float[Tensor, "E F"]]:
    """The list of edges, source over target, and their features."""
    target, source = edges.joined.nonzero().unbind(-1)
    return torch.stack([source, target]), edges.features[target, source]


class EdgeAttention(nn.Module):
    """Attention over a marker's neighbours.

    Args:
        size: D, features of a marker in and out; `heads` must divide it.
        edge_features: F.
        heads: how many.
    """

    def __init__(self, size: int, edge_features: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, size // heads
        self.to_query, self.to_value = nn.Linear(size, size), nn.Linear(size, size)
        self.to_key = nn.Linear(size, size, bias=False)  # a bias would shift all logits alike
        self.edge_features = edge_features
        if edge_features:
            self.edge_key = nn.Linear(edge_features, size, bias=False)
            self.edge_value = nn.Linear(edge_features, size, bias=False)
        self.mix = nn.Linear(size, size, bias=False)

    def forward(self, nodes: Float[Tensor, "B J D"], edges: DenseEdges) -> Float[Tensor, "B J D"]:
        """New features of the markers of `B` bodies with the same edges."""
        weight = self._softmax(nodes, edges)
        out = weight @ self._heads(self.to_value(nodes))
        if self.edge_features:
            # sum_j alpha_ij V e_ij = V sum_j alpha_ij e_ij needs no tensor of all messages
            mean = torch.einsum("bhij,ijf->bhif", weight, edges.features)
            out = out + mean @ self._per_head(self.edge_value).mT
        out = out * edges.joined.any(1)[:, None]
        mixed: Tensor = self.mix(out.transpose(1, 2).flatten(2))
        return mixed

    def weights(
        self, nodes: Float[Tensor, "B J D"], edges: DenseEdges
    ) -> Float[Tensor, "B heads J J"]:
        """Attention alpha `[B, heads, J, J]`: row i holds the weights of the neighbours j of i."""
        return self._softmax(nodes, edges) * edges.joined

    def _softmax(
        self, nodes: Float[Tensor, "B J D"], edges: DenseEdges
    ) -> Float[Tensor, "B heads J J"]:
        """The attention; that of a marker without neighbours means nothing.

        The tensors of all pairs are the largest of a layer: each is read as seldom as can be.
        """
        query = self._heads(self.to_query(nodes)) / math.sqrt(self.width)
        logits = query @ self._heads(self.to_key(nodes)).mT
        # A large negative number, not -inf: a marker without neighbours would give NaN.
        logits = logits + torch.zeros_like(logits[0, 0]).masked_fill(~edges.joined, -1e9)
        if self.edge_features:
            per_feature = query @ self._per_head(self.edge_key)
            logits = logits + torch.einsum("bhif,ijf->bhij", per_feature, edges.features)
        return logits.softmax(-1)

    def _heads(self, nodes: Float[Tensor, "B J D"]) -> Float[Tensor, "B heads J d"]:
        split: Tensor = nodes.unflatten(-1, (self.heads, self.width))
        return split.transpose(1, 2)

    def _per_head(self, linear: nn.Linear) -> Float[Tensor, "heads d F"]:
        return linear.weight.view(self.heads, self.width, -1)


Attend = Callable[[EdgeAttention, Tensor, DenseEdges], Tensor]
"""From a layer's parameters, nodes `[B, J, D]` and edges to new features `[B, J, D]`."""


def attend_densely(
    attention: EdgeAttention, nodes: Float[Tensor, "B J D"], edges: DenseEdges
) -> Float[Tensor, "B J D"]:
    """Attention on matrices of all pairs."""
    found: Tensor = attention(nodes, edges)
    return found


class GraphLayer(nn.Module):
    """Attention over neighbours, then a small network at each marker, both residual.

    A new layer is nearly the identity.

    Args:
        size: D.
        edge_features: F.
        heads: of the attention.
    """

    def __init__(self, size: int, edge_features: int, heads: int) -> None:
        super().__init__()
        self.attention_norm, self.update_norm = nn.LayerNorm(size), nn.LayerNorm(size)
        self.attention = EdgeAttention(size, edge_features, heads)
        last = nn.Linear(2 * size, size)
        self.update = nn.Sequential(nn.Linear(size, 2 * size), nn.SiLU(), last)
        for weight in (self.attention.mix.weight, last.weight):
            nn.init.normal_(weight, std=1e-3)
        nn.init.zeros_(last.bias)

    def attention_weights(
        self, nodes: Float[Tensor, "B J D"], edges: DenseEdges
    ) -> Float[Tensor, "B heads J J"]:
        """The attention that `forward` uses."""
        return self.attention.weights(self.attention_norm(nodes), edges)

    def forward(
        self, nodes: Float[Tensor, "B J D"], edges: DenseEdges, attend: Attend = attend_densely
    ) -> Float[Tensor, "B J D"]:
        """New features of all markers.

        Args:
            nodes: features of B bodies.
            edges: of one body.
            attend: computes the attention; `scatter.scatter_attention` is the reference.
        """
        nodes = nodes + attend(self.attention, self.attention_norm(nodes), edges)
        updated: Tensor = nodes + self.update(self.update_norm(nodes))
        return updated
