"""The motion graph: recorded seconds joined where they are alike; a baseline of samples without any model.

It moves as the recordings do, because it is them. What it cannot do is invent: the distance to the nearest
training second tells it from a model that dances.

Source: Kovar, Gleicher and Pighin, "Motion graphs", SIGGRAPH 2002.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.flow.states import MotionStates

SECONDS = 1.0  # of a recorded clip before the next one
NEIGHBOURS = 5  # most similar states of which one is chosen
FADE_S = 0.2  # in which what two clips differ by decays by 1/e
_POSE_AXES = 64


class MotionGraph:
    """Samples of recorded clips, each continued by one that begins with a similar state.

    Args:
        recordings: `[F, J, C]` metres; those shorter than two clips are left out.
        skeleton: the markers.
        rate_hz: frames per second.

    Attributes:
        clip: states of a clip.
        starts: states from which a clip can be taken.
    """

    def __init__(
        self, recordings: Sequence[NDArray[np.float32]], skeleton: Skeleton, rate_hz: float
    ) -> None:
        self.states = MotionStates(skeleton, rate_hz, _POSE_AXES, bounds=False)
        self.clip = max(1, round(SECONDS * self.states.state_hz))
        each = 2 * self.clip * self.states.frames_per_state + 1
        long = [torch.from_numpy(take) for take in recordings if len(take) >= each]
        cut = [take[: len(take) // each * each].unflatten(0, (-1, each)) for take in long]
        if long:
            self.states.fit(torch.cat(cut))
        encoded = [self.states.encode(take[None])[0] for take in long]
        firsts = np.cumsum([0, *map(len, encoded)])
        starts = [
            torch.arange(first, first + len(take) - self.clip)
            for first, take in zip(firsts, encoded, strict=False)
        ]
        self.encoded = torch.cat([torch.zeros(0, self.states.size), *encoded])
        self.starts = torch.cat([torch.zeros(0, dtype=torch.long), *starts])

    def sample(
        self, count: int, frames: int, generator: torch.Generator
    ) -> Float[Tensor, "N T J 3"] | None:
        """Phrases `[count, frames, J, C]` in metres; None if no recording is long enough.

        Args:
            count: how many.
            frames: T.
            generator: the source of all randomness.
        """
        if not len(self.starts):
            return None
        needed = self.states.count(frames) + 1
        at = self.starts[torch.randint(len(self.starts), (count,), generator=generator)]
        along = torch.arange(self.clip + 1)
        chain = self.encoded[at[:, None] + along]
        while chain.shape[1] < needed:
            last = at + self.clip
            at = self._similar(last, generator)
            clip = self.encoded[at[:, None] + along]
            difference = (self.encoded[last] - clip[:, 0])[:, None]
            fade = torch.exp(-along[1:] / (FADE_S * self.states.state_hz))[:, None]
            chain = torch.cat([chain, clip[:, 1:] + fade * difference], dim=1)
        moved = self.states.place(self.states.pieces(chain[:, :needed]))
        return self.states.at_frames(moved, np.arange(frames))

    def _similar(self, states: Int[Tensor, " N"], generator: torch.Generator) -> Int[Tensor, " N"]:
        """For each state, one of the most similar states that is at least a clip away from it."""
        distance = torch.cdist(self.encoded[states], self.encoded[self.starts])
        distance[(states[:, None] - self.starts).abs() < self.clip] = torch.inf
        nearest = distance.topk(min(NEIGHBOURS, distance.shape[1]), largest=False).indices
        choice = torch.randint(nearest.shape[1], (len(states), 1), generator=generator)
        return self.starts[nearest.gather(1, choice)[:, 0]]
