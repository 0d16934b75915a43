"""duet_lstm_vae: the VAE of two dancers in which an LSTM reads what is between them; the baseline.

features    markers of both dancers at M knots, in the frame of the pair, and its track
change      bidirectional LSTM over the knots -> linear -> P latents
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.duet_vae import DuetVAE
from mariel_gnn.models.duet.pair_frame import TRACK, PairFrame
from mariel_gnn.models.duet.reader import BetweenReader, last_layer
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import DuetLSTMVAEOptions


class LSTMReader(BetweenReader):
    """Reads the knots one after the other, in both directions.

    Args:
        options: the model's own options.
        shape: T and the rate.
        skeleton: of one dancer.
        latent_size: P.
    """

    def __init__(
        self, options: DuetLSTMVAEOptions, shape: WindowShape, skeleton: Skeleton, latent_size: int
    ) -> None:
        super().__init__(options, shape, skeleton, latent_size)
        size = options.hidden_size
        inputs = 6 * len(skeleton) + TRACK
        self.lstm = nn.LSTM(inputs, size, bidirectional=True, batch_first=True)
        self.change = last_layer(2 * size * self.knots.count, latent_size)

    def forward(self, pairs: Float[Tensor, "B T 2 J 3"], frame: PairFrame) -> Float[Tensor, "B P"]:
        """The change of the latents; see `BetweenReader`."""
        positions = self.knots.positions(pairs, frame).flatten(2)
        track = frame.track[:, self.knots.moments]
        hidden, _ = self.lstm(torch.cat([positions, track], dim=-1))
        change: Tensor = self.change(hidden.flatten(1))
        return change


class DuetLSTMVAE(DuetVAE):
    """The VAE of two dancers with an LSTM between them; see `DuetVAE`."""

    Options = DuetLSTMVAEOptions
    Reader = LSTMReader
