"""A clip has the frames that its seconds name, for any file name."""

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.marker_file import from_z_up
from mariel_gnn.mocap.formats.reading import ReadingOptions
from mariel_gnn.mocap.loading import read_clip


@pytest.fixture
def take(tmp_path, smooth):
    """Ten seconds at 35 Hz in the plain layout: positions and path."""
    positions = smooth(350)
    np.save(tmp_path / "take.npy", positions)
    return positions, tmp_path / "take.npy"


@pytest.mark.parametrize(
    ("seconds", "frames"),
    [("", (0, 350)), ("@2s", (70, 350)), ("@2.4s-4s", (84, 140)), ("@0-10", (0, 350))],
)
def test_seconds_select_frames(take, mariel53, seconds, frames):
    positions, path = take
    clip, notes = read_clip(f"{path}{seconds}", mariel53)
    assert np.array_equal(clip.positions, positions[slice(*frames)])
    assert (clip.start_frame, clip.end_frame) == frames
    assert notes == []


def test_seconds_are_counted_at_the_given_rate(take, mariel53):
    clip, _ = read_clip(f"{take[1]}@1s-2s", mariel53, ReadingOptions(rate_hz=70))
    assert (clip.start_frame, len(clip), clip.rate_hz) == (70, 70, 70)


def test_facts_about_the_file_are_used(take, mariel53):
    positions, path = take
    np.save(path.with_name("up.npy"), 100 * from_z_up(positions, "y"))
    options = ReadingOptions(unit="cm", up="y")
    clip, _ = read_clip(f"{path.with_name('up.npy')}@1s-2s", mariel53, options)
    np.testing.assert_allclose(clip.positions, positions[35:70], atol=1e-5)


@pytest.mark.parametrize("rate_hz", [0.0, -35.0, 1e6])
def test_an_impossible_rate_is_reported(take, mariel53, rate_hz):
    with pytest.raises(UserError, match="rate_hz is"):
        read_clip(str(take[1]), mariel53, ReadingOptions(rate_hz=rate_hz))


def test_a_file_name_with_an_at_sign_is_read_whole(take, mariel53):
    named = take[1].with_name("take@2s.npy")
    np.save(named, take[0])
    assert len(read_clip(str(named), mariel53)[0]) == 350


@pytest.mark.parametrize("seconds", ["@11s", "@4s-2s", "@3s-3s", "@2s-12s"])
def test_seconds_outside_the_file_are_reported(take, mariel53, seconds):
    with pytest.raises(UserError, match=r"lasts 10\.0 s: give seconds inside it"):
        read_clip(f"{take[1]}{seconds}", mariel53)


def test_short_gaps_are_filled_and_long_ones_refused(take, mariel53):
    positions, path = take
    positions[100:103, 5] = np.nan
    positions[200:260, 7] = np.nan
    np.save(path, positions)
    clip, notes = read_clip(f"{path}@2s-5s", mariel53)
    assert np.isfinite(clip.positions).all()
    assert "filled 3 missing marker positions" in notes[0]
    with pytest.raises(UserError, match=r"@5s-8s: 60 of 105 frames have gaps too long"):
        read_clip(f"{path}@5s-8s", mariel53)


def test_a_missing_file_is_reported(tmp_path, mariel53):
    with pytest.raises(UserError, match="no such file"):
        read_clip(f"{tmp_path / 'none.npy'}@2s", mariel53)
