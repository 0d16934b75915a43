"""Files that declare more than they hold, or hold more than they show, are refused before they are read."""

import io
import zipfile

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.reading import read_marker_file


def header_of(shape, dtype="<f4"):
    """The first bytes of an array in a file, without its content."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


def test_a_small_archive_that_unpacks_to_a_large_one_is_refused_unread(tmp_path, monkeypatch):
    """120 MB of zeros in 0.1 MB; the array is either declared as it is, or nothing of it is an array."""
    monkeypatch.setattr(np, "load", None)
    for name, header in (("zeros", header_of((10_000, 1_000, 3))), ("none", b"")):
        path = tmp_path / f"{name}.npz"
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("positions_m.npy", "w") as file,
        ):
            file.write(header)
            for _ in range(120):
                file.write(bytes(1_000_000))
        with pytest.raises(UserError, match="would unpack to 120 MB, over 40 times as much"):
            read_marker_file(path)


def test_an_array_that_declares_more_than_its_archive_holds_is_refused_unread(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(np, "load", None)
    for shape, dtype in (((10**9, 53, 3), "<f4"), ((1,), "<U100000000"), ((2**70, 53, 3), "<f8")):
        with zipfile.ZipFile(tmp_path / "lie.npz", "w") as archive:
            archive.writestr("positions_m.npy", header_of(shape, dtype) + bytes(1000))
        with pytest.raises(
            UserError, match=r"positions_m.npy declares [\d,]+ bytes and has 1,\d\d\d"
        ):
            read_marker_file(tmp_path / "lie.npz")


def test_a_long_recording_with_many_gaps_is_read(tmp_path, dance):
    """It shrinks as much as any recording; the bound on small archives is lowered to have it judged."""
    positions = np.where(np.arange(len(dance))[:, None, None] < len(dance) // 20, dance, np.nan)
    np.savez_compressed(tmp_path / "gaps.npz", positions_m=positions.astype(np.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mariel_gnn.mocap.formats.numpy_files.SMALL_BYTES", 0)
        assert read_marker_file(tmp_path / "gaps.npz").positions.shape == dance.shape


def test_an_archive_of_single_bytes_counts_as_what_its_values_become(tmp_path, monkeypatch):
    """99 MB of bytes in 0.1 MB would be 0.8 GB of positions."""
    monkeypatch.setattr(np, "load", None)
    with (
        zipfile.ZipFile(tmp_path / "bytes.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("positions_m.npy", "w") as file,
    ):
        file.write(header_of((33_000, 1_000, 3), "|u1"))
        for _ in range(99):
            file.write(bytes(1_000_000))
    with pytest.raises(UserError, match="would unpack to 792 MB"):
        read_marker_file(tmp_path / "bytes.npz")


def test_an_archive_of_very_many_arrays_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(np, "load", None)
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(1_001):
            archive.writestr(f"a{number}.npy", header_of((1,)) + bytes(4))
    with pytest.raises(UserError, match="holds 1,001 arrays"):
        read_marker_file(tmp_path / "many.npz")


def test_joints_without_channels_are_not_free(tmp_path):
    """A line of six characters would be 900 positions."""
    joints = "".join(f"JOINT b{number}\n{{\nOFFSET 0 1 0\n}}\n" for number in range(900))
    channels = "CHANNELS 3 Xposition Yposition Zposition\n"
    head = f"HIERARCHY\nROOT a\n{{\nOFFSET 0 0 0\n{channels}{joints}}}\nMOTION\n"
    path = tmp_path / "still.bvh"
    path.write_text(f"{head}Frames: 3000\nFrame Time: 0.01\n" + "0 0 0\n" * 3_000)
    with pytest.raises(UserError, match="901 joints in 3,000 frames"):
        read_marker_file(path)
