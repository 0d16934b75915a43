"""A page is one small self-contained file; wrong arguments are refused."""

import html
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.viz.page.build import framed, page, write_page
from mariel_gnn.viz.page.recordings import recording_scenes, show
from mariel_gnn.viz.page.scenes import Body, Clip, PairWeights, Scene, extremities

RATE_HZ = 35.0


def recording(dance, name="take", rate_hz=RATE_HZ):
    return Recording(name, dance, rate_hz, f"/takes/{name}.npy")


def take(dance, name="take", rate_hz=RATE_HZ):
    return recording(dance, name, rate_hz), load_skeleton("mariel53")


def data_of(content):
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', content, re.S)
    return json.loads(text)


def test_twenty_seconds_of_two_bodies_take_less_than_a_megabyte(dance):
    pair = [take(dance[:700], "one"), take(dance[700:], "two")]
    assert len(page(recording_scenes(pair, combined=True), "Duet").encode()) < 1_000_000


def test_a_page_of_recordings_needs_neither_torch_nor_matplotlib():
    code = "import sys, mariel_gnn; mariel_gnn.show; from mariel_gnn.viz.page import write_page; "
    code += "assert not {'torch', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_page_has_no_links_to_other_files(dance):
    content = page(recording_scenes([take(dance[:8])]), "Phrase")
    assert not re.search(r'(src|href)="(?!data:)|url\(|@import|https?:|import\(|fetch\(', content)
    assert "default-src 'none'" in content


def test_names_are_escaped(dance):
    name = "</script><b>{{data}}&\u2028"
    content = page(recording_scenes([take(dance[:8], name)]), name, name)
    assert data_of(content)["scenes"][0]["name"] == name
    assert f"<h1>{html.escape(name)}</h1>" in content
    assert "<b>" not in content


def test_a_clip_of_several_scenes_is_stored_once(dance, mariel53):
    clip = Clip(dance[:64], mariel53, RATE_HZ)
    scenes = [
        Scene(f"{n}", "", [Body("a", clip, n, n + 32)], side_by_side=True) for n in (0, 8, 16)
    ]
    data = data_of(page(scenes, "Parts"))
    assert len(data["clips"]) == len(data["skeletons"]) == 1
    assert [scene["bodies"][0]["start"] for scene in data["scenes"]] == [0, 8, 16]


def test_pairs_have_no_direction(dance, mariel53):
    weights = np.zeros((53, 53))
    weights[3, 9], weights[9, 3] = 4.0, 2.0
    pairs = PairWeights(weights, "mm", "how to read it")
    data = data_of(
        page([Scene("a", "", [Body("a", Clip(dance[:8], mariel53, 35))], pairs=pairs)], "")
    )
    assert data["scenes"][0]["pairs"]["most"] == 3.0
    assert data["notes"] == ["mm", "how to read it"]


def test_trails_are_on_hands_feet_and_head(dance, mariel53):
    chosen = extremities(dance.astype(np.float64), mariel53.mirror)
    parts = {mariel53.part_of[marker] for marker in chosen}
    assert parts == {"left arm", "right arm", "left leg", "right leg", "head"}


def test_a_marker_without_positions_has_no_trail():
    positions = np.random.default_rng(0).normal(size=(9, 4, 3))
    positions[:, 2] = np.nan
    assert set(extremities(positions, range(4))) == {0, 1, 3}


def test_show_displays_a_recording_in_a_notebook(dance):
    shown = show(recording(dance[:16]))
    frame = shown._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    assert len(repr(shown)) < 100
    [source] = re.findall(r'srcdoc="(.*?)"', frame, re.S)
    assert data_of(html.unescape(source))["clips"][0]["frames"] == 16
    assert framed("<p class='x'>").count('"') == frame.count('"')


def test_show_draws_an_unknown_marker_set_as_points(smooth):
    frame = show(Recording("odd", smooth(8, markers=7), RATE_HZ, "/odd.npy"))._repr_html_()
    [skeleton] = data_of(html.unescape(re.findall(r'srcdoc="(.*?)"', frame, re.S)[0]))["skeletons"]
    assert len(skeleton["names"]) == 7
    assert skeleton["edges"] == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda d, s, p: page([], "none"), "needs scenes"),
        (lambda d, s, p: page([Scene("empty", "", [])], "none"), "with a body in each"),
        (lambda d, s, p: Body("a", Clip(d, s, 35.0), 3, 9), "frames 3 to 9"),
        (lambda d, s, p: Clip(d[:, :9], s, 35.0), "53 markers"),
        (lambda d, s, p: Clip(d, s, 0.0), "rate_hz is 0"),
        (lambda d, s, p: write_page(p / "a.txt", [], "x"), "name that ends with .html"),
        (lambda d, s, p: recording_scenes([take(d), take(d, rate_hz=30.0)], True),
         "resample them to one rate"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(make, words, dance, mariel53, tmp_path):
    with pytest.raises(UserError, match=words):
        make(dance[:8], mariel53, tmp_path)
    assert not list(tmp_path.iterdir())
