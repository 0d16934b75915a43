"""Generated recordings: a scene of the page for each, and a film that shows inputs and results."""

import numpy as np
import pytest

from mariel_gnn.generation.tasks import GenerationResult
from mariel_gnn.generation.transition import Transition
from mariel_gnn.generation.warnings import GenerationWarning
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.viz import run_pictures
from mariel_gnn.viz.film_style import FilmStyle
from mariel_gnn.viz.page.generation_scenes import generation_scenes
from mariel_gnn.viz.run_pictures import draw_generation

INPUT = "take.npy, 0.0 to 0.9 s"


def recording(name, positions):
    return Recording(name, positions.astype(np.float32), 35.0, f"/takes/{name}.npy")


def still(name, frames, skeleton):
    return recording(name, np.ones((frames, len(skeleton), 3)))


def test_variations_have_their_input_beside_them(skeleton):
    variations = [still(f"variation_{n}", 30, skeleton) for n in (1, 2)]
    result = GenerationResult(variations, [], [still("take", 30, skeleton)])
    scenes = generation_scenes(result, skeleton, "run: vary")
    assert [scene.title for scene in scenes] == ["run: vary: variation 1", "run: vary: variation 2"]
    assert [[body.name for body in scene.bodies] for scene in scenes] == [
        [f"input {INPUT}", "variation 1"], [f"input {INPUT}", "variation 2"]]  # fmt: skip
    assert [[body.generated for body in scene.bodies] for scene in scenes] == [[[], [(0, 30)]]] * 2
    assert all(body.end - body.start == 30 for scene in scenes for body in scene.bodies)
    assert all(scene.side_by_side for scene in scenes)


def test_a_continuation_is_one_body(skeleton):
    whole, clip = still("continued", 90, skeleton), still("take", 60, skeleton)
    result = GenerationResult([whole], [Transition(2.0, 2.5, None, None)], [clip])
    (scene,) = generation_scenes(result, skeleton, "run: continue")
    (body,) = scene.bodies
    assert body.name == "continued"
    assert body.generated == [(60, 90)]
    assert scene.title == "run: continue, transition at 2.0 to 2.5 s: continued"


def test_the_title_has_the_times_of_all_transitions(skeleton):
    transitions = [Transition(start, start + 1, None, None) for start in (2.0, 5.0)]
    clips = [still("a", 90, skeleton)] * 3
    result = GenerationResult([still("joined", 270, skeleton)], transitions, clips)
    (scene,) = generation_scenes(result, skeleton, "run: join")
    assert scene.bodies[0].generated == [(70, 105), (175, 210)]
    assert "transitions at 2.0 to 3.0, 5.0 to 6.0 s" in scene.title


@pytest.fixture
def panels_of(monkeypatch, skeleton, tmp_path):
    """Result -> the panels of its film."""

    def draw(result):
        films = []
        monkeypatch.setattr(
            run_pictures, "save_animation", lambda *a: films.append(a) or [tmp_path]
        )
        page, film = draw_generation(result, skeleton, tmp_path, "run: task", film=FilmStyle())
        assert (page.name, film) == ("page.html", tmp_path)
        assert films[0][3] == "run: task"
        return films[0][0]

    return draw


def test_a_film_of_variations_shows_their_input(panels_of, dancer):
    take = recording("take", dancer)
    variations = [recording(f"variation_{n}", dancer) for n in range(3)]
    panels = panels_of(GenerationResult(variations, [], [take]))
    titles = ["input", "variation 0", "variation 1", "variation 2"]
    assert [panel.title for panel in panels] == titles
    assert [panel.colours for panel in panels] == [0, 1, 1, 1]  # generated bodies are dark


def test_a_film_of_many_recordings_shows_equally_spaced_ones(panels_of, dancer):
    steps = [recording(f"step_{n + 1}", dancer) for n in range(9)]
    panels = panels_of(GenerationResult(steps, [], [steps[0], steps[-1]]))
    assert [panel.title for panel in panels] == ["step 1", "step 3", "step 5", "step 7", "step 9"]


def finite_frames(panel, name):
    return np.isfinite(panel.bodies[name]).all(axis=(1, 2))


def test_each_frame_is_input_or_generated(panels_of, dancer):
    whole = recording("continued", np.concatenate([dancer, dancer]))
    transition = Transition(24 / 35, 30 / 35, 0.5, 0.5)
    take = recording("take", dancer)
    (panel,) = panels_of(GenerationResult([whole], [transition], [take]))
    assert finite_frames(panel, "input")[:24].all()
    assert np.array_equal(finite_frames(panel, "generated"), ~finite_frames(panel, "input"))
    (panel,) = panels_of(GenerationResult([whole], [transition], [take, take]))
    assert np.flatnonzero(finite_frames(panel, "generated")).tolist() == [*range(24, 30)]


@pytest.mark.parametrize(("film", "names"), [(None, []), (FilmStyle(), ["film.gif", "film.mp4"])])
def test_the_film_is_optional(skeleton, dancer, tmp_path, film, names):
    result = GenerationResult([recording("sample_1", dancer)], [], [])
    paths = list(draw_generation(result, skeleton, tmp_path, "run: sample", film))
    assert {path.name for path in paths} == {"page.html", *names}
    assert all(path.stat().st_size > 1000 for path in paths)


def test_the_page_has_inputs_warnings_and_command(skeleton, dancer, tmp_path):
    take = recording("take", dancer)
    warning = GenerationWarning("few <windows>", "more recordings")
    result = GenerationResult([recording("variation_1", dancer)], [], [take], [warning])
    about = [
        "python -m experiments.generate run vary /takes/take.npy",
        "/takes/take.npy: 35 Hz assumed",
    ]
    (page,) = draw_generation(result, skeleton, tmp_path, "run: vary", about=about)
    content = page.read_text()
    assert "few &lt;windows&gt;. <strong>Try</strong> more recordings." in content
    assert "experiments.generate run vary take.npy" in content
    assert "take.npy: 35 Hz assumed" in content
    assert "input: take.npy, 0.0 to" in content
    assert "/takes/take.npy: " not in content
