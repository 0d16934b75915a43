"""The residual networks of the VAEs of the motion representation: what a model adds to linear maps."""

from __future__ import annotations

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from mariel_gnn.models.motion.basis import MotionBasis


class EncoderResidual(nn.Module, ABC):
    """A network that changes the latents of a linear encoder; a new one is near zero."""

    @abstractmethod
    def forward(self, spectrum: Float[Tensor, "B K D"], basis: MotionBasis) -> Float[Tensor, "B P"]:
        """The change of the latents without those of heading and motion scale.

        Args:
            spectrum: of the rotated poses minus the mean pose, D = 3J, normalised.
            basis: of the motion.
        """


class DecoderResidual(nn.Module, ABC):
    """A network that changes the spectrum of decoded poses; a new one is near zero."""

    @abstractmethod
    def forward(
        self, spectrum: Float[Tensor, "B M D"], z: Float[Tensor, "B P"], basis: MotionBasis
    ) -> Float[Tensor, "B M D"]:
        """The change of the spectrum.

        Args:
            spectrum: of the decoded poses minus the mean pose, D = 3J, normalised.
            z: latents without those of heading and motion scale.
            basis: of the motion.
        """
