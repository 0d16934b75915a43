"""The GNN-VAE: graphs as input, invariances of bodies, and every variant."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from mariel_gnn.data.augmentation import rotate_batch
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.losses.elbo import elbo_terms, weighted_sum
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import GNNVAEOptions
from mariel_gnn.models.weights import Identity

FRAMES = 32
SMALL = GNNVAEOptions(latent_size=24, hidden_size=16, heads=2, pose_size=24)
VARIANTS = [
    {"edge_features": "none"},
    {"skeleton_order": "shuffled"},
    {"edges": "skeleton"},
    {"edges": "skeleton_completed"},
    {"pair_bounds": False},
    {"message_passing": "scatter"},
]


def windows_of(positions, skeleton="mariel53"):
    recording = Recording("dance", positions, 35.0, "/takes/dance.npy")
    return MarielDataset([recording], FRAMES, 2, skeleton=skeleton)


def build(dataset, options=SMALL):
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, len(dataset.skeleton))
    model = Identity("gnn_vae", options, shape, dataset.skeleton).build(dataset.normalizer)
    model.before_training(dataset)
    return model


def randomized(model):
    """Random weights: new networks are nearly zero, which would test nothing."""
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "readout" in name or "pose_residual" in name or "layers" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model.eval()


@pytest.fixture(scope="module")
def dataset(dance):
    return windows_of(dance)


@pytest.fixture(scope="module")
def model(dataset):
    return randomized(build(dataset))


def test_graphs_give_the_same_as_the_dense_batch(model, dataset):
    graphs = Batch.from_data_list([dataset[index] for index in (4, 60, 300)])
    dense = model(dataset.batch([4, 60, 300]), sample=False)
    out = model(graphs, sample=False)
    torch.testing.assert_close(out.posterior.mean, dense.posterior.mean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        out.prediction.positions.mean, dense.prediction.positions.mean, atol=1e-5, rtol=1e-5
    )
    one = model.encode(dataset[4]).mean
    torch.testing.assert_close(one, dense.posterior.mean[:1], atol=1e-5, rtol=1e-5)


def test_graphs_of_other_sizes_are_refused_in_one_line(model, dataset):
    graph = dataset[0]
    graph.x = graph.x[:50]
    with pytest.raises(UserError, match="takes 53 markers"):
        model.encode(graph)


def test_message_passing_gives_the_same_model(dataset):
    # Without pair bounds, which switch at a distance and so may here to rounding.
    plain = replace(SMALL, pair_bounds=False)
    dense = randomized(build(dataset, plain)).eval()
    scattered = build(dataset, replace(plain, message_passing="scatter")).eval()
    scattered.load_state_dict(dense.state_dict())
    found = []
    for each in (dense, scattered):
        each.zero_grad()
        output = each(dataset.batch([7, 90]), sample=False)
        weighted_sum(elbo_terms(*output, dataset.batch([7, 90]))).mean().backward()
        norm = torch.stack([p.grad.norm() for p in each.parameters()])
        found.append((output.posterior.mean, output.prediction.positions.mean, norm))
    for ours, reference in zip(*found, strict=True):
        torch.testing.assert_close(ours, reference, atol=1e-5, rtol=1e-3)  # each layer to 1e-5


@pytest.mark.parametrize("angle", [0.5, math.pi, -2.2])
def test_a_rotated_body_gives_the_rotated_output(model, dataset, angle):
    batch, angles = dataset.batch([5, 400]), torch.full((2,), angle)
    here, there = model(batch, sample=False), model(rotate_batch(batch, angles), sample=False)
    expected = rotate_batch(batch._replace(nodes=here.prediction.positions.mean.repeat(1, 1, 1, 2),
                                     path=here.prediction.path.mean), angles)  # fmt: skip
    unit_mm = 1000 / float(model.normalizer.position_scale.abs()[0])
    distance = (there.prediction.positions.mean - expected.nodes[..., :3]).norm(dim=-1).max()
    assert distance * unit_mm < 0.1  # docs/models/gnn_vae.md says so
    torch.testing.assert_close(there.prediction.path.mean, expected.path, atol=1e-3, rtol=0)
    phrase, expected = there.posterior.mean[:, 2:], here.posterior.mean[:, 2:]
    torch.testing.assert_close(phrase, expected, atol=2e-3, rtol=0)


def reordered(skeleton, order):
    """The skeleton with its markers in another order."""
    place = {old: new for new, old in enumerate(order)}
    return replace(
        skeleton,
        markers=tuple(skeleton.markers[old] for old in order),
        edges=tuple((place[a], place[b]) for a, b in skeleton.edges),
        pairs=tuple((place[a], place[b]) for a, b in skeleton.pairs),
        parts={part: tuple(place[m] for m in members) for part, members in skeleton.parts.items()},
        root=tuple(place[m] for m in skeleton.root),
    )


def permuted(model, dataset, order):
    """The same weights for permuted markers."""
    other = build(dataset)
    coordinates = torch.tensor([3 * j + c for j in order for c in range(3)])
    hidden = SMALL.hidden_size
    features = torch.tensor([hidden * j + d for j in order for d in range(hidden)])
    rows = {"decoder.pose_residual.4.weight", "decoder.pose_residual.4.bias",
            "decoder.pose_mean", "basis.pose_mean", "basis.pose_axes"}  # fmt: skip
    columns = {"pose_residual.0.weight": coordinates, "decoder.pose_axes": coordinates,
               "residual.readout.weight": features}  # fmt: skip
    pairs = {"decoder.bounds.least", "decoder.bounds.greatest"}
    state = other.state_dict()
    for name, value in model.state_dict().items():
        if name in rows:
            value = value[coordinates]
        elif name in columns:
            value = value[:, columns[name]]
        elif name.endswith("network.marker"):
            value = value[list(order)]
        elif name.endswith(("joined", "edge_features")):
            value = value[list(order)][:, list(order)]
        elif name in pairs:
            first, second = torch.triu_indices(53, 53, offset=1)
            square = torch.zeros(53, 53)
            square[first, second] = square[second, first] = value
            value = square[list(order)][:, list(order)][first, second]
        state[name] = value
    other.load_state_dict(state)
    return other.eval()


def test_permuting_the_markers_permutes_the_output(model, dataset, dance, mariel53):
    order = np.random.default_rng(0).permutation(53).tolist()
    there = windows_of(dance[:, order], reordered(mariel53, order))
    other = permuted(model, there, order)
    before = model(dataset.batch([5, 400]), sample=False)
    after = other(there.batch([5, 400]), sample=False)
    torch.testing.assert_close(after.posterior.mean, before.posterior.mean, atol=2e-3, rtol=1e-3)
    torch.testing.assert_close(after.prediction.positions.mean,
                               before.prediction.positions.mean[:, :, order], atol=1e-2, rtol=0)  # fmt: skip


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: "-".join(map(str, *change.items())))
def test_every_variant_learns_and_no_parameter_is_idle(dataset, change):
    model = build(dataset, replace(SMALL, **change)).train()
    batch = dataset.batch(range(0, 160, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(8):
        loss = weighted_sum(elbo_terms(*model(batch, sample=False), batch)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    idle = [name for name, p in model.named_parameters() if p.requires_grad and not p.grad.any()]
    assert set(idle) <= {"log_std", "heading.log_std"}  # z was the mean


def test_it_starts_no_worse_than_a_linear_map_of_its_code(dataset):
    model = build(dataset, replace(SMALL, latent_size=64, pair_bounds=False)).eval()
    batch = dataset.batch(range(0, len(dataset), 20))
    error = (model(batch, sample=False).prediction.positions.mean - batch.positions).square().mean()
    assert error < 0.1 * batch.positions.var(dim=0).mean()


def test_after_training_latents_are_standardised_and_nothing_else_changes(dataset):
    # Without pair bounds, which switch at a distance and so may here to rounding.
    model = randomized(build(dataset, replace(SMALL, pair_bounds=False)))
    batch = dataset.batch(range(0, len(dataset), 20))
    before = model(batch, sample=False).prediction.positions.mean
    model.after_training(dataset)
    torch.testing.assert_close(
        model(batch, sample=False).prediction.positions.mean, before, atol=2e-3, rtol=1e-3
    )
    posteriors = [model.encode(windows) for windows in model.training_batches(dataset)]
    mirrored = [
        model.encode(windows) for windows in model.mirrored(model.training_batches(dataset))
    ]
    means = torch.cat([q.mean for q in posteriors + mirrored])[:, 2:]
    within = torch.cat([q.variance for q in posteriors + mirrored])[:, 2:].mean(0)
    torch.testing.assert_close(means.var(0) + within, torch.ones(22), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(means.mean(0), torch.zeros(22), atol=1e-3, rtol=0)


def test_a_shuffled_skeleton_has_the_same_edges_between_other_markers(dataset):
    true, mixed = (
        build(dataset, replace(SMALL, skeleton_order=order, edges="skeleton")).graphs[0]
        for order in ("true", "shuffled")
    )
    assert not torch.equal(true.joined, mixed.joined)
    assert torch.equal(true.joined.sum(1).sort().values, mixed.joined.sum(1).sort().values)
