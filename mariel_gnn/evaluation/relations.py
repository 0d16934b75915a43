"""Influence of markers on each other in a model, and the relations of a GNN-VAE.

Influence is measured by an intervention: one input marker is held still.

    rise[i, j] = error of marker i's reconstruction with j held still  -  its error otherwise
    moved[i, j] = distance between the two reconstructions of marker i

Row i is the reconstructed marker, column j the input marker. It applies to every VAE, with or without a
graph. Only the rise shows a relation: a marker that disturbs another moves its reconstruction too, but does
not improve it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.heading import heading_rad, rotate_frames
from mariel_gnn.data.windows import WindowBatch, evenly_spaced
from mariel_gnn.files import write_text
from mariel_gnn.graphs.edges import build_edges
from mariel_gnn.graphs.pairs import PairStatistics, measure_pairs
from mariel_gnn.metrics.ranking import auc
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.models.vae import VAE

FILE = "relations.csv"
FAR_HOPS = 7  # from one foot to the other, from a hand to the head; within a limb it is fewer
_MAX_WINDOWS = 32  # each needs J + 1 passes through the network
_BATCH = 64  # windows of one pass


class Influence(NamedTuple):
    """The change of marker i's reconstruction when marker j is held still in the input.

    Attributes:
        rise_mm: `[J, J]` rise of its error, millimetres; negative if j disturbs it.
        moved_mm: `[J, J]` distance that it moves, millimetres.
    """

    rise_mm: Tensor
    moved_mm: Tensor


@torch.no_grad()
def influence(network: VAE, positions: Float[Tensor, "N T J 3"]) -> Influence:
    """Hold each marker still in turn and measure the reconstruction of all others.

    All windows pass the network J + 1 times. Errors are mean distances over windows and frames, without
    the body's path.

    Args:
        network: the trained network, in evaluation mode.
        positions: N windows in metres, z up, travelling as recorded.
    """
    parts = positions.split(_BATCH)
    sums = sum(len(part) * _influence_m(network, part) for part in parts)
    rise, moved = 1000 * torch.as_tensor(sums) / len(positions)
    return Influence(rise, moved)


def standing_still(
    positions: Float[Tensor, "B T J 3"], skeleton: Skeleton
) -> Float[Tensor, "B T J 3"]:
    """Every marker at its mean position on the body, moved and rotated with the whole body.

    Args:
        positions: metres.
        skeleton: defines the heading.

    Returns:
        Metres.
    """
    middle, heading = positions.mean(dim=2, keepdim=True), heading_rad(positions, skeleton)
    mean = rotate_frames(positions - middle, -heading).mean(dim=1, keepdim=True)
    return middle + rotate_frames(mean.repeat(1, positions.shape[1], 1, 1), heading)


def _influence_m(network: VAE, positions: Float[Tensor, "B T J 3"]) -> Float[Tensor, "2 J J"]:
    """Rise of the error and movement, metres."""
    batch = network.batch_from_metres(positions)
    target = network.normalizer.positions_to_metres(batch.positions)
    still = network.batch_from_metres(standing_still(target, network.skeleton)).nodes
    intact = _reconstructed(network, batch)
    columns = []
    for marker in range(positions.shape[2]):
        nodes = batch.nodes.clone()
        nodes[:, :, marker] = still[:, :, marker]
        # The path stays: the body as a whole has not moved.
        without = _reconstructed(network, WindowBatch(nodes, batch.path))
        rise = _distances(without, target) - _distances(intact, target)
        columns.append(torch.stack([rise, _distances(without, intact)]))
    return torch.stack(columns, dim=-1).cpu()


def _reconstructed(network: VAE, batch: WindowBatch) -> Float[Tensor, "B T J 3"]:
    prediction = network(batch, sample=False).prediction
    positions, _ = network.metres_from_prediction(prediction)
    return positions


def _distances(a: Float[Tensor, "B T J 3"], b: Float[Tensor, "B T J 3"]) -> Float[Tensor, " J"]:
    """Mean distance of each marker over windows and frames."""
    distance: Tensor = (a - b).norm(dim=-1)
    return distance.mean(dim=(0, 1))


@dataclass(frozen=True)
class Relations:
    """All pairs of markers of a model on held-out windows.

    Attributes:
        skeleton: the J markers.
        attention: `[J, J]` mean over the windows; each row sums to 1.
        influence: rise and movement `[J, J]`, millimetres.
        hops: `[J, J]` skeleton edges from marker to marker.
        distance_m: `[J, J]` mean distance, metres.
        windows: number of windows.
    """

    skeleton: Skeleton
    attention: Tensor
    influence: Influence
    hops: Tensor
    distance_m: Tensor
    windows: int

    @property
    def far(self) -> Bool[Tensor, "J J"]:
        """Which pairs are far apart on the skeleton."""
        return self.hops >= FAR_HOPS


def measure_relations(network: GNNVAE, windows: MarielDataset) -> Relations:
    """Measure all pairs on evenly spaced windows.

    Args:
        network: the trained network, in evaluation mode.
        windows: held-out windows.
    """
    positions = windows.positions_m(evenly_spaced(len(windows), _MAX_WINDOWS))
    pairs = measure_pairs(list(positions.cpu().numpy()))
    on_device = positions.to(network.log_std.device)
    return Relations(
        skeleton=windows.skeleton,
        attention=marker_attention(network, on_device).mean(dim=0).cpu(),
        # Pair bounds take nine tenths of the time and are not learned.
        influence=influence(network.without_bounds(), on_device),
        hops=skeleton_hops(windows.skeleton, pairs),
        distance_m=pairs.mean_m,
        windows=len(positions),
    )


@torch.no_grad()
def marker_attention(
    network: GNNVAE, positions: Float[Tensor, "N T J 3"]
) -> Float[Tensor, "N J J"]:
    """The encoder's attention in each window, mean over layers and heads; row i attends to column j.

    Args:
        network: the trained network.
        positions: N windows in metres, z up, travelling as recorded.
    """
    found = []
    for batch in positions.split(_BATCH):
        motion = network.basis.analyze(network.batch_from_metres(batch))
        nodes = network.basis.marker_nodes(motion.poses)
        found.append(network.graphs[0].attention(nodes).mean(dim=(0, 2)))
    return torch.cat(found)


def skeleton_hops(skeleton: Skeleton, pairs: PairStatistics) -> Int[Tensor, "J J"]:
    """Edges from marker to marker on the skeleton, completed to a connected graph.

    Args:
        skeleton: the markers.
        pairs: measured distances, which complete the graph.
    """
    edges = build_edges(skeleton, "skeleton_completed", (), pairs)
    hops = torch.zeros(len(skeleton), len(skeleton), dtype=torch.int64)
    graph: nx.Graph[int] = nx.Graph(edges.edge_index.T.tolist())
    for start, lengths in nx.all_pairs_shortest_path_length(graph):
        for stop, length in lengths.items():
            hops[start, stop] = length
    return hops


def both_ways(score: Float[Tensor, "J J"]) -> Float[Tensor, "J J"]:
    """The mean of both directions: a score of the pair without direction."""
    return (score + score.T) / 2


def strongest_pairs(
    score: Float[Tensor, "J J"], count: int, among: Bool[Tensor, "J J"] | None = None
) -> list[tuple[int, int]]:
    """The pairs i < j of the highest scores, averaged over both directions, highest first.

    Args:
        score: of each direction.
        count: largest number of pairs.
        among: `[J, J]` pairs to rank; all if None.
    """
    ranked = torch.ones_like(score, dtype=torch.bool) if among is None else among
    first, second = torch.triu(ranked, diagonal=1).nonzero().unbind(1)
    order = both_ways(score)[first, second].argsort(descending=True, stable=True)[:count]
    return list(zip(first[order].tolist(), second[order].tolist(), strict=True))


def pair_auc(
    score: Float[Tensor, "J J"],
    related: Bool[Tensor, "J J"],
    among: Bool[Tensor, "J J"] | None = None,
) -> float:
    """The area under the ROC curve of a score for ground-truth relations.

    Pairs have no direction; see `auc`.

    Args:
        score: of each direction.
        related: true for a related pair, in one direction or in both.
        among: `[J, J]` pairs to rank; all if None.

    Raises:
        UserError: no pair is related, or every one.
    """
    ranked = torch.ones_like(related) if among is None else among
    counted = torch.triu(ranked | ranked.T, diagonal=1)
    return auc(both_ways(score)[counted].numpy(), (related | related.T)[counted].numpy())


def save_relations(folder: str | Path, relations: Relations) -> Path:
    """Write `relations.csv` in a run folder, a row for each pair and direction.

    Returns:
        The file's path.
    """
    path = Path(folder) / FILE
    write_text(path, "\n".join([",".join(_COLUMNS), *_rows(relations)]) + "\n")
    return path


_COLUMNS = ("marker", "other", "hops", "distance_m", "attention", "error_rise_mm", "moved_mm")


def _rows(relations: Relations) -> list[str]:
    """The influence of `other` on `marker`, pair by pair."""
    names, found = relations.skeleton.markers, relations.influence
    return [
        f"{names[i]},{names[j]},{int(relations.hops[i, j])},{relations.distance_m[i, j]:.4f},"
        f"{relations.attention[i, j]:.6f},{found.rise_mm[i, j]:.5f},{found.moved_mm[i, j]:.5f}"
        for i in range(len(names))
        for j in range(len(names))
        if i != j
    ]
