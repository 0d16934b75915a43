"""The autoregressive LSTM: its density, its frames, its continuation and its input noise."""

from dataclasses import replace

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.mdn_rnn import Mixture
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import MDNRNNOptions
from mariel_gnn.models.weights import Identity

FRAMES, J = 24, 53
SMALL = MDNRNNOptions(hidden_size=24, pose_axes=12, mixtures=3, lead_in_frames=4)


@pytest.fixture(scope="module")
def dataset(dance):
    recording = Recording("dance", dance, 35.0, "/takes/dance.npy")
    return MarielDataset([recording], FRAMES, 0)


def build(dataset, **changes):
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, J, dataset.rate_hz)
    identity = Identity("mdn_rnn", replace(SMALL, **changes), shape, dataset.skeleton)
    model = identity.build(dataset.normalizer)
    model.before_training(dataset)
    return model.eval()


@pytest.fixture(scope="module")
def model(dataset):
    return build(dataset)


def test_the_density_is_that_of_torch_distributions():
    torch.manual_seed(0)
    logits, mean, log_std = torch.randn(5, 3), torch.randn(5, 3, 4), torch.randn(5, 3, 4)
    reference = MixtureSameFamily(
        Categorical(logits=logits), Independent(Normal(mean, log_std.exp()), 1)
    )
    value = torch.randn(5, 4)
    ours = Mixture(logits.log_softmax(-1), mean, log_std).log_prob(value)
    torch.testing.assert_close(ours, reference.log_prob(value))


def test_samples_have_the_weights_means_and_stds_of_the_mixture():
    count = 20_000
    mixture = Mixture(
        torch.tensor([0.2, 0.8]).log().expand(count, 2),
        torch.tensor([[-5.0], [5.0]]).expand(count, 2, 1),
        torch.tensor([[0.5], [0.1]]).log().expand(count, 2, 1),
    )
    found = mixture.sample(1.0, torch.Generator().manual_seed(0))
    low = found[found < 0]
    assert len(low) / count == pytest.approx(0.2, abs=0.01)
    assert float(low.std()) == pytest.approx(0.5, rel=0.03)
    cold = mixture.sample(0.0, torch.Generator().manual_seed(0))
    assert (cold == 5).all()


def test_with_all_pose_axes_frames_turn_back_into_the_same_metres(dataset):
    model = build(dataset, pose_axes=3 * J)
    phrases = dataset.positions_m([0, 300])
    seen = model.frames(model.batch_from_metres(phrases))
    start = phrases[:, 0, :, :2].mean(1)
    again = model._in_metres(seen.features, seen.heading[:, 0], start=start)
    torch.testing.assert_close(again, phrases, atol=2e-3, rtol=0)


def test_turning_the_dancer_does_not_change_the_loss(model, dataset):
    turned = dataset.positions_m([0, 300]) @ torch.tensor([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    there = model.loss(model.batch_from_metres(turned))["nll"]
    here = model.loss(model.batch_from_metres(dataset.positions_m([0, 300])))["nll"]
    torch.testing.assert_close(there, here, atol=0.5, rtol=1e-4)


def test_a_continuation_starts_where_the_clip_ends(model, dataset):
    clips = dataset.positions_m([40, 300])
    new = model.continue_from(clips, 10, 0.0, torch.Generator().manual_seed(0))
    assert new.shape == (2, 10, J, 3)
    assert (new[:, 0] - clips[:, -1]).norm(dim=-1).max() < 0.1
    one = model.continue_from(clips[1:], 10, 0.0, torch.Generator().manual_seed(0))
    torch.testing.assert_close(one[0], new[1], rtol=0, atol=1e-3)


def test_a_long_continuation_reads_a_clip_of_any_length(model, dataset):
    user = PhraseModel(model, dataset.skeleton)
    clip = torch.cat([dataset.positions_m([0])[0], dataset.positions_m([FRAMES])[0]])
    assert len(user.continue_phrase(clip, 2.0)) == 2 * FRAMES + 70


def test_input_noise_rises_in_training_mode_only(dataset):
    model, batch = build(dataset, noise=1.0, noise_warmup_steps=10), dataset.batch([0, 9])
    features = model.frames(batch).features
    assert torch.equal(model._with_noise(features), features)
    model.train()
    added = [float((model._with_noise(features) - features).std()) for _ in range(12)]
    assert added[0] < 0.3 * added[9]
    assert added[10] == pytest.approx(added[11], rel=0.1)
    assert int(model.training_steps) == 12


def test_it_learns(dataset):
    model = build(dataset).train()
    optimizer, batch = (
        torch.optim.Adam(model.parameters(), lr=1e-2),
        dataset.batch(range(0, 960, 30)),
    )
    losses = []
    for _ in range(30):
        loss = model.loss(batch)["nll"].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("task", ["vary", "interpolate", "join", "encode", "reconstruct"])
def test_tasks_that_need_latents_say_so_in_one_line(model, dataset, task):
    user, clip = PhraseModel(model, dataset.skeleton), dataset.positions_m([0])[0]
    arguments = {
        "vary": (clip, 0.5), "interpolate": (clip, clip), "join": ([clip, clip], 0.2),
        "encode": (clip[None],), "reconstruct": (clip[None],),
    }[task]  # fmt: skip
    with pytest.raises(
        UserError, match=r"MDNRNN (has no latents|does not (reconstruct|join))"
    ) as refused:
        getattr(user, task)(*arguments)
    assert "\n" not in str(refused.value)


def test_a_prior_of_latents_is_refused(model, dataset):
    with pytest.raises(UserError, match="has no latents: omit the prior"):
        PhraseModel(model, dataset.skeleton).sample(1, prior="flow")
