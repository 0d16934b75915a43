"""A training state that was edited is refused in one line, and no code of it runs."""

import json
import os

import pytest
import torch

from mariel_gnn.errors import UserError
from mariel_gnn.training.state import PARTS, STATE, load_state, save_state

PROGRESS = {"epoch": 1, "best_epoch": 1, "best_loss": 2.0, "seconds": 3.0, "ended": ""}
SOUND = {part: {} for part in PARTS} | {
    "progress": PROGRESS,
    "rows": [{"epoch": 1, "train/loss_nats": 1.0}],
    "limits": [1, None, None],
    "identity": json.dumps({"model": "pose_vae"}),
}
EDITS = {
    "progress": [None, [], {}, PROGRESS | {"epoch": "1"}, PROGRESS | {"epoch": 7}],
    "rows": [None, 5, [1], [{"epoch": "one"}], []],
    "identity": [None, "", "{", "[]", "[" * 100_000],
}


def test_a_sound_state_is_read(tmp_path):
    save_state(tmp_path / STATE, SOUND)
    assert load_state(tmp_path) == SOUND


@pytest.mark.parametrize(("part", "value"), [(part, v) for part, vs in EDITS.items() for v in vs])
def test_an_edited_part_is_refused(tmp_path, part, value):
    save_state(tmp_path / STATE, SOUND | {part: value})
    with pytest.raises(UserError, match=f"{STATE}: is damaged") as told:
        load_state(tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x80\x02.", b"no archive"])
def test_what_is_no_state_is_refused(tmp_path, content):
    (tmp_path / STATE).write_bytes(content)
    with pytest.raises(UserError, match="is damaged"):
        load_state(tmp_path)


class Payload:
    def __reduce__(self):
        return os.mkdir, (os.environ["PAYLOAD"],)


def test_no_payload_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PAYLOAD", str(tmp_path / "ran"))
    torch.save(SOUND | {"rows": [Payload()]}, tmp_path / STATE)
    with pytest.raises(UserError, match="is damaged"):
        load_state(tmp_path)
    assert not (tmp_path / "ran").exists()
