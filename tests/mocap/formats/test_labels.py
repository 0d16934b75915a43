"""Labels matched by name, whatever stands before them."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.interpretation import identify_skeleton, select_dancer, split_dancers
from mariel_gnn.mocap.formats.labels import (
    UNNAMED,
    dancer_columns,
    match_labels,
    strip_dancer_names,
)
from mariel_gnn.mocap.formats.marker_file import MarkerFile
from mariel_gnn.mocap.skeletons.loading import load_skeleton

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


def held(labels):
    """A file of such labels; each marker stands at its own column."""
    columns = np.arange(len(labels), dtype=float)
    return MarkerFile(np.repeat(columns[None, :, None], 3, axis=2), tuple(labels))


@pytest.mark.parametrize("between", [":", "_", "-", " ", ""])
def test_two_dancers_are_not_mixed(between):
    labels = [f"{dancer}{between}{m}" for m in MARKERS for dancer in ("Anna", "Bea")]
    dancers = split_dancers(held([*labels, "*12"]), None, Path("duet.c3d"))
    assert list(dancers) == ["Anna", "Bea"]
    for dancer, part in dancers.items():
        assert [labels[int(at)] for at in part.positions[0, :53, 0]] == [
            f"{dancer}{between}{marker}" for marker in MARKERS
        ]
        assert identify_skeleton(part).skeleton.name == "mariel53"
    with pytest.raises(UserError, match=r"Anna and Bea.*--subject"):
        select_dancer(held(labels), None, Path("duet.c3d"))
    with pytest.raises(UserError, match="Did you mean 'Bea'"):
        select_dancer(held(labels), "Beat", Path("duet.c3d"))
    bea = select_dancer(held(labels), "Bea", Path("duet.c3d"))
    assert bea.labels == tuple(f"Bea{between}{marker}" for marker in MARKERS)


def test_where_no_dancer_has_a_name_none_can_be_asked_for():
    with pytest.raises(UserError, match=r"no markers of 'Anna'\. Leave out --subject"):
        select_dancer(held(MARKERS), "Anna", Path("take.c3d"))


@given(st.integers(0, 10), st.booleans())
def test_a_prop_is_no_dancer_whoever_has_a_name(props, named):
    dancer = [f"Anna:{marker}" if named else marker for marker in MARKERS]
    labels = [*(f"Stick:{number}" for number in range(props)), "*1", *dancer]
    kept = select_dancer(held(labels), None, Path("take.c3d"))
    assert kept.labels == ("*1", *dancer)
    assert list(dancer_columns(dancer, [MARKERS])) == ["Anna" if named else UNNAMED]


def test_a_partner_who_lost_a_marker_does_not_lend_it():
    labels = [f"Anna:{marker}" for marker in MARKERS if marker != "LANK"]
    labels += [f"Bea:{marker}" for marker in random.Random(0).sample(MARKERS, 40)] + ["Bea:LANK"]
    anna = select_dancer(held(labels), "Anna", Path("duet.c3d"))
    with pytest.raises(UserError, match="LANK"):
        match_labels(anna.labels, MARKERS, "duet.c3d")


SMALL = load_skeleton("mariel18").markers


@given(st.sets(st.sampled_from(MARKERS), min_size=40, max_size=52))
def test_a_set_that_is_nearly_whole_is_kept_as_far_as_it_goes(markers):
    known = identify_skeleton(held([f"Anna:{marker}" for marker in markers]))
    assert set(known.skeleton.markers) == markers
    assert known.whole == "mariel53"
    assert f"lacks {53 - len(markers)} of mariel53's 53 markers" in known.lacks
    whole = load_skeleton("mariel53")
    drawn = {frozenset(whole.markers[end] for end in line) for line in whole.edges}
    kept = {frozenset(known.skeleton.markers[e] for e in line) for line in known.skeleton.edges}
    assert kept == {line for line in drawn if line <= markers}


@given(st.sets(st.sampled_from(MARKERS), max_size=20))
def test_a_smaller_set_is_taken_only_where_no_marker_of_a_larger_one_is_lost(others):
    labels = [*SMALL, *(others - set(SMALL))]
    known = identify_skeleton(held(labels))
    if len(labels) == len(SMALL):
        assert known.skeleton.name == "mariel18"
        assert not known.lacks
    else:
        assert known is None or set(known.skeleton.markers) == set(labels)


def test_names_are_bared_only_where_they_stay_apart():
    assert strip_dancer_names(["Anna:A", "Anna:B"]) == ("A", "B")
    assert strip_dancer_names(["Anna:A", "Bea:A"]) == ("Anna:A", "Bea:A")


def test_a_file_of_another_marker_set_is_told_by_what_it_holds():
    with pytest.raises(UserError, match=r"none of the 2 markers .*\(A, B\) but Hips, Knee: give"):
        match_labels(["Hips", "Knee"], ["A", "B"], "take.bvh")
