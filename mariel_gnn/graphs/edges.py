"""The edge builder: all models and the dataset use its edges.

Edges are undirected by default (both directions are in the list), have no self-loops and named features, and
are in row-major order of (source, target). Edges between two dancers are in `duet_edges.py`.
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

EDGE_FEATURES = ("skeleton", "tree_hops", "rigidity", "partner", "same_part")
LOOSENESS_AT_1_OVER_E = 0.1  # relative std of a pair's distance at which rigidity is 1/e


@dataclass(frozen=True)
class EdgeSet:
    """Directed edges with named features.

    Attributes:
        edge_index: `[2, E]` int64, source over target.
        features: `[E, F]` float32; `[E, T, F]` if they change from frame to frame.
        names: the F feature names.
    """

    edge_index: Tensor
    features: Tensor
    names: tuple[str, ...]

    def feature(self, name: str) -> Tensor:
        """One feature, `[E]` or `[E, T]`.

        Raises:
            UserError: no such feature.
        """
        if name not in self.names:
            raise UserError(_no_feature(name, self.names))
        return self.features[..., self.names.index(name)]

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

    Features, each in [0, 1]: ``skeleton`` (a skeleton edge), ``tree_hops`` (steps along the spanning tree,
    divided by their maximum), ``rigidity`` (1 for a pair of constant distance), ``partner`` (a left and
    right pair), ``same_part`` (of the same body part).

    Args:
        skeleton: markers, edges, left and right pairs, and parts.
        kind: ``"complete"`` has every pair; ``"skeleton"`` the skeleton edges (markers without one are
            isolated); ``"skeleton_completed"`` the skeleton edges and the fewest further pairs that
            connect the graph (minimum spanning tree on the standard deviation of pair distance).
        features: names of features, in this order.
        pairs: distances measured on training recordings; ``skeleton_completed``, ``tree_hops`` and
            ``rigidity`` need them.
        directed: skeleton edges in their listed direction only, without those added to the field's own
            list: the flag of the original notebook.

    Raises:
        UserError: unknown kind or feature, or `pairs` missing where it is needed.
    """
    listed = [(a, b) for a, b in (skeleton.field_edges if directed else skeleton.edges)]
    bones = set(listed) | (set() if directed else {(b, a) for a, b in listed})
    edges = sorted(_edges(skeleton, kind, bones, pairs))
    edge_index = torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T.contiguous()
    columns = [_feature(name, edges, edge_index, skeleton, bones, pairs) for name in features]
    values = torch.stack(columns, dim=1) if columns else torch.zeros(len(edges), 0)
    return EdgeSet(edge_index, values, tuple(features))


def _edges(
    skeleton: Skeleton, kind: str, bones: set[tuple[int, int]], pairs: PairStatistics | None
) -> set[tuple[int, int]]:
    if kind == "complete":
        size = range(len(skeleton))
        return {(i, j) for i in size for j in size if i != j}
    if kind == "skeleton":
        return bones
    if kind == "skeleton_completed":
        tree = _needed(pairs, kind).spanning_tree(free=sorted(bones))
        return bones | set(tree) | {(j, i) for i, j in tree}
    kinds = get_args(EdgeKind)
    raise UserError(f"no edges '{kind}'.{nearest_match(kind, kinds)} There are {', '.join(kinds)}")


def _feature(
    name: str,
    edges: list[tuple[int, int]],
    edge_index: Tensor,
    skeleton: Skeleton,
    bones: set[tuple[int, int]],
    pairs: PairStatistics | None,
) -> Tensor:
    source, target = edge_index
    if name == "skeleton":
        return torch.tensor([float(edge in bones) for edge in edges])
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
    raise UserError(_no_feature(name, EDGE_FEATURES))


def _no_feature(name: str, names: Sequence[str]) -> str:
    return f"no edge feature '{name}'.{nearest_match(name, names)} There are {', '.join(names)}"


def _needed(pairs: PairStatistics | None, by: str) -> PairStatistics:
    if pairs is None:
        raise UserError(
            f"edges: '{by}' needs pair distances measured on training recordings: "
            "give pairs=measure_pairs(recordings)"
        )
    return pairs


def _tree_hops(tree: list[tuple[int, int]], size: int) -> Tensor:
    """Steps along the tree between all markers `[J, J]`, divided by their maximum."""
    import networkx as nx  # takes a while, and a trained model has its edges

    hops = torch.zeros(size, size)
    for start, lengths in nx.all_pairs_shortest_path_length(nx.Graph(tree)):
        for stop, length in lengths.items():
            hops[start, stop] = length
    return hops / hops.max()
