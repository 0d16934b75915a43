"""What a run on two dancers is measured by beside the numbers of bodies: pairs, and partners of a dancer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.run_data import DuetSets
from mariel_gnn.evaluation.duet_baselines import DRAWS, DuetTake
from mariel_gnn.evaluation.duet_rows import MIN_TAKES, DuetTable, DuetTakes, duet_table
from mariel_gnn.evaluation.rows import expected_row
from mariel_gnn.metrics.duet import measure_partner
from mariel_gnn.metrics.phrase_statistics import Ratio
from mariel_gnn.metrics.reconstruction import mpjpe_mm
from mariel_gnn.mocap.skeletons.pair import one_of_pair
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.duet.duet_vae import DuetVAE

PARTNER_PREFIX, PAIR_PREFIX = "partner/", "test/pair_"
_PAIR_NUMBERS = ("place_mm", "facing_deg", "hand_distance_error_mm")
_BATCH = 128


def duet_takes(duets: DuetDataset) -> list[DuetTake]:
    """Return the duets of a dataset that hold a window with a measured place, as takes in metres."""
    recordings = [torch.from_numpy(one) for one in duets.recordings_m()]
    count = len(duets.duets)
    takes = [
        DuetTake(
            duet.name,
            torch.stack([recordings[number], recordings[number + count]], dim=1),
            torch.from_numpy(duet.measured),
        )
        for number, duet in enumerate(duets.duets)
    ]
    return [take for take in takes if take.measured(duets.rate_hz).any()]


def partner_table(name: str, network: DuetVAE, duets: DuetSets, seed: int = 0) -> DuetTable | None:
    """Measure a model's partners of the test dancers beside those of the baselines.

    Baselines are fitted on the training takes. Which numbers tell the recorded partner from a shuffled one is
    decided on all takes.

    Args:
        name: the model's row; the partners that it expects have a row too.
        network: the trained model.
        duets: training and test windows.
        seed: of the partners.

    Returns:
        The table; None if there are too few takes that can be measured.
    """
    train, test = (
        [take for take in duet_takes(part) if len(take) >= part.seq_len] for part in duets
    )
    skeleton, rate_hz, window = duets.train.skeleton, duets.train.rate_hz, duets.train.seq_len
    if len(train) < 2 or not test or len(train) + len(test) < MIN_TAKES or not skeleton.root:
        return None
    takes = DuetTakes(test, skeleton, rate_hz, window, training=train)
    everything = DuetTakes([*train, *test], skeleton, rate_hz, window)

    generator = torch.Generator().manual_seed(seed)
    answers = [network.partners(take.dancer, DRAWS, 1.0, generator) for take in test]
    expected = [network.partners(take.dancer, 1, 0.0, generator) for take in test]
    return duet_table(takes, {name: answers, expected_row(name): expected}, everything)


def measure_pairs_of(
    reconstruct: Callable[[Tensor], Tensor], test: DuetDataset, skeleton: Skeleton
) -> dict[str, float]:
    """Measure reconstructed pairs `[N, T, 2J, C]`: relative place, facing and hands, and each dancer alone.

    ``test/pair_place_mm``, ``test/pair_facing_deg``, ``test/pair_hand_distance_error_mm``: as of
    `measure_partner`, the mean of both directions.
    ``test/pair_dancer_mpjpe_mm``: mean distance of markers of each dancer, moved to where she starts.

    Args:
        reconstruct: from pairs in metres to pairs in metres.
        test: windows of two dancers.
        skeleton: of both dancers.
    """
    one = one_of_pair(skeleton)
    parts: list[dict[str, Ratio]] = []
    alone: list[Tensor] = []
    for indices in torch.arange(len(test)).split(_BATCH):
        target = test.positions_m(indices)
        found = reconstruct(target.flatten(2, 3)).unflatten(2, (2, -1))
        measured = test.batch(indices).measured
        for both in ((target, found), (target.flip(2), found.flip(2))):
            parts.append(measure_partner(*both, measured, one))
        for number in (0, 1):
            moved = _from_own_start(found[:, :, number], target[:, :, number])
            alone.append(mpjpe_mm(target[:, :, number], moved))
    names = [name for name in _PAIR_NUMBERS if name in parts[0]]
    numbers = {f"{PAIR_PREFIX}{name}": _pooled([part[name] for part in parts]) for name in names}
    return numbers | {f"{PAIR_PREFIX}dancer_mpjpe_mm": float(torch.cat(alone).mean())}


def partner_rows(table: DuetTable) -> dict[str, dict[str, float]]:
    """Return the rows of partners with the names of the numbers in the table of a run."""
    return {
        row: {f"{PARTNER_PREFIX}{name}": value for name, value in numbers.items()}
        for row, numbers in table.rows.items()
    }


def describe_left_out(left_out: Mapping[str, str]) -> list[str]:
    """Return a line for each number that is not printed, as it does not tell partners from shuffled ones."""
    return [f"partner {name} is not printed: {reason}" for name, reason in left_out.items()]


def _from_own_start(
    found: Float[Tensor, "N T J 3"], target: Float[Tensor, "N T J 3"]
) -> Float[Tensor, "N T J 3"]:
    """Dancers moved so that their horizontal mean starts where it should, as one dancer's phrase does."""
    shift = (target[:, :1, :, :2] - found[:, :1, :, :2]).mean(dim=2, keepdim=True)
    return torch.cat([found[..., :2] + shift, found[..., 2:]], dim=-1)


def _pooled(ratios: list[Ratio]) -> float:
    total = sum(float(ratio.numerator.sum()) for ratio in ratios)
    return total / max(sum(float(ratio.denominator.sum()) for ratio in ratios), 1e-12)
