"""Relations: laws of the AUC and of what is ranked; and, slow, whether planted relations are found."""

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


def planted_windows(carrier, seeds, seconds=60.0, normalizer=None, follows=GROUND_TRUTH):
    """Windows of recordings with planted relations, one recording a seed."""
    recordings = [
        Recording(
            f"planted{seed}",
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
        batch = train.batch(torch.randint(len(train), (64,)))
        loss = weighted_sum(elbo_terms(*network(batch), batch)).mean() / 1000
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
    return network.eval()


def aucs(carrier, latent_size, recordings, seed, steps=60):
    """Train on planted recordings of a seed; AUCs on others of rise, movement and attention."""
    train = planted_windows(carrier, range(1000 * seed, 1000 * seed + recordings))
    network = trained(train, latent_size, seed, steps)
    held_out = planted_windows(
        carrier, [1000 * seed + 500, 1000 * seed + 501], normalizer=train.normalizer
    )
    found = measure_relations(network, held_out)
    planted = torch.from_numpy(related_pairs(held_out.skeleton))
    scores = {
        "rise": found.influence.rise_mm,
        "moved": found.influence.moved_mm,
        "attention": found.attention,
    }
    told = {name: pair_auc(score, planted) for name, score in scores.items()}
    return told | {
        f"{name}, far": pair_auc(score, planted, among=found.far) for name, score in scores.items()
    }


@pytest.fixture(scope="module")
def standing():
    """Windows of planted recordings and a network fitted to them, hardly trained."""
    train = planted_windows("standing", [0], seconds=20.0)
    return trained(train, latent_size=32, seed=0, steps=1), train


@pytest.fixture(scope="module")
def relations(standing):
    return measure_relations(*standing)


def scores(draw_seed):
    return torch.randn(J, J, generator=torch.Generator().manual_seed(draw_seed))


def some_planted():
    planted = torch.zeros(J, J, dtype=torch.bool)
    planted[[3, 9, 20, 31], [40, 12, 2, 50]] = True
    return planted


@given(st.integers(0, 1000))
def test_the_auc_is_of_ranks_and_of_both_directions(seed):
    score, planted = scores(seed), some_planted()
    found = pair_auc(score, planted)
    assert 0 <= found <= 1
    assert pair_auc(-score, planted) == pytest.approx(1 - found, abs=1e-6)
    assert pair_auc(score.T, planted.T) == pytest.approx(found, abs=1e-6)
    assert pair_auc(3 * both_ways(score) + 7, planted) == pytest.approx(found, abs=1e-6)


def test_the_auc_of_what_knows_all_and_of_what_knows_nothing():
    planted = some_planted()
    assert pair_auc(planted.float(), planted) == 1.0
    assert pair_auc(1 - planted.float(), planted) < 0.5
    assert pair_auc(torch.zeros(J, J), planted) == 0.5, "ties count half"


def test_the_auc_looks_at_no_other_pairs_than_asked():
    planted, among = some_planted(), some_planted()
    among[0, 1] = True
    score = torch.zeros(J, J)
    score[5, 6] = 9.0  # not among them
    score[planted] = 1.0
    assert pair_auc(score, planted, among) == 1.0


@pytest.mark.parametrize("planted", [torch.zeros(J, J).bool(), torch.ones(J, J).bool()])
def test_an_auc_of_one_kind_only_is_none(planted):
    with pytest.raises(UserError, match="planted and pairs that are not"):
        pair_auc(scores(0), planted)


def test_the_strongest_come_first_and_each_pair_once():
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


def test_each_marker_shares_its_attention_out(standing):
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


# Where the body stands still a few latents hold what is planted; a dance takes many for itself.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("carrier", "latent_size", "recordings"), [("standing", 64, 6), ("dancing", 256, 12)]
)
def test_influence_finds_planted_relations_and_attention_does_not(carrier, latent_size, recordings):
    found = aucs(carrier, latent_size, recordings, seed=0)
    assert found["rise"] >= 0.9, found
    assert found["rise, far"] >= 0.9, found
    # Should it come to find them, its pictures need no longer say that it does not.
    assert found["attention"] < 0.9, found


@pytest.mark.slow
def test_where_nothing_is_planted_nothing_is_found():
    train = planted_windows("standing", range(4), follows=())
    network = trained(train, latent_size=64, seed=0, steps=20)
    held_out = planted_windows("standing", [500], normalizer=train.normalizer, follows=())
    found = measure_relations(network, held_out).influence.rise_mm
    # Of 8 pairs among 1378 the AUC of pure chance has a standard deviation of 0.1.
    assert 0.2 < pair_auc(found, torch.from_numpy(related_pairs(held_out.skeleton))) < 0.8
