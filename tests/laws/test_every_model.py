"""Laws that every model in the table obeys, in every configuration of `configs/`.

A new model is under these tests as soon as it stands in the table.
"""

from dataclasses import replace

import pytest
import torch
from jaxtyping import TypeCheckError
from torch.distributions import Normal

from experiments.command_line import CONFIGS, parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.generation.phrase_model import PhraseModel, load
from mariel_gnn.losses.elbo import elbo_terms, kl_to_standard_normal, negative_elbo
from mariel_gnn.metrics.reconstruction import mpjpe_mm
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.table import MODELS
from mariel_gnn.models.vae import WindowShape
from mariel_gnn.models.weights import Identity, load_weights, save_weights

SETTINGS = sorted(path.name for path in CONFIGS.glob("*.yaml") if "\nmodel: " in path.read_text())
FRAMES = 16


def identity_of(setting, dataset, **changes):
    """The model of a YAML file, small."""
    options = parse_run(["--config", str(CONFIGS / setting)])
    network = replace(options.network, latent_size=8, hidden_size=24, **changes)
    shape = WindowShape(FRAMES, len(dataset.skeleton), dataset.rate_hz)
    return Identity(options.model, network, shape, dataset.skeleton)


@pytest.fixture(scope="module")
def dataset(dance):
    recording = Recording("dance", dance, 35.0, "/takes/dance.npy")
    return MarielDataset([recording], seq_len=FRAMES, predicted_timesteps=0)


@pytest.fixture(params=SETTINGS)
def identity(request, dataset):
    return identity_of(request.param, dataset)


@pytest.fixture
def model(identity, dataset):
    torch.manual_seed(0)
    built = identity.build(dataset.normalizer)
    built.before_training(dataset)
    return built


def test_every_configuration_names_a_model_of_the_table():
    assert {parse_run(["--config", str(CONFIGS / name)]).model for name in SETTINGS} == set(MODELS)


def test_every_model_has_its_own_configuration_and_page():
    for name in MODELS:
        assert (CONFIGS / f"{name}.yaml").exists()
        assert (CONFIGS.parent / "docs" / "models" / f"{name}.md").exists()


def test_a_gradient_reaches_every_parameter(model, dataset):
    batch = dataset.batch(range(4))
    negative_elbo(elbo_terms(*model.train()(batch), batch)).mean().backward()
    without = [name for name, p in model.named_parameters()
               if p.requires_grad and (p.grad is None or not p.grad.abs().sum() > 0)]  # fmt: skip
    assert without == []


def test_a_step_of_the_optimizer_lowers_the_loss(model, dataset):
    batch = dataset.batch(range(16))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(12):
        loss = negative_elbo(elbo_terms(*model.eval()(batch, sample=False), batch)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_a_batch_of_one_equals_a_batch_of_many(model, dataset):
    model.eval()
    many = model(dataset.batch([0, 50, 100]), sample=False)
    for place, index in enumerate([0, 50, 100]):
        one = model(dataset.batch([index]), sample=False)
        torch.testing.assert_close(
            one.posterior.mean[0], many.posterior.mean[place], atol=1e-5, rtol=1e-5
        )
        torch.testing.assert_close(one.prediction.positions.mean[0],
                                   many.prediction.positions.mean[place], atol=1e-5, rtol=1e-5)  # fmt: skip


def test_shapes_are_those_of_the_contract(model, dataset):
    output = model(dataset.batch(range(3)))
    assert output.posterior.mean.shape == (3, 8)
    assert output.prediction.positions.mean.shape == (3, FRAMES, 53, 3)
    assert (output.prediction.path is not None) == model.travels
    assert elbo_terms(*output, dataset.batch(range(3))).nll.shape == (3,)


def test_the_order_of_windows_does_not_matter(model, dataset):
    model.eval()
    forth = model(dataset.batch([3, 70]), sample=False).prediction.positions.mean
    back = model(dataset.batch([70, 3]), sample=False).prediction.positions.mean
    torch.testing.assert_close(forth, back.flip(0), atol=1e-5, rtol=1e-5)


def test_the_same_seed_builds_the_same_model(identity, dataset):
    built = []
    for _ in range(2):
        torch.manual_seed(3)
        built.append(identity.build(dataset.normalizer).state_dict())
    assert all(torch.equal(built[0][name], built[1][name]) for name in built[0])


def test_saved_and_loaded_gives_the_same_output(model, identity, dataset, tmp_path):
    save_weights(tmp_path / "best.safetensors", model, identity)
    loaded, found = load_weights(tmp_path)
    assert found == identity
    phrases = dataset.positions_m([0, 9])
    before = PhraseModel(model, dataset.skeleton)
    assert torch.equal(
        before.reconstruct(phrases), PhraseModel(loaded, found.skeleton).reconstruct(phrases)
    )


def test_the_normaliser_is_inside_the_checkpoint(model, identity, dataset, tmp_path):
    save_weights(tmp_path / "best.safetensors", model, identity)
    loaded, _ = load_weights(tmp_path / "best.safetensors")
    for name, value in dataset.normalizer.state_dict().items():
        assert torch.equal(loaded.normalizer.state_dict()[name], value)


def test_phrases_go_in_and_out_in_metres_where_they_were(model, identity, dataset, tmp_path):
    save_weights(tmp_path / "best.safetensors", model, identity)
    phrases = dataset.positions_m([0, 200])
    user = load(tmp_path)
    out = user.reconstruct(phrases.numpy())
    assert out.shape == phrases.shape
    start, found = (p[:, 0, :, :2].mean(1) for p in (phrases, out))
    torch.testing.assert_close(found, start, atol=1e-4, rtol=0)
    assert user.encode(phrases).shape == (2, 8)


def test_moving_the_dancer_moves_the_reconstruction(model, dataset):
    user = PhraseModel(model, dataset.skeleton)
    phrases = dataset.positions_m([0, 200])
    there = torch.tensor([3.0, -2.0, 0.0])
    torch.testing.assert_close(user.reconstruct(phrases + there), user.reconstruct(phrases) + there,
                               atol=1e-3, rtol=0)  # fmt: skip


def test_samples_repeat_with_their_seed_and_only_then(model, dataset):
    user = PhraseModel(model, dataset.skeleton)
    first, again, other = user.sample(3, seed=1), user.sample(3, seed=1), user.sample(3, seed=2)
    assert first.shape == (3, FRAMES, 53, 3)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_temperature_zero_is_one_phrase(model, dataset):
    cold = PhraseModel(model, dataset.skeleton).sample(3, temperature=0.0)
    torch.testing.assert_close(cold[0], cold[2], atol=1e-5, rtol=1e-5)


def test_kl_is_zero_at_the_prior():
    at_prior = Normal(torch.zeros(5, 7), torch.ones(5, 7))
    assert kl_to_standard_normal(at_prior).abs().max() == 0


def test_kl_equals_monte_carlo():
    torch.manual_seed(0)
    q = Normal(torch.tensor([[0.7, -0.3, 0.1]]), torch.tensor([[0.5, 1.2, 0.9]]))
    prior = Normal(torch.zeros(3), torch.ones(3))
    z = q.sample((200_000,))
    drawn = (q.log_prob(z) - prior.log_prob(z)).sum(-1)
    error = drawn.std() / len(drawn) ** 0.5
    assert abs(drawn.mean() - kl_to_standard_normal(q)[0]) < 5 * error


def test_shapes_in_signatures_are_checked_here():
    with pytest.raises(TypeCheckError, match="N T J 3"):
        mpjpe_mm(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4))
