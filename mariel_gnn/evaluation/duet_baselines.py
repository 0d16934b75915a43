"""Baselines of a duet: partners of a given dancer without any neural network.

Every baseline is fitted on training takes and answers a test take: partners `[S, F, J, C]` of the given
dancer in the room, S draws of each frame. What a model must beat is the nearest training frame's partner.
Two rows are controls: they know the partner's own past, which no answer to the dancer alone has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from mariel_gnn.metrics.duet import (
    PartnerState,
    from_heading_frame,
    in_heading_frame,
    partner_state,
)
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

AXES = 30  # principal axes of the dancer's pose
LAG_S = 4 / 7  # 20 frames at 35 Hz
_LAGS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # of LAG_S, at which the dancer's pose is seen
_PAST = (
    1.0,
    1.5,
    2.0,
)  # of LAG_S before the predicted frame: all that the row of the own past sees
DRAWS = 10
FRAME_STEP = 4  # every fourth frame is trained on and measured: neighbouring frames are alike
SHUFFLES = (0.25, 0.5, 0.75)  # of a take, by which the partner is moved in time
_PENALTY = 1.0  # of the ridge, in mean variances of the features

DATA, SHUFFLED, SHUFFLED_IN_ROOM = "data", "shuffled_partner", "shuffled_in_room"
TEN_FRAMES, TEN_WINDOWS = "ten_nearest_frames", "ten_nearest_windows"
Answer = Float[Tensor, "S F J 3"]


@dataclass(frozen=True)
class DuetTake:
    """One take of a pair.

    Attributes:
        name: the take's name.
        pair: `[F, 2, J, C]` metres, z up, F frames; dancer 0 is given, dancer 1 is the partner.
        valid: `[F]` frames whose relative place was recorded, in both dancers.
    """

    name: str
    pair: Float[Tensor, "F 2 J 3"]
    valid: Bool[Tensor, " F"]

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def dancer(self) -> Float[Tensor, "F J 3"]:
        """The given dancer, metres."""
        return self.pair[:, 0]

    @property
    def partner(self) -> Float[Tensor, "F J 3"]:
        """The recorded partner, metres."""
        return self.pair[:, 1]

    def measured(self, rate_hz: float) -> Bool[Tensor, " F"]:
        """The frames `[F]` that are measured: all frames that a baseline looks at for them are valid."""
        lags = [*_LAGS, *(-past for past in _PAST)]
        padding = round(2 * LAG_S * rate_hz)
        padded = torch.nn.functional.pad(self.valid, (padding, padding), value=False)
        steps = [padding + round(lag * LAG_S * rate_hz) for lag in lags]
        return torch.stack([padded[step : step + len(self)] for step in steps]).all(dim=0)


class DuetBaselines:
    """All baselines, fitted on training takes.

    Args:
        takes: training takes; those too short to measure add nothing.
        skeleton: the markers.
        rate_hz: frames per second.
        window: frames of a window for the nearest windows.
    """

    def __init__(
        self, takes: Sequence[DuetTake], skeleton: Skeleton, rate_hz: float, window: int
    ) -> None:
        self.takes, self.skeleton, self.rate_hz, self.window = takes, skeleton, rate_hz, window
        self.frames = [take.measured(rate_hz).nonzero().flatten()[::FRAME_STEP] for take in takes]
        states = [partner_state(take.dancer, take.partner, skeleton) for take in takes]
        self.states = _cat([_at(state, at) for state, at in zip(states, self.frames, strict=True)])
        self.poses = torch.cat(
            [self._pose(take.dancer[at]) for take, at in zip(takes, self.frames, strict=True)]
        )

    def answers(self, test: DuetTake) -> dict[str, Answer]:
        """Return the answer of each baseline to the dancer of a test take, by the name of its row."""
        features = self._features(test.dancer)
        nearest = self._nearest_frames(features)
        seen = {
            "mean_pose_at_mean_place": self._mean(len(test)).positions()[None],
            "point_symmetry": self._symmetric(test.dancer, mirrored=False)[None],
            "mirror_image": self._symmetric(test.dancer, mirrored=True)[None],
            "nearest_frame": self.states.positions()[nearest[:1]],
            TEN_FRAMES: self.states.positions()[nearest],
            TEN_WINDOWS: self._nearest_windows(test),
            "ridge": self._ridge(features)[None],
            "true_place_mean_pose": self._true_place(test)[None],
        }
        answers = {
            name: torch.stack([self._to_room(draw, test) for draw in draws])
            for name, draws in seen.items()
        }
        for name, with_dancer in (("own_past", False), ("own_past_and_dancer", True)):
            answers[name] = self._own_past(test, with_dancer)[None]
        return answers | shuffled_partners(test, self.skeleton)

    def _to_room(self, seen: Float[Tensor, "F J 3"], test: DuetTake) -> Float[Tensor, "F J 3"]:
        return from_heading_frame(seen, test.dancer, self.skeleton)

    def _pose(self, dancer: Float[Tensor, "F J 3"]) -> Float[Tensor, "F J3"]:
        return in_heading_frame(dancer, dancer, self.skeleton).flatten(1)

    @cached_property
    def _axes(self) -> tuple[Tensor, Tensor]:
        """The mean `[J*C]` of the dancer's pose and its principal axes `[AXES, J*C]`."""
        mean = self.poses.mean(dim=0)
        _, _, axes = torch.linalg.svd(self.poses - mean, full_matrices=False)
        return mean, axes[:AXES]

    def _on_axes(self, dancer: Float[Tensor, "F J 3"]) -> Float[Tensor, "F A"]:
        mean, axes = self._axes
        return (self._pose(dancer) - mean) @ axes.T

    def _features(self, dancer: Float[Tensor, "F J 3"]) -> Float[Tensor, "F D"]:
        """The dancer's pose on the principal axes at five lags; a lag beyond an end takes the end."""
        return torch.cat([self._lagged(self._on_axes(dancer), lag) for lag in _LAGS], dim=1)

    def _lagged(self, values: Tensor, lag: float) -> Tensor:
        """Values `[F, ...]` of the frame that is `lag` times LAG_S later."""
        return values[_shifted(len(values), round(lag * LAG_S * self.rate_hz))]

    @cached_property
    def _training_features(self) -> Float[Tensor, "M D"]:
        both = zip(self.takes, self.frames, strict=True)
        return torch.cat([self._features(take.dancer)[at] for take, at in both])

    def _mean(self, count: int) -> PartnerState:
        """The mean place, facing and pose of the training partners, `count` times."""
        facing = self.states.facing_rad
        mean = torch.atan2(facing.sin().mean(), facing.cos().mean())
        return PartnerState(
            self.states.place_m.mean(dim=0).expand(count, -1),
            mean.expand(count),
            self.states.pose_m.mean(dim=0).expand(count, -1, -1),
        )

    def _symmetric(self, dancer: Float[Tensor, "F J 3"], mirrored: bool) -> Tensor:
        """The dancer's own pose, or its mirror image, at the mean place and facing."""
        mean, pose = self._mean(len(dancer)), in_heading_frame(dancer, dancer, self.skeleton)
        if mirrored:
            pose = pose[:, list(self.skeleton.mirror)] * pose.new_tensor([1.0, -1.0, 1.0])
        return PartnerState(mean.place_m, mean.facing_rad, pose).positions()

    def _nearest_frames(self, features: Float[Tensor, "F D"]) -> Int[Tensor, "S F"]:
        """Training frames with the most similar dancer, at most one of each moment (LAG_S) of a take."""
        moment = round(LAG_S * self.rate_hz)
        labels = torch.cat(
            [1_000_000 * number + at // moment for number, at in enumerate(self.frames)]
        ).unique(return_inverse=True)[1]
        distance = torch.cdist(features, self._training_features)
        return _distinct(distance, labels, DRAWS)

    def _nearest_windows(self, test: DuetTake) -> Float[Tensor, "S F J 3"]:
        """Partners of the most similar training windows, one after the other, in the heading frame."""
        own = [self._on_axes(take.dancer) for take in self.takes]
        long = [number for number, take in enumerate(self.takes) if len(take) >= self.window]
        step = max(1, min(FRAME_STEP, self.window // 2))
        starts = [
            (number, start)
            for number in long
            for start in range(0, len(own[number]) - self.window + 1, step)
            if self.takes[number].valid[start : start + self.window].all()
        ]
        moment = max(1, round(LAG_S * self.rate_hz))
        labels = torch.tensor([1_000_000 * number + start // moment for number, start in starts])
        labels = labels.unique(return_inverse=True)[1]
        known = torch.stack([own[n][s : s + self.window : step].flatten() for n, s in starts])
        tested = self._on_axes(test.dancer)
        parts = []
        for start in range(0, len(test), self.window):
            frames = _shifted(self.window, start, len(test))
            asked = tested[frames][::step].flatten()[None]
            chosen = _distinct(torch.cdist(asked, known), labels, DRAWS)[:, 0].tolist()
            parts.append(torch.stack([self._seen_window(*starts[one]) for one in chosen]))
        return torch.cat(parts, dim=1)[:, : len(test)]

    def _seen_window(self, take: int, start: int) -> Float[Tensor, "T J 3"]:
        pair = self.takes[take].pair[start : start + self.window]
        return in_heading_frame(pair[:, 1], pair[:, 0], self.skeleton)

    def _ridge(self, features: Float[Tensor, "F D"]) -> Float[Tensor, "F J 3"]:
        codes = _ridge(self._training_features, _to_code(self.states), features)
        return _from_code(codes, len(self.skeleton)).positions()

    def _true_place(self, test: DuetTake) -> Float[Tensor, "F J 3"]:
        """The mean pose at the recorded place and facing: all that is left to the pose."""
        true = partner_state(test.dancer, test.partner, self.skeleton)
        pose = self._mean(len(test)).pose_m
        return PartnerState(true.place_m, true.facing_rad, pose).positions()

    def _own_past(self, test: DuetTake, with_dancer: bool) -> Float[Tensor, "F J 3"]:
        """The partner 0.57 s after what is known of her, from her own past, or from the dancer as well.

        She is predicted in her own heading frame of 0.57 s before. `with_dancer` adds the dancer as she saw
        the dancer then, and the dancer's pose at the five lags.
        """
        inputs = [self._past(take, with_dancer) for take in self.takes]
        features = torch.cat([each[at] for each, at in zip(inputs, self.frames, strict=True)])
        ahead = [
            _at(partner_state(self._lagged(take.partner, -1), take.partner, self.skeleton), at)
            for take, at in zip(self.takes, self.frames, strict=True)
        ]
        codes = _ridge(features, _to_code(_cat(ahead)), self._past(test, with_dancer))
        seen = _from_code(codes, len(self.skeleton)).positions()
        return from_heading_frame(seen, self._lagged(test.partner, -1), self.skeleton)

    def _past(self, take: DuetTake, with_dancer: bool) -> Float[Tensor, "F D"]:
        now = self._lagged(take.partner, -1)
        pose = self._on_axes(take.partner)
        parts = [self._lagged(pose, -past) for past in _PAST]
        for past in _PAST[1:]:
            then = self._lagged(take.partner, -past)
            parts.append(_place_code(partner_state(now, then, self.skeleton)))
        if with_dancer:
            other = self._lagged(take.dancer, -1)
            parts.append(_place_code(partner_state(now, other, self.skeleton)))
            parts.append(self._features(take.dancer))
        return torch.cat(parts, dim=1)


def shuffled_partners(take: DuetTake, skeleton: Skeleton) -> dict[str, Answer]:
    """Return the partner of other moments of the same take, one draw for each of three circular shifts.

    ``shuffled_partner``: the relative place, facing and pose of another moment are carried to the dancer; so
    places and poses are those of the take, only their moment is wrong.
    ``shuffled_in_room``: the partner dances where she danced at the other moment; her motion is untouched.
    """
    seen = in_heading_frame(take.partner, take.dancer, skeleton)
    shifts = [round(share * len(take)) for share in SHUFFLES]
    carried = [from_heading_frame(seen.roll(n, 0), take.dancer, skeleton) for n in shifts]
    return {
        SHUFFLED: torch.stack(carried),
        SHUFFLED_IN_ROOM: torch.stack([take.partner.roll(n, 0) for n in shifts]),
    }


def _shifted(count: int, shift: int, total: int | None = None) -> Int[Tensor, " count"]:
    """The frames from `shift` on, `count` of them, kept within `total` frames (`count`)."""
    last = (count if total is None else total) - 1
    return (torch.arange(count) + shift).clamp(0, last)


def _distinct(
    distance: Float[Tensor, "F M"], labels: Int[Tensor, " M"], count: int
) -> Int[Tensor, "S F"]:
    """For each row the `count` nearest columns of different labels; fewer if there are fewer labels."""
    groups = int(labels.max()) + 1
    least = distance.new_full((len(distance), groups), torch.inf)
    least.scatter_reduce_(1, labels.expand_as(distance), distance, "amin")
    chosen = least.topk(min(count, groups), largest=False).indices.T
    return torch.stack(
        [distance.where(labels == group[:, None], torch.inf).argmin(dim=1) for group in chosen]
    )


def _place_code(state: PartnerState) -> Float[Tensor, "F 4"]:
    facing = torch.stack([state.facing_rad.cos(), state.facing_rad.sin()], dim=1)
    return torch.cat([state.place_m, facing], dim=1)


def _to_code(state: PartnerState) -> Float[Tensor, "F D"]:
    """Place, cosine and sine of the facing, and pose: what a linear map can predict."""
    return torch.cat([_place_code(state), state.pose_m.flatten(1)], dim=1)


def _from_code(code: Float[Tensor, "F D"], markers: int) -> PartnerState:
    facing = torch.atan2(code[:, 3], code[:, 2])
    return PartnerState(code[:, :2], facing, code[:, 4:].unflatten(1, (markers, 3)))


def _at(state: PartnerState, frames: Int[Tensor, " M"]) -> PartnerState:
    return PartnerState(state.place_m[frames], state.facing_rad[frames], state.pose_m[frames])


def _cat(states: Sequence[PartnerState]) -> PartnerState:
    return PartnerState(
        torch.cat([state.place_m for state in states]),
        torch.cat([state.facing_rad for state in states]),
        torch.cat([state.pose_m for state in states]),
    )


def _ridge(
    features: Float[Tensor, "M D"], targets: Float[Tensor, "M K"], asked: Float[Tensor, "F D"]
) -> Float[Tensor, "F K"]:
    """Predict targets by ridge regression; the penalty is relative to the features' mean variance."""
    x_mean, y_mean = features.mean(dim=0), targets.mean(dim=0)
    x, y = (features - x_mean).double(), (targets - y_mean).double()
    gram = x.T @ x
    penalty = _PENALTY * gram.diagonal().mean().clamp(min=1e-12) * torch.eye(len(gram))
    weights = torch.linalg.solve(gram + penalty, x.T @ y)
    predicted: Tensor = ((asked - x_mean).double() @ weights).float() + y_mean
    return predicted
