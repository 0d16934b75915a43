"""duet_token_vae: the VAE of two dancers in which a transformer reads connection tokens.

    at each of M knots
        a token for each dancer      her markers in the frame of the pair
        K connection tokens          the strongest edges between the dancers: which marker of the first, which
                                     of the second, which kind, how strong, and where (midway between them)
    transformer over all M (2 + K) tokens;  change: mean of each knot's tokens -> linear -> P latents

An edge of strength 0 is a token that is masked out, so two dancers far apart have none.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.duet_vae import DuetVAE
from mariel_gnn.models.duet.pair_frame import TRACK, PairFrame
from mariel_gnn.models.duet.reader import BetweenReader, last_layer
from mariel_gnn.models.duet_gnn_vae import KINDS
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import DuetTokenVAEOptions


class TokenReader(BetweenReader):
    """Reads dancers and the strongest connections as tokens.

    Args:
        options: the model's own options.
        shape: T and the rate.
        skeleton: of one dancer.
        latent_size: P.
    """

    def __init__(
        self, options: DuetTokenVAEOptions, shape: WindowShape, skeleton: Skeleton, latent_size: int
    ) -> None:
        super().__init__(options, shape, skeleton, latent_size)
        self.connections, markers = options.connections, len(skeleton)
        self.tokens = min(options.tokens, KINDS * markers * markers)
        size = options.hidden_size
        self.dancer = nn.ModuleList(nn.Linear(3 * markers, size) for _ in range(2))
        self.first, self.second = nn.Embedding(markers, size), nn.Embedding(markers, size)
        self.kind = nn.Embedding(KINDS, size)
        self.strength_and_place = nn.Linear(4, size)
        self.moment = nn.Parameter(0.1 * torch.randn(self.knots.count, 1, size))
        layer = nn.TransformerEncoderLayer(
            size,
            options.heads,
            2 * size,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.transformer = nn.TransformerEncoder(layer, options.layers, enable_nested_tensor=False)
        self.change = last_layer((size + TRACK) * self.knots.count, latent_size)

    def forward(self, pairs: Float[Tensor, "B T 2 J 3"], frame: PairFrame) -> Float[Tensor, "B P"]:
        """The change of the latents; see `BetweenReader`."""
        positions = self.knots.positions(pairs, frame)
        bodies = [
            embed(body.flatten(2))
            for embed, body in zip(self.dancer, positions.unbind(2), strict=True)
        ]
        connections, missing = self._connections(
            self.knots.strengths(pairs, self.connections), positions
        )
        tokens = torch.cat([torch.stack(bodies, dim=2), connections], dim=2) + self.moment
        missing = nn.functional.pad(missing, (2, 0))
        read = self.transformer(tokens.flatten(1, 2), src_key_padding_mask=missing.flatten(1))
        present = (~missing)[..., None].to(read)
        means = (read.view_as(tokens) * present).sum(2) / present.sum(2)
        change: Tensor = self.change(
            torch.cat([means, frame.track[:, self.knots.moments]], dim=-1).flatten(1)
        )
        return change

    def _connections(
        self, strengths: Float[Tensor, "B M E J J"], positions: Float[Tensor, "B M 2 J 3"]
    ) -> tuple[Tensor, Tensor]:
        """The K strongest edges at each knot as tokens `[B, M, K, D]`, and which are missing `[B, M, K]`."""
        markers = strengths.shape[-1]
        strongest, index = strengths.flatten(2).topk(self.tokens, dim=-1)
        kind, pair = index // markers**2, index % markers**2
        first, second = pair // markers, pair % markers
        ends = [
            body.gather(2, marker[..., None].expand(-1, -1, -1, 3))
            for body, marker in zip(positions.unbind(2), (first, second), strict=True)
        ]
        place = (ends[0] + ends[1]) / 2
        tokens = self.first(first) + self.second(second) + self.kind(kind)
        tokens = tokens + self.strength_and_place(torch.cat([strongest[..., None], place], dim=-1))
        return tokens, strongest <= 0


class DuetTokenVAE(DuetVAE):
    """The VAE of two dancers with connection tokens; see `DuetVAE`."""

    Options = DuetTokenVAEOptions
    Reader = TokenReader
