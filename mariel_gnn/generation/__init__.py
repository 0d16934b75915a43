"""Phrases from a trained model: reconstruct, encode, sample."""

from mariel_gnn.generation.phrase_model import PhraseModel, load

__all__ = ["PhraseModel", "load"]
