"""Labels are matched by name with any prefix."""

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
def test_prefix_and_order_do_not_matter_but_case_does(prefix, random_order):
    labels = [f"{prefix}{marker}" for marker in MARKERS] + ["*12", "Unlabelled 3", "Prop:Stick1"]
    random_order.shuffle(labels)
    found = match_labels(labels, MARKERS, "take.c3d")
    assert [labels[index] for index in found] == [f"{prefix}{marker}" for marker in MARKERS]
    lower = [label.lower() for label in labels]
    with pytest.raises(UserError, match=r"LANK \(nearest: .*lank\).*upper and lower case differ"):
        match_labels(lower, MARKERS, "take.c3d")


def test_missing_markers_are_an_error_with_the_nearest_labels():
    labels = [f"Anna:{marker}" for marker in MARKERS if marker not in ("LANK", "STRN")]
    labels += ["Anna:LANKLE", "Anna:STERNUM"]
    with pytest.raises(UserError) as caught:
        match_labels(labels, MARKERS, "take.c3d")
    message = str(caught.value)
    assert "take.c3d" in message
    assert "2 of the skeleton's 53" in message
    assert "LANK (nearest: LANKLE)" in message
    assert "\n" not in message


def held(labels):
    """A file with these labels; each marker's coordinates are its column."""
    columns = np.arange(len(labels), dtype=float)
    return MarkerFile(np.repeat(columns[None, :, None], 3, axis=2), tuple(labels))


@pytest.mark.parametrize("between", [":", "_", "-", " ", ""])
def test_two_dancers_are_separated(between):
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


def test_a_subject_is_an_error_if_no_dancer_has_a_name():
    with pytest.raises(UserError, match=r"no markers of 'Anna'\. Leave out --subject"):
        select_dancer(held(MARKERS), "Anna", Path("take.c3d"))


@given(st.integers(0, 10), st.booleans())
def test_a_prop_is_not_a_dancer(props, named):
    dancer = [f"Anna:{marker}" if named else marker for marker in MARKERS]
    labels = [*(f"Stick:{number}" for number in range(props)), "*1", *dancer]
    kept = select_dancer(held(labels), None, Path("take.c3d"))
    assert kept.labels == tuple(labels)
    assert list(dancer_columns(labels, [MARKERS])) == ["Anna" if named else UNNAMED]
    assert list(dancer_columns(dancer, [MARKERS])) == ["Anna" if named else UNNAMED]


def test_a_missing_marker_is_not_taken_from_the_other_dancer():
    labels = [f"Anna:{marker}" for marker in MARKERS if marker != "LANK"]
    labels += [f"Bea:{marker}" for marker in random.Random(0).sample(MARKERS, 40)] + ["Bea:LANK"]
    anna = select_dancer(held(labels), "Anna", Path("duet.c3d"))
    with pytest.raises(UserError, match="LANK"):
        match_labels(anna.labels, MARKERS, "duet.c3d")


SMALL = load_skeleton("mariel18").markers


@given(st.sets(st.sampled_from(MARKERS), min_size=40, max_size=52))
def test_a_nearly_complete_set_is_reduced_to_its_markers(markers):
    matched = identify_skeleton(held([f"Anna:{marker}" for marker in markers]))
    assert set(matched.skeleton.markers) == markers
    assert matched.whole == "mariel53"
    assert f"lacks {53 - len(markers)} of mariel53's 53 markers" in matched.lacks
    full = load_skeleton("mariel53")
    edges = {frozenset(full.markers[end] for end in edge) for edge in full.edges}
    part = matched.skeleton
    kept = {frozenset(part.markers[end] for end in edge) for edge in part.edges}
    assert kept == {edge for edge in edges if edge <= markers}


@given(st.sets(st.sampled_from(MARKERS), max_size=20))
def test_a_reduced_set_is_taken_only_if_no_marker_of_the_full_set_is_lost(others):
    labels = [*SMALL, *(others - set(SMALL))]
    matched = identify_skeleton(held(labels))
    if len(labels) == len(SMALL):
        assert matched.skeleton.name == "mariel18"
        assert not matched.lacks
    else:
        assert matched is None or set(matched.skeleton.markers) == set(labels)


def test_only_the_prefix_of_one_dancer_is_removed_and_only_if_names_stay_unique():
    anna, bea = ([f"{dancer}:{name}" for name in "ABCD"] for dancer in ("Anna", "Bea"))
    prop = ["Sword:tip", "Sword:hilt"]
    assert strip_dancer_names(anna) == tuple("ABCD")
    assert strip_dancer_names([*prop, *anna]) == (*prop, *"ABCD")
    for kept in ([*anna, *bea], prop, [*anna, "A"], [*anna, "Anna:"]):
        assert strip_dancer_names(kept) == tuple(kept)


def test_the_error_for_another_marker_set_lists_the_labels():
    with pytest.raises(
        UserError, match=r"none of the skeleton's 2 markers \(A, B\); it has Hips, Knee: use"
    ):
        match_labels(["Hips", "Knee"], ["A", "B"], "take.bvh")
