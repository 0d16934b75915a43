"""What a model uses of each marker, measured by an intervention: the marker is made to stand still.

    rise[i, j] = error of marker i's reconstruction with j standing still  -  its error otherwise
    moved[i, j] = distance between the two reconstructions of marker i

Row i is the marker told about, column j the one that tells. A model needs no graph for it: what is
asked is what it does, not what its weights are. The rise is the one to read as a relation: a marker
that only disturbs another moves its reconstruction too, but does not make it better.
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
from mariel_gnn.errors import UserError
from mariel_gnn.files import write_text
from mariel_gnn.graphs.edges import build_edges
from mariel_gnn.graphs.pairs import PairStatistics, measure_pairs
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.models.vae import VAE

_WINDOWS_AT_ONCE = 64  # windows that go through the network together


class Influence(NamedTuple):
    """What becomes of marker i's reconstruction when marker j stands still in the input.

    Attributes:
        rise_mm: `[J, J]` by how much its error rises, millimetres; below zero where j disturbed it.
        moved_mm: `[J, J]` how far it moves, millimetres.
    """

    rise_mm: Tensor
    moved_mm: Tensor


@torch.no_grad()
def influence(network: VAE, positions: Float[Tensor, "N T J 3"]) -> Influence:
    """Let each marker stand still in turn, and see what the model makes of all the others.

    It takes J + 1 passes of all windows through the network. Errors are mean distances over windows
    and frames, the body's travel taken out.

    Args:
        network: the trained network, in evaluation mode.
        positions: N windows in metres, z up, travelling as recorded.
    """
    parts = positions.split(_WINDOWS_AT_ONCE)
    sums = sum(len(part) * _influence_m(network, part) for part in parts)
    rise, moved = 1000 * torch.as_tensor(sums) / len(positions)
    return Influence(rise, moved)


def standing_still(
    positions: Float[Tensor, "B T J 3"], skeleton: Skeleton
) -> Float[Tensor, "B T J 3"]:
    """Every marker at its mean place on the body, carried and turned along with the body as a whole.

    Args:
        positions: metres.
        skeleton: says where the body faces.

    Returns:
        Metres.
    """
    middle, heading = positions.mean(dim=2, keepdim=True), heading_rad(positions, skeleton)
    place = rotate_frames(positions - middle, -heading).mean(dim=1, keepdim=True)
    return middle + rotate_frames(place.repeat(1, positions.shape[1], 1, 1), heading)


def _influence_m(network: VAE, positions: Float[Tensor, "B T J 3"]) -> Float[Tensor, "2 J J"]:
    """Rise and movement, metres."""
    batch = network.batch_from_metres(positions)
    target = network.normalizer.positions_to_metres(batch.positions)
    still = network.batch_from_metres(standing_still(target, network.skeleton)).nodes
    whole = _reconstructed(network, batch)
    columns = []
    for marker in range(positions.shape[2]):
        nodes = batch.nodes.clone()
        nodes[:, :, marker] = still[:, :, marker]
        # The path stays: the others have not moved, and neither has the body.
        without = _reconstructed(network, WindowBatch(nodes, batch.path))
        rise = _distances(without, target) - _distances(whole, target)
        columns.append(torch.stack([rise, _distances(without, whole)]))
    return torch.stack(columns, dim=-1).cpu()


def _reconstructed(network: VAE, batch: WindowBatch) -> Float[Tensor, "B T J 3"]:
    prediction = network(batch, sample=False).prediction
    positions, _ = network.metres_from_prediction(prediction)
    return positions


def _distances(a: Float[Tensor, "B T J 3"], b: Float[Tensor, "B T J 3"]) -> Float[Tensor, " J"]:
    """Mean distance of each marker over windows and frames."""
    distance: Tensor = (a - b).norm(dim=-1)
    return distance.mean(dim=(0, 1))


FILE = "relations.csv"
FAR_HOPS = 7  # from one foot to the other, from a hand to the head; within a limb it is fewer
_MOST_WINDOWS = 32  # each goes through the network J + 1 times
_AT_ONCE = 64


@dataclass(frozen=True)
class Relations:
    """All pairs of markers of a model on held-out windows.

    Attributes:
        skeleton: the J markers.
        attention: `[J, J]` mean over the windows; each row adds up to 1.
        influence: rise and movement `[J, J]`, millimetres.
        hops: `[J, J]` lines from marker to marker on the skeleton.
        distance_m: `[J, J]` mean distance, metres.
        windows: how many were looked at.
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
    """Measure all pairs on windows spread evenly over those given.

    Args:
        network: the trained network, in evaluation mode.
        windows: held-out windows.
    """
    positions = windows.positions_m(evenly_spaced(len(windows), _MOST_WINDOWS))
    pairs = measure_pairs(list(positions.cpu().numpy()))
    on_device = positions.to(network.log_std.device)
    return Relations(
        skeleton=windows.skeleton,
        attention=marker_attention(network, on_device).mean(dim=0).cpu(),
        # Pair bounds are nine tenths of the time, and not what was learned.
        influence=influence(network.without_bounds(), on_device),
        hops=skeleton_hops(windows.skeleton, pairs),
        distance_m=pairs.mean_m,
        windows=len(positions),
    )


@torch.no_grad()
def marker_attention(
    network: GNNVAE, positions: Float[Tensor, "N T J 3"]
) -> Float[Tensor, "N J J"]:
    """The encoder's attention in each window, mean over layers and heads; row i listens to column j.

    Args:
        network: the trained network.
        positions: N windows in metres, z up, travelling as recorded.
    """
    found = []
    for some in positions.split(_AT_ONCE):
        motion = network.basis.analyze(network.batch_from_metres(some))
        nodes = network.basis.marker_nodes(motion.poses)
        found.append(network.graph.attention(nodes).mean(dim=(0, 2)))
    return torch.cat(found)


def skeleton_hops(skeleton: Skeleton, pairs: PairStatistics) -> Int[Tensor, "J J"]:
    """Lines from marker to marker: the listed lines, and what joins the whole body.

    Args:
        skeleton: the markers.
        pairs: measured distances; steady pairs join what the listed lines leave apart.
    """
    edges = build_edges(skeleton, "skeleton_completed", (), pairs)
    hops = torch.zeros(len(skeleton), len(skeleton), dtype=torch.int64)
    graph: nx.Graph[int] = nx.Graph(edges.edge_index.T.tolist())
    for start, lengths in nx.all_pairs_shortest_path_length(graph):
        for stop, length in lengths.items():
            hops[start, stop] = length
    return hops


def both_ways(score: Float[Tensor, "J J"]) -> Float[Tensor, "J J"]:
    """The mean of both directions: what is said of a pair as such."""
    return (score + score.T) / 2


def strongest_pairs(
    score: Float[Tensor, "J J"], count: int, among: Bool[Tensor, "J J"] | None = None
) -> list[tuple[int, int]]:
    """The pairs i < j of the highest scores, both directions taken together, highest first.

    Args:
        score: of each direction.
        count: at most so many.
        among: `[J, J]` pairs that count; all if None.
    """
    wanted = torch.ones_like(score, dtype=torch.bool) if among is None else among
    first, second = torch.triu(wanted, diagonal=1).nonzero().unbind(1)
    order = both_ways(score)[first, second].argsort(descending=True, stable=True)[:count]
    return list(zip(first[order].tolist(), second[order].tolist(), strict=True))


def pair_auc(
    score: Float[Tensor, "J J"],
    planted: Bool[Tensor, "J J"],
    among: Bool[Tensor, "J J"] | None = None,
) -> float:
    """How well a score tells planted pairs from others: the area under its ROC curve.

    It is the probability that a planted pair scores higher than another one, a tie counting half; a
    score that knows nothing has 0.5. Pairs are taken without direction.

    Args:
        score: of each direction.
        planted: true for a planted pair, in one direction or in both.
        among: `[J, J]` pairs that count; all if None.

    Raises:
        UserError: no pair is planted, or every one.
    """
    wanted = torch.ones_like(planted) if among is None else among
    counted = torch.triu(wanted | wanted.T, diagonal=1)
    values, hit = both_ways(score)[counted], (planted | planted.T)[counted]
    if not hit.any() or hit.all():
        raise UserError("an AUC needs pairs that are planted and pairs that are not")
    above = values[hit][:, None] - values[~hit]
    return float((above.sign() + 1).mean() / 2)


def save_relations(folder: str | Path, relations: Relations) -> Path:
    """Write `relations.csv` in a run folder, a row for each pair and direction, aside and renamed.

    Returns:
        The file's path.
    """
    path = Path(folder) / FILE
    write_text(path, "\n".join([",".join(_COLUMNS), *_rows(relations)]) + "\n")
    return path


_COLUMNS = ("marker", "other", "hops", "distance_m", "attention", "error_rise_mm", "moved_mm")


def _rows(relations: Relations) -> list[str]:
    """What `other` tells of `marker`, pair by pair."""
    names, told = relations.skeleton.markers, relations.influence
    return [
        f"{names[i]},{names[j]},{int(relations.hops[i, j])},{relations.distance_m[i, j]:.4f},"
        f"{relations.attention[i, j]:.6f},{told.rise_mm[i, j]:.5f},{told.moved_mm[i, j]:.5f}"
        for i in range(len(names))
        for j in range(len(names))
        if i != j
    ]
