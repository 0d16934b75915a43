"""Paired comparison: the difference of two models on the same windows, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mariel_gnn.comparison.groups import RunGroup, families
from mariel_gnn.comparison.intervals import (
    Array,
    Estimate,
    RecordingBootstrap,
    difference_over_seeds,
)

PCA, MOTION_PCA = "pca", "motion_pca"  # rows of a run


@dataclass(frozen=True)
class Paired:
    """The error of a group compared with the error of a reference on the same windows.

    Attributes:
        group: name of the group.
        reference: name of the reference.
        difference_mm: MPJPE of the group minus MPJPE of the reference, with its interval over recordings.
        ratio: MPJPE of the group divided by MPJPE of the reference, with its interval over recordings.
        over_seeds_mm: the same difference, with its interval over seeds.
        by_recording_mm: `[R]` the difference in each recording.
    """

    group: str
    reference: str
    difference_mm: Estimate
    ratio: Estimate
    over_seeds_mm: Estimate
    by_recording_mm: Array = field(repr=False)

    @property
    def better_on(self) -> int:
        """Number of recordings on which the group has the smaller error."""
        return int((self.by_recording_mm < 0).sum())

    @property
    def is_significant(self) -> bool:
        """Whether no interval contains zero; one seed has no interval over seeds."""
        seeds = self.over_seeds_mm
        return self.difference_mm.excludes_zero and (seeds.excludes_zero or not seeds.has_interval)

    def verdict(self) -> str:
        """Return the result as a sentence without a full stop."""
        mm, count = self.difference_mm, len(self.by_recording_mm)
        if not mm.has_interval:
            return (
                f"{self.group} against {self.reference}: {mm.value:+.1f} mm on the only test recording; "
                "one recording gives no interval"
            )
        better = mm.value < 0
        agreeing = self.better_on if better else count - self.better_on
        if self.is_significant:
            low, high = sorted((abs(mm.low), abs(mm.high)))
            return (
                f"{self.group} is {'better' if better else 'worse'} than {self.reference} by "
                f"{abs(mm.value):.1f} mm (95 % interval {low:.1f} to {high:.1f}), on {agreeing} of {count} "
                f"recordings{self._few_seeds()}"
            )
        return (
            f"no significant difference between {self.group} and {self.reference}: {mm.value:+.1f} mm "
            f"(95 % interval {mm.low:+.1f} to {mm.high:+.1f} over recordings{self._seeds_interval()}), "
            f"{self.group} better on {self.better_on} of {count}{self._few_seeds()}"
        )

    def _seeds_interval(self) -> str:
        seeds = self.over_seeds_mm
        return f", {seeds.low:+.1f} to {seeds.high:+.1f} over seeds" if seeds.has_interval else ""

    def _few_seeds(self) -> str:
        return (
            ""
            if self.over_seeds_mm.has_interval
            else "; one seed only: the effect of the seed is unknown"
        )


def pair_all(groups: Sequence[RunGroup], bootstrap: RecordingBootstrap) -> list[Paired]:
    """Compare every group that reconstructs with its reference group, then each with the baselines."""
    groups = [group for group in groups if group.reconstructs]
    references = [(group, reference_of(group, groups)) for group in groups]
    return [
        *(_against_group(group, other, bootstrap) for group, other in references if other),
        *(
            _against_baseline(group, row, bootstrap)
            for row in (MOTION_PCA, PCA)
            for group in groups
            if group.has_row(row)
        ),
    ]


def reference_of(group: RunGroup, groups: Sequence[RunGroup]) -> RunGroup | None:
    """The group with which a group is compared; None for the first group of all.

    Models are compared each with the one before, so that a ladder of models shows what each of them
    adds. Groups of one model with other options are compared with its first options. In both cases the
    reference has this group's latent size if there is one, and the smallest otherwise.
    """
    first = families([other for other in groups if other.model == group.model])[0]
    before = _model_before(group.model, groups) if group in first else first
    if before is None:
        return None if group is first[0] else first[0]
    alike = [other for other in before if other.latent_size == group.latent_size]
    return (alike or before)[0]


def _model_before(model: str, groups: Sequence[RunGroup]) -> list[RunGroup] | None:
    """The first options of the model that comes before, at all latent sizes."""
    models = list(dict.fromkeys(group.model for group in groups))
    if model == models[0]:
        return None
    before = models[models.index(model) - 1]
    return families([group for group in groups if group.model == before])[0]


def _on_common_seeds(group: RunGroup, reference: RunGroup) -> tuple[RunGroup, RunGroup]:
    """Both groups with only the seeds that both have, or unchanged if they share none.

    With different seeds, the difference would include the effect of the seeds.
    """
    common = group.seeds & reference.seeds
    return (
        (group.with_seeds(common), reference.with_seeds(common)) if common else (group, reference)
    )


def _against_group(group: RunGroup, first: RunGroup, bootstrap: RecordingBootstrap) -> Paired:
    group, first = _on_common_seeds(group, first)
    seeds = difference_over_seeds(group.seeds_mm(), first.seeds_mm())
    return _pair((group.name, group.window_mm()), (first.name, first.window_mm()), seeds, bootstrap)


def _against_baseline(group: RunGroup, row: str, bootstrap: RecordingBootstrap) -> Paired:
    seeds = difference_over_seeds(group.seeds_mm(), group.seeds_mm(row))
    mine = (group.name, group.window_mm())
    baseline = (baseline_name(row, group.latent_size), group.window_mm(row))
    return _pair(mine, baseline, seeds, bootstrap)


def baseline_name(row: str, latent_size: int) -> str:
    """The row of a comparison for a baseline of a run; PCA has the run's latent size."""
    names = {PCA: pca_name(latent_size), MOTION_PCA: f"motion {pca_name(latent_size)}"}
    return names.get(row, row.replace("_", " "))


def pca_name(latent_size: int) -> str:
    """The row of PCA of windows at a latent size."""
    return f"PCA z{latent_size}"


def _pair(
    group: tuple[str, Array],
    reference: tuple[str, Array],
    seeds: Estimate,
    bootstrap: RecordingBootstrap,
) -> Paired:
    """Two named errors `[N]` of the same windows, millimetres."""
    (name, mine), (other, theirs) = group, reference
    both = np.stack([mine, theirs], axis=1)
    resampled = bootstrap.means(both)
    mean_mine, mean_theirs = both.mean(axis=0)
    return Paired(
        group=name,
        reference=other,
        difference_mm=bootstrap.estimate(
            mean_mine - mean_theirs, resampled[:, 0] - resampled[:, 1]
        ),
        ratio=bootstrap.estimate(mean_mine / mean_theirs, resampled[:, 0] / resampled[:, 1]),
        over_seeds_mm=seeds,
        by_recording_mm=bootstrap.by_recording(mine - theirs),
    )
