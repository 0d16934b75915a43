"""The table of models: a model is used by its name here, and nowhere else is there a list."""

from __future__ import annotations

from mariel_gnn.models.lstm_vae import LSTMVAE, LSTMVAEOptions

MODELS: dict[str, tuple[type[LSTMVAE], type[LSTMVAEOptions]]] = {
    "lstm_vae": (LSTMVAE, LSTMVAEOptions),
}
"""Model name -> its class and its options; the name is that of its file, configs and docs page."""
