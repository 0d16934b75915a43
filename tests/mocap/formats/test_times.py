"""Rate and frames from times: what is not sure is reported, and no time is believed blindly."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import (
    ReadingOptions,
    read_marker_file,
    read_recording,
    read_with_skeleton,
)
from mariel_gnn.mocap.formats.text_tables.time_cells import Times, parse_times
from mariel_gnn.mocap.formats.times import Timing, place_rows, timing
from mariel_gnn.mocap.preparation.options import PreparationOptions
from tests.mocap.formats.table_files import FRAMES, body, trc, wide
from tests.mocap.preparing import prepare_file

PATH = Path("take.csv")
NO = np.full(FRAMES, np.nan)


def clock(cells: list[str], name: str = "time", **given: object) -> Timing:
    """The timing of cells as they stand in a file."""
    numbers = np.array(
        [float(cell) if cell.replace(".", "").isdigit() else np.nan for cell in cells]
    )
    times = parse_times(cells, name, numbers)
    return timing(PATH, range(2, len(cells) + 2), times, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate_hz", [5, 24, 29.97, 35, 59.94, 100, 119.88, 240, 1000, 2000])
@pytest.mark.parametrize(("unit", "per_second"), [("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_the_unit_of_times_is_known_by_the_rate_that_it_gives(rate_hz, unit, per_second):
    cells = [f"{frame / rate_hz * per_second:.9f}" for frame in range(60)]
    found = clock(cells, f"time_{unit}")
    assert found.rate_hz == pytest.approx(rate_hz, rel=1e-4)
    assert (found.doubt, found.notes) == ("", ())
    assert found.frames.tolist() == list(range(60))
    if rate_hz <= 1000:
        unstated = clock(cells, "time")
        assert unstated.rate_hz == pytest.approx(rate_hz, rel=1e-4) or unstated.rate_hz is None
        assert unit == "s" or unstated.notes or unstated.doubt


@given(
    rate_hz=st.sampled_from([24, 25, 30, 50, 60, 100, 120, 180, 240]),
    decimals=st.sampled_from([3, 4, 6]),
    holes=st.lists(st.tuples(st.integers(1, 118), st.integers(1, 20)), max_size=3),
    shift=st.floats(0, 1e4),
)
def test_holes_become_gaps_and_rounding_becomes_none(rate_hz, decimals, holes, shift):
    lost = {frame for start, count in holes for frame in range(start, min(start + count, 119))}
    frames = np.array([frame for frame in range(120) if frame not in lost])
    found = clock([f"{frame / rate_hz + shift:.{decimals}f}" for frame in frames], "time_s")
    assert found.rate_hz == pytest.approx(rate_hz, rel=2e-3)
    assert found.frames.tolist() == frames.tolist()
    assert bool(found.notes) == bool(lost)


@pytest.mark.parametrize(("rate_hz", "decimals"), [(120, 2), (240, 2), (60, 2), (1000, 3)])
def test_times_rounded_to_more_than_a_frame_have_no_holes(rate_hz, decimals):
    found = clock([f"{frame / rate_hz:.{decimals}f}" for frame in range(400)], "time_s")
    assert found.rate_hz == pytest.approx(rate_hz, rel=1e-3)
    assert found.frames.tolist() == list(range(400))
    assert ["repeat" in note for note in found.notes] == [True] * (1 / rate_hz < 10.0**-decimals)


def test_times_too_coarse_for_a_rate_are_not_believed():
    cells = [str(1_700_000_000 + frame // 30) for frame in range(100)]
    assert "rounded" in clock(cells).doubt
    assert clock(cells, stated_hz=30.0).rate_hz == 30


@pytest.mark.parametrize(
    "cells",
    [
        [f"10:00:{59 + n / 50:06.3f}" if n < 50 else f"10:01:{n / 50 - 1:06.3f}" for n in range(100)],
        [f"01:{n / 50:06.3f}" for n in range(100)],
        [f"01/02/2024 12:59:{59 + n / 50:06.3f} PM" if n < 50 else f"01/02/2024 01:00:{n / 50 - 1:06.3f} PM"
         for n in range(100)],
        [f"2024-01-01T10:00:{n / 50:06.3f}Z" for n in range(100)],
        [f"2024-01-01 23:59:{59 + n / 50:06.3f}" if n < 50 else f"2024-01-02 00:00:{n / 50 - 1:06.3f}"
         for n in range(100)],
        [f"23:59:{59 + n / 50:06.3f}" if n < 50 else f"00:00:{n / 50 - 1:06.3f}" for n in range(100)],
        [f"{1_700_000_000 + n / 50:.3f}" for n in range(100)],
        [str(1_700_000_000_000 + 20 * n) for n in range(100)],
        [str(638_000_000_000_000_000 + 200_000 * n) for n in range(100)],
    ],
    ids=["time of day", "minutes", "afternoon", "iso", "date over midnight", "over midnight", "unix",
         "unix ms", "ticks"],
)  # fmt: skip
def test_clocks_and_dates_are_times(cells):
    found = clock(cells, "timestamp")
    assert (found.rate_hz, found.doubt) == (50, "")
    assert found.frames.tolist() == list(range(100))


@given(st.permutations(range(40)))
def test_lines_in_any_order_are_sorted_and_told(order):
    cells = [f"{frame / 50:.2f}" for frame in order]
    going_back = sum(b < a for a, b in itertools.pairwise(order))
    found = clock(cells, "time_s")
    assert found.frames.tolist() == list(order)
    assert bool(found.notes) == (going_back > 0)


@pytest.mark.parametrize("offset", [0, 0.005, 0.003])
def test_a_clock_that_starts_anew_is_refused_with_its_line(offset):
    cells = [f"{n / 100:.3f}" for n in range(50)] + [f"{n / 100 + offset:.3f}" for n in range(30)]
    with pytest.raises(UserError, match=r"take.csv: its time starts anew at line 52.*two takes"):
        clock(cells, "time_s")
    numbers = np.array([*range(50), *range(30)], dtype=float)
    with pytest.raises(UserError, match="frame number 0 in line 52"):
        timing(PATH, range(2, 82), numbers=numbers)


def test_a_jump_of_an_hour_is_refused():
    with pytest.raises(UserError, match=r"its time jumps between 0.49 s and 3600 s"):
        clock([f"{n / 100 + 3600 * (n >= 50) - 0.5 * (n >= 50):.2f}" for n in range(100)], "time_s")


def test_a_line_that_occurs_twice_is_left_out_and_told():
    cells = [f"{n / 100:.2f}" for n in [*range(30), 29, *range(30, 60)]]
    found = clock(cells, "time_s")
    assert found.rate_hz == 100
    assert found.frames.tolist() == [*range(30), -1, *range(30, 60)]
    assert "line 32" in found.notes[0]


def test_two_statements_of_the_rate_are_compared():
    cells = [f"{n / 100:.2f}" for n in range(50)]
    assert clock(cells, "time_s", stated_hz=100.3).rate_hz == 100.3
    assert clock(cells, "time_s", stated_hz=200.0).doubt == (
        "states 200 frames a second, but its times give 100"
    )
    impossible = clock(cells, "time_s", stated_hz=0.01)
    assert (impossible.rate_hz, impossible.doubt) == (100, "")
    assert "no capture has" in impossible.notes[0]
    milliseconds = clock([str(20 * n) for n in range(50)], "time", stated_hz=60.0)
    assert milliseconds.doubt == "states 60 frames a second, but its times give 50"


@pytest.mark.parametrize(("step", "name"), [(0.5, "time_s"), (0.25, "time"), (0.2, "time_ms")])
def test_a_rate_that_no_capture_has_is_a_doubt(step, name):
    found = clock([f"{step * n:g}" for n in range(50)], name)
    if name == "time_ms":  # 5,000 Hz, but 5 Hz in seconds
        assert (found.rate_hz, "although milliseconds" in found.notes[0]) == (5, True)
    else:
        assert "no capture rate" in found.doubt


def test_times_that_count_frames_state_no_rate():
    found = clock([str(n) for n in range(50)])
    assert found.rate_hz is None
    assert "counts frames" in found.notes[0]


def test_frame_numbers_with_holes_become_gaps():
    numbers = np.array([n for n in range(301, 400) if not 320 <= n < 330], dtype=float)
    found = timing(PATH, range(len(numbers)), numbers=numbers, stated_hz=120.0)
    assert found.frames.tolist() == [int(n) - 301 for n in numbers]
    assert "10 frame numbers are missing" in found.notes[0]
    every = timing(PATH, range(50), numbers=2.0 * np.arange(50), stated_hz=120.0)
    assert every.rate_hz == 60
    assert every.frames.tolist() == list(range(50))


def test_frame_numbers_that_disagree_with_times_are_told():
    numbers = np.arange(50.0)
    numbers[20:] += 5
    assert (
        "disagree"
        in clock([f"{n / 100:.2f}" for n in range(50)], "time_s", numbers=numbers).notes[0]
    )


def test_uneven_times_of_a_camera_keep_their_duration():
    rng = np.random.default_rng(0)
    seconds = np.sort(np.arange(300) / 30 + rng.normal(0, 0.008, 300))
    found = clock([f"{s - seconds[0]:.6f}" for s in seconds], "time_s")
    kept = found.frames >= 0
    assert found.rate_hz == pytest.approx(30, rel=0.05)
    drift = found.frames[kept] / found.rate_hz - (seconds - seconds[0])[kept]
    assert np.abs(drift).max() < 0.06


def test_lines_without_time_are_interpolated_or_refused():
    cells = [f"{n / 100:.2f}" for n in range(50)]
    cells[20] = cells[21] = ""
    assert clock(cells, "time_s").frames.tolist() == list(range(50))
    cells[:5] = [""] * 5
    with pytest.raises(UserError, match="7 lines have no time, the first is line 2"):
        clock(cells, "time_s")


def test_rows_stand_at_their_frames():
    placed = place_rows(np.arange(9.0).reshape(3, 1, 3), Timing(50.0, np.array([0, -1, 3])))
    assert np.isnan(placed[1:3]).all()
    assert placed[[0, 3], 0, 0].tolist() == [0, 6]
    assert place_rows(np.ones((2, 1, 3)), Timing(None, np.arange(2))).shape == (2, 1, 3)


def test_a_hole_in_a_file_is_a_gap_and_told(tmp_path):
    kept = [n for n in range(FRAMES) if not 10 <= n < 20]
    path = wide(tmp_path / "t.csv", body()[kept], time=[f"{n / 100:.2f}" for n in kept])
    found = read_marker_file(path)
    np.testing.assert_allclose(found.positions[kept], body()[kept], atol=1e-5)
    assert np.isnan(found.positions[10:20]).all()
    assert found.rate_hz == 100
    assert any("10 frames are missing" in note for note in found.notes)


def test_a_rate_in_doubt_is_decided_by_the_user(tmp_path):
    path = tmp_path / "t.trc"
    path.write_text(trc(rate="200.00"))
    with pytest.raises(
        UserError, match=r"states 200 .* give 100: state the right rate \(--rate_hz\)"
    ):
        read_recording(path)
    with pytest.raises(UserError, match="--source_rate_hz"):
        prepare_file(path, PreparationOptions())
    assert read_with_skeleton(path, ReadingOptions(rate_hz=100)).recording.rate_hz == 100


def test_times_in_milliseconds_are_told(tmp_path):
    path = wide(tmp_path / "t.csv", clock="time", time=[str(10 * n) for n in range(FRAMES)])
    recording, _, notes = read_with_skeleton(path)
    assert recording.rate_hz == 100
    assert f"{path}: its column time is in milliseconds" in notes


def test_a_word_in_the_time_column_is_named(tmp_path):
    time = [f"{n / 100:.2f}" for n in range(FRAMES)]
    time[7] = "abc"
    with pytest.raises(UserError, match=r"line 9, column 1 \(time_s\) is 'abc'"):
        read_marker_file(wide(tmp_path / "t.csv", time=time))


def test_times_keep_their_unit_and_precision():
    times = parse_times(["0,5", "1,25"], "t [ms]", np.array([0.5, 1.25]))
    assert isinstance(times, Times)
    assert (times.unit, times.step) == ("ms", pytest.approx(0.01))
