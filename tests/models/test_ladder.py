"""The VAEs of the motion representation: each is the pose VAE with networks added, and nothing else."""

from dataclasses import asdict, fields

import pytest
import torch

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.flow_motion import FlowMotion
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.motion_vae import MotionVAE
from mariel_gnn.models.options import MotionVAEOptions
from mariel_gnn.models.table import MODELS, model_class, options_class
from mariel_gnn.models.weights import Identity

FRAMES = 32
FAMILY = [  # flow_motion adds a flow to the first of them
    name
    for name in MODELS
    if issubclass(model_class(name), MotionVAE) and not issubclass(model_class(name), FlowMotion)
]
ABOVE = [name for name in FAMILY if name != "pose_vae"]
SMALL = {"latent_size": 24, "hidden_size": 16, "heads": 2, "pose_size": 24, "frequencies": 12}


@pytest.fixture(scope="module")
def dataset(dance):
    return MarielDataset([Recording("dance", dance, 35.0, "/takes/dance.npy")], FRAMES, 0)


def build(name, dataset):
    torch.manual_seed(0)
    own = {item.name for item in fields(options_class(name))}
    options = options_class(name)(**{n: value for n, value in SMALL.items() if n in own})
    identity = Identity(name, options, WindowShape(FRAMES, 53), dataset.skeleton)
    model = identity.build(dataset.normalizer)
    model.before_training(dataset)
    return model


@pytest.fixture(scope="module")
def pose_vae(dataset):
    """Trained a little: nothing of it is at its start."""
    model = build("pose_vae", dataset).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(3):
        optimizer.zero_grad()
        weighted_sum(model.loss(dataset.batch(range(0, 160, 10)))).mean().backward()
        optimizer.step()
    model.after_training(dataset)
    return model.eval()


def with_weights_of(model, pose_vae):
    """The model with the weights of a pose VAE; its residual networks keep theirs."""
    missing, unexpected = model.load_state_dict(pose_vae.state_dict(), strict=False)
    assert not unexpected
    assert missing
    assert all("residual." in name for name in missing)
    return model.eval()


def outputs(model, dataset):
    output = model(dataset.batch([3, 200, 600]), sample=False)
    prediction = output.prediction
    return [output.posterior.mean, output.posterior.stddev, prediction.positions.mean,
            prediction.positions.scale, prediction.path.mean]  # fmt: skip


def test_the_order_of_the_table_is_that_of_the_ladder():
    assert FAMILY == ["pose_vae", "lstm_vae", "transformer_vae", "gnn_vae"]


@pytest.mark.parametrize("name", ABOVE)
def test_with_its_readouts_at_zero_a_model_is_the_pose_vae_to_the_bit(name, dataset, pose_vae):
    model = with_weights_of(build(name, dataset), pose_vae)
    for readout in (model.residual.readout, model.decoder.residual.readout):
        torch.nn.init.zeros_(readout.weight)
    for found, expected in zip(outputs(model, dataset), outputs(pose_vae, dataset), strict=True):
        assert torch.equal(found, expected)
    samples = [each.sample(3, 1.0, torch.Generator().manual_seed(1)) for each in (model, pose_vae)]
    assert torch.equal(*samples)


@pytest.mark.parametrize("name", ABOVE)
def test_its_networks_change_both_the_latents_and_the_poses(name, dataset, pose_vae):
    model = with_weights_of(build(name, dataset), pose_vae)
    found, expected = outputs(model, dataset), outputs(pose_vae, dataset)
    assert not torch.equal(found[0], expected[0])
    z = pose_vae(dataset.batch([3, 200]), sample=False).posterior.mean
    decoded = [each.decode(z).positions.mean for each in (model, pose_vae)]
    assert not torch.equal(*decoded)
    assert (decoded[0] - decoded[1]).abs().max() < 0.01  # new networks are near zero


def test_all_models_start_at_the_same_linear_map(dataset):
    starts = [build(name, dataset).state_dict() for name in FAMILY]
    linear = ("to_latent.", "decoder.from_latent.", "decoder.pose_axes", "decoder.bounds", "basis.")
    for name, value in starts[0].items():
        if name.startswith(linear):
            assert all(torch.equal(value, other[name]) for other in starts[1:])


def test_all_models_share_their_training_and_their_options():
    """A row of the ladder differs from the row before in the network, and in nothing else."""
    runs = [parse_run(["--config", str(CONFIGS / f"{name}.yaml")]) for name in FAMILY]
    shared = [item.name for item in fields(MotionVAEOptions)]
    for run in runs[1:]:
        assert (run.trainer, run.data) == (runs[0].trainer, runs[0].data)
        assert {name: asdict(run.network)[name] for name in shared} == asdict(runs[0].network)


def test_the_networks_are_of_about_one_size(mariel53):
    shape = WindowShape(128, 53)
    sizes = []
    for name in ABOVE:
        model = Identity(name, options_class(name)(), shape, mariel53).build()
        parts = (model.residual, model.decoder.residual)
        sizes.append(sum(p.numel() for part in parts for p in part.parameters()))
    assert max(sizes) < 1.05 * min(sizes)
