"""Pictures of a run: curves, stills, animations and bars, all written aside and renamed."""

from mariel_gnn.viz.animation import Panel, save_animation
from mariel_gnn.viz.bars import save_bar
from mariel_gnn.viz.curves import save_curves
from mariel_gnn.viz.stills import save_stills

__all__ = ["Panel", "save_animation", "save_bar", "save_curves", "save_stills"]
