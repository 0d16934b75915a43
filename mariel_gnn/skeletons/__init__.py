"""Marker sets as data: one YAML file each, and the class that loads and checks them."""

from mariel_gnn.skeletons.skeleton import (
    Skeleton,
    largest_first,
    load_skeleton,
    shipped_skeletons,
)

__all__ = ["Skeleton", "largest_first", "load_skeleton", "shipped_skeletons"]
