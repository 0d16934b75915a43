"""One file a model, one contract, one table of names."""

from __future__ import annotations

from mariel_gnn.models.lstm_vae import LSTMVAE, LSTMVAEOptions
from mariel_gnn.models.vae import VAE, Prediction, VAEOutput, WindowShape

MODELS: dict[str, tuple[type[LSTMVAE], type[LSTMVAEOptions]]] = {
    "lstm_vae": (LSTMVAE, LSTMVAEOptions),
}
"""Model name -> its class and its options; the name is that of its file, configs and docs page."""

__all__ = ["LSTMVAE", "MODELS", "VAE", "LSTMVAEOptions", "Prediction", "VAEOutput", "WindowShape"]
