"""Where numbers go: CSV and JSON always, W&B beside."""

from mariel_gnn.tracking.tracker import Tracker, TrackingOptions

__all__ = ["Tracker", "TrackingOptions"]
