"""The rows of the table of a run, and the names of their numbers in `summary.json`."""

from __future__ import annotations

from collections.abc import Mapping

from mariel_gnn.models.options import PRIORS

Rows = Mapping[str, Mapping[str, float]]

DATA, TRAINING_DATA = "data", "training_data"  # recorded motion: test windows, training windows
RECONSTRUCTIONS = "reconstructions"  # of training phrases by the model, measured as samples
MEAN_OF_GROUPS = "group mean"  # of recordings
RECONSTRUCTIONS_PREFIX, EXPECTED_PREFIX = "reconstructions/", "expected/"
DATA_PREFIX, TRAINING_PREFIX, GROUPS_PREFIX = "data/", "training_data/", "data/groups/"
BASELINE_PREFIX = "baseline/"


def prior_row(model: str, prior: str) -> str:
    """The row of a model's samples from a prior that is not the model's own."""
    return f"{model} ({prior})"


def prior_prefix(prior: str) -> str:
    """The start of the names of the numbers of such samples in `summary.json`."""
    return f"samples_{prior}/"


def expected_row(model: str) -> str:
    """The row of the partners that a model expects: the means of all its answers."""
    return f"{model} (expected)"


def group_row(group: str) -> str:
    """The row of the test windows of a group of recordings."""
    return f"{DATA} ({group})"


def is_recorded(row: str) -> bool:
    """Whether a row holds numbers of recorded motion."""
    return row in (DATA, TRAINING_DATA) or row.startswith(f"{DATA} (")


def summary_name(row: str, model: str, name: str) -> str:
    """The name in `summary.json` of a number of a row.

    Args:
        row: the row.
        model: the row of the run's model.
        name: the number in the row.
    """
    if row == model:
        return name
    of_samples = name.removeprefix("samples/")
    prefixes = {
        **{prior_row(model, prior): prior_prefix(prior) for prior in PRIORS},
        expected_row(model): EXPECTED_PREFIX,
        RECONSTRUCTIONS: RECONSTRUCTIONS_PREFIX,
        DATA: DATA_PREFIX,
        TRAINING_DATA: TRAINING_PREFIX,
    }
    if row in prefixes:
        return prefixes[row] + of_samples
    if is_recorded(row):
        group = row.removeprefix(f"{DATA} (").removesuffix(")").replace(" ", "_")
        return f"{GROUPS_PREFIX}{group}/{of_samples}"
    return f"{BASELINE_PREFIX}{row}/{name.removeprefix('test/')}"
