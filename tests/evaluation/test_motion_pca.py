"""PCA of motion codes: the start of every VAE of the motion representation."""

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.baselines import fit_motion_pca, fit_pca
from mariel_gnn.metrics.reconstruction import mpjpe_mm, without_travel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.table import options_class
from mariel_gnn.models.weights import Identity


@pytest.fixture(scope="module")
def train(dance):
    return MarielDataset([Recording("d", dance[:700], 35.0, "/d.npy")], 32, 0)


@pytest.fixture(scope="module")
def motion_pca(train):
    return fit_motion_pca(train, 64)


@pytest.mark.parametrize("name", ["pose_vae", "gnn_vae"])
def test_it_is_a_model_of_its_representation_before_training(train, motion_pca, name):
    torch.manual_seed(5)
    options = options_class(name)(latent_size=64)
    identity = Identity(name, options, WindowShape(32, 53), train.skeleton)
    model = identity.build(train.normalizer).eval()
    model.before_training(train)
    phrases = train.positions_m(range(0, len(train), 100))
    own, start = (each.reconstruct(phrases) for each in (motion_pca, model))
    error_mm = mpjpe_mm(phrases, own).mean()
    assert mpjpe_mm(start, own).mean() < 0.05 * error_mm  # networks start near zero
    assert mpjpe_mm(phrases, start).mean().item() == pytest.approx(error_mm.item(), rel=0.01)


def test_it_depends_on_no_seed_and_draws_from_none(train, motion_pca):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    again = fit_motion_pca(train, 64)
    assert torch.equal(torch.get_rng_state(), before)
    phrases = train.positions_m([0, 500])
    assert torch.equal(again.reconstruct(phrases), motion_pca.reconstruct(phrases))


def test_the_normalization_of_the_run_does_not_matter(dance, train, motion_pca):
    """The notebook's scales x and y differently and turns the axes."""
    recording = Recording("d", dance[:700], 35.0, "/d.npy")
    other = fit_motion_pca(MarielDataset([recording], 32, 0, normalization="notebook"), 64)
    phrases = train.positions_m(range(0, 600, 100))
    found, expected = (each.reconstruct(phrases) for each in (other, motion_pca))
    assert mpjpe_mm(expected, found).mean() < 0.1 * mpjpe_mm(phrases, expected).mean()


def test_it_beats_pca_of_windows(train, motion_pca):
    """At equal size, on phrases that neither has seen."""
    held_out = torch.from_numpy(synthesize_recording(8, 12).astype("float32"))
    phrases = held_out[:384].view(-1, 32, 53, 3)
    pca = fit_pca(train.positions_m(range(0, len(train), 2)), 64)
    ours = mpjpe_mm(without_travel(phrases), without_travel(motion_pca.reconstruct(phrases)))
    theirs = mpjpe_mm(without_travel(phrases), pca.reconstruct(phrases))
    assert ours.mean() < theirs.mean()


def test_its_samples_move_as_much_as_the_data(train, motion_pca):
    samples = motion_pca.sample(64, 1.0, torch.Generator().manual_seed(0))
    speeds = [each.diff(dim=1).norm(dim=-1).mean() for each in
              (samples, train.positions_m(range(0, len(train), 10)))]  # fmt: skip
    assert 0.7 < speeds[0] / speeds[1] < 1.3


def test_a_size_without_room_for_a_code_has_no_row(train):
    assert fit_motion_pca(train, 4) is None
