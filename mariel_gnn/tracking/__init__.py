"""Tracking: where the numbers of a run are written."""
