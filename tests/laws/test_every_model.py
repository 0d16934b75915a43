"""Laws of `MotionModel`, for every configuration of `configs/` that names a model."""

import importlib
import inspect
import pkgutil

import pytest
import torch
from jaxtyping import TypeCheckError

import mariel_gnn.models
from experiments.command_line import CONFIGS
from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel, load
from mariel_gnn.losses.elbo import weighted_sum
from mariel_gnn.metrics.reconstruction import mpjpe_mm
from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.models.table import MODELS, model_class, options_class
from mariel_gnn.models.weights import load_weights, save_weights
from tests.laws.conftest import FRAMES, ROOT, SETTINGS, phrases_of

PAGES = ROOT / "docs" / "models"
SHARED_PAGES = {"duets"}  # what several models share


def loss_of(model, batch):
    return weighted_sum(model.loss(batch))


def test_every_model_has_a_file_a_configuration_and_a_page_of_its_name():
    for name, row in MODELS.items():
        assert row.model.startswith(f"mariel_gnn.models.{name}:")
        assert SETTINGS[CONFIGS / f"{name}.yaml"] == name
        assert (PAGES / f"{name}.md").exists()
        assert model_class(name).Options is options_class(name)


def test_every_file_page_and_configuration_has_a_row():
    assert {path.stem for path in PAGES.glob("*.md")} <= set(MODELS) | SHARED_PAGES
    assert set(SETTINGS.values()) == set(MODELS)
    modules = [
        f"mariel_gnn.models.{found.name}"
        for found in pkgutil.iter_modules(mariel_gnn.models.__path__)
    ]
    concrete = {f"{module}:{name}" for module in modules
                for name, found in vars(importlib.import_module(module)).items()
                if inspect.isclass(found) and issubclass(found, MotionModel)
                and found.__module__ == module and not inspect.isabstract(found)}  # fmt: skip
    assert concrete == {row.model for row in MODELS.values()}


def test_a_gradient_reaches_every_parameter(model, dataset):
    loss_of(model.train(), dataset.batch(range(4))).mean().backward()
    without = [name for name, p in model.named_parameters()
               if p.requires_grad and (p.grad is None or not p.grad.abs().sum() > 0)]  # fmt: skip
    assert without == []


def test_a_step_of_the_optimizer_lowers_the_loss(model, dataset):
    batch = dataset.batch(range(16))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(12):
        loss = loss_of(model.eval(), batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_loss_terms_are_per_example_and_repeat_in_evaluation_mode(model, dataset):
    batch = dataset.batch([0, 50, 100])
    many, again = model.eval().loss(batch), model.eval().loss(batch)
    assert {values.shape for values in many.values()} == {(3,)}
    for name, values in many.items():
        assert torch.equal(values, again[name])
        for place, index in enumerate([0, 50, 100]):
            one = model.loss(dataset.batch([index]))[name][0]
            torch.testing.assert_close(one, values[place], atol=1e-2, rtol=1e-4)


def test_validation_has_the_loss_terms(model, dataset):
    batch = dataset.batch(range(3))
    terms, further = model.eval().validate(batch, 2.0)
    expected = model.loss(batch, path_weight=2.0)
    assert {name: values.tolist() for name, values in terms.items()} == {
        name: values.tolist() for name, values in expected.items()
    }
    assert all(values.shape == (3,) for values in further.values())


def test_the_same_seed_builds_the_same_model(identity, dataset):
    built = []
    for _ in range(2):
        torch.manual_seed(3)
        built.append(identity.build(dataset.normalizer).state_dict())
    assert all(torch.equal(built[0][name], built[1][name]) for name in built[0])


def test_saved_and_loaded_gives_the_same_model(model, identity, dataset, tmp_path):
    save_weights(tmp_path / "best.safetensors", model, identity)
    loaded, found = load_weights(tmp_path)
    assert found == identity
    batch = dataset.batch([0, 9])
    for name, values in model.eval().loss(batch).items():
        assert torch.equal(values, loaded.loss(batch)[name])
    assert torch.equal(PhraseModel(model, model.skeleton).sample(2), load(tmp_path).sample(2))


def test_a_shared_folder_gives_the_same_model(model, identity, tmp_path):
    save_weights(tmp_path / "run" / "best.safetensors", model, identity)
    shared = load(tmp_path / "run").save_pretrained(tmp_path / "shared")
    loaded, found = load_weights(shared)
    assert found == identity
    for name, values in model.state_dict().items():
        assert torch.equal(values, loaded.state_dict()[name])


def test_the_normaliser_is_inside_the_checkpoint(model, identity, dataset, tmp_path):
    save_weights(tmp_path / "best.safetensors", model, identity)
    loaded, _ = load_weights(tmp_path / "best.safetensors")
    for name, value in dataset.normalizer.state_dict().items():
        assert torch.equal(loaded.normalizer.state_dict()[name], value)


def test_samples_repeat_with_their_seed_and_only_then(model, dataset):
    user = PhraseModel(model, model.skeleton)
    first, again, other = user.sample(3, seed=1), user.sample(3, seed=1), user.sample(3, seed=2)
    assert first.shape == (3, FRAMES, len(model.skeleton), 3)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_samples_are_in_metres(model, dataset):
    found = PhraseModel(model, model.skeleton).sample(4, temperature=0.5)
    height = phrases_of(dataset, range(len(dataset)))[..., 2].mean()
    assert abs(found[..., 2].mean() - height) < 0.3
    assert found.device.type == "cpu"


def test_temperature_zero_is_one_phrase(model, dataset):
    cold = PhraseModel(model, model.skeleton).sample(3, temperature=0.0)
    torch.testing.assert_close(cold[0], cold[2], atol=1e-5, rtol=1e-5)


def test_a_continuation_begins_with_the_given_clip_or_is_refused(model, dataset):
    user = PhraseModel(model, model.skeleton)
    clip = phrases_of(dataset, [40])[0]
    if type(model).continue_from is MotionModel.continue_from:
        with pytest.raises(UserError, match="does not continue motion: use a run of flow_motion"):
            user.continue_phrase(clip, seconds=0.4)
        return
    long = user.continue_phrase(clip, seconds=0.4, seed=1)
    assert long.shape == (FRAMES + 14, len(model.skeleton), 3)
    assert torch.equal(long[:FRAMES], clip)
    assert torch.equal(long, user.continue_phrase(clip, seconds=0.4, seed=1))


def test_shapes_in_signatures_are_checked_here():
    with pytest.raises(TypeCheckError, match="N T J 3"):
        mpjpe_mm(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4))
