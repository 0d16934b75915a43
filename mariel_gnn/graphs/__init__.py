"""The edge builder and what is measured between pairs of markers."""

from mariel_gnn.graphs.edges import EDGE_FEATURES, EdgeKind, EdgeSet, build_edges
from mariel_gnn.graphs.pairs import PairStatistics, measure_pairs

__all__ = ["EDGE_FEATURES", "EdgeKind", "EdgeSet", "PairStatistics", "build_edges", "measure_pairs"]
