"""The preview of the W&B workspace has every panel, with what each run has logged and what it has not."""

import csv
import json

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from experiments import dashboard as command
from mariel_gnn.tracking.dashboard import SECTIONS
from mariel_gnn.viz.dashboard_preview import read_logged, save_preview
from tests.comparison.synthetic_runs import write_run

PANELS = [panel for panels in SECTIONS.values() for panel in panels]
MEDIA = [key for panel in PANELS if panel.kind == "media" for key in panel.keys]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def keys_of(kind):
    return [key for panel in PANELS if panel.kind == kind for key in panel.keys]


def write_logged(folder, first, colour):
    """A run that has logged all names of the layout: numbers count from `first`, pictures have one colour."""
    numbers = {key: first + at for at, key in enumerate(keys_of("bars"))}
    write_run(folder, summary=numbers)
    lines = keys_of("lines")
    with (folder / "metrics.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", *lines])
        rows.writerows([[epoch, *(first + epoch for _ in lines)] for epoch in (1, 2, 3)])
    (folder / "pictures").mkdir()
    for key in MEDIA:
        name = key.removeprefix("pictures/")
        if name == "report":
            (folder / "report.html").write_text("<html>")
        elif name in ("reconstruction", "samples"):
            (folder / "pictures" / f"{name}.mp4").write_bytes(b"film")
        else:
            Image.new("RGB", (60, 40), colour).save(folder / "pictures" / f"{name}.png")
    return folder, numbers


@pytest.fixture
def two(tmp_path):
    return [
        write_logged(tmp_path / "first", 1000, RED),
        write_logged(tmp_path / "second", 2000, BLUE),
    ]


def texts(figure):
    return {text.get_text() for text in figure.findobj(Text)}


def panel_of(figure, title):
    [axes] = [each for each in figure.axes if each.get_title(loc="left").startswith(title)]
    return axes


def test_every_panel_has_the_numbers_of_every_run(tmp_path, two, drawn):
    assert save_preview([folder for folder, _ in two], tmp_path / "preview.png") == []
    [figure] = drawn
    found = texts(figure)
    assert {"first", "second", *SECTIONS} <= found
    assert len(figure.axes) == len(PANELS)
    for _, numbers in two:
        assert {str(number) for number in numbers.values()} <= found
    assert "not logged" not in found
    [one, other] = panel_of(figure, "validation error").lines
    np.testing.assert_array_equal(one.get_xydata(), [[1, 1001], [2, 1002], [3, 1003]])
    np.testing.assert_array_equal(other.get_ydata(), [2001, 2002, 2003])


def test_media_panels_show_the_pictures_of_every_run_and_name_the_films(tmp_path, two, drawn):
    save_preview([folder for folder, _ in two], tmp_path / "preview.png")
    [image] = panel_of(drawn[0], "error by body part").images
    pixels = np.asarray(image.get_array())[..., :3].reshape(-1, 3)
    assert {tuple(pixel) for pixel in pixels.tolist()} == {RED, BLUE}
    assert "reconstruction.mp4" in panel_of(drawn[0], "a test phrase").get_title(loc="left")
    assert "report.html" in panel_of(drawn[0], "report").get_title(loc="left")


def test_what_a_run_has_not_logged_is_marked_and_listed(tmp_path, two, drawn, run_command):
    (first, numbers), (second, _) = two
    del numbers["samples/targets_met"]
    (first / "summary.json").write_text(json.dumps(numbers))
    for folder in (first, second):
        (folder / "pictures" / "curves.png").unlink()
    out = tmp_path / "preview.png"
    said, code = run_command(command, "--preview", first, second, "--out", out)
    assert code == 0
    assert "first has not logged samples/targets_met, pictures/curves" in said
    assert "second has not logged pictures/curves" in said
    bars = {text.get_text() for text in panel_of(drawn[0], "targets met").texts}
    assert "not logged" in bars
    assert len(bars) == 2
    assert panel_of(drawn[0], "training curves").texts[0].get_text() == "not logged"


def test_a_run_of_no_epoch_and_no_pictures_is_drawn(tmp_path):
    folder = write_run(tmp_path / "run")
    (folder / "metrics.csv").unlink()
    lines = save_preview([folder], tmp_path / "preview.svg")
    assert len(lines) == 1
    assert all(not read_logged(folder, RED).has("lines", key) for key in keys_of("lines"))
    assert (tmp_path / "preview.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "ENTITY is missing"),
        (["her", "--preview", "first", "--out", "new.png"], "needs no ENTITY"),
        (["--preview", "first"], "add --out"),
        (["--preview", "nowhere", "--out", "new.png"], "no such run folder"),
        (["--preview", "first", "--out", "new.doc"], "ends in .png"),
        (["--preview", *["first"] * 7, "--out", "new.png"], "1 to 6"),
        (["--preview", "second", "--out", "new.png"], "curves.png: cannot be read"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    tmp_path, two, arguments, words, monkeypatch, run_command
):
    monkeypatch.chdir(tmp_path)
    damaged = tmp_path / "second" / "pictures" / "curves.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    said, code = run_command(command, *arguments)
    assert code == 2
    assert words in said
    assert "\n" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]
