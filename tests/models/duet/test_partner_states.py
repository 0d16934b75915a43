"""Laws of partners as sequences of states: where she stands is what the other dancer sees."""

import pytest
import torch

from mariel_gnn.models.duet.partner_states import PartnerStates
from mariel_gnn.models.flow.states import MotionStates
from tests.models.duet.conftest import RATE_HZ, turned


@pytest.fixture(scope="module")
def states(pairs, dataset):
    """With all axes of the pose, and without bounds: they leave out nothing."""
    dancer = MotionStates(dataset.skeleton, RATE_HZ, 3 * len(dataset.skeleton), bounds=False)
    windows = dataset.positions_m(range(len(dataset)))
    dancer.fit(torch.cat([*windows.unbind(2)]))
    found = PartnerStates(dancer)
    found.fit(windows)
    return found


def test_a_partner_is_back_from_her_states(states, pairs):
    given, partner = pairs.unbind(2)
    encoded = states.encode(given, partner)
    step = states.dancer.frames_per_state
    assert encoded.shape == (len(pairs), 32 // step, states.size)
    placed = states.placed(encoded, states.track(given))
    torch.testing.assert_close(placed, partner[:, ::step], atol=2e-3, rtol=0)
    smooth = states.positions(encoded, states.track(given))
    torch.testing.assert_close(smooth, partner[:, ::step], atol=1e-3, rtol=0)


def test_turning_the_room_changes_no_state_and_turns_the_partner(states, pairs):
    given, partner = pairs.unbind(2)
    there = [turned(one, 2.3, (3.0, -1.0)) for one in (given, partner)]
    encoded, again = states.encode(given, partner), states.encode(*there)
    torch.testing.assert_close(again, encoded, atol=1e-3, rtol=1e-3)
    expected = turned(states.placed(encoded, states.track(given)), 2.3, (3.0, -1.0))
    found = states.placed(encoded, states.track(there[0]))
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_states_about_the_partner_alone_are_those_of_one_dancer(states, pairs):
    given, partner = pairs.unbind(2)
    own = states.encode(given, partner)[..., : states.dancer.size]
    assert torch.equal(own, states.dancer.encode(partner))


def test_the_relation_is_in_metres_and_a_direction(states, pairs):
    given, partner = pairs.unbind(2)
    place, facing = states.relation(states.encode(given, partner)).split(2, dim=-1)
    roots = [states.dancer.root(one[:, ::2])[0] for one in (given, partner)]
    torch.testing.assert_close(
        place.norm(dim=-1), (roots[1] - roots[0]).norm(dim=-1), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(facing.norm(dim=-1), torch.ones(facing.shape[:2]), atol=1e-4, rtol=0)


def test_an_undecided_facing_still_gives_a_body_of_its_own_size(states, pairs):
    given, partner = pairs.unbind(2)
    encoded = states.encode(given, partner)
    undecided = encoded.clone()
    undecided[..., -2:] *= 0.2
    track = states.track(given)
    torch.testing.assert_close(
        states.placed(undecided, track), states.placed(encoded, track), atol=1e-4, rtol=0
    )


def test_places_have_the_scale_of_the_pairs_both_ways(states, dataset):
    windows = dataset.positions_m(range(len(dataset)))
    both = torch.cat([windows, windows.flip(2)])
    places = states.encode(both[:, :, 0], both[:, :, 1])[..., -4:-2].flatten(0, 1)
    torch.testing.assert_close(places.std(0), torch.ones(2), atol=1e-3, rtol=0)
    assert states.place_mean[1] == 0  # a mean to the side would not be that of mirrored pairs
