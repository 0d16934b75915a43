"""THE edge builder: every model and the dataset take their edges from here.

Edges are undirected (both directions stand in the list) unless asked, without self-loops, in
row-major order of (source, target), and carry features by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.graphs.pairs import PairStatistics
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

EdgeKind = Literal["complete", "skeleton", "skeleton_completed"]

LOOSENESS_AT_1_OVER_E = 0.1  # relative std of a pair's distance at which rigidity falls to 1/e


@dataclass(frozen=True)
class EdgeSet:
    """Directed edges with named features.

    Attributes:
        edge_index: `[2, E]` int64, source over target.
        features: `[E, F]` float32.
        names: the F feature names.
    """

    edge_index: Tensor
    features: Tensor
    names: tuple[str, ...]

    def feature(self, name: str) -> Tensor:
        """The column `[E]` of one feature."""
        return self.features[:, self.names.index(name)]

    def __len__(self) -> int:
        return self.edge_index.shape[1]


def build_edges(
    skeleton: Skeleton,
    kind: EdgeKind = "complete",
    features: Sequence[str] = ("skeleton",),
    pairs: PairStatistics | None = None,
    directed: bool = False,
) -> EdgeSet:
    """Build the edges of one body.

    Features, each in [0, 1]: ``skeleton`` (a listed line), ``tree_hops`` (steps along the spanning
    tree, over the most), ``rigidity`` (1 for a pair whose distance never changes), ``partner``
    (left and right of each other), ``same_part`` (of the same body part).

    Args:
        skeleton: markers, lines, partners and parts.
        kind: ``"complete"`` joins every pair; ``"skeleton"`` the listed lines (markers without a line
            stay alone); ``"skeleton_completed"`` the listed lines and as few steady pairs as join
            the whole body (minimum spanning tree on the standard deviation of pair distance).
        features: which features, in which order.
        pairs: distances measured on training recordings; ``skeleton_completed``, ``tree_hops`` and
            ``rigidity`` need them.
        directed: listed lines count in their listed direction only, and lines beyond the field's
            own list not at all: the seed's flag.

    Raises:
        UserError: unknown kind or feature, or `pairs` missing where it is needed.
    """
    lines = [(a, b) for a, b in (skeleton.field_edges if directed else skeleton.edges)]
    listed = set(lines) | (set() if directed else {(b, a) for a, b in lines})
    edges = sorted(_edges(skeleton, kind, listed, pairs))
    edge_index = torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T.contiguous()
    columns = [_feature(name, edges, edge_index, skeleton, listed, pairs) for name in features]
    values = torch.stack(columns, dim=1) if columns else torch.zeros(len(edges), 0)
    return EdgeSet(edge_index, values, tuple(features))


def _edges(
    skeleton: Skeleton, kind: str, listed: set[tuple[int, int]], pairs: PairStatistics | None
) -> set[tuple[int, int]]:
    if kind == "complete":
        size = range(len(skeleton))
        return {(i, j) for i in size for j in size if i != j}
    if kind == "skeleton":
        return listed
    if kind == "skeleton_completed":
        tree = _needed(pairs, kind).spanning_tree(free=sorted(listed))
        return listed | set(tree) | {(j, i) for i, j in tree}
    kinds = get_args(EdgeKind)
    raise UserError(f"no edges '{kind}'.{nearest_match(kind, kinds)} There are {', '.join(kinds)}")


def _feature(
    name: str,
    edges: list[tuple[int, int]],
    edge_index: Tensor,
    skeleton: Skeleton,
    listed: set[tuple[int, int]],
    pairs: PairStatistics | None,
) -> Tensor:
    source, target = edge_index
    if name == "skeleton":
        return torch.tensor([float(edge in listed) for edge in edges])
    if name == "partner":
        partner = torch.tensor(skeleton.mirror)[source]
        return partner.eq(target).float()
    if name == "same_part":
        part = skeleton.part_of
        return torch.tensor([float(part[i] is not None and part[i] == part[j]) for i, j in edges])
    if name == "rigidity":
        looseness = _needed(pairs, name).relative_std[source, target]
        rigidity: Tensor = (-looseness / LOOSENESS_AT_1_OVER_E).exp()
        return rigidity
    if name == "tree_hops":
        return _tree_hops(_needed(pairs, name).spanning_tree(), len(skeleton))[source, target]
    raise UserError(
        f"no edge feature '{name}'.{nearest_match(name, EDGE_FEATURES)} "
        f"There are {', '.join(EDGE_FEATURES)}"
    )


EDGE_FEATURES = ("skeleton", "tree_hops", "rigidity", "partner", "same_part")


def _needed(pairs: PairStatistics | None, by: str) -> PairStatistics:
    if pairs is None:
        raise UserError(
            f"edges: '{by}' needs pair distances measured on training recordings: "
            "give pairs=measure_pairs(recordings)"
        )
    return pairs


def _tree_hops(tree: list[tuple[int, int]], size: int) -> Tensor:
    """Steps along the tree between all markers `[J, J]`, over the most there are."""
    import networkx as nx  # takes a while, and a trained model has its edges

    hops = torch.zeros(size, size)
    for start, lengths in nx.all_pairs_shortest_path_length(nx.Graph(tree)):
        for stop, length in lengths.items():
            hops[start, stop] = length
    return hops / hops.max()
