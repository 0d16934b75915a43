"""Generative models of dance: motion capture as graphs, variational autoencoders, honest numbers.

Names are imported when they are first used, so that reading a file does not load torch.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from mariel_gnn.errors import UserError
    from mariel_gnn.generation.phrase_model import PhraseModel, load
    from mariel_gnn.viz.page.recordings import show

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "errors": ["UserError"],
        "generation.phrase_model": ["PhraseModel", "load"],
        "viz.page.recordings": ["show"],
    },
)
__all__ = ["PhraseModel", "UserError", "load", "show"]
