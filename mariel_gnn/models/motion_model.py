"""The contract of every model: loss terms of windows, and new motion in metres.

A model reads normalised windows. Its normalising statistics are buffers of `normalizer`: the weights
alone are enough to go from metres to metres.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from mariel_gnn.data.augmentation import mirror_batch
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch, evenly_spaced
from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.options import ModelOptions

_MEASURED_WINDOWS = 2200  # at most
_BATCH = 256

Terms = dict[str, Tensor]
"""Name -> one value for each of the B windows, `[B]`."""

OnFrames = Callable[[int, int], None]
"""Called with the number of finished frames and their total."""


@dataclass(frozen=True)
class WindowShape:
    """The sizes that a model is built for.

    Attributes:
        frames: T of a window.
        markers: J.
        rate_hz: frames per second.
    """

    frames: int
    markers: int
    rate_hz: float = 35.0


@runtime_checkable
class TrainingWindows(Protocol):
    """What models measure before and after training: a `MarielDataset`, or a `DuetDataset`."""

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> Any:
        """The windows at `indices` `[B]`."""
        ...

    def recordings_m(self, with_path: bool = True) -> list[NDArray[np.float32]]:
        """The recordings `[T, J, C]` in metres, of both dancers one after the other."""
        ...


class MotionModel(nn.Module, ABC):
    """A generative model of windows.

    Args:
        options: the model's own options.
        shape: T, J and the rate.
        normalizer: statistics of the training windows.
        skeleton: the markers.

    Attributes:
        Options: class of the model's own options, a frozen dataclass.
    """

    Options: ClassVar[type[ModelOptions]] = ModelOptions

    def __init__(
        self, options: ModelOptions, shape: WindowShape, normalizer: Normalizer, skeleton: Skeleton
    ) -> None:
        super().__init__()
        self.shape, self.skeleton = shape, skeleton
        self.normalizer = normalizer

    @abstractmethod
    def loss(
        self, batch: WindowBatch, target: WindowBatch | None = None, path_weight: float = 1.0
    ) -> Terms:
        """Named loss terms of each window, `[B]` nats; the trainer weights and averages them.

        The term `nll` is a negative log-likelihood with a declared scale; `kl` is weighted by the
        trainer's KL schedule. In evaluation mode the terms draw no random numbers.

        Args:
            batch: input windows, normalised; noise may have been added to their positions.
            target: the windows without noise; `batch` itself if None.
            path_weight: weight of the path, for models whose likelihood has a term of it.
        """

    @abstractmethod
    def sample(
        self, count: int, temperature: float, generator: torch.Generator
    ) -> Float[Tensor, "N T J 3"]:
        """New phrases `[count, T, J, C]`, metres, z up, travelling, on the CPU.

        Args:
            count: how many.
            temperature: scale of the randomness: 0 is deterministic, 1 as trained.
            generator: the source of all randomness, on the CPU.
        """

    def reconstruct(self, positions: Float[Tensor, "N T J 3"]) -> Float[Tensor, "N T J 3"]:
        """Phrases `[N, T, J, C]` in metres, encoded and decoded, on the CPU; optional.

        Raises:
            UserError: the model does not reconstruct.
        """
        raise UserError(f"{type(self).__name__} does not reconstruct phrases")

    def continue_from(
        self,
        given: Float[Tensor, "N A J 3"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
        on_frames: OnFrames | None = None,
    ) -> Float[Tensor, "N F J 3"]:
        """The `frames` that follow clips, `[N, frames, J, C]` metres, on the CPU; optional.

        Args:
            given: `[N, A, J, C]` metres, two frames or more.
            frames: how many.
            temperature: as of `sample`.
            generator: as of `sample`.
            on_frames: called with the number of finished frames and their total.

        Raises:
            UserError: the model does not continue motion.
        """
        raise UserError(f"{type(self).__name__} does not continue motion: use a run of flow_motion")

    def fill(
        self,
        before: Float[Tensor, "A J 3"],
        after: Float[Tensor, "B J 3"],
        frames: int,
        temperature: float,
        generator: torch.Generator,
    ) -> tuple[Float[Tensor, "F J 3"], Float[Tensor, "B J 3"]]:
        """The frames between two clips, on the CPU; optional.

        Args:
            before: `[A, J, C]` metres.
            after: `[B, J, C]` metres, at any place and with any heading.
            frames: how many frames are between them.
            temperature: as of `sample`.
            generator: as of `sample`.

        Returns:
            The frames `[frames, J, C]`, and `after`, rotated and shifted to where they end.

        Raises:
            UserError: the model does not fill gaps, or not such long ones.
        """
        raise UserError(f"{type(self).__name__} does not join clips: use a run of flow_motion")

    def validate(self, batch: WindowBatch, path_weight: float) -> tuple[Terms, Terms]:
        """Loss terms `[B]` in nats, and further numbers `[B]` of a validation by name.

        Args:
            batch: windows as recorded.
            path_weight: as of `loss`.
        """
        return self.loss(batch, path_weight=path_weight), {}

    def before_training(self, train: TrainingWindows) -> None:
        """Measure initial values on training windows; called once for a new model."""

    def after_training(self, train: TrainingWindows) -> None:
        """Measure on training windows what samples need, with the best weights loaded."""

    def training_batches(self, train: TrainingWindows) -> list[WindowBatch]:
        """Evenly spaced training windows on the model's device, for measurements."""
        return [
            WindowBatch(*(part.to(self.device) for part in train.batch(indices)))
            for indices in evenly_spaced(len(train), _MEASURED_WINDOWS).split(_BATCH)
        ]

    def mirrored(self, batches: Sequence[WindowBatch]) -> list[WindowBatch]:
        """The same windows, mirrored."""
        everyone = torch.ones(_BATCH, dtype=torch.bool, device=self.device)
        partner = self.skeleton.mirror
        return [mirror_batch(batch, everyone[: len(batch.nodes)], partner) for batch in batches]

    @property
    def reconstructs(self) -> bool:
        """Whether the model implements `reconstruct`."""
        return type(self).reconstruct is not MotionModel.reconstruct

    @property
    def travels(self) -> bool:
        """Whether the model generates the body's horizontal path."""
        return True

    @property
    def device(self) -> torch.device:
        """The device of the model's buffers."""
        return self.normalizer.position_scale.device

    def batch_from_metres(self, positions: Float[Tensor, "B T J 3"]) -> WindowBatch:
        """Normalised windows from positions `[B, T, J, C]` in metres, z up, travelling as recorded.

        Velocities are as of `Normalizer.nodes_from_metres`.
        """
        path = torch.zeros_like(positions[..., 0, :2])
        if self.normalizer.xy_centering:
            path = positions[..., :2].mean(dim=2)
            positions = torch.cat([positions[..., :2] - path[:, :, None], positions[..., 2:]], -1)
        nodes = self.normalizer.nodes_from_metres(positions, self.shape.rate_hz)
        return WindowBatch(nodes, (path - path[:, :1]) / self.normalizer.path_scale_m)

    def metres(
        self,
        positions: Float[Tensor, "N T J 3"],
        path: Float[Tensor, "N T 2"] | None = None,
        start: Float[Tensor, "N 2"] | None = None,
        recorded_path: Float[Tensor, "N T 2"] | None = None,
    ) -> Float[Tensor, "N T J 3"]:
        """Positions in metres from normalised ones, moved along a path; gradients pass through.

        Args:
            positions: `[N, T, J, C]` normalised, without the path.
            path: `[N, T, 2]` normalised path that the model generated; None if it generates none.
            start: `[N, 2]` start of a generated path, metres; the origin if None.
            recorded_path: `[N, T, 2]` metres, the path to take if the model generates none; the phrase
                stays in place if None.
        """
        found = self.normalizer.positions_to_metres(positions)
        if path is not None:
            own = path * self.normalizer.path_scale_m
            own = own - own[:, :1]
            recorded_path = own if start is None else own + start.to(own.device)[:, None]
        if recorded_path is None or not bool(self.normalizer.xy_centering):
            return found
        # The mean of the markers is the path: remove what a decoder leaves of it.
        shift = recorded_path.to(found.device) - found[..., :2].mean(dim=2)
        return torch.cat([found[..., :2] + shift[:, :, None], found[..., 2:]], dim=-1)
