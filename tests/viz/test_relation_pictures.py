"""Pictures of relations: all files, titles with run, data and phrase, notes on how to read them."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.relations import FAR_HOPS, measure_relations
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import GNNVAEOptions
from mariel_gnn.models.weights import Identity
from mariel_gnn.viz import relation_pictures
from mariel_gnn.viz.relation_pictures import NOT_A_RELATION, draw_relations

FRAMES = 16
PICTURES = (
    "attention.png", "attention_of_phrase.png", "far_pairs.png", "influence.png",
    "relations.gif", "relations.mp4",
)  # fmt: skip


@pytest.fixture(scope="module")
def windows(dance):
    recording = Recording("dance", dance, 35.0, "/takes/dance.npy")
    return MarielDataset([recording], seq_len=FRAMES, stride=64, predicted_timesteps=0)


@pytest.fixture(scope="module")
def network(windows):
    torch.manual_seed(0)
    options = GNNVAEOptions(
        latent_size=16, hidden_size=16, layers=1, frequencies=4, pose_size=16, pair_bounds=False
    )
    shape = WindowShape(FRAMES, 53, 35.0)
    built = Identity("gnn_vae", options, shape, windows.skeleton).build(windows.normalizer)
    built.before_training(windows)
    return built.eval()


@pytest.fixture(scope="module")
def relations(network, windows):
    return measure_relations(network, windows)


def draw_all(out, network, relations, windows):
    phrase = windows.positions_m([3])[0]
    return list(draw_relations(out, "run7", network, relations, phrase, "dance, 5 s", "the data"))


@pytest.fixture
def texts(monkeypatch):
    """File name -> title and note of the picture."""
    found = {}
    for name, title, note in (("save_edge_stills", 4, 6), ("save_pair_matrix", 3, 5)):
        save = getattr(relation_pictures, name)

        def remember(*arguments, save=save, title=title, note=note):
            found[arguments[title - 1].name] = (arguments[title], arguments[note])
            save(*arguments)

        monkeypatch.setattr(relation_pictures, name, remember)
    return found


def test_all_pictures_are_written_with_a_title(tmp_path, network, relations, windows, texts):
    paths = draw_all(tmp_path, network, relations, windows)
    assert tuple(path.name for path in paths) == PICTURES
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    for path in paths[:-1]:
        with Image.open(path) as image:
            image.load()
    for title, _ in texts.values():
        assert title.startswith("run7: ")
        assert "the data" in title or "dance, 5 s" in title


def test_attention_has_the_note_that_it_is_no_relation(
    tmp_path, network, relations, windows, texts
):
    draw_all(tmp_path, network, relations, windows)
    noted = {name for name, (_, note) in texts.items() if note == NOT_A_RELATION}
    assert noted == {"attention.png", "attention_of_phrase.png"}


def test_a_skeleton_without_distant_pairs_has_no_picture_of_them(
    tmp_path, network, relations, windows
):
    close = replace(relations, hops=relations.hops.clamp(max=FAR_HOPS - 1))
    paths = draw_all(tmp_path, network, close, windows)
    assert [path.name for path in paths] == [name for name in PICTURES if name != "far_pairs.png"]
