"""The browser page: phrases that can be turned, played and compared, in one HTML file."""

from mariel_gnn.viz.page.build import framed, page, write_page
from mariel_gnn.viz.page.scenes import Body, Clip, PairWeights, Scene

__all__ = ["Body", "Clip", "PairWeights", "Scene", "framed", "page", "write_page"]
