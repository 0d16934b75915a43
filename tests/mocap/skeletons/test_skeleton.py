"""Properties of skeletons: the shipped ones equal the field's; a broken rule is a one-line error."""

import copy

import pytest
import yaml

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.loading import load_skeleton, shipped_skeletons, skeleton_from_dict

# Copied from the field's own code, to check the YAML files.
FIELD_EDGES_TEXT = """
LHEL-LTOE RHEL-RTOE LMT1-LMT5 RMT1-RMT5 LHEL-LMT1 LHEL-LMT5 RHEL-RMT1 RHEL-RMT5 LTOE-LMT1
LTOE-LMT5 RTOE-RMT1 RTOE-RMT5 LKNE-LHEL RKNE-RHEL LFWT-RBWT RFWT-LBWT LFWT-RFWT LBWT-RBWT LFWT-LBWT
RFWT-RBWT LFWT-LTHI RFWT-RTHI LBWT-LTHI RBWT-RTHI LKNE-LTHI RKNE-RTHI CLAV-LFSH CLAV-RFSH STRN-LFSH
STRN-RFSH T10-LFSH T10-RFSH C7-LBSH C7-RBSH LFSH-LBSH RFSH-RBSH LFSH-RBSH RFSH-LBSH LFSH-LUPA
RFSH-RUPA LBSH-LUPA RBSH-RUPA LIWR-LIHAND RIWR-RIHAND LOWR-LOHAND ROWR-ROHAND LIWR-LOWR RIWR-ROWR
LIHAND-LOHAND RIHAND-ROHAND LFHD-LBHD LBHD-RBHD RBHD-RFHD RFHD-LFHD LFHD-ARIEL LBHD-ARIEL RBHD-ARIEL
RFHD-ARIEL"""
FIELD_EDGES = FIELD_EDGES_TEXT.split()
WITHOUT_EDGE = {
    side + name for side in "LR" for name in ("ANK", "ELB", "FRM", "IEL", "KNI", "SHN")
} | {"MBWT", "MFWT"}
REDUCED_SET = """
ARIEL CLAV RFSH LFSH RIEL LIEL RIWR LIWR RKNE LKNE RTOE LTOE LHEL RHEL RFWT LFWT LBWT
RBWT"""
EIGHTEEN = REDUCED_SET.split()

SMALL = {
    "name": "small",
    "file_rows": ["HEAD", "LHAND", "RHAND", "HIP", "COMPUTED"],
    "not_markers": ["COMPUTED"],
    "root": ["HIP"],
    "edges": [["HEAD", "HIP"], ["HIP", "LHAND"]],
    "extra_edges": [["HIP", "RHAND"]],
    "pairs": [["LHAND", "RHAND"]],
    "parts": {"arms": ["LHAND", "RHAND"], "trunk": ["HEAD", "HIP"]},
}


@pytest.fixture(params=["mariel53", "mariel18", "cmu21"])
def skeleton(request):
    return load_skeleton(request.param)


def mirrored_name(name: str, side: str) -> str:
    """The partner's name, by the letter or the word at its start."""
    if side == "middle":
        return name
    word, other = ("left", "right") if side == "left" else ("right", "left")
    if name.startswith(word):
        return other + name.removeprefix(word)
    return other[0].upper() + name[1:]


def names(skeleton, pairs) -> list[str]:
    return ["-".join(skeleton.markers[index] for index in pair) for pair in pairs]


def test_the_shipped_skeletons():
    fields = ["cmu21", "mariel18", "mariel53"]
    assert shipped_skeletons() == sorted([*fields, "coco17", "mediapipe33", "smpl22"])
    assert load_skeleton("mariel18").markers == tuple(EIGHTEEN)


def test_mariel53_equals_the_fields_own(mariel53):
    rows = mariel53.file_rows
    assert len(rows) == 55
    assert sorted(rows) == list(rows)
    assert (rows[26], rows[53]) == ("LabelingHips", "SolvingHips")
    assert mariel53.markers == tuple(row for row in rows if not row.endswith("Hips"))
    assert names(mariel53, mariel53.edges) == FIELD_EDGES
    assert len(FIELD_EDGES) == 58
    touched = {index for edge in mariel53.edges for index in edge}
    assert {m for i, m in enumerate(mariel53.markers) if i not in touched} == WITHOUT_EDGE


def test_the_reduced_set_agrees_with_the_full_set_about_its_markers(mariel53, mariel18):
    assert mariel18.file_rows == mariel53.file_rows
    for index, name in enumerate(mariel18.markers):
        full = mariel53.markers.index(name)
        assert mariel18.rows[index] == mariel53.rows[full]
        assert mariel18.side[index] == mariel53.side[full]
        assert mariel18.part_of[index] == mariel53.part_of[full]
        assert mariel18.markers[mariel18.mirror[index]] == mariel53.markers[mariel53.mirror[full]]
    inside = [edge for edge in FIELD_EDGES if set(edge.split("-")) <= set(EIGHTEEN)]
    assert names(mariel18, mariel18.field_edges) == inside
    assert len(mariel18.edges) == len(inside) + mariel18.extra_edges == 24


def test_rows_are_the_file_rows_of_the_markers(skeleton):
    assert [skeleton.file_rows[row] for row in skeleton.rows] == list(skeleton.markers)


def test_mirroring_is_an_involution_that_swaps_sides_and_names(skeleton):
    other = {"left": "right", "right": "left", "middle": "middle"}
    for index, partner in enumerate(skeleton.mirror):
        assert skeleton.mirror[partner] == index
        assert skeleton.side[partner] == other[skeleton.side[index]]
        name = skeleton.markers[index]
        assert skeleton.markers[partner] == mirrored_name(name, skeleton.side[index])


def test_the_edges_are_symmetric_between_left_and_right(skeleton):
    edges = {frozenset(edge) for edge in skeleton.edges}
    mirrored = {frozenset(skeleton.mirror[index] for index in edge) for edge in skeleton.edges}
    assert mirrored == edges


def test_every_marker_is_in_exactly_one_part(skeleton):
    members = sorted(index for part in skeleton.parts.values() for index in part)
    assert members == list(range(len(skeleton)))
    for index, part in enumerate(skeleton.part_of):
        assert index in skeleton.parts[part]


def test_mirroring_maps_the_parts_of_one_side_to_the_other(skeleton):
    for part, members in skeleton.parts.items():
        swapped = part.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right")
        assert {skeleton.mirror[index] for index in members} == set(skeleton.parts[swapped])


def test_to_dict_and_back_is_equal(skeleton):
    again = skeleton_from_dict(yaml.safe_load(yaml.safe_dump(skeleton.to_dict())))
    assert again == skeleton


def test_a_skeleton_is_loaded_by_path(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    small = load_skeleton(path)
    assert small == load_skeleton(str(path)) == skeleton_from_dict(SMALL)
    assert small.markers == ("HEAD", "LHAND", "RHAND", "HIP")
    assert small.edges == ((0, 3), (3, 1), (3, 2))
    assert small.field_edges == ((0, 3), (3, 1))
    assert (small.side, small.root) == (("middle", "left", "right", "middle"), (3,))


def test_only_the_markers_are_required():
    bare = skeleton_from_dict({"markers": ["A", "B", "C"]}, "bare.yaml")
    assert (bare.name, bare.file_rows, bare.edges) == ("bare", ("A", "B", "C"), ())
    assert bare.root == (0, 1, 2)
    assert bare.mirror == (0, 1, 2)
    assert bare.part_of == (None, None, None)


def test_a_reduced_set_without_root_markers_has_all_markers_as_root():
    hands = skeleton_from_dict({"subset_of": "mariel53", "markers": ["LIWR", "RIWR", "ARIEL"]})
    assert hands.root == (0, 1, 2)


BROKEN = {
    # the change, and words of the message
    "unknown key": ({"egdes": []}, ["egdes", "'edges'"]),
    "rows are not a list": ({"file_rows": "HEAD"}, ["file_rows"]),
    "rows are not names": ({"file_rows": ["HEAD", False]}, ["file_rows", "quote"]),
    "row twice": ({"file_rows": [*SMALL["file_rows"], "HIP"]}, ["file_rows", "HIP", "twice"]),
    "marker twice": ({"markers": ["HEAD", "HEAD"]}, ["markers", "HEAD", "twice"]),
    "marker without a row": ({"markers": ["HEAD", "HIPS"]}, ["markers", "HIPS", "'HIP'"]),
    "dropped row that does not exist": (
        {"not_markers": ["COMPUTE"]},
        ["not_markers", "'COMPUTED'"],
    ),
    "one marker": ({"markers": ["HEAD"]}, ["two markers"]),
    "root that is not a marker": ({"root": ["HIPP"]}, ["root", "HIPP", "'HIP'"]),
    "edge to an unknown marker": ({"edges": [["HEAD", "LHND"]]}, ["edges", "LHND", "'LHAND'"]),
    "edge of three": ({"edges": [["HEAD", "HIP", "LHAND"]]}, ["edges", "pairs"]),
    "edges are not a list": ({"edges": {"HEAD": "HIP"}}, ["edges", "pairs"]),
    "edge to itself": ({"edges": [["HIP", "HIP"]]}, ["edges", "HIP", "itself"]),
    "edge twice": ({"edges": [["HIP", "HEAD"], ["HEAD", "HIP"]]}, ["edges", "HEAD", "twice"]),
    "extra edge that is an edge": ({"extra_edges": [["HIP", "HEAD"]]}, ["HIP", "HEAD", "twice"]),
    "two partners": ({"pairs": [["LHAND", "RHAND"], ["HEAD", "RHAND"]]}, ["pairs", "RHAND"]),
    "partner of itself": ({"pairs": [["HIP", "HIP"]]}, ["pairs", "HIP", "itself"]),
    "marker in two parts": ({"parts": {"a": ["HIP"], "b": ["HIP"]}}, ["parts", "HIP"]),
    "part of an unknown marker": ({"parts": {"a": ["RHAN"]}}, ["parts", "RHAN", "'RHAND'"]),
    "parts are not a mapping": ({"parts": ["HIP"]}, ["parts"]),
    "aliases are not a mapping": ({"aliases": ["HIP"]}, ["aliases"]),
    "aliases of an unknown marker": ({"aliases": {"HIPP": ["hips"]}}, ["aliases", "HIPP", "'HIP'"]),
    "aliases are not a list": ({"aliases": {"HIP": "hips"}}, ["aliases", "list"]),
    "alias of two markers": ({"aliases": {"HIP": ["a"], "HEAD": ["a"]}}, ["aliases", "a more"]),
    "reduced set of an unknown parent": ({"subset_of": "mariel35"}, ["mariel35", "'mariel53'"]),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_a_one_line_error(tmp_path, rule):
    change, expected = BROKEN[rule]
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(copy.deepcopy(SMALL) | change))
    with pytest.raises(UserError) as caught:
        load_skeleton(path)
    message = str(caught.value)
    assert "\n" not in message
    if rule != "reduced set of an unknown parent":
        assert str(path) in message
    for words in expected:
        assert words in message


def test_a_reduced_set_needs_markers():
    with pytest.raises(UserError, match="markers"):
        skeleton_from_dict({"name": "mine", "subset_of": "mariel53"})


@pytest.mark.parametrize(
    "content", ["", "- HEAD\n- HIP\n", "edges: [[A, B", "\t:", b"\xff\xfe\x00"], ids=repr
)
def test_a_file_that_is_not_a_skeleton_is_a_one_line_error(tmp_path, content):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as caught:
        load_skeleton(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_skeleton_is_an_error_with_the_nearest_name():
    with pytest.raises(UserError, match="Did you mean 'mariel18'") as caught:
        load_skeleton("mariel_18")
    assert "mariel53" in str(caught.value)
    with pytest.raises(UserError, match=r"nowhere\.yaml"):
        load_skeleton("nowhere.yaml")


def test_cmu21_is_one_tree_of_bones_with_a_heading():
    skeleton = load_skeleton("cmu21")
    assert len(skeleton) == 21
    assert len(skeleton.edges) == 20
    reached = {0}
    for _ in skeleton.edges:
        reached |= {end for line in skeleton.edges if reached & {*line} for end in line}
    assert len(reached) == 21
    assert [skeleton.side[index] for index in skeleton.root] == ["left", "right"]
