"""The average of weights: proportional to a power of the step."""

import pytest
import torch
from torch import nn

from mariel_gnn.training.schedules import AverageOverTraining


def average_of(values, power):
    model = nn.Linear(1, 1)
    averaged = AverageOverTraining(model, power)
    for value in values:
        with torch.no_grad():
            model.weight.fill_(value)
        averaged.update_parameters(model)
    return averaged.module.weight.item()


@pytest.mark.parametrize("power", [0.0, 3.0, 6.0])
def test_weights_count_by_a_power_of_their_step(power):
    values = torch.linspace(2, -5, 400)
    counts = torch.arange(1, 401) ** power
    expected = (counts * values).sum() / counts.sum()
    assert average_of(values, power) == pytest.approx(float(expected), abs=0.02)


def test_constant_weights_equal_their_average():
    assert average_of([0.3] * 20, 6.0) == pytest.approx(0.3)


def test_without_averaging_the_latest_weights_are_saved():
    assert average_of([1.0, 2.0, 7.0], None) == 7.0
