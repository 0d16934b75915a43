"""The film shows what was given and what was made, and how it was made stands in its title."""

import numpy as np
import pytest

from mariel_gnn.generation.tasks import GenerationResult, Transition
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.viz import run_pictures as made_pictures


def recording(name, positions):
    return Recording(name, positions.astype(np.float32), 35.0, "")


@pytest.fixture
def filmed(monkeypatch, skeleton, tmp_path):
    """What is asked to be filmed for something that was made."""

    def film(made):
        asked = []
        monkeypatch.setattr(
            made_pictures, "save_animation", lambda *a: asked.append(a) or [tmp_path]
        )
        page, film = made_pictures.draw_made(made, skeleton, tmp_path, "run: task", film=True)
        assert (page.name, film) == ("page.html", tmp_path)
        assert asked[0][3] == "run: task"
        return asked[0][0]

    return film


def test_variations_stand_beside_what_they_vary(filmed, dancer):
    given = recording("given", np.concatenate([dancer, dancer]))
    variations = [recording(f"variation_{n}", dancer) for n in range(3)]
    panels = filmed(GenerationResult(variations, [], [given]))
    assert [panel.title for panel in panels] == [
        "given",
        "variation 0",
        "variation 1",
        "variation 2",
    ]
    assert len(panels[0].bodies["given"]) == len(dancer)


def test_of_many_some_are_shown_with_both_ends(filmed, dancer):
    steps = [recording(f"step_{n + 1}", dancer) for n in range(9)]
    panels = filmed(GenerationResult(steps, [], [steps[0], steps[-1]]))
    assert [panel.title for panel in panels] == ["step 1", "step 3", "step 5", "step 7", "step 9"]


def test_each_frame_is_given_or_made(filmed, dancer):
    whole = recording("continued", np.concatenate([dancer, dancer]))
    transition = Transition(24 / 35, 30 / 35, 0.5, 0.5)
    (panel,) = filmed(GenerationResult([whole], [transition], [recording("given", dancer)]))
    given, made = (np.isfinite(panel.bodies[name]).all(axis=(1, 2)) for name in ("given", "made"))
    assert given[:24].all()
    assert np.array_equal(made, ~given)
    (panel,) = filmed(
        GenerationResult([whole], [transition], [recording("a", dancer), recording("b", dancer)])
    )
    assert np.flatnonzero(np.isfinite(panel.bodies["made"]).all(axis=(1, 2))).tolist() == [
        *range(24, 30)
    ]


@pytest.mark.parametrize(("film", "names"), [(False, []), (True, ["film.gif", "film.mp4"])])
def test_a_page_is_written_and_a_film_if_asked(skeleton, dancer, tmp_path, film, names):
    made = GenerationResult([recording("sample_1", dancer)], [], [])
    paths = list(made_pictures.draw_made(made, skeleton, tmp_path, "run: sample", film))
    assert {path.name for path in paths} == {"page.html", *names}
    assert all(path.stat().st_size > 1000 for path in paths)
