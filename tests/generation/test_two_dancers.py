"""Laws of the tasks of a model of two dancers: partners, and pairs in place of one dancer."""

import pytest
import torch

from mariel_gnn.errors import UserError
from mariel_gnn.generation.alignment import Alignment
from mariel_gnn.generation.edits import direction_to_partner, mirror_phrase
from mariel_gnn.generation.tasks import run_task
from mariel_gnn.mocap.recording import Recording
from tests.generation.duet_models import FRAMES, RATE_HZ, couple, small_duet_model

MOVE = Alignment(torch.tensor([1.0]), torch.tensor([[3.0, -2.0]]))
NEAR_M = 0.005  # a network amplifies rounding of its input
CLIP = 50


@pytest.fixture(scope="module")
def model(dance, mariel53):
    return small_duet_model(dance, mariel53)


@pytest.fixture(scope="module")
def dancers(dance):
    """Both dancers of a clip, `[2, A, J, C]`, and of another."""
    both = torch.from_numpy(couple(dance))
    return both[:, 500 : 500 + CLIP], both[:, 800 : 800 + CLIP]


def as_pair(both):
    return torch.cat([*both], dim=1)


def close(found, wanted, atol=1e-4):
    torch.testing.assert_close(found, wanted, rtol=0, atol=atol)


class TestPartners:
    @pytest.mark.parametrize("frames", [2, 3, 31, CLIP])
    def test_each_partner_is_as_long_as_the_dancer(self, model, dancers, frames):
        found = model.partners(dancers[0][0, :frames], 3)
        assert found.shape == (3, frames, 53, 3)
        assert found.isfinite().all()

    def test_the_same_seed_gives_the_same_bytes(self, model, dancers):
        before = torch.get_rng_state()
        first, again, other = (model.partners(dancers[0][0], 2, seed=seed) for seed in (3, 3, 4))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        assert torch.equal(torch.get_rng_state(), before)

    def test_partners_differ_and_at_temperature_zero_they_are_one(self, model, dancers):
        warm, cold = (model.partners(dancers[0][0], 2, t) for t in (1.0, 0.0))
        assert (warm[0] - warm[1]).norm(dim=-1).mean() > 0.01
        close(cold[0], cold[1])
        close(model.partners(dancers[0][0], 1, 0.0, seed=9)[0], cold[0])

    def test_partners_are_in_the_room_of_the_dancer(self, model, dancers):
        given = dancers[0][0]
        moved = MOVE.apply(given[None])[0]
        close(model.partners(moved, 2), MOVE.apply(model.partners(given, 2)), NEAR_M)

    def test_the_dancer_is_not_changed(self, model, dancers):
        given = dancers[0][0].clone()
        model.partners(given, 2)
        assert torch.equal(given, dancers[0][0])

    def test_the_role_of_the_dancer_matters(self, model, dancers):
        first, second = (model.partners(dancers[0][0], 1, is_first=role) for role in (True, False))
        assert not torch.equal(first, second)

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda m, p: m.partners(p[:1]), "the clip has 1 frames; 2 are needed"),
            (lambda m, p: m.partners(p[:, :18]), r"is \[frames, 53, 3\] \(skeleton mariel53\)"),
            (lambda m, p: m.partners(torch.cat([p, p], 1)), r"\[50, 106, 3\].*skeleton mariel53"),
            (lambda m, p: m.partners(p, 0), "count is 0; it must be 1 or more"),
            (lambda m, p: m.partners(p, 1, -1.0), "temperature is -1; it must be 0 or more"),
            (lambda m, p: m.join([p, p]), "is a model of two dancers, which does not join"),
        ],
    )
    def test_invalid_arguments_are_refused(self, model, dancers, call, message):
        with pytest.raises(UserError, match=message):
            call(model, dancers[0][0])

    def test_a_model_of_one_dancer_names_those_of_two(self, gnn, clips):
        with pytest.raises(UserError, match="use a run of duet_gnn_vae, duet_token_vae or"):
            gnn.partners(clips[0])


class TestPairs:
    def test_a_longer_sample_begins_with_the_plain_one(self, model):
        plain, longer = model.sample(2, seed=3), model.sample(2, seed=3, seconds=1.5)
        assert longer.shape == (2, round(1.5 * RATE_HZ), 106, 3)
        assert torch.equal(longer[:, :FRAMES], plain)

    def test_samples_without_latents_are_those_of_the_flow(self, model):
        assert torch.equal(model.sample(1, prior="none"), model.sample(1))
        assert not torch.equal(model.sample(1, prior="normal"), model.sample(1))

    def test_a_distance_of_zero_is_the_reconstruction(self, model, dancers):
        pair = as_pair(dancers[0])
        close(model.vary(pair, 0.0, count=1), model.reconstruct(pair[None, :FRAMES]), atol=1e-3)

    def test_the_path_has_the_reconstructions_as_its_ends(self, model, dancers):
        first, last = map(as_pair, dancers)
        path = model.interpolate(first, last, 3)
        close(path[[0, -1]], model.reconstruct(torch.stack([first, last])[:, :FRAMES]), 1e-3)

    def test_the_continuation_leaves_the_clip_as_it_is(self, model, dancers):
        pair = as_pair(dancers[0])
        for given in (2, 31, CLIP):
            whole = model.continue_phrase(pair[:given], 0.5)
            assert torch.equal(whole[:given], pair[:given])
            assert len(whole) == given + round(0.5 * RATE_HZ)
            assert whole.isfinite().all()

    def test_variations_are_equivariant_to_the_pair(self, model, dancers):
        pair = as_pair(dancers[0])
        moved = MOVE.apply(pair[None])[0]
        close(model.vary(moved, 0.5), MOVE.apply(model.vary(pair, 0.5)), NEAR_M)

    def test_both_start_at_their_places_in_the_mirror(self, model, dancers):
        pair = as_pair(dancers[0])
        mirrored = mirror_phrase(pair, model.skeleton, direction_to_partner(pair))
        for found, wanted in zip(mirrored.chunk(2, dim=1), pair.chunk(2, dim=1), strict=True):
            close(found[0].mean(dim=0), wanted[0].mean(dim=0))
        twice = mirror_phrase(mirrored, model.skeleton, direction_to_partner(mirrored))
        close(twice, pair)
        assert (mirrored - pair).norm(dim=-1).mean() > 0.05

    def test_a_pair_is_a_recording_for_each_dancer(self, model, dancers):
        takes = [
            Recording(name, one.numpy(), RATE_HZ, "/a.npz")
            for name, one in zip("ab", dancers[0], strict=True)
        ]
        arguments = {"seconds": 0.5, "temperature": 1.0, "seed": 0}
        result = run_task(model, "continue", takes, arguments)
        assert [one.name for one in result.recordings] == ["continued_first", "continued_second"]
        for take, one in zip(takes, result.recordings, strict=True):
            assert (one.positions[:CLIP] == take.positions).all()
        assert result.generated_spans() == [(CLIP, CLIP + 18)]
