"""The pose VAE: trained linear maps and pose nets, without a residual network.

It is the reference of its family: what `lstm_vae`, `transformer_vae` and `gnn_vae` do better than it, their
networks do. docs/models/pose_vae.md gives the reason for each part.
"""

from __future__ import annotations

from mariel_gnn.models.motion_vae import MotionVAE
from mariel_gnn.models.options import PoseVAEOptions


class PoseVAE(MotionVAE):
    """Linear maps of the motion code and pose nets; see `MotionVAE`."""

    Options = PoseVAEOptions

    def encoder_residual(self, latent_size: int) -> None:
        """None."""

    def decoder_residual(self, latent_size: int) -> None:
        """None."""
