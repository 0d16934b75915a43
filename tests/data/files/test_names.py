"""Labels matched by name, whatever stands before them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.files.names import bare_labels, match_labels, of_subject
from mariel_gnn.errors import UserError
from mariel_gnn.skeletons import load_skeleton

MARKERS = load_skeleton("mariel53").markers


@given(st.sampled_from(["", "Anna:", "Anna", "Anna_", "anna ", "L", "Q:X:"]), st.randoms())
def test_a_name_before_the_names_does_not_matter_nor_does_order_or_case(prefix, chance):
    labels = [f"{prefix}{marker}" for marker in MARKERS] + ["*12", "Unlabelled 3", "Prop:Stick1"]
    chance.shuffle(labels)
    found = match_labels(labels, MARKERS, "take.c3d")
    assert [labels[index] for index in found] == [f"{prefix}{marker}" for marker in MARKERS]
    lower = [label.lower() for label in labels]
    assert match_labels(lower, MARKERS, "take.c3d") == found


def test_missing_markers_are_told_with_the_nearest_names():
    labels = [f"Anna:{marker}" for marker in MARKERS if marker not in ("LANK", "STRN")]
    labels += ["Anna:LANKLE", "Anna:STERNUM"]
    with pytest.raises(UserError) as caught:
        match_labels(labels, MARKERS, "take.c3d")
    told = str(caught.value)
    assert "take.c3d" in told
    assert "2 of the skeleton's 53" in told
    assert "LANK (nearest: LANKLE)" in told
    assert "\n" not in told


def test_two_dancers_are_not_mixed():
    labels = [f"{dancer}:{marker}" for marker in MARKERS for dancer in ("Anna", "Bea")]
    with pytest.raises(UserError, match=r"Anna and Bea.*--subject"):
        match_labels(labels, MARKERS, "duet.c3d")
    bea = match_labels(labels, MARKERS, "duet.c3d", subject="Bea")
    assert [labels[index] for index in bea] == [f"Bea:{marker}" for marker in MARKERS]
    with pytest.raises(UserError, match="Did you mean 'Bea'"):
        match_labels(labels, MARKERS, "duet.c3d", subject="Beat")
    with pytest.raises(UserError, match=r"Anna and Bea.*--subject"):
        of_subject(labels, None, "duet.c3d")
    beas = of_subject(labels, "Bea", "duet.c3d")
    assert [labels[index] for index in beas] == [f"Bea:{marker}" for marker in MARKERS]


def test_a_partner_who_lost_a_marker_does_not_lend_it():
    labels = [f"Anna:{marker}" for marker in MARKERS if marker != "LANK"]
    labels += [f"Bea:{marker}" for marker in random.Random(0).sample(MARKERS, 40)] + ["Bea:LANK"]
    with pytest.raises(UserError, match="LANK"):
        match_labels(labels, MARKERS, "duet.c3d", subject="Anna")


def test_names_are_bared_only_where_they_stay_apart():
    assert bare_labels(["Anna:A", "Anna:B"]) == ("A", "B")
    assert bare_labels(["Anna:A", "Bea:A"]) == ("Anna:A", "Bea:A")
