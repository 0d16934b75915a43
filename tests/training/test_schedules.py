from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.training.schedules import kl_weight, learning_rate

epochs = st.floats(0, 1000)


@given(epochs, epochs, st.floats(0, 10), st.floats(0.1, 100))
def test_the_kl_weight_rises_from_nothing_to_full_and_stays(a, b, full, warmup):
    first, later = sorted((a, b))
    assert 0 <= kl_weight(first, full, warmup) <= kl_weight(later, full, warmup) <= full
    assert kl_weight(0, full, warmup) == 0
    assert kl_weight(warmup, full, warmup) == full


def test_without_warming_up_the_kl_weight_is_full_from_the_start():
    assert kl_weight(0, 1e-4, 0) == 1e-4


@given(epochs, st.floats(1e-5, 1), st.floats(1, 100))
def test_the_learning_rate_halves_in_its_half_life(epoch, start, half_life):
    now = learning_rate(epoch, start, half_life)
    later = learning_rate(epoch + half_life, start, half_life)
    assert abs(later - now / 2) <= 1e-9 * now
    assert learning_rate(epoch, start, None) == start
