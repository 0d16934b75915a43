"""The table of models: a model is used by its name here, and nowhere else is there a list."""

from __future__ import annotations

from typing import Any

from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.models.lstm_vae import LSTMVAE
from mariel_gnn.models.options import GNNVAEOptions, LSTMVAEOptions
from mariel_gnn.models.vae import VAE

MODELS: dict[str, tuple[type[VAE], type[Any]]] = {
    "lstm_vae": (LSTMVAE, LSTMVAEOptions),
    "gnn_vae": (GNNVAE, GNNVAEOptions),
}
"""Model name -> its class and its options; the name is that of its file, configs and docs page."""
