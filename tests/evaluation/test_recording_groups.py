"""Laws of groups of recordings: named before the first number, and each window has one."""

import pytest
import torch

from mariel_gnn.evaluation.recording_groups import by_group, group_of


@pytest.mark.parametrize(
    ("recording", "group"),
    [
        ("salsa_60_01", "salsa"),
        ("salsa_60_10_a", "salsa"),
        ("modern_05_02[0:300]", "modern"),
        ("take3", "take"),
        ("take 3", "take"),
        ("martial-arts_135_03", "martial-arts"),
        ("mariel_betternot_and_retrograde", "mariel_betternot_and_retrograde"),
        ("anna[10:20]", "anna"),
        ("05_02", "05"),
        ("60", "60"),
        ("_01", "_01"),
        ("", ""),
    ],
)
def test_a_group_is_named_before_the_first_number(recording, group):
    assert group_of(recording) == group


def test_parts_of_a_file_are_one_recording():
    names = ["unused_1", "salsa_1[0:100]", "salsa_1[100:200]", "modern_2", "salsa_2"]
    groups, recording, group = by_group(names, torch.tensor([1, 1, 2, 3, 4]))
    assert groups == ["salsa", "modern"]
    assert recording.tolist() == [0, 0, 0, 1, 2]
    assert group.tolist() == [0, 0, 0, 1, 0]
