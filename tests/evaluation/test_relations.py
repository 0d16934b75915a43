"""Relations: laws of the AUC and the ranking; slow: whether ground-truth relations are found."""

import csv

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.relations import (
    both_ways,
    marker_attention,
    measure_relations,
    pair_auc,
    save_relations,
    skeleton_hops,
    strongest_pairs,
)
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.losses.elbo import elbo_terms, weighted_sum
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.synthetic.relations import (
    GROUND_TRUTH,
    related_pairs,
    synthesize_with_relations,
)
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import GNNVAEOptions
from mariel_gnn.models.weights import Identity

J = 53
RATE_HZ = 35.0
T = 64
SMALL = {"hidden_size": 32, "pose_size": 64, "frequencies": 12, "pair_bounds": False}


def related_windows(carrier, seeds, seconds=60.0, normalizer=None, follows=GROUND_TRUTH):
    """Windows of recordings with ground-truth relations, one recording a seed."""
    recordings = [
        Recording(
            f"related{seed}",
            synthesize_with_relations(seed, seconds, RATE_HZ, follows, carrier).astype(np.float32),
            RATE_HZ,
            f"/planted{seed}.npy",
            0,
        )
        for seed in seeds
    ]
    return MarielDataset(
        recordings, seq_len=T, stride=4, predicted_timesteps=0, normalizer=normalizer
    )


def trained(train, latent_size, seed, steps):
    """A small GNN-VAE after a few steps of Adam."""
    torch.manual_seed(seed)
    options = GNNVAEOptions(latent_size=latent_size, **SMALL)
    shape = WindowShape(T, J, RATE_HZ)
    network = Identity("gnn_vae", options, shape, train.skeleton).build(train.normalizer)
    network.before_training(train)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    network.train()
    for _ in range(steps):
        batch = train.batch(torch.randint(len(train), (32,)))
        loss = weighted_sum(elbo_terms(*network(batch), batch)).mean() / 1000
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
    return network.eval()


def aucs(carrier, latent_size, recordings, seed, steps=20):
    """AUCs of rise, movement and attention on held-out recordings with ground-truth relations."""
    train = related_windows(carrier, range(1000 * seed, 1000 * seed + recordings))
    network = trained(train, latent_size, seed, steps)
    held_out = related_windows(
        carrier, [1000 * seed + 500, 1000 * seed + 501], normalizer=train.normalizer
    )
    found = measure_relations(network, held_out)
    related = torch.from_numpy(related_pairs(held_out.skeleton))
    scores = {
        "rise": found.influence.rise_mm,
        "moved": found.influence.moved_mm,
        "attention": found.attention,
    }
    found_aucs = {name: pair_auc(score, related) for name, score in scores.items()}
    return found_aucs | {
        f"{name}, far": pair_auc(score, related, among=found.far) for name, score in scores.items()
    }


@pytest.fixture(scope="module")
def standing():
    """Windows with ground-truth relations and a network with one training step."""
    train = related_windows("standing", [0], seconds=20.0)
    return trained(train, latent_size=32, seed=0, steps=1), train


@pytest.fixture(scope="module")
def relations(standing):
    return measure_relations(*standing)


def scores(draw_seed):
    return torch.randn(J, J, generator=torch.Generator().manual_seed(draw_seed))


def some_related():
    related = torch.zeros(J, J, dtype=torch.bool)
    related[[3, 9, 20, 31], [40, 12, 2, 50]] = True
    return related


@given(st.integers(0, 1000))
def test_the_auc_depends_on_ranks_and_both_directions(seed):
    score, related = scores(seed), some_related()
    found = pair_auc(score, related)
    assert 0 <= found <= 1
    assert pair_auc(-score, related) == pytest.approx(1 - found, abs=1e-6)
    assert pair_auc(score.T, related.T) == pytest.approx(found, abs=1e-6)
    assert pair_auc(3 * both_ways(score) + 7, related) == pytest.approx(found, abs=1e-6)


def test_the_auc_of_perfect_and_of_constant_scores():
    related = some_related()
    assert pair_auc(related.float(), related) == 1.0
    assert pair_auc(1 - related.float(), related) < 0.5
    assert pair_auc(torch.zeros(J, J), related) == 0.5, "ties count half"


def test_the_auc_ranks_the_given_pairs_only():
    related, among = some_related(), some_related()
    among[0, 1] = True
    score = torch.zeros(J, J)
    score[5, 6] = 9.0  # not among them
    score[related] = 1.0
    assert pair_auc(score, related, among) == 1.0


@pytest.mark.parametrize("related", [torch.zeros(J, J).bool(), torch.ones(J, J).bool()])
def test_an_auc_needs_related_and_unrelated_pairs(related):
    with pytest.raises(UserError, match="related pairs and unrelated"):
        pair_auc(scores(0), related)


def test_the_strongest_pairs_are_ranked_and_unique():
    score = scores(4)
    pairs = strongest_pairs(score, 30)
    values = [float(both_ways(score)[pair]) for pair in pairs]
    assert values == sorted(values, reverse=True)
    assert values[0] == both_ways(score).fill_diagonal_(-9).max()
    assert all(i < j for i, j in pairs)
    assert len(set(pairs)) == 30
    assert strongest_pairs(score, 30, torch.zeros(J, J).bool()) == []


def test_hops_are_steps_on_the_skeleton(dance, mariel53):
    hops = skeleton_hops(mariel53, measure_pairs([dance]))
    assert (hops == hops.T).all()
    assert (hops.diag() == 0).all()
    assert all(hops[line] == 1 for line in mariel53.edges)
    assert (hops + torch.eye(J) > 0).all(), "the whole body is joined"
    name = mariel53.markers.index
    assert hops[name("LOHAND"), name("LIWR")] < hops[name("LOHAND"), name("RTOE")]


def test_attention_rows_sum_to_1(standing):
    network, windows = standing
    found = marker_attention(network, windows.positions_m([0, 50]))
    assert found.shape == (2, J, J)
    torch.testing.assert_close(found.sum(dim=-1), torch.ones(2, J))
    assert (found.diagonal(dim1=1, dim2=2) == 0).all(), "the edges are without self-loops"


def test_the_file_has_a_row_for_each_pair_and_direction(relations, tmp_path):
    with save_relations(tmp_path, relations).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == J * (J - 1)
    name = relations.skeleton.markers.index
    for row in rows[::97]:
        place = name(row["marker"]), name(row["other"])
        assert float(row["attention"]) == pytest.approx(float(relations.attention[place]), abs=1e-6)
        assert float(row["error_rise_mm"]) == pytest.approx(
            float(relations.influence.rise_mm[place]), abs=1e-5
        )
        assert int(row["hops"]) == relations.hops[place]
    assert [path.name for path in tmp_path.iterdir()] == ["relations.csv"]


# Where the body stands still a few latents hold what is related; a dance takes many for itself.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("carrier", "latent_size", "recordings"), [("standing", 64, 6), ("dancing", 256, 12)]
)
def test_influence_finds_ground_truth_relations_and_attention_does_not(
    carrier, latent_size, recordings
):
    found = aucs(carrier, latent_size, recordings, seed=0)
    assert found["rise"] >= 0.9, found
    assert found["rise, far"] >= 0.9, found
    # Should it come to find them, its pictures need no longer say that it does not.
    assert found["attention"] < 0.9, found


@pytest.mark.slow
def test_without_relations_none_are_found():
    train = related_windows("standing", range(4), follows=())
    network = trained(train, latent_size=64, seed=0, steps=10)
    held_out = related_windows("standing", [500], normalizer=train.normalizer, follows=())
    found = measure_relations(network, held_out).influence.rise_mm
    # Of 8 pairs among 1378 the AUC of pure chance has a standard deviation of 0.1.
    assert 0.2 < pair_auc(found, torch.from_numpy(related_pairs(held_out.skeleton))) < 0.8
