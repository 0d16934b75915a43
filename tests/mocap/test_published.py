"""The table of published CMU files is complete and consistent; files are recognized by content."""

import csv
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from mariel_gnn.mocap import published
from mariel_gnn.mocap.published import cmu_takes, find_cmu_take, git_blob_sha1

TAKES = {take.name: take for take in cmu_takes()}
CONFIG = Path(__file__).parents[2] / "configs" / "cmu.yaml"
LISTED = Path(__file__).parents[3] / "shared" / "data" / "cmu_bvh_files.csv"


def test_the_75_files_have_distinct_hashes():
    assert len(TAKES) == len({take.blob_sha1 for take in TAKES.values()}) == 75
    assert all(len(take.blob_sha1) == 40 and int(take.blob_sha1, 16) for take in TAKES.values())
    kinds = Counter(name.rpartition("_")[0] for name in TAKES)
    assert kinds == {"salsa_60": 15, "salsa_61": 15, "indian_94": 15, "martial_135": 10,
                     "modern_05": 20}  # fmt: skip


def test_rate_and_rig_depend_on_the_subject():
    for name, take in TAKES.items():
        assert take.rate_hz == (60 if name.startswith("salsa") else 120)
        assert take.rig == ("cmu" if name.startswith("modern") else "daz")


def test_names_correspond_to_the_published_paths():
    for number in range(1, 16):
        for subject, file in ((60, number), (61, number + 15)):
            path = TAKES[f"salsa_{subject}_{number:02d}"].url_path
            assert path.endswith(f"train_data_bvh/salsa/{file:02d}.bvh")
    assert TAKES["modern_05_02"].url_path.endswith("data/05/05_02.bvh")


def test_valid_frames_exclude_the_t_pose_and_are_in_order():
    for take in TAKES.values():
        assert take.valid_frames[0][0] == (2 if take.rig == "cmu" else 10)
        bounds = [bound for run in take.valid_frames for bound in run if bound is not None]
        assert bounds == sorted(set(bounds))


def test_both_partners_have_the_same_valid_frames():
    for number in ("05", "07", "10"):
        assert TAKES[f"salsa_60_{number}"].valid_frames == TAKES[f"salsa_61_{number}"].valid_frames
    assert TAKES["salsa_60_10"].valid_frames == ((10, 176), (368, None))


def test_a_file_is_recognized_by_content_and_not_by_name(tmp_path, monkeypatch):
    path = tmp_path / "renamed.bvh"
    path.write_bytes(b"HIERARCHY")
    assert find_cmu_take(path) is None
    monkeypatch.setattr(published, "git_blob_sha1", lambda _: TAKES["indian_94_04"].blob_sha1)
    assert find_cmu_take(path).name == "indian_94_04"
    (tmp_path / "take.csv").write_bytes(b"")
    assert find_cmu_take(tmp_path / "take.csv") is None


def test_the_table_agrees_with_the_published_list():
    if not LISTED.exists():
        pytest.skip(f"{LISTED} is absent")
    columns = ("repository", "commit", "path", "git_blob_sha1", "bytes")
    rows = [
        {tuple(row[column] for column in columns) for row in csv.DictReader(text.splitlines())}
        for text in (LISTED.read_text(), published._TABLE.read_text())
    ]
    assert rows[0] == rows[1]


def test_the_hash_is_of_size_and_content(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert git_blob_sha1(tmp_path / "empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def matching(patterns):
    """The takes that a pattern matches, prepared as one recording or in parts."""
    stems = [Path(pattern).name.removesuffix(".npz") for pattern in patterns]
    return {name for name in TAKES for stem in stems if fnmatch(f"{name}_1", stem)}


def test_the_configuration_uses_the_checked_takes_and_splits_no_couple():
    data = yaml.safe_load(CONFIG.read_text())["data"]
    used = matching(data["recordings"])
    assert used == {name for name, take in TAKES.items() if take.floor_m is not None}
    assert len(used) == 46
    held_out = {role: matching(data[role]) for role in ("validation", "test")}
    assert {role: len(names) for role, names in held_out.items()} == {"validation": 6, "test": 8}
    assert held_out["validation"] | held_out["test"] < used
    for names in (*held_out.values(), used):
        assert all(
            name.replace("_60_", "_61_") in names and name.replace("_61_", "_60_") in names
            for name in names
            if name.startswith("salsa")
        )
