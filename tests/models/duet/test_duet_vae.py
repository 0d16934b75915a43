"""Laws of the models of two dancers, and of what they take from a run on single dancers."""

import pytest
import torch
from torch_geometric.data import Batch

from mariel_gnn.errors import UserError
from mariel_gnn.models.weights import load_weights
from tests.models.duet.conftest import NAMES, turned


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_turned_and_shifted_pair_has_the_turned_and_shifted_reconstruction(model, pairs):
    one = model.reconstruct(pairs.flatten(2, 3))
    other = model.reconstruct(turned(pairs, 2.5, (5.0, -2.0)).flatten(2, 3))
    torch.testing.assert_close(other, turned(one, 2.5, (5.0, -2.0)), atol=5e-3, rtol=0)


def test_a_new_model_with_many_latents_reconstructs_the_pair(make, pairs):
    model = make("duet_lstm_vae", latent_size=60, between_size=40, pair_bounds=False)
    found = model.reconstruct(pairs.flatten(2, 3)).unflatten(2, (2, -1))
    assert (found - pairs).norm(dim=-1).mean() < 0.06
    middle = pairs[:, :1].mean(dim=(1, 2, 3), keepdim=True)
    assert (pairs - middle).norm(dim=-1).mean() > 0.5  # a control


def test_items_encode_as_the_dense_batch_does(model, dataset):
    some = [0, 20]
    items = Batch.from_data_list([dataset[index] for index in some])
    dense = dataset.batch(some)
    for name, part in zip(dense._fields, model.dense(items), strict=True):
        torch.testing.assert_close(part, getattr(dense, name), atol=1e-5, rtol=0)
    # The log of a tiny scale of travel has no digits: what is decoded is compared.
    found, wanted = (
        model.in_metres(model.decode(model.encode(part).mean)) for part in (items, dense)
    )
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=0)


def test_graphs_of_one_dancer_and_pairs_for_one_dancer_are_refused(make, dataset):
    model = make("duet_lstm_vae")
    solo = [dataset.solo[0], dataset.solo[1]]
    for graphs in (solo[0], Batch.from_data_list(solo), dataset.recut(20)[0]):
        with pytest.raises(UserError, match="items of a DuetDataset with 36 markers and 32 frames"):
            model.encode(graphs)
    with pytest.raises(UserError, match="two dancers"):
        model.solo.encode(dataset.batch([0]))


def test_a_model_of_codes_alone_has_no_flow_and_samples_latents(make, dataset):
    whole, codes = make("duet_lstm_vae"), make("duet_lstm_vae", partner=False)
    batch = dataset.batch([0, 9])
    assert whole.loss(batch).keys() - codes.loss(batch).keys() == {"flow"}
    assert not any(name.startswith("partner") for name in codes.state_dict())
    pair = dataset.positions_m([0])[0]
    torch.testing.assert_close(  # the codes are those of the whole model
        *(each.reconstruct(pair[None].flatten(2, 3)) for each in (whole, codes))
    )
    assert codes.sample(2, 1.0, generator()).isfinite().all()
    for draws in (
        lambda: codes.partners(pair[:, 0], 1, 1.0, generator()),
        lambda: codes.continue_from(pair[None].flatten(2, 3), 8, 1.0, generator()),
    ):
        with pytest.raises(UserError, match=r"network\.partner false"):
            draws()


def test_codes_are_of_each_dancer_alone(model, dataset):
    """What one dancer does has no effect on the other's code."""
    first, second = dataset.batch([0]), dataset.batch([9])
    mixed = dataset.batch([0])
    markers = mixed.nodes.shape[2] // 2
    mixed.nodes[:, :, markers:] = second.nodes[:, :, markers:]
    mixed.path[:, :, 1] = second.path[:, :, 1]
    size, start = model.solo_size, model.heading.SIZE
    codes = [model.posterior(batch).mean[0, start:] for batch in (first, second, mixed)]
    torch.testing.assert_close(codes[2][:size], codes[0][:size], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(
        codes[2][size : 2 * size], codes[1][size : 2 * size], atol=1e-3, rtol=1e-3
    )
    assert not torch.allclose(codes[2][2 * size :], codes[0][2 * size :], atol=0.05)


def test_a_place_that_is_not_measured_teaches_nothing(make, dataset):
    model, batch = make("duet_lstm_vae"), dataset.batch([0, 3])
    hidden = batch.measured.clone()
    hidden[0] = False
    target = batch._replace(measured=hidden)
    far = target._replace(path=target.path.clone())
    far.path[0] += 7.0
    one, other = model.loss(batch, target), model.loss(batch, far)
    assert torch.equal(one["nll"], other["nll"])
    assert one["flow"][0] == other["flow"][0] == 0
    assert (model.loss(batch)["flow"] > 0).all()


def test_without_a_measured_window_there_is_one_line(make, duets, dataset):
    blind = dataset.subset(torch.arange(len(dataset)))
    blind._measured = torch.zeros_like(dataset._measured)
    with pytest.raises(UserError, match=r"0 of .* training windows have a measured"):
        make("duet_lstm_vae").before_training(blind)


def test_finishing_twice_is_finishing_once(make, dataset, pairs):
    model = make("duet_lstm_vae")
    before = model.reconstruct(pairs.flatten(2, 3))
    model.after_training(dataset)
    torch.testing.assert_close(model.reconstruct(pairs.flatten(2, 3)), before, atol=1e-3, rtol=0)
    between = [model.between.latent_mean.clone(), model.between.latent_std.clone()]
    model.after_training(dataset)
    torch.testing.assert_close(model.between.latent_mean, between[0], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(model.between.latent_std, between[1], atol=1e-3, rtol=1e-3)


def test_partners_repeat_with_their_seed_and_differ_from_each_other(model, pairs):
    given = pairs[0, :, 0].repeat(2, 1, 1)[:45]
    found = model.partners(given, 3, 1.0, generator())
    assert found.shape == (3, 45, 18, 3)
    assert torch.equal(found, model.partners(given, 3, 1.0, generator()))
    assert not torch.equal(found[0], found[1])
    assert not torch.equal(found, model.partners(given, 3, 1.0, generator(), is_first=False))
    cold = model.partners(given, 2, 0.0, generator())
    torch.testing.assert_close(cold[0], cold[1], atol=1e-4, rtol=0)


# ------------------------------------------------------------------ a run on single dancers


def test_codes_of_a_solo_run_are_taken_and_fixed(make, solo_run, pairs):
    model = make("duet_lstm_vae", solo=str(solo_run))
    network, _ = load_weights(solo_run)
    both = torch.cat([*pairs.unbind(2)])
    start = network.heading.SIZE
    expected = network.posterior(network.batch_from_metres(both)).mean[:, start:]
    first, second = (code.mean for code in model._codes(pairs))
    torch.testing.assert_close(torch.cat([first, second]), expected)
    assert torch.equal(model.partner.dancer.pose_axes, network.flow.states.pose_axes)
    assert not any(parameter.requires_grad for parameter in model.solo.parameters())
    rebuilt = type(model)(model.options, model.shape, model.normalizer, model.skeleton)
    trained = [
        [n for n, p in each.named_parameters() if p.requires_grad] for each in (model, rebuilt)
    ]
    assert trained[0] == trained[1]  # as a resumed run builds it


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"latent_size": 9}, "its network.latent_size is 9, this model's 12"),
        ({"pair_bounds": False}, "its network.pair_bounds is False"),
        ({"widths": (8, 24)}, r"its network.widths is \(8, 24\)"),
        ({"frames": 28}, "28 frames at 35 Hz, these 32 at 35 Hz"),
        ({"rate_hz": 30.0}, "32 frames at 30 Hz, these 32 at 35 Hz"),
    ],
)
def test_a_solo_run_that_does_not_fit_is_one_line(make, save_solo, run, words):
    folder = save_solo(**run)
    with pytest.raises(UserError, match=words) as refused:
        make("duet_lstm_vae", solo=str(folder))
    assert "\n" not in str(refused.value)


def test_a_run_of_another_model_is_one_line(make, tmp_path, dataset):
    from mariel_gnn.models.motion_model import WindowShape
    from mariel_gnn.models.options import MDNRNNOptions
    from mariel_gnn.models.weights import Identity, save_weights

    shape = WindowShape(32, 18, 35.0)
    identity = Identity("mdn_rnn", MDNRNNOptions(hidden_size=8), shape, dataset.skeleton)
    save_weights(tmp_path / "best.safetensors", identity.build(dataset.normalizer), identity)
    with pytest.raises(UserError, match="a run of mdn_rnn: give one of flow_motion"):
        make(NAMES[0], solo=str(tmp_path))
