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

PCA = "pca"


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
    """Compare every group that reconstructs with its reference group, then each with PCA."""
    groups = [group for group in groups if group.reconstructs]
    firsts = [(group, reference_of(group, groups)) for group in groups]
    against_groups = [_against_group(group, first, bootstrap) for group, first in firsts if first]
    return against_groups + [_against_pca(group, bootstrap) for group in groups]


def reference_of(group: RunGroup, groups: Sequence[RunGroup]) -> RunGroup | None:
    """The group with which a group is compared; None for the first group itself.

    If the first group's model was also trained at this group's latent size, that group is the reference;
    otherwise the first group is.
    """
    first = groups[0]
    [family] = [members for members in families(groups) if first in members]
    alike = [other for other in family if other.latent_size == group.latent_size]
    reference = first if group in family or not alike else alike[0]
    return None if reference is group else reference


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


def _against_pca(group: RunGroup, bootstrap: RecordingBootstrap) -> Paired:
    seeds = difference_over_seeds(group.seeds_mm(), group.seeds_mm(PCA))
    mine = (group.name, group.window_mm())
    return _pair(mine, (pca_name(group.latent_size), group.window_mm(PCA)), seeds, bootstrap)


def pca_name(latent_size: int) -> str:
    """The row of PCA at a latent size."""
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
