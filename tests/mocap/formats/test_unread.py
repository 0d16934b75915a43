"""Files without a reader or a writer: one line that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.table import FORMATS, READABLE, reader_of, writer_of
from mariel_gnn.mocap.formats.unread import EXPORT_INSTEAD, WRITE_INSTEAD


@pytest.mark.parametrize("suffix", EXPORT_INSTEAD)
@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_is_not_read_gets_its_own_line(
    tmp_path: Path, suffix: str, there: bool
) -> None:
    path = tmp_path / f"take{suffix.upper()}"
    if there:
        path.write_bytes(b"x")
    with pytest.raises(UserError) as caught:
        read_recording(path)
    assert str(caught.value) == f"{path}: {suffix} files are not read: {EXPORT_INSTEAD[suffix]}"


def test_no_advice_is_given_for_a_file_that_is_read() -> None:
    assert not set(EXPORT_INSTEAD) & set(READABLE)
    assert not set(WRITE_INSTEAD) & {suffix for suffix, row in FORMATS.items() if row.write}


@pytest.mark.parametrize("suffix", [".fbx", ".gltf", ".mvnx", ".mp4"])
def test_a_file_that_is_not_written_is_refused_before_anything_is_read(
    tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(UserError, match=rf"{suffix} files are not written: .*\.(bvh|glb)"):
        writer_of(tmp_path / f"take{suffix}")


def test_fbx_says_how_to_export_bvh() -> None:
    with pytest.raises(UserError, match=r"Blender.*Motion Capture \(\.bvh\)"):
        reader_of(Path("take.fbx"))


def test_an_unknown_suffix_names_those_that_are_read() -> None:
    with pytest.raises(
        UserError, match=r"unknown suffix '\.c3dd'\. Did you mean '\.c3d'\? There are"
    ):
        reader_of(Path("take.c3dd"))
    with pytest.raises(UserError, match=r"take: has no suffix\. There are \.npy"):
        reader_of(Path("take"))
