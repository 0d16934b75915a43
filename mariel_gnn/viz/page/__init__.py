"""The browser page: phrases to turn, play and compare, in one HTML file."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from mariel_gnn.viz.page.build import framed, page, write_page
    from mariel_gnn.viz.page.scenes import Body, Clip, PairWeights, Scene

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "build": ["framed", "page", "write_page"],
        "scenes": ["Body", "Clip", "PairWeights", "Scene"],
    },
)
__all__ = ["Body", "Clip", "PairWeights", "Scene", "framed", "page", "write_page"]
