"""The command `relations`: table, CSV, picture, page; mistakes in one line; the benchmark."""

import json

import numpy as np
import pytest

from experiments import relations as command
from mariel_gnn.evaluation import relation_benchmark
from mariel_gnn.evaluation.relation_rows import ROWS
from mariel_gnn.metrics import duet_relations, partner_past
from mariel_gnn.mocap.synthetic.planted_duets import planted_duet


@pytest.fixture(scope="module")
def bodies():
    return planted_duet("lagged", 3.0, seed=2, seconds=16.0).positions


@pytest.fixture
def takes(tmp_path, bodies, write_field, monkeypatch):
    """Two takes of a couple in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(partner_past, "SHIFTS", 2)  # quick; what it measures has tests of its own
    monkeypatch.setattr(duet_relations, "SHIFTS", 40)
    for take, frames in ((1, slice(0, 290)), (2, slice(270, 560))):
        for who, body in zip(("first", "second"), bodies, strict=True):
            write_field(f"{who}_0{take}.npy", body[frames])
    return tmp_path


def test_two_files_give_a_table_a_csv_file_a_picture_and_a_page(takes, capsys):
    truth = {"relations": [{"follower": "2 head", "leader": "1 head", "lag_s": 0.1}]}
    (takes / "couple_01.json").write_text(json.dumps(truth))
    command.main(["first_01.npy", "second_01.npy"])
    printed = capsys.readouterr().out
    assert "first dancer: first_01; second dancer: second_01" in printed
    assert "Who leads is not told" in printed
    assert (takes / "first_01_relations.csv").read_text().count("\n") == 201
    assert (takes / "first_01_relations.png").stat().st_size > 10_000
    assert (takes / "first_01_relations.html").read_text().count('class="matrix"') == 2
    assert [line for line in printed.splitlines() if len(line) > 100] == []


def test_takes_with_partners_are_taken_together(takes, capsys):
    command.main(["first_*.npy", "--partners", "second_*.npy", "--out", "both.csv"])
    printed = capsys.readouterr().out
    assert "first_01 and 1 more" in printed
    assert "in 0 of 2 takes" in printed or "of 2 takes (sign test" in printed
    assert (takes / "both.csv").is_file()
    assert (takes / "both.png").is_file()


def test_the_order_of_two_files_is_kept(takes, capsys):
    command.main(["second_01.npy", "first_01.npy"])
    assert "first dancer: second_01; second dancer: first_01" in capsys.readouterr().out


def test_a_file_of_two_dancers_is_read(takes, bodies, capsys):
    np.save(
        "both.npy", np.stack(list(bodies), axis=1).astype(np.float32)
    )  # (frames, dancers, joints, 3)
    command.main(["both.npy"])
    assert (takes / "both_relations.csv").is_file()


def test_a_file_of_three_dancers_gives_every_two_of_them(takes, bodies, capsys):
    trio = np.stack([*bodies, bodies[0, ::-1]], axis=1).astype(np.float32)
    np.save("trio.npy", trio)
    command.main(["trio.npy"])
    printed = capsys.readouterr().out
    assert "every two of them are a duet" in printed
    names = [f"trio_relations_{number}" for number in (1, 2, 3)]
    assert sorted(path.stem for path in takes.glob("*.html")) == names


def test_interpolated_clips_are_left_out(takes, capsys):
    command.main(["first_01.npy", "second_01.npy", "--out", "whole"])
    clips = "second_01.npy@2s-2.2s"
    command.main(
        ["first_01.npy", "second_01.npy", "--out", "without.html", "--interpolated", clips]
    )
    assert "7 frames have an interpolated place" in capsys.readouterr().out
    assert (takes / "without.csv").read_text() != (takes / "whole.csv").read_text()


def test_a_run_folder_gives_its_recordings(takes, capsys):
    (takes / "run").mkdir()
    data = {
        "recordings": str(takes / "first_*.npy"),
        "partners": str(takes / "second_*.npy"),
        "interpolated": ["first_01.npy@2s-3s"],
        "cleaning": {"max_gap_s": 0.1},
        "seq_len": 64,
    }
    (takes / "run" / "config.yaml").write_text(json.dumps({"data": data}))
    command.main(["run"])
    printed = capsys.readouterr().out
    assert "all takes of the run" in printed
    assert "35 frames have an interpolated place" in printed
    assert (takes / "run_relations.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no files: give two recordings of one duet"),
        (["first_01.npy"], "has no partner"),
        (["nobody.npy", "second_01.npy"], "no file matches 'nobody.npy'"),
        (
            ["first_01.npy", "--partners", "second_*.npy"],
            "1 file in the first files, 2 in --partners",
        ),
        (["first_01.npy", "first_01.npy"], "first_01.npy"),
        (
            ["first_01.npy", "second_01.npy", "--interpolated", "second_1.npy@2s-3s"],
            "second_1.npy@2s-3s: is none of the recordings",
        ),
        (
            ["first_01.npy", "second_01.npy", "--interpolated", "second_01.npy@20s-30s"],
            "second_01.npy",
        ),
        (
            ["first_01.npy", "second_01.npy", "--max_lag_s", "2"],
            "too short to find relations: give 16 s",
        ),
        (["first_01.npy", "second_01.npy", "--max_lag_s", "0"], "max_lag_s"),
        (["first_01.npy", "--partner", "second_01.npy"], "did you mean '--partners'"),
        (
            ["first_01.npy", "--benchmark", "2"],
            "--benchmark is 2; it must be 1 or more, without files",
        ),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(takes, run_command, arguments, message):
    before = sorted(takes.iterdir())
    said, status = run_command(command, *arguments)
    assert status == 2
    assert message.lower() in said.lower()
    assert len(said.strip().splitlines()) == 1
    assert "data." not in said
    assert sorted(takes.iterdir()) == before


def test_reading_options_beside_a_run_are_refused(takes, run_command):
    (takes / "run").mkdir()
    (takes / "run" / "config.yaml").write_text("data:\n  recordings: first_*.npy\n")
    said, status = run_command(command, "run", "--rate_hz", "50")
    assert status == 2
    assert "run is a run folder, which says how its recordings are read" in said


def test_a_run_without_recordings_is_refused(takes, run_command):
    (takes / "run").mkdir()
    (takes / "run" / "config.yaml").write_text("data:\n  recordings: null\n")
    said, status = run_command(command, "run")
    assert status == 2
    assert "was trained without recordings of its own" in said


def test_the_benchmark_prints_its_tables(monkeypatch, capsys):
    row = "lagged correlation"
    monkeypatch.setattr(relation_benchmark, "ROWS", {row: ROWS[row]})
    monkeypatch.setattr(relation_benchmark, "SNRS", (3.0,))
    monkeypatch.setattr(relation_benchmark, "SECONDS", 12.0)
    command.main(["--benchmark", "1"])
    printed = capsys.readouterr().out
    assert "Directed AUC by scene" in printed
    assert row in printed
    assert "explained variance" in printed
