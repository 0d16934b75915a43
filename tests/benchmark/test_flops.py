"""Floating-point operations against hand-counted cases, and memory against known allocations."""

import pytest
import torch
from torch import nn

from mariel_gnn.benchmark import clock
from mariel_gnn.benchmark.clock import peak_mb
from mariel_gnn.benchmark.flops import count_flops, lstm_flops, record_products, share_in_bfloat16
from mariel_gnn.benchmark.loops import NotebookModel

B, T, D, H = 3, 5, 7, 4
LSTM = 2 * T * B * (4 * H * D + 4 * H * H)  # two for each weight, at each step of each row


def recorded(function):
    return sum(product.flops * often for product, often in record_products(function).items())


def signal(*shape):
    return torch.randn(*shape, requires_grad=True)


def backward(layer, x):
    return lambda: layer(x).sum().backward()


def of_lstm(layer):
    return lambda x: layer(x)[0]


def attention(x):
    return nn.functional.scaled_dot_product_attention(x, x, x)


CASES = {
    "linear": (nn.Linear(D, H), signal(B, D), 2 * B * D * H, 3),
    "LSTM": (of_lstm(nn.LSTM(D, H, batch_first=True)), signal(B, T, D), LSTM, 3),
    "convolution": (nn.Conv1d(D, H, 3, padding=1), signal(B, D, T), 2 * B * T * 3 * D * H, 3),
    "strided convolution": (nn.Conv1d(D, H, 4, 2, 1), signal(B, D, 8), 2 * B * 4 * 4 * D * H, 3),
    "attention": (attention, signal(B, 2, T, H), 2 * 2 * B * 2 * T * T * H, 3.5),
}  # layer, input, operations forward, and how many times as many with the backward pass


@pytest.mark.parametrize("name", CASES)
def test_operations_are_those_counted_by_hand(name):
    layer, x, forward, times = CASES[name]
    assert count_flops(lambda: layer(x)) == forward
    assert count_flops(backward(layer, x)) == times * forward


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_products_have_the_counted_operations(name):
    layer, x, forward, times = CASES[name]
    assert recorded(lambda: layer(x)) == forward
    assert recorded(backward(layer, x)) == times * forward


def test_products_in_bfloat16_are_told_apart():
    layers = nn.Linear(D, H), nn.Linear(H, 2 * H)

    def mixed():
        with torch.autocast("cpu", torch.bfloat16):
            hidden = layers[0](torch.randn(B, D))
        layers[1](hidden.float())

    assert share_in_bfloat16(record_products(mixed)) == pytest.approx(D / (D + 2 * H))


def test_recurrent_layers_of_the_notebook_are_counted_by_their_weights():
    model, frames = NotebookModel(12, 8, 4, layers=2, dropout=0), torch.randn(B, T, 12)
    matrices = {name: w.numel() for name, w in model.named_parameters() if w.ndim == 2}
    recurrent = sum(size for name, size in matrices.items() if "coder" in name)
    rest = sum(matrices.values()) - recurrent
    expected = 2 * B * (T * recurrent + rest)
    assert count_flops(lambda: model(frames, torch.zeros(B, 4))) == expected


def test_biases_are_not_counted():
    weights = [(4 * H, D), (4 * H, H), (4 * H,), (4 * H,)]
    assert lstm_flops((T, B, D), *weights) == LSTM
    assert lstm_flops((T, B, D), *weights, passes=2) == 2 * LSTM


def test_peak_memory_is_that_of_the_tensors_that_live_together():
    def three_at_most():
        a, b = torch.ones(1000, 1000), torch.ones(1000, 1000)
        total = a + b
        del a, b
        return total[:, :500] + torch.ones(1000, 500)

    assert peak_mb(three_at_most, torch.device("cpu")) == pytest.approx(12, abs=0.01)


def test_a_step_that_does_not_fit_the_memory_is_not_tried(monkeypatch):
    def step(size):
        assert size < 1000
        return torch.ones(size, 1_000_000)

    cpu = torch.device("cpu")
    monkeypatch.setattr(clock, "available_mb", lambda: 3_900.0)
    clock.check_memory(step, 500, cpu)
    with pytest.raises(MemoryError, match="needs about 4,000 MB of memory, 3,900 are free"):
        clock.check_memory(step, 1000, cpu)
