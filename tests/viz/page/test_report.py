"""A run's report: scenes, map, tables, curves, configuration."""

import dataclasses
import html
import itertools
import json
import re

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.window_errors import errors_on
from mariel_gnn.metrics.reconstruction import RowErrors
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.viz.page.report import write_report
from mariel_gnn.viz.page.run_scenes import (
    BEST_AND_WORST,
    TEMPERATURES,
    clip_names,
    named_windows,
)
from mariel_gnn.viz.relation_pictures import NOT_A_RELATION


@pytest.fixture(scope="module")
def content(run):
    return run.report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scenes(content):
    [text] = re.findall(r'id="data">(.*?)</script>', content, re.S)
    return json.loads(text)["scenes"]


def test_the_report_is_the_only_new_file(run):
    assert {path.name for path in run.folder.iterdir()} == {
        "metrics.csv", "config.yaml", "versions.json", "report.html",
    }  # fmt: skip


def test_median_best_worst_and_samples_have_buttons(scenes):
    names = [(scene["group"], scene["name"]) for scene in scenes if scene["group"] is not None]
    assert names[0] == ("Test phrases", "median")
    assert {name for group, name in names if group == "Samples"} == {
        f"temperature {t:g}" for t in TEMPERATURES
    }
    for kind in ("best", "worst"):
        assert len([name for _, name in names if name.startswith(kind)]) == BEST_AND_WORST


def test_each_scene_names_run_data_and_phrase(scenes):
    for scene in scenes:
        assert scene["title"].startswith("run7: ")
        assert re.search(
            r"(two|three <b>), [\d.]+ to [\d.]+ s, error \d+ mm|one, .* training phrase|the data",
            scene["title"],
        )


def test_named_phrases_do_not_overlap_and_are_ordered(run):
    named = {
        name: place for place, name in named_windows(run.evaluation.by_window_mm, run.test).items()
    }
    starts = sorted(int(run.test.starts[place]) for place in named.values())
    assert min(b - a for a, b in itertools.pairwise(starts)) >= run.test.seq_len
    errors = run.evaluation.by_window_mm
    assert errors[named["best"]] == errors.min()
    assert errors[named["worst"]] == errors.max() or len(named) < 3


def test_original_and_reconstruction_have_the_same_length(scenes):
    for scene in scenes:
        if scene["pairs"]:
            original, other = scene["bodies"]
            assert (original["name"], other["name"]) == ("original", "reconstruction")
            assert original["stop"] - original["start"] == other["stop"] - other["start"]


def test_every_phrase_and_sample_is_a_point_of_the_map(content, scenes):
    points = {int(n) for n in re.findall(r'data-scene="(\d+)"', content)}
    expected = {n for n, scene in enumerate(scenes) if scene["group"] != "Samples"}
    assert points == expected


def test_the_report_has_tables_curves_and_configuration(content):
    for words in ("mean_pose", "pca", "MPJPE", "kernel distance", "config.yaml", "mpjpe, mm"):
        assert words in content
    assert html.escape("model: gnn_vae # </script><b>") in content
    assert "<b>" not in content


def test_a_note_separates_attention_from_relations(content):
    assert NOT_A_RELATION in content


def test_a_model_of_one_window_has_a_report(run, tmp_path):
    one = run.test.subset(torch.tensor([5]))
    whole = run.evaluation.errors.rows["gnn_vae"]
    rows = {"gnn_vae": RowErrors(whole.frame_mm[5:6], whole.marker_mm[5:6])}
    errors = errors_on(one, rows, "gnn_vae")
    evaluation = dataclasses.replace(run.evaluation, errors=errors)
    path = write_report(tmp_path, run.model, one, evaluation, "the data", run.summary)
    content = path.read_text(encoding="utf-8")
    assert content.count('"median"') == 1
    assert "few windows: the number of test phrases is 1" in content
    assert "of few phrases (1), so the places mean little" in content


def test_each_phrase_has_its_clip_to_copy(scenes):
    sources = {scene["group"]: scene["source"] for scene in scenes}
    assert re.fullmatch(r"/takes/one\.npy@[\d.]+s-[\d.]+s", sources["Training phrases"])
    assert re.fullmatch(r"/takes/two\.npy@.*|'/takes/three <b>\.npy@.*'", sources["Test phrases"])
    assert sources["Samples"] == ""


def test_the_clip_of_a_phrase_is_where_its_window_is(run):
    """Also in a part of a file, and in a prepared file."""
    dance = run.test.recordings_m()[0]
    prepared = {"file": "/takes/part.npz", "file_start": 100}
    whole = Recording("part", dance, 35.0, "/takes/whole.c3d", start_frame=150, **prepared)
    part = whole.part(20, 120)
    windows = MarielDataset([part], seq_len=32, predicted_timesteps=0)
    names = clip_names(windows, [0, 35])
    assert names == ["/takes/part.npz@2s-2.9143s", "/takes/part.npz@3s-3.9143s"]
