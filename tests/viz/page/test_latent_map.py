"""Maps of latents: projections fitted on the phrases, and a point for each phrase."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest

from mariel_gnn.viz.page import latent_map as module
from mariel_gnn.viz.page.latent_map import (
    SAMPLE,
    SIZE,
    TEST,
    TRAINING,
    Point,
    Projection,
    latent_map,
    pca_plane,
    projections,
)

RNG = np.random.default_rng(0)
LATENTS = RNG.normal(size=(60, 8)) * np.arange(8, 0, -1)


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def test_pca_keeps_the_most_variance_a_plane_can():
    projection = pca_plane(LATENTS, 60)
    centred = LATENTS - LATENTS.mean(axis=0)
    largest = np.linalg.eigvalsh(centred.T @ centred)[-2:].sum()
    assert (projection.points**2).sum() == pytest.approx(largest)
    assert f"{largest / (centred**2).sum():.0%}" in projection.description


def test_a_rotation_of_the_latents_keeps_distances():
    rotation, _ = np.linalg.qr(RNG.normal(size=(8, 8)))
    before, after = pca_plane(LATENTS, 60).points, pca_plane(LATENTS @ rotation, 60).points
    np.testing.assert_allclose(distances(before), distances(after), atol=1e-9)


def test_samples_do_not_change_the_projection():
    far = np.concatenate([LATENTS, 100 + LATENTS[:3]])
    np.testing.assert_allclose(pca_plane(far, 60).points[:60], pca_plane(LATENTS, 60).points)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_phrases_have_a_map(count):
    plane = pca_plane(LATENTS[:count], count)
    assert np.isfinite(plane.points).all()
    assert plane.description == f"of few phrases ({count}), so the places mean little"


def test_nan_latents_have_a_map():
    [first, *_] = projections(np.full((4, 3), np.nan), 4)
    assert np.isfinite(first.points).all()


def test_umap_is_used_where_it_is_installed():
    try:
        version("umap-learn")
    except PackageNotFoundError:
        pytest.skip("umap-learn is not installed: pip install -e '.[umap]'")
    found = projections(LATENTS, 57)
    assert [one.name for one in found] == ["PCA", "UMAP"]
    assert found[1].points.shape == (60, 2)
    assert np.isfinite(found[1].points).all()


def test_without_umap_there_is_a_pca_map(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    assert [one.name for one in projections(LATENTS, 57)] == ["PCA"]


@pytest.mark.parametrize(("installed", "count", "mentioned"),
                         [(False, 57, True), (False, 3, False), (True, 57, False)])  # fmt: skip
def test_the_hint_mentions_umap_where_it_could_be_used(monkeypatch, installed, count, mentioned):
    monkeypatch.setattr(module, "find_spec", lambda name: object() if installed else None)
    assert ("pip install -e '.[umap]'" in module.how_to_get_umap(count)) is mentioned


def test_the_hint_is_escaped():
    content = latent_map(
        [Projection("PCA", np.eye(2), "")], [Point(0, "a", "b", TEST)] * 2, "", "so <so>"
    )
    assert "so &lt;so&gt;" in content


def map_of(count=12, takes=3):
    points = [
        Point(n, f"phrase <{n}>", f"take {n % takes}", TRAINING if n % 2 else TEST)
        for n in range(count - 2)
    ]
    points += [Point(n, "sample", "", SAMPLE) for n in (count - 2, count - 1)]
    places = RNG.normal(size=(count, 2))
    places[0] = 1e6  # an outlier
    return latent_map([Projection("PCA", places, "it")], points, "run7 <of> data")


def test_every_phrase_has_a_point_inside_the_map():
    content = map_of()
    assert [int(n) for n in re.findall(r'data-scene="(\d+)"', content)] == list(range(12))
    for x, y in re.findall(r'c?x="([\d.-]+)" c?y="([\d.-]+)"', content):
        assert 0 < float(x) < SIZE
        assert 0 < float(y) < SIZE


def test_title_and_names_are_escaped():
    content = map_of()
    assert "run7 &lt;of&gt; data" in content
    assert "<title>phrase &lt;3&gt;</title>" in content
    assert content.count('class="point sample"') == 2


def test_training_phrases_test_phrases_and_samples_have_shapes_of_their_own():
    content = map_of()
    assert len(re.findall(r'<circle [^>]*class="point training"', content)) == 5
    assert len(re.findall(r'<rect [^>]*class="point test"', content)) == 5
    assert len(re.findall(r'<circle [^>]*class="point sample"', content)) == 2
    legend = re.findall(r"<li><i[^>]*></i>([^<]*)</li>", content)
    assert legend == ["training phrase", "test phrase", "sample", "take 0", "take 1", "take 2"]


def test_of_many_recordings_the_roles_have_the_colours():
    content = map_of(count=30, takes=20)
    assert re.findall(r"</i>([^<]*)</li>", content) == ["training phrase", "test phrase", "sample"]
    fills = {
        role: set(re.findall(rf'class="point {role}" style="fill:([^"]*)"', content))
        for role in ("training", "test")
    }
    assert all(len(colours) == 1 for colours in fills.values())
    assert fills["training"] != fills["test"]


def test_no_line_connects_the_points():
    assert "polyline" not in map_of()


def test_of_two_maps_one_is_visible_and_each_has_a_button():
    points = [Point(0, "a", "take", TEST), Point(1, "b", "take", TEST)]
    planes = [Projection(name, np.eye(2), "") for name in ("PCA", "UMAP")]
    content = latent_map(planes, points, "")
    assert re.findall(r'data-map="map-(\w+)" aria-pressed="(\w+)"', content) == [
        ("PCA", "true"), ("UMAP", "false"),
    ]  # fmt: skip
    assert '<figure id="map-UMAP" hidden>' in content
