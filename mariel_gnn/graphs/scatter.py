"""The reference of the graph layer: PyG message passing over a list of edges.

It computes the same as `EdgeAttention.forward`, with the same parameters, to 1e-5.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import softmax

from mariel_gnn.graphs.layers import DenseEdges, EdgeAttention, edge_list


class ScatterAttention(MessagePassing):  # type: ignore[misc]  # PyG has no types
    """Attention over a marker's neighbours by messages along edges.

    Args:
        attention: holds the parameters.
    """

    def __init__(self, attention: EdgeAttention) -> None:
        super().__init__(aggr="add", node_dim=0)
        self.attention = attention

    def forward(
        self,
        nodes: Float[Tensor, "N D"],
        edge_index: Int[Tensor, "2 E"],
        edge_attr: Float[Tensor, "E F"],
    ) -> Float[Tensor, "N D"]:
        """New features of all nodes of a batch of graphs."""
        own = self.attention
        split = (-1, own.heads, own.width)
        query, key = own.to_query(nodes).view(split), own.to_key(nodes).view(split)
        value = own.to_value(nodes).view(split)
        out = self.propagate(edge_index, query=query, key=key, value=value, edge_attr=edge_attr)
        mixed: Tensor = own.mix(out.flatten(1))
        return mixed

    def message(
        self,
        query_i: Tensor,
        key_j: Tensor,
        value_j: Tensor,
        edge_attr: Tensor,
        index: Tensor,
        size_i: int | None,
    ) -> Tensor:
        """The messages `[E, heads, d]`, each weighted by its edge's attention."""
        own = self.attention
        if own.edge_features:
            key_j = key_j + own.edge_key(edge_attr).view_as(key_j)
            value_j = value_j + own.edge_value(edge_attr).view_as(value_j)
        logits = (query_i * key_j).sum(-1) / math.sqrt(own.width)
        weight = softmax(logits, index, num_nodes=size_i)
        message: Tensor = value_j * weight[..., None]
        return message


def scatter_attention(
    attention: EdgeAttention, nodes: Float[Tensor, "B J D"], edges: DenseEdges
) -> Float[Tensor, "B J D"]:
    """`attention(nodes, edges)` by message passing over the edges of all bodies, as PyG batches them."""
    bodies, markers, _ = nodes.shape
    edge_index, edge_attr = edge_list(edges)
    first_node = markers * torch.arange(bodies, device=nodes.device)
    index = edge_index.repeat(1, bodies) + first_node.repeat_interleave(edge_index.shape[1])
    layer = ScatterAttention(attention)
    found: Tensor = layer(nodes.flatten(0, 1), index, edge_attr.repeat(bodies, 1))
    return found.view_as(nodes)
