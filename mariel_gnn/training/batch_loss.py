"""The loss of a batch, and its terms summed over the examples of an epoch."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.models.motion_model import MotionModel, Terms


class ModelLoss(nn.Module):
    """A model's loss as `forward`, which is what Fabric wraps.

    Args:
        model: the model.
    """

    def __init__(self, model: MotionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: WindowBatch, target: WindowBatch, path_weight: float) -> Terms:
        """The loss terms of each window, `[B]` nats."""
        return self.model.loss(batch, target, path_weight)


class TermSums:
    """Sums over examples of the weighted loss, its terms and further numbers."""

    def __init__(self) -> None:
        self.examples = 0
        self.sums: dict[str, float] = {}

    def add(self, terms: Terms, weights: dict[str, float], further: Terms | None = None) -> None:
        """Add a batch: its terms in nats with their weights, and numbers that name their unit."""
        loss = weighted_sum(terms, weights)
        named = {"loss": loss, **terms}
        values = {f"{name}_nats": value for name, value in named.items()} | (further or {})
        self.examples += len(loss)
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.sum())

    @classmethod
    def of_all(cls, parts: Iterable[TermSums]) -> TermSums:
        """The sums of all ranks, from those of each."""
        whole = cls()
        for part in parts:
            whole.examples += part.examples
            for name, value in part.sums.items():
                whole.sums[name] = whole.sums.get(name, 0.0) + value
        return whole

    def means(self, role: str) -> dict[str, float]:
        """The means over examples, named for a role such as train."""
        return {f"{role}/{name}": value / self.examples for name, value in self.sums.items()}
