"""The LSTM-VAE: recurrent networks over the poses of a phrase, as residuals to linear maps.

    encoder    mu = … + R [last state of an LSTM forwards, last state of an LSTM backwards](pose_1 … pose_M)
    decoder    pose_m += H LSTM(pose_1 … pose_m, z)        at the M knots

The networks read all markers of a pose as one vector, at the knots of the motion representation (9 Hz).
docs/models/lstm_vae.md gives the reason for each part; `notebook_lstm_vae` is the model of the notebook.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.motion.basis import MotionBasis
from mariel_gnn.models.motion.residual import DecoderResidual, EncoderResidual
from mariel_gnn.models.motion_vae import MotionVAE
from mariel_gnn.models.options import LSTMVAEOptions

READOUT_GAIN = 0.3  # of the encoder's readout: keeps its first steps in z small
POSE_GAIN = 0.3  # of the decoder's readout, in normalised units, as of the pose net


class LSTMVAE(MotionVAE):
    """A bidirectional LSTM in the encoder, an LSTM in the decoder; see `MotionVAE`."""

    Options = LSTMVAEOptions
    options: LSTMVAEOptions

    def encoder_residual(self, latent_size: int) -> LSTMEncoder:
        """From the poses at the knots to a change of the latents."""
        return LSTMEncoder(3 * self.shape.markers, self.options, latent_size)

    def decoder_residual(self, latent_size: int) -> LSTMDecoder:
        """From the poses at the knots and the latents to a change of the poses."""
        return LSTMDecoder(3 * self.shape.markers, self.options, latent_size)


class LSTMEncoder(EncoderResidual):
    """The last states of an LSTM over the poses in both directions, mapped to latents.

    Args:
        inputs: D, numbers of a pose.
        options: size and layers.
        latent_size: P.
    """

    def __init__(self, inputs: int, options: LSTMVAEOptions, latent_size: int) -> None:
        super().__init__()
        size = options.hidden_size
        self.lstm = nn.LSTM(inputs, size, options.layers, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * size, latent_size, bias=False)
        nn.init.normal_(self.readout.weight, std=1e-3)

    def forward(self, spectrum: Float[Tensor, "B K D"], basis: MotionBasis) -> Float[Tensor, "B P"]:
        """See `EncoderResidual.forward`."""
        _, (hidden, _) = self.lstm(basis.time.at_knots(spectrum))
        forwards, backwards = hidden[-2:]
        change: Tensor = READOUT_GAIN * self.readout(torch.cat([forwards, backwards], dim=1))
        return change


class LSTMDecoder(DecoderResidual):
    """An LSTM over the decoded poses and the latents, mapped to a change of each pose.

    Args:
        inputs: D, numbers of a pose.
        options: size and layers.
        latent_size: P.
    """

    def __init__(self, inputs: int, options: LSTMVAEOptions, latent_size: int) -> None:
        super().__init__()
        size = options.hidden_size
        self.enter = nn.Linear(inputs, size)
        self.from_latent = nn.Linear(latent_size, size, bias=False)
        self.lstm = nn.LSTM(size, size, options.layers, batch_first=True)
        self.readout = nn.Linear(size, inputs, bias=False)
        nn.init.normal_(self.readout.weight, std=1e-3)

    def forward(
        self, spectrum: Float[Tensor, "B M D"], z: Float[Tensor, "B P"], basis: MotionBasis
    ) -> Float[Tensor, "B M D"]:
        """See `DecoderResidual.forward`."""
        poses = basis.time.at_knots(spectrum)
        hidden, _ = self.lstm(self.enter(poses) + self.from_latent(z)[:, None])
        return basis.time.from_knots(POSE_GAIN * self.readout(hidden))
