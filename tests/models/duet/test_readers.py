"""Laws of the networks that read what is between two dancers, and of their controls."""

import pytest
import torch

from mariel_gnn.models.duet.pair_frame import stands_of, to_pair_frame
from tests.models.duet.conftest import NAMES, turned

CONNECTED = NAMES[1:]


def read(model, pairs):
    with torch.no_grad():
        return model.reader(pairs, to_pair_frame(stands_of(pairs, model.one)))


def with_an_effect(model):
    torch.manual_seed(2)
    with torch.no_grad():
        model.reader.change.weight.normal_(std=0.3)
    return model


def test_a_new_reader_changes_nearly_nothing(model, pairs):
    frame = to_pair_frame(stands_of(pairs, model.one))
    assert read(model, pairs).std() < 0.02 * model.between.encode(frame).std()


def test_new_models_differ_by_nearly_nothing(make, pairs):
    phrases = pairs.flatten(2, 3)
    found = [make(name).reconstruct(phrases) for name in NAMES]
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], atol=0.01, rtol=0)


def test_the_place_and_direction_of_the_pair_have_no_effect(model, pairs):
    with_an_effect(model)
    one, other = read(model, pairs), read(model, turned(pairs, 2.1, (4.0, -3.0)))
    torch.testing.assert_close(other, one, atol=5e-3, rtol=1e-2)
    assert (one[0] - one[-1]).abs().max() > 0.05


@pytest.mark.parametrize("name", CONNECTED)
@pytest.mark.parametrize("connections", ["none", "random", "shuffled"])
def test_a_control_has_other_connections_and_so_another_code(make, pairs, name, connections):
    recorded, control = (with_an_effect(make(name)) for _ in range(2))
    control.reader.connections = connections
    assert not torch.equal(read(recorded, pairs), read(control, pairs))


def test_the_connections_of_controls_are_what_they_say(make, pairs):
    knots = make("duet_gnn_vae").reader.knots
    recorded = knots.strengths(pairs, "recorded")
    assert recorded.shape == (len(pairs), 4, 3, 18, 18)
    assert (recorded > 0).flatten(2).any(-1).float().mean() > 0.5  # most knots have some
    assert not knots.strengths(pairs, "none").any()
    assert knots.strengths(pairs, "none").shape == recorded.shape
    random = knots.strengths(pairs, "random")
    assert torch.equal(random.flatten(-2).sort(-1)[0], recorded.flatten(-2).sort(-1)[0])
    assert not torch.equal(random, recorded)
    assert torch.equal(random, knots.strengths(pairs, "random"))
    shuffled = knots.strengths(pairs, "shuffled")
    assert torch.equal(shuffled, recorded[:, [2, 3, 0, 1]])
    assert not torch.equal(shuffled, recorded)


def test_strengths_at_knots_are_those_of_the_dataset(make, dataset, pairs):
    knots = make("duet_gnn_vae").reader.knots
    indices = torch.arange(0, len(dataset), len(dataset) // 6)[:6]
    whole = dataset.strengths(dataset.batch(indices))[:, knots.moments]
    torch.testing.assert_close(knots.strengths(pairs, "recorded"), whole, atol=0.01, rtol=0)


# ------------------------------------------------------------------ tokens


def test_masked_tokens_have_no_effect(make, pairs):
    reader = with_an_effect(make("duet_token_vae")).reader
    frame = to_pair_frame(stands_of(pairs, make("duet_token_vae").one))
    strengths = reader.knots.strengths(pairs, "recorded")
    reader.tokens = int((strengths > 0).flatten(2).sum(-1).max())
    with torch.no_grad():
        one = reader(pairs, frame)
        reader.tokens += 20
        other = reader(pairs, frame)
        reader.tokens -= 21
        fewer = reader(pairs, frame)
    torch.testing.assert_close(other, one, atol=1e-4, rtol=1e-4)
    assert (fewer - one).abs().max() > 1e-4


def test_dancers_far_from_each_other_have_no_connection_tokens(make, pairs):
    reader = make("duet_token_vae").reader
    far = pairs.clone()
    far[:, :, 1, :, 0] += (
        50 * torch.arange(pairs.shape[1])[:, None]
    )  # never alike, near or mirrored
    _, missing = reader._connections(
        reader.knots.strengths(far, "none"),
        reader.knots.positions(far, to_pair_frame(stands_of(far, make("duet_token_vae").one))),
    )
    assert missing.all()


def test_the_strongest_connections_become_tokens(make, pairs):
    reader = make("duet_token_vae").reader
    positions = torch.zeros(1, 1, 2, 18, 3)
    strengths = torch.zeros(1, 1, 3, 18, 18)
    strengths[0, 0, 2, 4, 7], strengths[0, 0, 0, 3, 3] = 0.9, 0.5
    tokens, missing = reader._connections(strengths, positions)
    assert (~missing).sum() == 2
    inputs = torch.tensor([0.9, 0, 0, 0])
    expected = reader.first.weight[4] + reader.second.weight[7] + reader.kind.weight[2]
    expected = expected + reader.strength_and_place(inputs)
    torch.testing.assert_close(tokens[0, 0, 0], expected)


# ------------------------------------------------------------------ graph


def test_messages_along_no_edge_are_none(make):
    layer = make("duet_gnn_vae").reader.layers[0]
    nodes, body = torch.randn(1, 2, 18, 8), make("duet_gnn_vae").reader.body
    strengths = torch.zeros(1, 3, 18, 18)
    strengths[0, 1, 4, 7] = 0.5
    with torch.no_grad():
        without, found = layer(nodes, body, 0 * strengths), layer(nodes, body, strengths)
    changed = (found != without).any(-1)[0]
    assert changed.nonzero().tolist() == [[0, 4], [1, 7]]


def test_exchanged_bodies_with_transposed_edges_give_exchanged_nodes(make):
    layer, body = make("duet_gnn_vae").reader.layers[0], make("duet_gnn_vae").reader.body
    nodes, strengths = torch.randn(2, 2, 18, 8), torch.rand(2, 3, 18, 18)
    with torch.no_grad():
        one, other = layer(nodes, body, strengths), layer(nodes.flip(1), body, strengths.mT)
    torch.testing.assert_close(other.flip(1), one, atol=1e-5, rtol=0)
