"""Names are identities: whole, compared exactly, duplicates kept apart and told."""

from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.mocap.formats.labels import distinct_labels, is_unnamed

NAMES = st.lists(st.sampled_from(["A", "B", "A#2", "1:A", "Anna:A", "*1", "", "a"]), max_size=9)
BODY = ("Head", "Chest", "LHand", "RHand", "LFoot", "RFoot")


@given(NAMES)
def test_every_column_gets_its_own_label_and_what_changed_is_told(labels):
    distinct, notes = distinct_labels(labels)
    assert len(distinct) == len(set(distinct)) == len(labels)
    assert distinct_labels(distinct) == (distinct, ())
    for old, new in zip(labels, distinct, strict=True):
        assert is_unnamed(old) == is_unnamed(new)
        assert old in new
        assert old == new or is_unnamed(old) or notes
    for label in set(labels) - {""}:
        if labels.count(label) == 1:
            assert label in distinct


def test_a_duplicate_is_numbered_and_told():
    distinct, notes = distinct_labels(["LANK", "C7", "LANK", "LANK#2", "T10", "LANK"])
    assert distinct == ("LANK", "C7", "LANK#3", "LANK#2", "T10", "LANK#4")
    assert notes == (
        "names that occur again are numbered: LANK#3 is another LANK, LANK#4 is another LANK",
    )


def test_a_set_that_occurs_twice_is_two_dancers():
    both = tuple(f"1:{name}" for name in BODY) + tuple(f"2:{name}" for name in BODY)
    distinct, notes = distinct_labels(BODY * 2)
    assert distinct == both
    assert notes == ("each name occurs twice: read as 2 dancers, 1:Head, … and 2:Head, …",)
    interleaved, _ = distinct_labels([name for name in BODY for _ in range(2)])
    assert set(interleaved) == set(both)
    three, _ = distinct_labels([f"Anna:{name}" for name in BODY] * 3 + ["Ben:Head", "*1", "*1"])
    assert three[6] == "2:Anna:Head"
    assert three[-3:] == ("Ben:Head", "*1", "*1#2")


def test_a_name_that_only_one_of_two_dancers_has_belongs_to_neither():
    distinct, notes = distinct_labels([*BODY, "Hat", *BODY])
    assert distinct[6] == "Hat"
    assert notes == (
        "each of 6 names occurs twice: read as 2 dancers, 1:Head, … and 2:Head, …; not so Hat",
    )
