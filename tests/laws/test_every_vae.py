"""Laws of `VAE`, for every configuration of `configs/` whose model is one."""

import pytest
import torch
from torch.distributions import Normal
from torch_geometric.data import Batch

from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.errors import UserError
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.losses.elbo import elbo_terms, kl_to_standard_normal
from tests.laws.conftest import FRAMES, phrases_of

# Normalised units. Pair bounds count the pairs beyond their bounds, so rounding at a bound moves markers.
ROUNDING = 2e-4


def test_shapes_are_those_of_the_contract(vae, dataset):
    output = vae(dataset.batch(range(3)))
    assert output.posterior.mean.shape == (3, vae.latent_size)
    assert output.prediction.positions.mean.shape == (3, FRAMES, len(vae.skeleton), 3)
    assert (output.prediction.path is not None) == vae.travels
    terms = elbo_terms(*output, dataset.batch(range(3)))
    assert {name: values.shape for name, values in terms.items()} == {"nll": (3,), "kl": (3,)}


def test_a_batch_of_one_equals_a_batch_of_many(vae, dataset):
    many = vae.eval()(dataset.batch([0, 50, 100]), sample=False)
    for place, index in enumerate([0, 50, 100]):
        one = vae(dataset.batch([index]), sample=False)
        torch.testing.assert_close(
            one.posterior.mean[0], many.posterior.mean[place], atol=1e-4, rtol=1e-4
        )
        torch.testing.assert_close(one.prediction.positions.mean[0],
                                   many.prediction.positions.mean[place], atol=ROUNDING, rtol=0)  # fmt: skip


def test_the_order_of_windows_does_not_matter(vae, dataset):
    vae.eval()
    forth = vae(dataset.batch([3, 70]), sample=False).prediction.positions.mean
    back = vae(dataset.batch([70, 3]), sample=False).prediction.positions.mean
    torch.testing.assert_close(forth, back.flip(0), atol=ROUNDING, rtol=0)


def test_phrases_go_in_and_out_in_metres_where_they_were(vae, dataset):
    user, phrases = PhraseModel(vae, vae.skeleton), phrases_of(dataset, [0, 200])
    out = user.reconstruct(phrases.numpy())
    assert out.shape == phrases.shape
    start, found = (p[:, 0, :, :2].mean(1) for p in (phrases, out))
    torch.testing.assert_close(found, start, atol=1e-4, rtol=0)
    assert user.encode(phrases).shape == (2, vae.latent_size)


def test_graphs_of_the_dataset_encode_as_their_positions_do(vae, dataset):
    user = PhraseModel(vae, vae.skeleton)
    dense = vae.encode(dataset.batch([0, 200])).mean
    graphs = Batch.from_data_list([dataset[0], dataset[200]])
    torch.testing.assert_close(user.encode(graphs), dense, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(user.encode(dataset[0]), dense[:1], atol=1e-4, rtol=1e-4)


def test_graphs_in_units_of_another_dataset_encode_the_same(vae, dataset, windows_of):
    """A dataset of one's own has its own statistics; its units must not change the latents."""
    units = Normalizer([1, 2, 3], [0.1, 0.2, 0.3], [3, 2, 1], [0.3, 0.2, 0.1], path_scale_m=2.0)
    other = windows_of(1 + isinstance(dataset, DuetDataset), units)
    user = PhraseModel(vae, vae.skeleton)
    found, expected = (user.encode(Batch.from_data_list([d[0], d[200]])) for d in (other, dataset))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_graphs_that_are_not_centered_like_the_model_are_refused(vae, dataset):
    graph = dataset[0]
    graph.xy_centering = not graph.xy_centering
    with pytest.raises(UserError, match="xy_centering"):
        vae.encode(graph)


def test_moving_the_dancer_moves_the_reconstruction(vae, dataset):
    user = PhraseModel(vae, vae.skeleton)
    phrases = phrases_of(dataset, [0, 200])
    there = torch.tensor([3.0, -2.0, 0.0])
    torch.testing.assert_close(user.reconstruct(phrases + there), user.reconstruct(phrases) + there,
                               atol=1e-3, rtol=0)  # fmt: skip


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
