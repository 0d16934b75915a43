"""New pairs and partners in metres, drawn by a `PartnerFlow`."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.models.duet.partner_flow import PartnerFlow
from mariel_gnn.models.flow_motion import RESIDUAL_STATES


@torch.no_grad()
def draw_partners(
    flow: PartnerFlow,
    given: Float[Tensor, "N F J 3"],
    is_first: bool,
    temperature: float,
    generator: torch.Generator,
    before: Float[Tensor, "N K D"] | None = None,
    noise: Float[Tensor, " N"] | None = None,
) -> Float[Tensor, "N F J 3"]:
    """A partner of each dancer, in her room, in metres, on the CPU.

    Args:
        flow: the trained flow.
        given: the dancers, metres.
        is_first: whether they are the first of their pairs.
        temperature: scale of the randomness: 1 as trained, 0 the mean of all partners.
        generator: the source of all randomness, on the CPU.
        before: states of the partners that are known from the first frame on.
        noise: as of `PartnerFlow.answer`.
    """
    longer = _padded(given, flow.dancer.frames_per_state)
    states = flow.answer(longer, is_first, temperature, generator, before, noise=noise)
    placed = flow.states.placed(states, flow.states.track(longer))
    return flow.states.at_frames(placed, given.shape[1])


@torch.no_grad()
def draw_pairs(
    flow: PartnerFlow, count: int, frames: int, temperature: float, generator: torch.Generator
) -> Float[Tensor, "N F 2 J 3"]:
    """New pairs in metres, on the CPU: a dancer is drawn alone, then her partner.

    Args:
        flow: the trained flow.
        count: N.
        frames: F.
        temperature: as of `draw_partners`.
        generator: as of `draw_partners`.
    """
    device = flow.feet.device
    blank = torch.zeros(count, frames, len(flow.dancer.skeleton), 3, device=device)
    first = _alone(flow, blank, temperature, generator)
    second = draw_partners(flow, first.to(device), True, temperature, generator)
    return torch.stack([first, second], dim=2)


@torch.no_grad()
def continue_pairs(
    flow: PartnerFlow,
    given: Float[Tensor, "N A 2 J 3"],
    frames: int,
    temperature: float,
    generator: torch.Generator,
) -> Float[Tensor, "N F 2 J 3"]:
    """The frames that follow pairs, in metres, on the CPU: the first dancer goes on, the second answers.

    Args:
        flow: the trained flow.
        given: recorded pairs, metres.
        frames: F.
        temperature: as of `draw_partners`.
        generator: as of `draw_partners`.
    """
    clip = torch.stack([flow.dancer.last(one, flow.window // 2) for one in given.unbind(2)], dim=2)
    first, second = clip.unbind(2)
    known = first.shape[1]
    going_on = torch.cat([first, first[:, -1:].expand(-1, frames, -1, -1)], dim=1)
    one = _alone(flow, going_on, temperature, generator, flow.states.encode(second, first))
    before = flow.states.encode(first, second)
    other = draw_partners(flow, one.to(given), True, temperature, generator, before)
    drawn = torch.stack([one, other], dim=2)
    return drawn[:, known:] + _left_out(clip.cpu(), drawn, frames, flow.dancer.frames_per_state)


def _left_out(
    clip: Float[Tensor, "N A 2 J 3"], drawn: Float[Tensor, "N F 2 J 3"], frames: int, per_state: int
) -> Float[Tensor, "N F2 2 J 3"]:
    """What states leave out of the last recorded frame, and its decay over the frames that follow."""
    left_out = clip[:, -1:] - drawn[:, clip.shape[1] - 1 : clip.shape[1]]
    after = torch.arange(1, frames + 1) / (RESIDUAL_STATES * per_state)
    return torch.exp(-after)[:, None, None, None] * left_out


def _alone(
    flow: PartnerFlow,
    length: Float[Tensor, "N F J 3"],
    temperature: float,
    generator: torch.Generator,
    before: Float[Tensor, "N K D"] | None = None,
) -> Float[Tensor, "N F J 3"]:
    """First dancers of pairs, drawn alone, as long as `length`; from its first place and heading if known."""
    frames = length.shape[1]
    longer = _padded(length, flow.dancer.frames_per_state)
    states = flow.answer(longer, False, temperature, generator, before, alone=True)
    pieces = flow.dancer.bounded(flow.states.pieces(states))
    place, heading = flow.dancer.root(length[:, :1])
    start = (None, None) if before is None else (place[:, 0], heading[:, 0])
    return flow.states.at_frames(flow.dancer.place(pieces, *start), frames)


def _padded(clips: Float[Tensor, "N F J 3"], frames: int) -> Float[Tensor, "N F2 J 3"]:
    """Clips with their last frame repeated: the last state then is after the last frame."""
    return torch.cat([clips, clips[:, -1:].expand(-1, frames, -1, -1)], dim=1)
