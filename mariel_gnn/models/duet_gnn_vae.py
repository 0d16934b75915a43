"""duet_gnn_vae: the VAE of two dancers in which a graph over both bodies reads what is between them.

    nodes       2J markers at M knots, in the frame of the pair
    edges       of each body: the skeleton;  between the bodies: strengths of each kind
                (`mariel_gnn/graphs/duet_edges.py`), which change from knot to knot
    layer       h <- h + W0 silu(h) + sum over kinds k of  W_k mean over neighbours j of (strength_kij h_j)
    change      mean over the markers of each body, over knots -> linear -> P latents

Source of relational layers, one matrix a kind: Schlichtkrull et al., "Modeling relational data with graph
convolutional networks", ESWC 2018.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.graphs.duet_edge_options import DuetEdgeOptions
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.duet_vae import DuetVAE
from mariel_gnn.models.duet.pair_frame import TRACK, PairFrame
from mariel_gnn.models.duet.reader import BetweenReader, last_layer
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import DuetGNNVAEOptions

KINDS = len(DuetEdgeOptions().channels)
_TINY = 1e-6


class GraphLayer(nn.Module):
    """Messages along the edges of each kind, both ways between the bodies, residual.

    Args:
        size: D, features of a node.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.own = nn.Linear(size, size)
        self.body = nn.Linear(size, size, bias=False)
        self.between = nn.ModuleList(nn.Linear(size, size, bias=False) for _ in range(KINDS))

    def forward(
        self,
        nodes: Float[Tensor, "N 2 J D"],
        body: Float[Tensor, "J J"],
        strengths: Float[Tensor, "N K J J"],
    ) -> Float[Tensor, "N 2 J D"]:
        """New features.

        Args:
            nodes: of both bodies.
            body: row-normalised edges of one body.
            strengths: of the edges from the first body's nodes (rows) to the second's.
        """
        active = nn.functional.silu(nodes)
        change = self.own(active) + self.body(torch.einsum("ij,ndjf->ndif", body, active))
        for kind, weight in enumerate(self.between):
            some = strengths[:, kind]
            first = _mean_over(some) @ active[:, 1]
            second = _mean_over(some.mT) @ active[:, 0]
            change = change + weight(torch.stack([first, second], dim=1))
        out: Tensor = nodes + change
        return out


class GraphReader(BetweenReader):
    """Reads both bodies as one graph at each knot.

    Args:
        options: the model's own options.
        shape: T and the rate.
        skeleton: of one dancer.
        latent_size: P.
    """

    body: Tensor

    def __init__(
        self, options: DuetGNNVAEOptions, shape: WindowShape, skeleton: Skeleton, latent_size: int
    ) -> None:
        super().__init__(options, shape, skeleton, latent_size)
        self.connections = options.connections
        size = options.hidden_size
        self.embed = nn.Linear(3, size)
        self.markers = nn.Parameter(0.1 * torch.randn(2, len(skeleton), size))
        self.layers = nn.ModuleList(GraphLayer(size) for _ in range(options.layers))
        self.change = last_layer((2 * size + TRACK) * self.knots.count, latent_size)
        self.register_buffer("body", _row_normalized(skeleton))

    def forward(self, pairs: Float[Tensor, "B T 2 J 3"], frame: PairFrame) -> Float[Tensor, "B P"]:
        """The change of the latents; see `BetweenReader`."""
        strengths = self.knots.strengths(pairs, self.connections).flatten(0, 1)
        nodes = self.embed(self.knots.positions(pairs, frame)) + self.markers
        nodes = nodes.flatten(0, 1)
        for layer in self.layers:
            nodes = layer(nodes, self.body, strengths)
        bodies = nodes.mean(dim=2).flatten(1).unflatten(0, (len(pairs), -1))
        read = torch.cat([bodies, frame.track[:, self.knots.moments]], dim=-1)
        change: Tensor = self.change(read.flatten(1))
        return change


class DuetGNNVAE(DuetVAE):
    """The VAE of two dancers with a graph over both bodies; see `DuetVAE`."""

    Options = DuetGNNVAEOptions
    Reader = GraphReader


def _mean_over(strengths: Float[Tensor, "N I J"]) -> Float[Tensor, "N I J"]:
    """Weights of neighbours: strengths over their sum, or over 1 where the sum is below it.

    So a weak edge gives a weak message, and many edges no stronger one than one strong edge.
    """
    return strengths / strengths.sum(-1, keepdim=True).clamp(min=1.0)


def _row_normalized(skeleton: Skeleton) -> Float[Tensor, "J J"]:
    edges = torch.zeros(len(skeleton), len(skeleton))
    for first, second in skeleton.edges:
        edges[first, second] = edges[second, first] = 1
    return edges / edges.sum(-1, keepdim=True).clamp(min=_TINY)
