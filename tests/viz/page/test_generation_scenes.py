"""What was made is shown beside what it was made of, each recording in a scene of its own."""

import numpy as np

from mariel_gnn.generation.tasks import GenerationResult, Transition
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.viz.page.run_scenes import generation_scenes


def recording(name, frames, skeleton):
    return Recording(name, np.ones((frames, len(skeleton), 3), np.float32), 35.0, "")


def test_variations_stand_beside_as_much_as_was_varied(mariel53):
    variations = [recording(f"variation_{n}", 30, mariel53) for n in (1, 2)]
    made = GenerationResult(variations, [], [recording("take", 90, mariel53)])
    scenes = generation_scenes(made, mariel53, "run: vary")
    assert [scene.title for scene in scenes] == ["run: vary: variation 1", "run: vary: variation 2"]
    assert [[body.name for body in scene.bodies] for scene in scenes] == [
        ["given", "variation 1"], ["given", "variation 2"]]  # fmt: skip
    assert all(body.end - body.start == 30 for scene in scenes for body in scene.bodies)
    assert all(scene.apart for scene in scenes)


def test_what_goes_on_is_one_body(mariel53):
    whole, clip = recording("continued", 90, mariel53), recording("take", 60, mariel53)
    made = GenerationResult([whole], [Transition(2.0, 2.5, None, None)], [clip])
    (scene,) = generation_scenes(made, mariel53, "run: continue")
    assert [body.name for body in scene.bodies] == ["continued"]
    assert scene.title == "run: continue, transition at 2.0 to 2.5 s: continued"


def test_all_seams_are_told(mariel53):
    transitions = [Transition(start, start + 1, None, None) for start in (2.0, 5.0)]
    made = GenerationResult([recording("joined", 90, mariel53)], transitions, [])
    (scene,) = generation_scenes(made, mariel53, "run: join")
    assert "transitions at 2.0 to 3.0, 5.0 to 6.0 s" in scene.title
