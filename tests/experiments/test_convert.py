"""The command itself: any format to any other, and what damaged files and mistakes come to."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from experiments import convert as command
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.table import FORMATS
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import reduce_skeleton, skeleton_from_dict

READ = sorted(FORMATS.keys() - {".glb"})
DAMAGE = st.lists(
    st.one_of(
        st.tuples(st.just("cut"), st.floats(0, 1), st.just(0)),
        st.tuples(st.just("flip"), st.floats(0, 1), st.integers(1, 255)),
        st.tuples(st.just("flip"), st.floats(0, 0.1), st.integers(1, 255)),  # the head
        st.tuples(st.just("insert"), st.floats(0, 1), st.integers(0, 255)),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def take(dance) -> Recording:
    positions = dance[200:230].copy()
    positions[5:9, 3] = np.nan
    return Recording("take", positions, 35.0, "")


@pytest.fixture(scope="module")
def files(tmp_path_factory, take, mariel53):
    folder = tmp_path_factory.mktemp("files")
    for suffix in READ:
        write_recording(folder / f"take{suffix}", take, mariel53)
    return folder


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_format_is_written_from_every_other(files, tmp_path, run_command, suffix):
    for source in READ:
        target = tmp_path / f"from{source[1:]}{suffix}"
        said, code = run_command(command, files / f"take{source}", target)
        assert code == 0
        assert "53 markers (mariel53), 30 frames" in said
        assert max(map(len, said.splitlines())) <= 100
        assert target.stat().st_size > 1000
    assert len(list(tmp_path.iterdir())) == len(READ)


def damaged(content: bytes, damage) -> bytes:
    changed = bytearray(content)
    for what, where, value in damage:
        place = min(int(where * len(changed)), max(len(changed) - 1, 0))
        if what == "cut":
            del changed[place:]
        elif what == "insert":
            changed.insert(place, value)
        elif changed:
            changed[place] ^= value
    return bytes(changed)


def check_damaged(files, folder, run_command, suffix, damage):
    """A damaged file is one clear line and nothing written, or it is read and written whole."""
    source, target = folder / f"damaged{suffix}", folder / "out.npz"
    source.write_bytes(damaged((files / f"take{suffix}").read_bytes(), damage))
    target.unlink(missing_ok=True)
    said, code = run_command(command, source, target)
    assert code in (0, 2)
    if code == 2:
        assert said.startswith("error: ")
        assert "\n" not in said
        assert not target.exists()
    else:
        with np.load(target, allow_pickle=False) as written:
            assert written["positions_m"].ndim == 3
    assert {path.name for path in folder.iterdir()} <= {source.name, target.name}


EASY = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("suffix", [suffix for suffix in READ if suffix != ".c3d"])
@EASY
@given(damage=DAMAGE)
@example(damage=[("cut", 0.0, 0)])
@example(damage=[("cut", 0.5, 0)])
@example(damage=[("cut", 0.999, 0)])
def test_a_damaged_file_never_gives_a_traceback(files, tmp_path, run_command, suffix, damage):
    check_damaged(files, tmp_path, run_command, suffix, damage)


@settings(EASY, max_examples=14)  # each in a process of its own
@given(damage=DAMAGE)
@example(damage=[("cut", 0.5, 0)])
@example(damage=[("flip", 0.0, 255)])
def test_a_damaged_c3d_file_never_takes_us_down(files, tmp_path, run_command, damage):
    check_damaged(files, tmp_path, run_command, ".c3d", damage)


def test_a_reader_that_crashes_is_one_line(files, tmp_path, run_command, monkeypatch):
    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr("mariel_gnn.mocap.formats.c3d._READER", crash)
    said, code = run_command(command, files / "take.c3d", tmp_path / "out.npz")
    assert code == 2
    assert "crashed" in said
    assert not (tmp_path / "out.npz").exists()


def test_a_disk_that_fills_up_leaves_nothing(files, tmp_path, run_command, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mariel_gnn.files.os.replace", full)
    for suffix in sorted(FORMATS):
        said, code = run_command(command, files / "take.npz", tmp_path / f"out{suffix}")
        assert code == 2
        assert "No space left" in said
    assert not list(tmp_path.iterdir())


MISTAKES = {
    "no such file": (["none.c3d", "out.npz"], ["none.c3d", "no such file"]),
    "unknown suffix": (["take.npz", "out.glbb"], ["Did you mean '.glb'"]),
    "no suffix": (["take.npz", "out"], ["out", ".npz"]),
    "written, not read": (["take.glb", "out.npz"], ["not read", ".bvh"]),
    "onto itself": (["take.npz", "take.npz"], ["another name"]),
    "misspelt option": (["take.npz", "out.npy", "--ups=y"], ["Did you mean '--up'"]),
    "unknown axis": (["take.npz", "out.npy", "--up=w"], ["'w'", "-z"]),
    "unknown unit": (["take.npz", "out.npy", "--unit=mile"], ["'mile'", "cm"]),
    "unknown skeleton": (["take.npz", "out.npy", "--skeleton=mariel35"], ["mariel53"]),
    "other markers": (
        ["plug.csv", "out.npy", "--skeleton=mariel18"],
        ["lacks 18 of", "nearest: CLAVICLE"],
    ),
    "no such rate": (["take.npz", "out.npy", "--rate_hz=nan"], ["rate_hz"]),
    "a whole folder": ([".", "out.npz"], [".: is a folder", "take.npz"]),
    "into a folder": (["take.npz", "."], [".: is a folder", "take.npz"]),
    "a folder named as a file": (["folder.npz", "out.npz"], ["folder.npz: is a folder"]),
    "into one": (["take.npz", "folder.npz"], ["folder.npz: is a folder"]),
    "one name only": (["take.npz"], ["target"]),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_clear_line(files, tmp_path, run_command, monkeypatch, kind):
    arguments, words = MISTAKES[kind]
    for path in files.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "plug.csv").write_text(
        "STERN_x_m,STERN_y_m,STERN_z_m,CLAVICLE_x,CLAVICLE_y,CLAVICLE_z\n1,2,3,4,5,6\n"
    )
    (tmp_path / "folder.npz").mkdir()
    there = set(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    said, code = run_command(command, *arguments)
    assert code == 2
    assert said.startswith("error: ")
    assert "\n" not in said
    assert [word for word in words if word not in said] == []
    assert set(tmp_path.iterdir()) == there


def write_duet(path, take, mariel53):
    names = [f"{dancer}:{name}" for dancer in ("Anna", "Bea") for name in mariel53.markers]
    both = skeleton_from_dict({"name": "duet", "markers": names})
    beside = np.concatenate([take.positions, take.positions + np.float32(1)], axis=1)
    write_recording(path, Recording("duet", beside, 35.0, ""), both)


def test_a_duet_goes_out_whole_or_one_dancer_of_it(tmp_path, run_command, take, mariel53):
    duet, target = tmp_path / "duet.c3d", tmp_path / "duet.npz"
    write_duet(duet, take, mariel53)
    said, code = run_command(command, duet, target)
    assert code == 0
    assert "Anna and Bea together are 106 markers, such as Anna:ARIEL" in " ".join(said.split())
    assert "Bea: 53 markers (mariel53)" in said
    said, code = run_command(command, duet, tmp_path / "bea.npz", "--subject=Bea")
    assert "53 markers (mariel53)" in said
    bea = read_recording(tmp_path / "bea.npz", mariel53).positions
    np.testing.assert_allclose(bea, take.positions + 1, atol=1e-4)
    said, _ = run_command(
        command, duet, tmp_path / "few.npz", "--skeleton=mariel18"
    )  # each dancer's
    assert "36 markers" in " ".join(said.split())
    said, code = run_command(command, duet, tmp_path / "duet.bvh")
    assert (code, (tmp_path / "duet.bvh").exists()) == (2, False)
    assert "one dancer, not Anna and Bea" in said
    assert run_command(command, duet, tmp_path / "anna.bvh", "--subject=Anna")[1] == 0


@pytest.mark.parametrize("suffix", [".trc", ".c3d", ".csv"])
def test_a_marker_that_is_missing_is_told_and_none_of_the_others_is_lost(
    tmp_path, run_command, take, mariel53, suffix
):
    names = [name if name != "LANK" else "LANKLE" for name in mariel53.markers]
    renamed = skeleton_from_dict({"name": "renamed", "markers": names})
    write_recording(tmp_path / f"take{suffix}", take, renamed)
    said, code = run_command(command, tmp_path / f"take{suffix}", tmp_path / "out.npz")
    said = " ".join(said.split())
    assert code == 0
    assert "52 markers (part of mariel53)" in said
    assert "lacks 1 of mariel53's 53 markers: LANK (nearest: LANKLE)" in said
    assert "--skeleton mariel53 keeps places for all" in said
    with np.load(tmp_path / "out.npz") as written:
        assert written["positions_m"].shape == (30, 52, 3)


def test_the_place_of_a_missing_marker_is_kept_where_the_set_is_named(
    tmp_path, run_command, take, mariel53
):
    kept = [index for index, name in enumerate(mariel53.markers) if name != "LANK"]
    few = reduce_skeleton(mariel53, [mariel53.markers[index] for index in kept], "few")
    write_recording(
        tmp_path / "take.c3d", Recording("take", take.positions[:, kept], 35.0, ""), few
    )
    out = tmp_path / "out.npz"
    said, code = run_command(command, tmp_path / "take.c3d", out, "--skeleton=mariel53")
    assert code == 0
    assert "their places are kept, as never seen" in " ".join(said.split())
    back = read_recording(out, mariel53).positions
    np.testing.assert_allclose(back[:, kept], take.positions[:, kept], atol=1e-4)
    assert np.isnan(back[:, mariel53.markers.index("LANK")]).all()
    said, code = run_command(
        command, tmp_path / "take.c3d", tmp_path / "out.glb", "--skeleton=mariel53"
    )
    assert (code, (tmp_path / "out.glb").exists()) == (2, False)
    assert "LANK was never seen" in said


def test_what_the_file_does_not_state_is_said(files, tmp_path, run_command):
    said, _ = run_command(command, files / "take.bvh", tmp_path / "out.npz")
    assert "cm as usual" in said
    assert "y up as usual" in said
    said, _ = run_command(command, files / "take.c3d", tmp_path / "out.npz")
    assert "as usual" not in said


def test_a_dancer_who_lies_is_asked_about(files, tmp_path, run_command, take, mariel53):
    lying = Recording("lying", take.positions[..., [0, 2, 1]] * np.float32([1, -1, 1]), 35.0, "")
    write_recording(tmp_path / "lying.npz", lying, mariel53)
    said, code = run_command(command, tmp_path / "lying.npz", tmp_path / "out.npz")
    assert code == 0
    assert "--up" in said
    assert (
        "head"
        not in run_command(command, tmp_path / "lying.npz", tmp_path / "out.npz", "--up=z")[0]
    )
    up = read_recording(tmp_path / "lying.npz", mariel53, up="-y").positions
    np.testing.assert_allclose(up, take.positions * np.float32([1, 1, 1]), atol=1e-6)
