"""The command `convert`: any format to any other, damaged files, mistakes, start-up."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from experiments import convert as command
from mariel_gnn.mocap.formats.reading import read_recording
from mariel_gnn.mocap.formats.table import READABLE, WRITABLE
from mariel_gnn.mocap.formats.writing import write_recording
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import reduce_skeleton, skeleton_from_dict

READ = sorted({*READABLE} & {*WRITABLE})
DAMAGE = st.lists(
    st.one_of(
        st.tuples(st.just("cut"), st.floats(0, 1), st.just(0)),
        st.tuples(st.just("flip"), st.floats(0, 1), st.integers(1, 255)),
        st.tuples(st.just("flip"), st.floats(0, 0.1), st.integers(1, 255)),  # the header
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


@pytest.mark.parametrize("suffix", sorted(WRITABLE))
def test_every_format_is_converted_to_every_other(files, tmp_path, run_command, suffix):
    for source in READ:
        target = tmp_path / f"from{source[1:]}{suffix}"
        printed, code = run_command(command, files / f"take{source}", target)
        assert code == 0
        assert "53 markers (mariel53), 30 frames" in printed
        assert max(map(len, printed.splitlines())) <= 100
        assert target.stat().st_size > 1000
    assert len(list(tmp_path.iterdir())) == len(READ)


def test_an_impossible_position_is_told_and_written_as_it_is(tmp_path, take, mariel53, run_command):
    positions = take.positions.copy()
    positions[20, 7] += 50
    write_recording(tmp_path / "faulty.c3d", Recording("faulty", positions, 35.0, ""), mariel53)
    printed, code = run_command(command, tmp_path / "faulty.c3d", tmp_path / "faulty.npz")
    assert code == 0
    assert "has 1 impossible position " in " ".join(printed.split())
    np.testing.assert_allclose(
        read_recording(tmp_path / "faulty.npz").positions, positions, atol=1e-4
    )


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
    """A damaged file gives one error line and no file, or is converted completely."""
    source, target = folder / f"damaged{suffix}", folder / "out.npz"
    source.write_bytes(damaged((files / f"take{suffix}").read_bytes(), damage))
    target.unlink(missing_ok=True)
    printed, code = run_command(command, source, target)
    assert code in (0, 2)
    if code == 2:
        assert printed.startswith("error: ")
        assert "\n" not in printed
        assert not target.exists()
    else:
        with np.load(target, allow_pickle=False) as written:
            assert written["positions_m"].ndim == 3
    assert {path.name for path in folder.iterdir()} <= {source.name, target.name}


EASY = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("suffix", READ)
@EASY
@given(damage=DAMAGE)
@example(damage=[("cut", 0.0, 0)])
@example(damage=[("cut", 0.5, 0)])
@example(damage=[("cut", 0.999, 0)])
@example(damage=[("flip", 0.0, 255)])
def test_a_damaged_file_never_gives_a_traceback(files, tmp_path, run_command, suffix, damage):
    check_damaged(files, tmp_path, run_command, suffix, damage)


def test_a_full_disk_leaves_no_file(files, tmp_path, run_command, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mariel_gnn.files.os.replace", full)
    for suffix in sorted(WRITABLE):
        printed, code = run_command(command, files / "take.npz", tmp_path / f"out{suffix}")
        assert code == 2
        assert "No space left" in printed
    assert not list(tmp_path.iterdir())


MISTAKES = {
    "no such file": (["none.c3d", "out.npz"], ["none.c3d", "no such file"]),
    "unknown suffix": (["take.npz", "out.glbb"], ["Did you mean '.glb'"]),
    "no suffix": (["take.npz", "out"], ["out", ".npz"]),
    "a format that is only written": (["take.glb", "out.npz"], ["not read", ".bvh"]),
    "FBX": (["take.fbx", "out.npz"], ["take.fbx", "Blender", ".bvh"]),
    "to FBX": (["take.npz", "out.fbx"], ["out.fbx", "not written", ".glb or .bvh"]),
    "a format that is only read": (["take.npz", "out.mvnx"], ["not written", ".bvh"]),
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
def test_a_mistake_is_a_one_line_error(files, tmp_path, run_command, monkeypatch, kind):
    arguments, words = MISTAKES[kind]
    for path in files.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "plug.csv").write_text(
        "STERN_x_m,STERN_y_m,STERN_z_m,CLAVICLE_x,CLAVICLE_y,CLAVICLE_z\n1,2,3,4,5,6\n"
    )
    (tmp_path / "folder.npz").mkdir()
    there = set(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    printed, code = run_command(command, *arguments)
    assert code == 2
    assert printed.startswith("error: ")
    assert "\n" not in printed
    assert [word for word in words if word not in printed] == []
    assert set(tmp_path.iterdir()) == there


def write_duet(path, take, mariel53):
    names = [f"{dancer}:{name}" for dancer in ("Anna", "Bea") for name in mariel53.markers]
    both = skeleton_from_dict({"name": "duet", "markers": names})
    beside = np.concatenate([take.positions, take.positions + np.float32(1)], axis=1)
    write_recording(path, Recording("duet", beside, 35.0, ""), both)


def test_a_duet_is_converted_combined_or_one_dancer_of_it(tmp_path, run_command, take, mariel53):
    duet, target = tmp_path / "duet.c3d", tmp_path / "duet.npz"
    write_duet(duet, take, mariel53)
    printed, code = run_command(command, duet, target)
    assert code == 0
    printed = " ".join(printed.split())  # long paths are wrapped elsewhere
    assert "Anna and Bea are combined, 106 markers with names like Anna:ARIEL" in printed
    assert "Bea: 53 markers (mariel53)" in printed
    printed, code = run_command(command, duet, tmp_path / "bea.npz", "--subject=Bea")
    assert "53 markers (mariel53)" in " ".join(printed.split())
    bea = read_recording(tmp_path / "bea.npz", mariel53).positions
    np.testing.assert_allclose(bea, take.positions + 1, atol=1e-4)
    printed, _ = run_command(
        command, duet, tmp_path / "few.npz", "--skeleton=mariel18"
    )  # each dancer's
    assert "36 markers" in " ".join(printed.split())
    printed, code = run_command(command, duet, tmp_path / "duet.bvh")
    assert (code, (tmp_path / "duet.bvh").exists()) == (2, False)
    assert "one dancer, not Anna and Bea" in printed
    assert run_command(command, duet, tmp_path / "anna.bvh", "--subject=Anna")[1] == 0


@pytest.mark.parametrize("suffix", [".trc", ".c3d", ".csv"])
def test_a_missing_marker_is_reported_and_the_others_are_kept(
    tmp_path, run_command, take, mariel53, suffix
):
    names = [name if name != "LANK" else "LANKLE" for name in mariel53.markers]
    renamed = skeleton_from_dict({"name": "renamed", "markers": names})
    write_recording(tmp_path / f"take{suffix}", take, renamed)
    printed, code = run_command(command, tmp_path / f"take{suffix}", tmp_path / "out.npz")
    printed = " ".join(printed.split())
    assert code == 0
    assert "53 markers (part of mariel53 and 1 more)" in printed
    assert "lacks 1 of mariel53's 53 markers: LANK (nearest: LANKLE)" in printed
    assert "--skeleton mariel53 keeps all" in printed
    with np.load(tmp_path / "out.npz") as written:
        assert written["positions_m"].shape == (30, 53, 3)


def test_a_missing_marker_becomes_a_gap_if_the_skeleton_is_stated(
    tmp_path, run_command, take, mariel53
):
    kept = [index for index, name in enumerate(mariel53.markers) if name != "LANK"]
    few = reduce_skeleton(mariel53, [mariel53.markers[index] for index in kept], "few")
    write_recording(
        tmp_path / "take.c3d", Recording("take", take.positions[:, kept], 35.0, ""), few
    )
    out = tmp_path / "out.npz"
    printed, code = run_command(command, tmp_path / "take.c3d", out, "--skeleton=mariel53")
    assert code == 0
    assert "they become gaps" in " ".join(printed.split())
    back = read_recording(out, mariel53).positions
    np.testing.assert_allclose(back[:, kept], take.positions[:, kept], atol=1e-4)
    assert np.isnan(back[:, mariel53.markers.index("LANK")]).all()
    printed, code = run_command(
        command, tmp_path / "take.c3d", tmp_path / "out.glb", "--skeleton=mariel53"
    )
    assert (code, (tmp_path / "out.glb").exists()) == (2, False)
    assert "LANK is missing in every frame" in printed


def test_the_defaults_for_what_a_file_does_not_state_are_reported(files, tmp_path, run_command):
    printed, _ = run_command(command, files / "take.bvh", tmp_path / "out.npz")
    assert "not stated, default used: unit cm, y up" in printed
    printed, _ = run_command(command, files / "take.c3d", tmp_path / "out.npz")
    assert "not stated" not in printed


def test_a_lying_dancer_gives_a_note_on_the_vertical_axis(
    files, tmp_path, run_command, take, mariel53
):
    lying = Recording("lying", take.positions[..., [0, 2, 1]] * np.float32([1, -1, 1]), 35.0, "")
    write_recording(tmp_path / "lying.npz", lying, mariel53)
    printed, code = run_command(command, tmp_path / "lying.npz", tmp_path / "out.npz")
    assert code == 0
    assert "--up" in printed
    assert (
        "head"
        not in run_command(command, tmp_path / "lying.npz", tmp_path / "out.npz", "--up=z")[0]
    )
    up = read_recording(tmp_path / "lying.npz", mariel53, up="-y").positions
    np.testing.assert_allclose(up, take.positions * np.float32([1, 1, 1]), atol=1e-6)


# Modules that take most of a second to import, and that no conversion needs.
SLOW_MODULES = {"torch", "scipy", "networkx", "matplotlib", "jaxtyping", "pandas"}


def imported_modules(module, *arguments) -> set[str]:
    """The top-level modules in a fresh process after a command."""
    code = (
        f"import sys; from experiments import {module} as command; command.main(sys.argv[1:]); "
        "print('modules', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("suffix", READ)
def test_reading_a_file_imports_no_slow_module(files, tmp_path, suffix):
    modules = imported_modules("convert", files / f"take{suffix}", tmp_path / "out.npz")
    assert not modules & SLOW_MODULES


def test_writing_a_figure_imports_no_slow_module(files, tmp_path):
    modules = imported_modules("convert", files / "take.npz", tmp_path / "out.glb")
    assert not modules & (SLOW_MODULES | {"ezc3d", "pybvh"})


def test_view_imports_no_slow_module(files, tmp_path):
    modules = imported_modules("view", files / "take.npz", "--out", tmp_path / "page.html")
    assert not modules & SLOW_MODULES
