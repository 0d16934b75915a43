"""Finished runs held against each other: which is better, by how much, how surely."""

from mariel_gnn.comparing.comparison import Comparison, compare, load_runs

__all__ = ["Comparison", "compare", "load_runs"]
