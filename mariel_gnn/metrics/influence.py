"""What a model uses of each marker, measured by an intervention: the marker is made to stand still.

    rise[i, j] = error of marker i's reconstruction with j standing still  -  its error otherwise
    moved[i, j] = distance between the two reconstructions of marker i

Row i is the marker told about, column j the one that tells. A model needs no graph for it: what is
asked is what it does, not what its weights are. The rise is the one to read as a relation: a marker
that only disturbs another moves its reconstruction too, but does not make it better.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.augmenting import turned_by
from mariel_gnn.data.dataset import WindowBatch
from mariel_gnn.models.vae import VAE
from mariel_gnn.skeletons import Skeleton
from mariel_gnn.skeletons.body import heading_rad

_AT_ONCE = 64  # windows that go through the network together


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
    parts = positions.split(_AT_ONCE)
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
    place = turned_by(positions - middle, -heading).mean(dim=1, keepdim=True)
    return middle + turned_by(place.repeat(1, positions.shape[1], 1, 1), heading)


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
