"""The process: its spectrum, its variance, and that it continues known states without a jump."""

import pytest
import torch

from mariel_gnn.models.flow.process import given_known, smooth_noise

HZ = 17.5


def white(count=400, states=64, size=3):
    return torch.randn(count, states, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("state_hz", [12.5, 17.5, 30.0])
def test_noise_has_variance_one_and_little_fast_movement(state_hz):
    noise = smooth_noise(white(), state_hz, torch.zeros(400, 64))
    assert noise.std().item() == pytest.approx(1, abs=0.03)
    windowed = noise * torch.hann_window(64)[:, None]
    spectrum = torch.fft.rfft(windowed, dim=1).abs().square().mean((0, 2)).sqrt()
    hz = torch.fft.rfftfreq(64, 1 / state_hz)
    slow, fast = (spectrum[(hz - at).abs().argmin()] for at in (1.0, 4.0))
    assert 0.05 < fast / slow < 0.2


def test_noise_at_the_same_times_does_not_depend_on_the_rate():
    """Covariance of states 0.4 s apart."""
    found = [
        float((noise[:, 0] * noise[:, steps]).mean())
        for hz, steps in ((10.0, 4), (20.0, 8))
        for noise in [smooth_noise(white(4000), hz, torch.zeros(4000, 64))]
    ]
    assert found[0] == pytest.approx(found[1], abs=0.05)


@pytest.mark.parametrize("known", [[0, 1, 2], [0, 1, 2, 62, 63], [0], [63], list(range(24))])
def test_noise_is_zero_where_known_and_grows_from_there(known):
    mask = torch.zeros(400, 64)
    mask[:, known] = 1
    noise = smooth_noise(white(), HZ, mask)
    assert not noise[:, known].any()
    std = noise.std(dim=(0, 2))
    distance = torch.tensor([min(abs(place - one) for one in known) for place in range(64)])
    assert std[distance == 1].max() < 0.5
    assert (std[distance == 3] > std[distance == 1].max()).all()
    if (distance > 12).any():
        assert std[distance > 12].numpy() == pytest.approx(1, abs=0.12)


def test_each_sequence_has_its_own_known_states():
    mask = torch.zeros(3, 20)
    mask[0, :5] = mask[1, -4:] = 1
    found = smooth_noise(white(3, 20), HZ, mask)
    assert not found[mask == 1].any()
    for place in range(3):
        alone = smooth_noise(white(3, 20)[place : place + 1], HZ, mask[place : place + 1])
        torch.testing.assert_close(alone[0], found[place], rtol=0, atol=1e-4)


def test_all_known_and_one_state():
    assert not smooth_noise(white(2, 5), HZ, torch.ones(2, 5)).any()
    assert smooth_noise(white(2, 1), HZ, torch.zeros(2, 1)).isfinite().all()


def test_the_mean_continues_known_values_smoothly_and_forgets_them():
    """It goes on in their direction, by less and less, and returns to zero."""
    values, mask = torch.zeros(1, 80, 1), torch.zeros(1, 80)
    values[0, :24, 0], mask[0, :24] = torch.linspace(-2, 0, 24), 1
    mean, std = given_known(values, HZ, mask)
    steps = mean[0, 22:, 0].diff()
    assert mean[0, :24].numpy() == pytest.approx(values[0, :24].numpy(), abs=0.01)
    assert 0.5 * steps[0] < steps[1] < steps[0]
    assert (steps.diff().abs() < 0.5 * steps[0]).all()
    assert abs(float(mean[0, -1, 0])) < 0.01
    assert not std[0, :24].any()
    assert std[0, 24] < 0.25
    assert std[0, -1] == pytest.approx(1, abs=0.01)


def test_without_known_states_the_mean_is_zero():
    mean, std = given_known(white(2, 9), HZ, torch.zeros(2, 9))
    assert not mean.any()
    assert (std == 1).all()


def test_values_at_unknown_states_do_not_matter():
    mask = torch.zeros(2, 9)
    mask[:, 3:5] = 1
    other = white(2, 9) + (1 - mask)[..., None]
    for one, two in zip(
        given_known(white(2, 9), HZ, mask), given_known(other, HZ, mask), strict=True
    ):
        torch.testing.assert_close(one, two)
