"""Curves as SVG: points inside the chart, round ticks, logarithmic axes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.viz.curves import MetricsTable
from mariel_gnn.viz.page.line_charts import HEIGHT, MOST_TICKS, WIDTH, _Axis, line_charts

EPOCHS = np.arange(1.0, 9.0)


def charts(**columns):
    named = {name.replace("__", "/"): np.asarray(values) for name, values in columns.items()}
    return line_charts(MetricsTable({"epoch": EPOCHS} | named))


def corners(content):
    return [
        [tuple(map(float, pair.split(","))) for pair in text.split()]
        for text in re.findall(r'<polyline class="series-\d" points="([^"]*)"', content)
    ]


def test_the_splits_of_a_quantity_share_a_chart():
    content = charts(
        train__loss_nats=EPOCHS, validation__loss_nats=2 * EPOCHS, validation__mpjpe_mm=EPOCHS
    )
    assert content.count("<svg") == 2
    assert [len(line) for line in corners(content)] == [8, 8, 8]
    assert "loss, nats" in content
    assert "mpjpe, mm" in content


def test_a_rising_curve_goes_up_inside_the_chart():
    [line] = corners(charts(train__loss_nats=EPOCHS**2))
    x, y = np.array(line).T
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) < 0).all()
    assert x.min() > 0
    assert x.max() < WIDTH
    assert y.min() > 0
    assert y.max() < HEIGHT


def test_values_over_decades_have_a_logarithmic_axis():
    [line] = corners(charts(train__loss_nats=10.0**EPOCHS))
    steps = np.diff(np.array(line)[:, 1])
    np.testing.assert_allclose(steps, steps[0], atol=0.2)


def test_empty_cells_are_left_out():
    values = EPOCHS.copy()
    values[[0, 3]] = np.nan
    assert [len(line) for line in corners(charts(validation__mpjpe_mm=values))] == [6]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_inside_the_axis(low, span):
    axis = _Axis(np.array([low, low + span]), 0.0, 100.0)
    ticks = axis.ticks()
    assert len(ticks) <= 2 * MOST_TICKS + 4
    assert all(low <= tick <= low + span for tick in ticks)


@pytest.mark.parametrize("value", [0.0, -3.0, 1e9])
def test_a_constant_curve_has_an_axis(value):
    [line] = corners(charts(train__loss_nats=np.full(8, value)))
    assert np.isfinite(line).all()
