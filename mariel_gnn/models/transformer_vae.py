"""The transformer VAE: attention between the markers of a phrase, without a graph.

    encoder    mu = … + R transformer(s_1 … s_J)        s_i the spectrum of marker i
    decoder    s_i += transformer(s_1 … s_J, z)_i

Every marker attends to all markers, itself included; no feature says how two markers are related. Names of
markers are learned vectors. `gnn_vae` adds the graph.
"""

from __future__ import annotations

from mariel_gnn.models.marker_graph import MarkerDecoder, MarkerEncoder, MarkerTransformer
from mariel_gnn.models.motion_vae import MotionVAE
from mariel_gnn.models.options import TransformerVAEOptions


class TransformerVAE(MotionVAE):
    """A transformer over the markers, in the encoder and in the decoder; see `MotionVAE`."""

    Options = TransformerVAEOptions
    options: TransformerVAEOptions

    def encoder_residual(self, latent_size: int) -> MarkerEncoder:
        """From the markers' spectra to a change of the latents."""
        return MarkerEncoder(self.marker_network(3 * self.basis.frequencies), latent_size)

    def decoder_residual(self, latent_size: int) -> MarkerDecoder:
        """From the markers' spectra and the latents to a change of the spectra."""
        return MarkerDecoder(self.marker_network(3 * self.basis.knots), latent_size)

    def marker_network(self, inputs: int) -> MarkerTransformer:
        """A new network over the markers with `inputs` features each."""
        return MarkerTransformer(self.shape.markers, self.options, inputs)
