"""The notebook's LSTM-VAE, against the notebook's own lines written out with torch alone."""

import copy
import math

import pytest
import torch

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.benchmark.loops import NotebookModel
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.notebook_lstm_vae import kept, run_lstm
from mariel_gnn.models.weights import Identity
from mariel_gnn.training.schedules import term_weights

FRAMES = 128


@pytest.fixture(scope="module")
def options():
    return parse_run(["--config", str(CONFIGS / "notebook_lstm_vae.yaml")])


@pytest.fixture(scope="module")
def dataset(dance):
    recording = Recording("dance", dance[:300], 35.0, "/takes/dance.npy")
    return MarielDataset([recording], FRAMES, 0, normalization="notebook")


@pytest.fixture(scope="module")
def model(options, dataset):
    torch.manual_seed(0)
    identity = Identity(options.model, options.network, WindowShape(FRAMES, 53), dataset.skeleton)
    return identity.build(dataset.normalizer).eval()


@pytest.fixture(scope="module")
def notebook(model):
    layers = NotebookModel()
    own = {name: value for name, value in model.state_dict().items() if name in layers.state_dict()}
    layers.load_state_dict(own)
    return layers.eval()


def test_its_parameters_are_those_of_the_notebook(model, notebook):
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained == {name for name, _ in notebook.named_parameters()}
    assert sum(p.numel() for p in notebook.parameters()) == 4_252_028


def test_frames_and_loss_are_those_of_the_notebook(model, notebook, dataset, options):
    batch = dataset.batch([0, 40, 100])
    x = batch.positions.flatten(2)
    frames, loss = notebook(x, torch.zeros(3, 256))
    found = model(batch, sample=False).prediction.positions.mean
    torch.testing.assert_close(found.flatten(2), frames, atol=1e-6, rtol=0)
    own = weighted_sum(model.loss(batch), term_weights(options.trainer)).sum()
    constant = x.numel() / 2 * math.log(math.pi)  # of a Gaussian with variance 1/2
    assert (own - constant).item() == pytest.approx(loss.item(), rel=1e-3)


def test_a_sample_of_the_posterior_is_drawn_as_in_the_notebook(model, notebook, dataset):
    batch, noise = (
        dataset.batch([0, 40]),
        torch.randn(2, 256, generator=torch.Generator().manual_seed(0)),
    )
    posterior = model.posterior(batch)
    decoded = model.decode(posterior.mean + posterior.stddev * noise).positions.mean.flatten(2)
    frames, _ = notebook(batch.positions.flatten(2), noise)
    torch.testing.assert_close(decoded, frames, atol=1e-6, rtol=0)


def test_gradients_in_training_are_those_of_the_notebook(options, model, notebook, dataset):
    """Without dropout, whose masks both draw at random."""
    own, theirs = copy.deepcopy(model).train(), copy.deepcopy(notebook).train()
    for network in (own, theirs):
        network.encoder.dropout = network.decoder.dropout = 0.0
    batch = dataset.batch([0, 40])
    x, (_, noise) = batch.positions.flatten(2), torch.randn(2, 2, 256)
    frames, _ = theirs(x, noise)
    frames.square().sum().backward()
    posterior = own.posterior(batch)
    mean = own.decode(posterior.mean + posterior.stddev * noise).positions.mean
    mean.square().sum().backward()
    of = dict(own.named_parameters())
    for name, parameter in theirs.named_parameters():
        torch.testing.assert_close(of[name].grad, parameter.grad, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("dropout", [0.2, 0.5])
def test_dropout_keeps_the_mean_and_has_its_probability(dropout):
    torch.manual_seed(0)
    factor = kept(torch.ones(64, 128, 49), dropout)
    assert sorted(factor.unique().tolist()) == pytest.approx([0, 1 / (1 - dropout)])
    assert (factor == 0).float().mean().item() == pytest.approx(dropout, abs=0.005)
    assert factor.mean(dim=(0, 1)).std() < 0.05  # neighbours of one draw have masks of their own
    pairs = (factor.flatten()[:-1] == 0) & (factor.flatten()[1:] == 0)
    assert pairs.float().mean().item() == pytest.approx(dropout**2, abs=0.005)


def test_dropout_acts_in_training_and_between_layers_only(model):
    own, steps = copy.deepcopy(model.encoder), torch.randn(6, 2, 159)
    assert torch.equal(run_lstm(own.eval(), steps), run_lstm(own, steps))
    assert not torch.equal(run_lstm(own.train(), steps), run_lstm(own, steps))
    single = torch.nn.LSTM(159, 8, 1).train()
    assert torch.equal(run_lstm(single, steps), run_lstm(single, steps))


def test_its_initialisation_is_that_of_the_notebook(model):
    for name, parameter in model.named_parameters():
        if name.startswith(("encoder", "decoder")) and parameter.ndim == 2:
            rows, columns = parameter.shape
            gram = parameter @ parameter.T if rows < columns else parameter.T @ parameter
            torch.testing.assert_close(gram, torch.eye(len(gram)), atol=1e-4, rtol=0)
        elif name.startswith(("encoder", "decoder")):
            assert parameter.std().item() == pytest.approx(1, abs=0.1)
        elif name.endswith("bias"):
            assert not parameter.any()
        elif name.endswith("weight"):
            bound = math.sqrt(6 / sum(parameter.shape))
            assert 0.99 * bound < parameter.abs().max() <= bound


def test_its_training_is_that_of_the_notebook(options):
    trainer = options.trainer
    assert (trainer.batch_size, trainer.learning_rate, trainer.max_epochs) == (64, 1e-3, 150)
    assert (trainer.epoch_windows, trainer.averaging, trainer.gradient_clip) == (None, None, None)
    assert (trainer.warmup_epochs, trainer.kl_warmup_epochs, trainer.max_minutes) == (0, 0, None)
    assert (trainer.validate_every, trainer.patience_epochs) == (5, 10)
    unchanged = trainer.augmentation
    assert (unchanged.turn, unchanged.mirror, unchanged.speed, unchanged.noise_mm) == (
        False,
        False,
        1,
        0,
    )
    assert (options.data.normalization, options.data.noisy_quarter) == ("notebook", True)
