"""What a reader guessed or left out reaches every command."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from mariel_gnn.mocap.formats import table
from mariel_gnn.mocap.formats.reading import ReadingOptions, read_with_skeleton
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.loading import load_recordings, read_clip
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from tests.mocap.preparing import prepare_file

NOTE = "the time is in milliseconds"


@pytest.fixture
def file(
    tmp_path: Path, phrase: Recording, mariel53: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A file whose reader has something to say."""
    path = tmp_path / "take.npz"
    write_recording(path, phrase, mariel53)
    row = table.FORMATS[".npz"]
    assert row.read is not None
    read = row.read
    noted = dataclasses.replace(
        row, read=lambda *given: dataclasses.replace(read(*given), notes=(NOTE,))
    )
    monkeypatch.setitem(table.FORMATS, ".npz", noted)
    return path


def test_notes_reach_view_and_convert(file: Path) -> None:
    assert f"{file}: {NOTE}" in read_with_skeleton(file, ReadingOptions()).notes


def test_notes_reach_run_once(file: Path, mariel53: Skeleton) -> None:
    assert load_recordings(file, mariel53).notes.count(f"take: {NOTE}") == 1


def test_notes_reach_generate(file: Path, mariel53: Skeleton) -> None:
    assert f"{file}: {NOTE}" in read_clip(str(file), mariel53)[1]


def test_notes_reach_the_preparation_report(file: Path) -> None:
    assert ("file", NOTE) in prepare_file(file, PreparationOptions()).findings


def test_a_part_has_no_notes(phrase: Recording) -> None:
    noted = dataclasses.replace(phrase, notes=(NOTE,))
    assert noted.part(0, 10).notes == ()
    assert np.array_equal(noted.part(0, 10).positions, phrase.positions[:10])
