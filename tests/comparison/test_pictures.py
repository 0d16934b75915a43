"""The pictures of a comparison: one a question, nothing cut off, exact numbers."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from mariel_gnn.comparison.comparison import compare, load_runs
from mariel_gnn.comparison.intervals import Estimate
from mariel_gnn.errors import UserError
from mariel_gnn.viz.comparison_pictures import draw_comparison
from mariel_gnn.viz.comparison_style import group_styles, style_of
from mariel_gnn.viz.interval_bars import Bar, save_differences, save_interval_bars
from mariel_gnn.viz.panels import Line, LinePanel, save_dot_panels, save_line_panels
from tests.comparison.synthetic_runs import write_run

ALWAYS = ["error", "difference_to_pca", "error_by_body_part", "error_by_frame",
          "error_over_training", "samples"]  # fmt: skip


@pytest.fixture
def drawn(monkeypatch):
    """Stem of the picture -> the saved figure."""
    saved = {}
    save = Figure.savefig

    def remember(self, path, **kwargs):
        saved[path.stem] = self
        save(self, path, **kwargs)

    monkeypatch.setattr(Figure, "savefig", remember)
    return saved


def draw(comparison, tmp_path):
    paths = list(draw_comparison(comparison, tmp_path / "pictures"))
    for path in paths:
        with Image.open(path) as image:
            image.load()
    return [path.stem for path in paths]


def test_each_picture_names_the_groups_and_the_data(comparison, tmp_path, drawn):
    assert set(draw(comparison, tmp_path)) == {*ALWAYS, "difference"}
    for figure in drawn.values():
        title = figure.get_suptitle().replace("\n", " ")
        assert "lstm_vae | gnn_vae (2 seeds each)" in title
        assert "*.npy" in title


def test_no_picture_is_cut_off(comparison, tmp_path, drawn):
    draw(comparison, tmp_path)
    for figure in drawn.values():
        box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
        width, height = figure.get_size_inches()
        assert min(box.x0, box.y0) >= -0.01
        assert box.x1 <= width + 0.01
        assert box.y1 <= height + 0.01


def test_bars_are_as_long_as_the_errors(comparison, tmp_path, drawn):
    draw(comparison, tmp_path)
    [axes] = drawn["error"].axes
    lengths = [bar.get_width() for bar in axes.patches]
    assert lengths == pytest.approx([103.5, 43.5, 200, 50], abs=5)
    [axes] = drawn["error_by_body_part"].axes
    feet = [bar.get_width() for bar in axes.patches][:3]
    assert feet == pytest.approx(
        [1.3 * length for length in (lengths[0], lengths[1], 50)], rel=0.02
    )


def test_differences_are_drawn_at_their_values(comparison, tmp_path, drawn):
    draw(comparison, tmp_path)
    [axes] = drawn["difference"].axes
    assert [tick.get_text() for tick in axes.get_yticklabels()][1:] == comparison.recordings
    values = np.concatenate([line.get_xdata() for line in axes.lines if line.get_marker() == "s"])
    np.testing.assert_allclose(values, -60, atol=1e-2)


def test_training_curves_show_each_seed_and_the_mean(comparison, tmp_path, drawn):
    draw(comparison, tmp_path)
    [axes] = drawn["error_over_training"].axes
    assert len(axes.lines) == 2 * (2 + 1)
    assert [line.get_label() for line in axes.lines if line.get_label()[0] != "_"] == [
        "lstm_vae", "gnn_vae"]  # fmt: skip


def test_several_latent_sizes_have_their_pictures(tmp_path, drawn):
    folders = [write_run(tmp_path / f"{model}{size}", model, 0, 100.0 / size, pca_mm=400 / size,
                         options={"network.latent_size": size})
               for model in ("lstm_vae", "gnn_vae") for size in (4, 8, 16)]  # fmt: skip
    stems = draw(compare(load_runs(folders)), tmp_path)
    assert {"error_by_latent_size", "samples_by_latent_size"} <= set(stems)
    errors = drawn["error_by_latent_size"].axes[0]
    pca = next(line for line in errors.lines if line.get_label() == "PCA")
    np.testing.assert_allclose(pca.get_xydata(), [[4, 100], [8, 50], [16, 25]], rtol=1e-3)
    bars = drawn["error_by_body_part"].axes[0].patches
    assert len(bars) == 2 * (2 + 1), "only the largest of each model, and PCA"


def test_sizes_of_one_model_are_all_drawn(tmp_path, drawn):
    folders = [write_run(tmp_path / f"z{size}", options={"network.latent_size": size})
               for size in (4, 8)]  # fmt: skip
    comparison = compare(load_runs(folders))
    stems = {*ALWAYS, "difference", "error_by_latent_size", "samples_by_latent_size"}
    assert set(draw(comparison, tmp_path)) == stems
    assert len({style.colour for style in group_styles(comparison.groups).values()}) == 2


def test_a_run_on_one_recording_without_epochs_can_be_drawn(tmp_path):
    folder = write_run(tmp_path / "a", takes={"take_0": 3})
    (folder / "metrics.csv").unlink()
    assert set(draw(compare(load_runs([folder])), tmp_path)) == {*ALWAYS} - {"error_over_training"}


@pytest.mark.parametrize("count", [1, 7])
def test_long_names_and_many_bars_are_not_cut_off(tmp_path, drawn, count):
    bars = [Bar(Estimate(30.0 * n, 20.0 * n, 40.0 * n), style_of(n), f"a long name {n}")
            for n in range(1, count + 1)]  # fmt: skip
    groups = {"a part with a name that is much too long for its place": bars, "foot": bars}
    save_interval_bars(groups, tmp_path / "bars.png", "Bars " * 30, "mm")
    figure = drawn["bars"]
    box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    assert box.x1 <= figure.get_size_inches()[0] + 0.01
    assert len(figure.axes[0].patches) == 2 * count


def test_an_axis_of_factors_is_logarithmic(tmp_path, drawn):
    x = np.arange(1.0, 4.0)
    for name, y in (("wide", x**3), ("narrow", x), ("signed", x - 2)):
        panel = LinePanel({"a": Line(x, y, style_of(0))}, "x", "y")
        save_line_panels([panel], tmp_path / f"{name}.png", name)
    scales = {name: figure.axes[0].get_yscale() for name, figure in drawn.items()}
    assert scales == {"wide": "log", "narrow": "linear", "signed": "linear"}


def test_nothing_to_draw_is_refused(tmp_path):
    path = tmp_path / "picture.png"
    for save in (lambda: save_interval_bars({}, path, "t", "mm"),
                 lambda: save_differences([], [], {}, path, "t"),
                 lambda: save_line_panels([], path, "t"),
                 lambda: save_dot_panels([], {}, path, "t")):  # fmt: skip
        with pytest.raises(UserError, match="to draw"):
            save()
    assert not path.exists()
