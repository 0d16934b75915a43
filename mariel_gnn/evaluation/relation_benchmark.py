"""The benchmark of relations: every row on planted duets, where the related parts are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mariel_gnn.evaluation.relation_rows import EXTRA_ROWS, MAX_LAG_S, ROWS, SORTS, Row
from mariel_gnn.metrics.duet_relations import PairMovement
from mariel_gnn.metrics.ranking import auc, average_precision, hits_in_top
from mariel_gnn.mocap.body_parts import heading_rad, part_movement
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.curves import FloatArray
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.mocap.synthetic.planted_duets import SCENES, PlantedDuet, plant

SNRS = (3.0, 1.0, 0.3)
NULL_SNR = 1.0  # at which false positives are measured, since that takes several runs of a row
SECONDS, RATE_HZ = 30.0, 35.0
LEVEL = 0.05  # of false positives
SHIFTS = 2  # of the null: 200 pairs are pooled
FIRST_SEED = 1000  # far from the seeds on which the method's constants were chosen


class Measured(NamedTuple):
    """One row on one planted duet; the fields are the columns of the table.

    Attributes:
        auc: of the pairs with direction.
        auc_undirected: of the pairs without direction.
        auprc: area under precision over recall, with direction.
        top_k: share of the related pairs among the k highest scores.
        lag_error_frames: mean distance from the planted lag over related pairs, at 35 frames a second.
        false_positives: share of pairs in the same scene without relations over the limit that 5 % of
            pairs exceed when one dancer is shifted in time; NaN where it is not measured.
    """

    auc: float
    auc_undirected: float
    auprc: float
    top_k: float
    lag_error_frames: float
    false_positives: float


@dataclass(frozen=True)
class Result:
    """One row on one planted duet, and which one it was."""

    row: str
    scene: str
    snr: float
    seed: int
    measured: Measured


def run_benchmark(
    seeds: Iterable[int],
    rows: Mapping[str, Row] = ROWS,
    scenes: Sequence[str] = tuple(SCENES),
    snrs: Sequence[float] | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[Result]:
    """Measure rows on planted duets; a row whose library is not installed is left out, with a message.

    Args:
        seeds: of the planted duets.
        rows: the methods.
        scenes: names of `SCENES`.
        snrs: powers of the planted deviations relative to the dancers' own movement; None: `SNRS`.
        say: prints a message.
    """
    usable = dict(rows)
    snrs = SNRS if snrs is None else snrs
    for seed in seeds:
        dances = [synthesize_recording(2 * seed + body, SECONDS, RATE_HZ) for body in (0, 1)]
        for scene in scenes:
            for snr in snrs:
                planted = plant(scene, dances, snr, seed, RATE_HZ)
                unrelated = plant(scene, dances, snr, seed, RATE_HZ, related=False)
                for name, row in list(usable.items()):
                    try:
                        measured = measure(row, planted, unrelated if snr == NULL_SNR else None)
                    except ImportError as error:
                        say(f"{name} is left out: {error}: pip install 'mariel_gnn[relations]'")
                        del usable[name]
                        continue
                    yield Result(name, scene, snr, seed, measured)


def measure(row: Row, planted: PlantedDuet, unrelated: PlantedDuet | None = None) -> Measured:
    """Measure one row on one scene.

    Args:
        row: the method.
        planted: the scene.
        unrelated: the same without its relations, for the false positives; None leaves them out.
    """
    found = row(to_movement(planted.positions), planted.rate_hz)
    related = planted.related
    lag_error_s = np.abs(found.lag_s - planted.lag_s)[related]
    return Measured(
        auc=auc(found.score, related),
        auc_undirected=auc(found.score.max(axis=0), np.asarray(related.any(axis=0))),
        auprc=average_precision(found.score, related),
        top_k=hits_in_top(found.score, related),
        lag_error_frames=float(lag_error_s.mean() * planted.rate_hz),
        false_positives=math.nan
        if unrelated is None
        else _false_positives(row, to_movement(unrelated.positions), unrelated.rate_hz),
    )


def to_movement(positions: FloatArray) -> PairMovement:
    """The part movements of two bodies `[2, T, J, C]` with the markers of `mariel53`."""
    skeleton = load_skeleton("mariel53")
    first, second = (part_movement(body, skeleton) for body in positions)
    return PairMovement(
        first, second, np.stack([heading_rad(body, skeleton) for body in positions])
    )


def _false_positives(row: Row, duet: PairMovement, rate_hz: float) -> float:
    """Share of pairs that are called related at `LEVEL`.

    A row without p-values calls a pair related if its score is over the limit that `LEVEL` of all scores
    exceed with one dancer shifted in time.
    """
    found = row(duet, rate_hz)
    if found.p_value is not None:
        return float((found.p_value <= LEVEL).mean())
    least = math.ceil(3 * MAX_LAG_S * rate_hz)
    shifts = np.linspace(least, len(duet.first) - least, SHIFTS).round().astype(int)
    null = [row(duet.shifted(int(shift)), rate_hz).score for shift in shifts]
    return float((found.score > np.quantile(null, 1 - LEVEL)).mean())


def benchmarked_rows(with_extra: bool = False) -> dict[str, Row]:
    """All rows, and the sorts that a good benchmark defeats; `with_extra` adds very slow rows."""
    return ROWS | (EXTRA_ROWS if with_extra else {}) | SORTS


Table = tuple[str, list[str], list[list[str]]]  # title, head, cells


def benchmark_tables(results: Sequence[Result]) -> list[Table]:
    """One table of all columns over scenes, and one of the directed AUC scene by scene."""
    rows = list(dict.fromkeys(result.row for result in results))
    scenes = list(dict.fromkeys(result.scene for result in results))
    duets = len({result.seed for result in results})
    snrs = list(dict.fromkeys(result.snr for result in results))
    about = f"means of {duets} duet{'s' * (duets > 1)} of each scene and signal to noise {_listed(snrs)}"
    overall = [[row, *_overall(results, row)] for row in rows]
    by_scene = [
        [row, *(f"{_mean(results, 'auc', row=row, scene=scene):.3f}" for scene in scenes)]
        for row in rows
    ]
    by_snr = [
        [row, *(f"{_mean(results, 'auc', row=row, snr=snr):.3f}" for snr in snrs)] for row in rows
    ]
    return [
        (f"Planted relations: {about}, all scenes", ["row", *_HEADS], overall),
        (f"Directed AUC by scene: {about}", ["row", *scenes], by_scene),
        ("Directed AUC by signal to noise", ["row", *(f"{snr:g}" for snr in snrs)], by_snr),
    ]


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


_HEADS = ("AUC", "undirected", "AUPRC", "top k", "lag error, frames", "false positives at 5 %")
_FORMATS = (".3f", ".3f", ".2f", ".2f", ".1f", ".1%")


def _overall(results: Sequence[Result], row: str) -> list[str]:
    values = [_mean(results, name, row=row) for name in Measured._fields]
    return [
        "-" if math.isnan(value) else f"{value:{form}}"
        for value, form in zip(values, _FORMATS, strict=True)
    ]


def _mean(results: Sequence[Result], column: str, **of: object) -> float:
    """The mean of a column over the results with the given attributes, without NaN."""
    chosen = [each for each in results if all(getattr(each, key) == of[key] for key in of)]
    values = [value for each in chosen if not math.isnan(value := getattr(each.measured, column))]
    return sum(values) / len(values) if values else math.nan
