"""A model card of a run with damaged files is one line, not a traceback."""

import pytest

from mariel_gnn.errors import UserError
from mariel_gnn.generation.model_card import model_card
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import LSTMVAEOptions
from mariel_gnn.models.weights import Identity

IDENTITY = Identity("lstm_vae", LSTMVAEOptions(), WindowShape(64, 53), load_skeleton("mariel53"))
DAMAGE = {
    "config.yaml": ["", "[]", "a: [", "data: 1", "{data: {}}"],
    "summary.json": ["[]", "1", "{", '{"test/mpjpe_mm": "x"}', "null"],
    "split.json": [
        "[]",
        '{"train": 1}',
        '{"train": [{}]}',
        '{"train": [{"start": 1, "end": "x"}]}',
    ],
    "versions.json": ["1", '{"torch": 1}'],
}


def test_a_folder_without_files_has_a_card(tmp_path):
    assert "has not been measured" in model_card("one", tmp_path, IDENTITY)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_one_line(tmp_path, name):
    for content in DAMAGE[name]:
        (tmp_path / name).write_text(content)
        with pytest.raises(UserError) as told:
            model_card("one", tmp_path, IDENTITY)
        assert "\n" not in str(told.value)
        assert str(tmp_path) in str(told.value)
