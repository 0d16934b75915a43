"""Rounds are interleaved, the warm-up does not count, and a failing row takes no other with it."""

import pytest

from mariel_gnn.benchmark.rounds import run_rounds
from mariel_gnn.benchmark.rows import Case, Prepared, find


@pytest.fixture
def calls():
    return []


def case(name, calls, fails_at=None):
    """A case whose measurements are 0, 1, 2, …; it fails at one of them, or at -1 while it is prepared."""

    def prepare():
        calls.append(f"prepare {name}")
        if fails_at == -1:
            raise ValueError("no\nsuch thing")
        numbers = iter(range(100))

        def measure():
            calls.append(name)
            if (number := next(numbers)) == fails_at:
                raise RuntimeError("out of memory")
            return {"s": number}

        return Prepared(measure, {"parameters": 7})

    return Case("models", name, prepare)


def test_each_round_measures_each_row_once_after_the_warm_up(calls):
    run_rounds([case("a", calls), case("b", calls)], 2)
    assert calls == ["prepare a", "a", "prepare b", "b", "a", "b", "a", "b"]


def test_the_warm_up_does_not_count(calls):
    (row,) = run_rounds([case("a", calls)], 3)
    assert row.samples == {"s": [1, 2, 3]}
    assert row.numbers() == {"parameters": 7, "s": 2, "s_low": 1, "s_high": 3}


@pytest.mark.parametrize(("fails_at", "kept"), [(-1, []), (0, []), (2, [1])])
def test_a_failing_row_is_named_and_the_others_are_complete(calls, fails_at, kept):
    rows = run_rounds([case("a", calls), case("bad", calls, fails_at), case("c", calls)], 3)
    assert [row.samples.get("s", []) for row in rows] == [[1, 2, 3], kept, [1, 2, 3]]
    assert [bool(row.error) for row in rows] == [False, True, False]
    assert rows[1].error in ("ValueError: no such thing", "RuntimeError: out of memory")
    assert find(rows, "models", "bad") is None
    assert find(rows, "models", "c") is rows[2]


def test_progress_reaches_its_total_although_a_row_failed(calls):
    seen = []
    run_rounds([case("a", calls), case("bad", calls, 0)], 2, lambda *done: seen.append(done))
    assert seen == [(number, 6) for number in range(1, 7)]
