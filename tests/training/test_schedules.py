from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.training.schedules import warmup

epochs = st.floats(0, 1000)


@given(epochs, epochs, st.floats(0, 10))
def test_a_warmup_rises_from_0_to_1_and_stays(a, b, warmup_epochs):
    first, later = sorted((a, b))
    assert 0 <= warmup(first, warmup_epochs) <= warmup(later, warmup_epochs) <= 1
    assert warmup(warmup_epochs, warmup_epochs) == 1


def test_without_warmup_it_is_1_from_the_start():
    assert warmup(0, 0) == 1
    assert warmup(0, 2) == 0
