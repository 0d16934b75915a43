"""Curves, stills and bars: content, layout, no partial files."""

import sys

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from mariel_gnn.errors import UserError
from mariel_gnn.viz import figures
from mariel_gnn.viz.curves import save_bar, save_curves
from mariel_gnn.viz.stills import save_stills

HEADER = "epoch,lr,train/loss_nats,validation/loss_nats,validation/mpjpe_mm,validation/never_mm\n"


def metrics(tmp_path, rows):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + rows)
    return path


def load(path):
    with Image.open(path) as image:
        image.load()
        return image


def assert_inside(figure):
    """Assert that everything is inside the figure."""
    box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01
    assert box.y0 >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_curves_of_a_quantity_share_a_panel(tmp_path, drawn):
    path = metrics(tmp_path, "1,.1,900,1000,200,\n2,.1,90,,,\n3,.1,5,20,50,\n")
    save_curves(path, tmp_path / "curves.png", "Curves")
    load(tmp_path / "curves.png")
    loss, error = drawn[0].axes
    assert [line.get_label() for line in loss.lines] == ["train", "validation"]
    np.testing.assert_array_equal(loss.lines[1].get_xydata(), [[1, 1000], [3, 20]])
    assert loss.get_yscale() == "log"
    assert loss.get_ylabel() == "loss [nats]"
    assert error.get_yscale() == "linear"
    assert error.get_ylabel() == "mpjpe [mm]"


def test_curves_of_one_epoch_are_points(tmp_path, drawn):
    path = metrics(tmp_path, "1,.1,900,-3,,\n")
    save_curves(path, tmp_path / "curves.png", "A long title of one epoch " * 8)
    load(tmp_path / "curves.png")
    assert all(line.get_marker() not in ("", "None") for line in drawn[0].axes[0].lines)
    assert_inside(drawn[0])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "row of column names"),
        ("epoch,lr\n1,2\n", "nothing to draw"),
        (HEADER, "nothing to draw"),
        (HEADER + "1,.1,many,3,4,\n", "'many' in column 'train/loss_nats'"),
    ],
)
def test_an_invalid_metrics_file_is_refused(tmp_path, content, word):
    (tmp_path / "metrics.csv").write_text(content)
    with pytest.raises(UserError, match=word):
        save_curves(tmp_path / "metrics.csv", tmp_path / "curves.png", "t")
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]


def test_stills_have_a_row_each_and_times_below(tmp_path, drawn, dancer, skeleton):
    rows = {"recording": dancer, "a model with a name that is long " * 5: dancer[:20] * np.nan}
    save_stills(rows, skeleton, tmp_path / "stills.png", "Stills " * 40, frames=5, rate_hz=10.0)
    load(tmp_path / "stills.png")
    first, second = drawn[0].axes
    assert [x.get_text() for x in first.get_xticklabels()][::4] == ["0.00 s", "2.30 s"]
    assert len(first.collections) == len(second.collections) == 5
    assert first.get_xlim() == second.get_xlim()
    assert first.get_aspect() == second.get_aspect() == 1.0
    assert_inside(drawn[0])


def test_stills_of_few_frames_show_each_once(tmp_path, drawn, dancer, skeleton):
    save_stills({"x": dancer[:3]}, skeleton, tmp_path / "stills.png", "Three", frames=8)
    assert len(drawn[0].axes[0].collections) == 3


def test_stills_of_nothing_are_refused(tmp_path, dancer, skeleton):
    for rows, frames in (({}, 8), ({"x": dancer}, 0)):
        with pytest.raises(UserError, match="one sequence or more"):
            save_stills(rows, skeleton, tmp_path / "stills.png", "t", frames=frames)


def test_bars_keep_their_order_and_have_numbers(tmp_path, drawn):
    values = {"b": 2.0, "a": 44.234, "lost": float("nan"), "very long name " * 9: -1.0}
    save_bar(values, tmp_path / "bars.png", "Bars", "mm")
    load(tmp_path / "bars.png")
    (axes,) = drawn[0].axes
    assert [bar.get_width() for bar in axes.patches] == [2.0, 44.234, 0.0, -1.0]
    assert [text.get_text() for text in axes.texts] == ["2", "44.23", "nan", "-1"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first on top"
    assert axes.get_xlabel() == "mm"
    assert_inside(drawn[0])


def test_bars_of_nothing_are_refused(tmp_path):
    with pytest.raises(UserError, match="no values"):
        save_bar({}, tmp_path / "bars.png", "t", "mm")


def test_dollar_signs_are_not_math(tmp_path):
    save_bar({"a$b_c$": 1.0}, tmp_path / "bars.png", "cost $x and $y", "$")
    load(tmp_path / "bars.png")


def test_no_file_remains_when_saving_fails(tmp_path, monkeypatch):
    def fail(self, path, **kwargs):
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(UserError, match="the disk is full"):
        figures.save_figure(figures.new_figure(4, 3, "t"), tmp_path / "picture.png")
    assert list(tmp_path.iterdir()) == []


def test_pyplot_has_no_figures(tmp_path):
    save_bar({"a": 1.0}, tmp_path / "bars.png", "t", "mm")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_names_with_signs_of_mathematics_are_drawn_as_they_are(tmp_path):
    r"""`$\frac{x$` is no mathematics, and a name may be anything."""
    name = r"$\frac{x$ and $y_1$"
    figure = figures.new_figure(5, 3, name)
    axes = figure.add_subplot()
    axes.set(title=name, xlabel=name)
    axes.plot([1, 1000], [0, 1], label=name)
    axes.set_yticks([0, 1], [name, name])
    axes.text(0, 0, name)
    axes.legend()
    figures.save_figure(figure, tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text().count(name) >= 5  # svg has each text as a comment


def test_a_body_far_above_the_floor_gets_a_picture_of_usual_size(tmp_path, dance, mariel53):
    for name, up_m in (("floor", 0.0), ("sky", 990.0)):
        body = dance[:40] + np.float32([0, 0, up_m])
        save_stills({"a": body}, mariel53, tmp_path / f"{name}.png", "title", frames=2)
    sizes = [load(tmp_path / f"{name}.png").size for name in ("floor", "sky")]
    assert sizes[0][0] == sizes[1][0]
    assert sizes[0][1] == pytest.approx(sizes[1][1], rel=0.1)


def test_a_sign_without_a_picture_is_not_printed(tmp_path, recwarn):
    """The warning of matplotlib has the sign itself: a terminal would carry out an escape sequence."""
    figure = figures.new_figure(3, 2, "a\x1b[2Jb \u4e00")
    figures.save_figure(figure, tmp_path / "a.png")
    assert [str(each.message) for each in recwarn if "Glyph" in str(each.message)] == []
