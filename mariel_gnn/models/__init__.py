"""One file a model, one contract, one table of names."""

from mariel_gnn.models.gnn_options import GNNVAEOptions
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.models.lstm_vae import LSTMVAE, LSTMVAEOptions
from mariel_gnn.models.table import MODELS
from mariel_gnn.models.vae import VAE, Prediction, VAEOutput, WindowShape
from mariel_gnn.models.weights import Identity, load_weights, save_weights

__all__ = [
    "GNNVAE",
    "LSTMVAE",
    "MODELS",
    "VAE",
    "GNNVAEOptions",
    "Identity",
    "LSTMVAEOptions",
    "Prediction",
    "VAEOutput",
    "WindowShape",
    "load_weights",
    "save_weights",
]
