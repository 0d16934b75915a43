"""Every row finds an easy relation, and knows the two dancers only by their places; sorts find nothing."""

import numpy as np
import pytest
import torch

from mariel_gnn.evaluation import relational_inference
from mariel_gnn.evaluation.relation_benchmark import to_movement
from mariel_gnn.evaluation.relation_rows import METHOD, ROWS, SORTS, scores_of_model
from mariel_gnn.graphs.duet_edge_options import DuetEdgeOptions
from mariel_gnn.graphs.duet_edges import duet_strengths
from mariel_gnn.metrics.duet_relations import PairMovement
from mariel_gnn.metrics.ranking import auc
from mariel_gnn.mocap.body_parts import ten_parts
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.mocap.synthetic.planted_duets import SCENES, plant

RATE_HZ = 35.0
LIBRARIES = {"VAR, Granger": "statsmodels", "VAR-LiNGAM": "lingam"}
SLOW = ("NRI", "VAR-LiNGAM", "ridge, occlusion")


@pytest.fixture(scope="module")
def dances():
    return [synthesize_recording(seed, 30.0, RATE_HZ) for seed in (60, 61)]


@pytest.fixture(scope="module")
def planted(dances):
    return plant("lagged", dances, 3.0, 5, RATE_HZ)


@pytest.fixture(scope="module")
def movement(planted):
    return to_movement(planted.positions)


def quick_rows() -> list[str]:
    return [name for name in ROWS if name not in SLOW]


@pytest.mark.parametrize("name", [*quick_rows(), "ridge, occlusion"])
def test_a_row_finds_a_strong_relation_with_its_lag(name, planted, movement):
    if name in LIBRARIES:
        pytest.importorskip(LIBRARIES[name])
    found = ROWS[name](movement, RATE_HZ)
    assert auc(found.score, planted.related) > 0.9
    error_s = np.abs(found.lag_s - planted.lag_s)[planted.related]
    assert np.median(error_s) < 0.12


@pytest.mark.parametrize("name", quick_rows())
def test_swapped_dancers_have_swapped_scores(name, movement):
    if name in LIBRARIES:
        pytest.importorskip(LIBRARIES[name])
    swapped = PairMovement(movement.second, movement.first, movement.heading_rad[::-1])
    one, other = (ROWS[name](each, RATE_HZ).score for each in (movement, swapped))
    assert np.allclose(
        other[::-1].transpose(0, 2, 1), one, rtol=1e-3, atol=1e-6 * np.abs(one).max()
    )


def test_a_sort_by_variance_or_explained_variance_finds_nothing(dances):
    """Otherwise the scenes were too easy: a method could use what has nothing to do with the relation."""
    short = [dance[:350] for dance in dances]
    scores: dict[str, list[float]] = {name: [] for name in SORTS}
    for scene in SCENES:
        for seed in range(3):
            duet = plant(scene, short, 1.0, seed, RATE_HZ)
            movement = to_movement(duet.positions)
            for name, sort in SORTS.items():
                scores[name].append(auc(sort(movement, RATE_HZ).score, duet.related))
    for name, values in scores.items():
        assert np.mean(values) == pytest.approx(0.5, abs=0.08), name


def test_edges_between_two_bodies_are_no_relations(dances):
    """Strengths of near and symmetric parts, summed over time, do not tell who moves with whom."""
    skeleton = load_skeleton("mariel53")
    parts = [list(members) for members in ten_parts(skeleton).values()]
    pair = []
    for dance, apart_m in zip(dances, (0.0, 0.9), strict=True):  # face to face, in one place each
        root = dance[:350, list(skeleton.root), :2].mean(axis=1)
        about = dance[:350, :, :2] - root[:, None] + [apart_m, 0.0]
        pair.append(np.concatenate([about, dance[:350, :, 2:]], axis=-1))
    scores = []
    for scene in SCENES:
        for seed in range(3):
            duet = plant(scene, pair, 1.0, seed, RATE_HZ)
            places = torch.from_numpy(
                np.stack([duet.positions[:, :, part].mean(axis=2) for part in parts], axis=2)
            ).transpose(0, 1)
            roots = torch.from_numpy(duet.positions[:, :, list(skeleton.root)].mean(axis=2))
            options = DuetEdgeOptions(radius_m=1.5)
            found = duet_strengths(places, roots.transpose(0, 1), RATE_HZ, options).sum(dim=(0, 1))
            scores.append(auc(found.numpy(), duet.related.any(axis=0)))
    assert np.mean(scores) == pytest.approx(0.5, abs=0.1)


def test_only_the_method_has_p_values_of_its_own(movement):
    assert ROWS[METHOD](movement, RATE_HZ).p_value is not None
    assert ROWS["lagged correlation"](movement, RATE_HZ).p_value is None


# ---- the model after Kipf et al., without the faults of published duet models


@pytest.fixture
def model():
    torch.manual_seed(0)
    return relational_inference._Model(first=3, second=4, lags=5)


def windows(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 5 + relational_inference.WINDOW_STEPS, 7, 3, generator=generator)


def test_the_decoder_does_not_see_the_frames_that_it_predicts(model):
    seen, changed = windows(0), windows(0)
    changed[:, 12:] = windows(1)[:, 12:]
    edges = model.posterior(seen).exp()
    before, after = (model.predict(each, edges) for each in (seen, changed))
    last = 12 - 5  # the prediction of step 12
    assert torch.equal(before[:, : last + 1], after[:, : last + 1])
    assert not torch.allclose(before[:, last + 1 :], after[:, last + 1 :])


def test_every_edge_type_but_no_edge_is_read(model):
    edges = model.posterior(windows(0)).exp().detach().requires_grad_()
    model.predict(windows(0), edges).square().sum().backward()
    by_type = edges.grad.abs().sum(dim=(0, 1, 2, 3))
    assert by_type[0] == 0
    assert (by_type[1:] > 0).all()


def test_an_edge_carries_its_own_parts_and_no_mean_over_the_partner(model):
    seen, changed = windows(0), windows(0)
    changed[:, :, 1] += 1.0  # part 1 of the first dancer
    only = torch.zeros(2, 2, 3, 4, relational_inference.TYPES)
    only[..., 0] = 1
    only[:, 0, 1, 2] = torch.eye(relational_inference.TYPES)[1]  # part 1 to part 2 of the second
    difference = (
        (model.predict(changed, only) - model.predict(seen, only)).abs().amax(dim=(0, 1, 3))
    )
    assert difference[3 + 2] > 0
    assert (difference[3:] > 1e-6).sum() == 1


def test_a_seed_gives_the_same_edges(monkeypatch):
    monkeypatch.setattr(relational_inference, "UPDATES", 3)
    first, second = torch.randn(60, 3, 3), torch.randn(60, 4, 3)
    one, again = (relational_inference.infer_edges(first, second, lags=5)[0] for _ in range(2))
    assert torch.equal(one, again)
    assert one.shape == (2, 3, 4)


def test_scores_of_a_model_have_direction_and_lag_if_it_has():
    rng = np.random.default_rng(0)
    flat, with_lags = rng.random((10, 10)), rng.random((2, 10, 10, 6))
    undirected = scores_of_model(flat)
    assert np.array_equal(undirected.score[0], undirected.score[1])
    assert np.isnan(undirected.lag_s).all()
    lagged = scores_of_model(with_lags, step_s=0.1)
    at = np.unravel_index(with_lags.argmax(), with_lags.shape)
    assert lagged.score[at[:3]] == with_lags.max()
    assert lagged.lag_s[at[:3]] == pytest.approx(0.1 * (at[3] + 1))
