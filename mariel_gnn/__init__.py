"""Generative models of dance: motion capture to graphs, variational autoencoders, honest numbers."""

from mariel_gnn.errors import UserError
from mariel_gnn.generation import PhraseModel, load

__all__ = ["PhraseModel", "UserError", "load"]
