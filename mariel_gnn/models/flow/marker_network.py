"""A network of the flow in which markers are nodes: attention over markers and over time in turn.

    states → markers → tokens of 16 states → L times (over time, over markers) → markers → states

A token of a marker covers 16 states and the next one begins 8 states later; outputs of neighbouring tokens
are added where they overlap, so that no ripple with the period of a token appears. Attention over time knows
distances between tokens, not places: the network applies to sequences of any length.

A marker is given in two ways: in physical proportions, and with pose axes as they are scaled in the states.
The latter map noise of the states to equal noise of all markers; so they map the output back.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.flow.network import TIME_WIDTH, TemporalUNet, TimeEmbedding
from mariel_gnn.models.flow.states import STEP, MotionStates
from mariel_gnn.models.marker_graph import MarkerGraph, MarkerTransformer
from mariel_gnn.models.options import FlowMotionOptions

STRIDE = 8  # states from token to token
KERNEL = 2 * STRIDE  # states in a token: each state is in two
MARKER_INPUTS = 5 * 3  # coordinates of a marker in two scalings of two sequences, one of the third
REACH = 8  # tokens; attention over time does not tell larger distances apart


class TokenAttention(nn.Module):
    """Attention of the tokens of each marker to each other, residual; the flow's time scales and shifts.

    Args:
        size: D, features of a token; `heads` must divide it.
        heads: of the attention.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size, elementwise_affine=False)
        self.modulation = nn.Linear(TIME_WIDTH, 2 * size)
        self.to_heads, self.mix = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.distance = nn.Parameter(torch.zeros(heads, 2 * REACH + 1))
        nn.init.normal_(self.mix.weight, std=1e-3)

    def forward(
        self, nodes: Float[Tensor, "B J K D"], time: Float[Tensor, "B W"]
    ) -> Float[Tensor, "B J K D"]:
        """New features of K tokens."""
        scale, shift = self.modulation(time)[:, None, None].chunk(2, dim=-1)
        hidden = self.to_heads(self.norm(nodes) * (1 + scale) + shift)
        heads = hidden.flatten(0, 1).unflatten(-1, (3, len(self.distance), -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        bias = self._bias(nodes.shape[2]).to(query.dtype)
        seen = nn.functional.scaled_dot_product_attention(query, key, value, bias)
        out: Tensor = nodes + self.mix(seen.transpose(1, 2).flatten(2)).view_as(nodes)
        return out

    def _bias(self, count: int) -> Float[Tensor, "heads {count} {count}"]:
        """What the distance between two tokens adds to their logit."""
        place = torch.arange(count, device=self.distance.device)
        return self.distance[:, (place - place[:, None]).clamp(-REACH, REACH) + REACH]


class MarkerNetwork(nn.Module):
    """From noisy states and conditions to the change of their linear prediction, by way of markers.

    Args:
        states: the size of a state; their axes are measured later (`fit`).
        skeleton: the markers.
        options: hidden size, layers, heads and edges.
    """

    axes: Tensor
    scale: Tensor

    def __init__(
        self, states: MotionStates, skeleton: Skeleton, options: FlowMotionOptions
    ) -> None:
        super().__init__()
        size, self.size = options.hidden_size, states.size
        self.register_buffer("axes", states.pose_axes.clone())
        self.register_buffer("scale", torch.ones(states.axes))
        self.time = TimeEmbedding()
        inputs = MARKER_INPUTS * KERNEL
        self.graph = (
            MarkerTransformer(len(skeleton), options, inputs)
            if options.denoiser == "markers_without_edges"
            else MarkerGraph(skeleton, options, inputs)
        )
        self.body = nn.Linear((3 * STEP + 3) * KERNEL, size)
        self.over_time = nn.ModuleList(
            TokenAttention(size, options.heads) for _ in range(options.layers)
        )
        self.shifts = nn.ModuleList(nn.Linear(TIME_WIDTH, size) for _ in range(options.layers))
        self.to_marker, self.to_step = nn.Linear(size, KERNEL * 3), nn.Linear(size, KERNEL * STEP)
        for layer in (self.to_marker, self.to_step):
            nn.init.normal_(layer.weight, std=1e-3)  # a new network is nearly zero
            nn.init.zeros_(layer.bias)

    @torch.no_grad()
    def fit(self, states: MotionStates, pairs: PairStatistics) -> None:
        """Take over measured pose axes, and build the edges."""
        self.axes.copy_(states.pose_axes)
        self.scale.copy_(states.pose_scale / states.pose_scale.square().mean().sqrt())
        if isinstance(self.graph, MarkerGraph):
            self.graph.fit(pairs)

    def forward(
        self, tokens: Float[Tensor, "B S I"], time: Float[Tensor, " B"]
    ) -> Float[Tensor, "B S D"]:
        """The change of states, see `LinearPredictor`; that of steps comes from the mean over markers.

        Args:
            tokens: states and conditions (`Conditions.tokens`); S is extended to a multiple of a token
                and cut again.
            time: of the flow, 0 (noise) to 1.
        """
        embedding, count = self.time(time), tokens.shape[1]
        hidden = self._tokens(tokens)
        for attend, shift, layer in zip(
            self.over_time, self.shifts, self.graph.layers, strict=True
        ):
            hidden = attend(hidden.transpose(1, 2), embedding).transpose(1, 2)
            bodies = (hidden + shift(embedding)[:, None, None]).flatten(0, 1)
            hidden = layer(bodies, self.graph.edges).view_as(hidden)
        poses, steps = self._outputs(self.graph.norm(hidden), count)
        return torch.cat([poses, steps], dim=-1)

    def _tokens(self, tokens: Float[Tensor, "B S I"]) -> Float[Tensor, "B K J D"]:
        """Features of K tokens of each marker."""
        part = [self.size - STEP, STEP]
        pose, step, predicted, predicted_step, is_known, described, described_step, has_z = (
            tokens.split([*part, *part, 2, *part, 1], dim=-1)
        )
        places = [pose @ self.axes.T, predicted @ self.axes.T]
        places += [self._physical(coordinates) for coordinates in (pose, predicted, described)]
        markers = torch.stack([place.unflatten(-1, (-1, 3)) for place in places], dim=-1)
        body = torch.cat([step, predicted_step, is_known, described_step, has_z], dim=-1)
        entered = self.graph.enter(_overlapping(markers.flatten(3))) + self.graph.marker
        found: Tensor = entered + self.body(_overlapping(body))[:, :, None]
        return found

    def _physical(self, pose: Float[Tensor, "B S Q"]) -> Float[Tensor, "B S J3"]:
        """Markers about their mean, with physical proportions of the axes."""
        return pose * self.scale @ self.axes.T

    def _outputs(self, hidden: Float[Tensor, "B K J D"], count: int) -> tuple[Tensor, Tensor]:
        """Pose coordinates `[B, count, Q]` and steps `[B, count, 3]`."""
        markers = self.to_marker(hidden).unflatten(-1, (KERNEL, 3)).transpose(2, 3).flatten(3)
        steps = self.to_step(hidden.mean(2)).unflatten(-1, (KERNEL, STEP))
        return _summed(markers @ self.axes, count), _summed(steps, count)


class SummedNetworks(nn.Module):
    """The sum of a U-Net over pose axes and a marker network.

    Args:
        pose: the U-Net.
        markers: the marker network.
    """

    def __init__(self, pose: TemporalUNet, markers: MarkerNetwork) -> None:
        super().__init__()
        self.pose, self.markers = pose, markers

    def fit(self, states: MotionStates, pairs: PairStatistics) -> None:
        """See `MarkerNetwork.fit`."""
        self.markers.fit(states, pairs)

    def forward(
        self, tokens: Float[Tensor, "B S I"], time: Float[Tensor, " B"]
    ) -> Float[Tensor, "B S D"]:
        """See `MarkerNetwork.forward`."""
        out: Tensor = self.pose(tokens, time) + self.markers(tokens, time)
        return out


def _overlapping(values: Float[Tensor, "B S *N"]) -> Float[Tensor, "B K *N2"]:
    """The values of each token's KERNEL states, the last dimension KERNEL times as long."""
    rest = -values.shape[1] % STRIDE
    first, last = values[:, :1], values[:, -1:]
    before, after = [first] * STRIDE, [last] * (STRIDE + rest)
    padded = torch.cat([*before, values, *after], dim=1)
    return padded.unfold(1, KERNEL, STRIDE).flatten(-2)


def _summed(values: Float[Tensor, "B K _ N"], count: int) -> Float[Tensor, "B {count} N"]:
    """States of which each is the sum of the two tokens that cover it."""
    early, late = values.split(STRIDE, dim=2)
    summed: Tensor = (late[:, :-1] + early[:, 1:]).flatten(1, 2)
    return summed[:, :count]
