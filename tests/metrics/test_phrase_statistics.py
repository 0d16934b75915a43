"""Laws of statistics under weights: weights are as good as copies, and groups count equally."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.metrics.phrase_statistics import (
    Deviation,
    Quantile,
    Ratio,
    Statistic,
    mean_of,
    summarize,
    summarize_recordings,
)

N = 12


def statistics_of(values: torch.Tensor) -> dict[str, Statistic]:
    """One of each kind, of `[N]`."""
    frames = values[:, None] + torch.arange(3)
    return {
        "mean": mean_of(values),
        "ratio": Ratio(values, 1 + values.square()),
        "std": Deviation(values),
        "relative": Deviation(values + 5, relative=True),
        "median": Quantile(frames, 0.5),
        "low": Quantile(frames, 0.1),
    }


@pytest.fixture
def values() -> torch.Tensor:
    return torch.randn(N, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@given(st.lists(st.integers(0, 4), min_size=N, max_size=N).filter(any))
def test_a_weight_is_worth_as_many_copies(copies):
    values = torch.randn(N, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    times = torch.tensor(copies)
    weighted = summarize(statistics_of(values), times.double() / times.sum())
    copied = summarize(statistics_of(values.repeat_interleave(times)))
    assert weighted == pytest.approx(copied, abs=1e-6)


def test_each_kind_has_its_value(values):
    found, numbers = summarize(statistics_of(values)), values.numpy()
    assert found["mean"] == pytest.approx(numbers.mean())
    assert found["std"] == pytest.approx(numbers.std())
    assert found["relative"] == pytest.approx((numbers + 5).std() / (numbers + 5).mean())
    frames = np.sort((numbers[:, None] + np.arange(3)).ravel())
    assert found["median"] == pytest.approx(frames[3 * N // 2 - 1])


def test_what_is_not_defined_is_left_out():
    nothing = torch.zeros(3)
    assert summarize({"a": Ratio(nothing, nothing), "b": Deviation(nothing, relative=True)}) == {
        "b": 0
    }


def test_the_interval_is_over_recordings_and_holds_the_value(values):
    recording = torch.arange(N) // 3
    statistics, equal = statistics_of(values), torch.full((N,), 1 / N, dtype=torch.float64)
    found = summarize_recordings(statistics, recording, equal)
    for name in statistics:
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    alike = torch.arange(4).double().repeat_interleave(3)  # recordings differ, their phrases do not
    few = summarize_recordings({"mean": mean_of(alike)}, recording, equal)
    copies = {"mean": mean_of(alike.repeat(5))}
    # more phrases of the same recordings say nothing more
    assert summarize_recordings(copies, recording.repeat(5), equal.repeat(5) / 5) == pytest.approx(
        few
    )


@given(st.lists(st.integers(1, 4), min_size=N, max_size=N))
def test_weights_count_in_the_value_and_in_the_interval_as_copies_do(copies):
    values = torch.randn(N, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    recording, times = torch.arange(N) // 3, torch.tensor(copies)
    repeated = values.repeat_interleave(times)
    equal = torch.full((len(repeated),), 1 / len(repeated), dtype=torch.float64)
    weighted = summarize_recordings({"a": mean_of(values)}, recording, times.double() / times.sum())
    copied = summarize_recordings(
        {"a": mean_of(repeated)}, recording.repeat_interleave(times), equal
    )
    assert weighted == pytest.approx(copied, abs=1e-6)


def test_one_recording_has_no_interval(values):
    one, equal = torch.zeros(N, dtype=torch.long), torch.full((N,), 1 / N, dtype=torch.float64)
    found = summarize_recordings({"mean": mean_of(values)}, one, equal)
    assert set(found) == {"mean"}
    assert math.isfinite(found["mean"])
