"""Very many names of one file are refused, or numbered, in a time that grows with their number."""

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.labels import distinct_labels
from mariel_gnn.mocap.formats.reading import read_marker_file

FRAME = '<frame type="normal" index="0" time="0"><position>{}</position></frame>'


def test_one_name_a_hundred_thousand_times_is_numbered_in_order():
    labels, _ = distinct_labels(["A#3", *["A"] * 100_000])
    assert labels[:4] == ("A#3", "A", "A#2", "A#4")
    assert len({*labels}) == 100_001


def test_a_third_body_is_numbered_after_the_two_of_dancers():
    names = ["Head", "Hip", "Knee", "Foot", "Hand", "Toe", "Chest", "Heel"]
    labels, _ = distinct_labels([*names, *names, "Head"])
    assert labels[0] == "1:Head"
    assert labels[len(names)] == "2:Head"
    assert labels[-1] == "Head#2"


@pytest.mark.parametrize("subjects", [1, 2_000])
def test_an_mvnx_file_of_too_many_segments_is_refused(tmp_path, subjects):
    count = 2_000 // subjects
    segments, positions = '<segment label="Pelvis"/>' * count, "1 2 3 " * count
    frames = FRAME.format(positions)
    subject = (
        f'<subject label="a"><segments>{segments}</segments><frames>{frames}</frames></subject>'
    )
    path = tmp_path / "take.mvnx"
    path.write_text(f"<mvnx>{subject * subjects}</mvnx>")
    with pytest.raises(UserError, match="has 2,000 segments"):
        read_marker_file(path)
