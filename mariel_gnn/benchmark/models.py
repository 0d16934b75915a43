"""Each model in training and inference, its reference loops, and what its matrix products take alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path

import torch

from mariel_gnn.benchmark.clock import check_memory, peak_mb, steady_seconds
from mariel_gnn.benchmark.flops import (
    count_flops,
    products_alone_s,
    record_products,
    share_in_bfloat16,
)
from mariel_gnn.benchmark.loops import BareLoop, NotebookLoop, TrainerLoop, draw, precise
from mariel_gnn.benchmark.rows import Case, Prepared
from mariel_gnn.benchmark.windows import Dataset, windows_for
from mariel_gnn.config import RunOptions
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.models.motion_model import MotionModel, WindowShape
from mariel_gnn.models.options import GNNVAEOptions, NotebookLSTMVAEOptions
from mariel_gnn.models.table import short_name
from mariel_gnn.models.weights import Identity
from mariel_gnn.training.memory import keep_freed_memory
from mariel_gnn.training.options import TrainerOptions

SECTION = "models"
NOTEBOOK = "the notebook's loop"
SCATTER, WITHOUT, TRAINER = "by scatter", "by scatter without torch-scatter", "by the trainer"
VARIANTS = (SCATTER, WITHOUT, TRAINER)


def row_name(model: str, batch_size: int, variant: str = "") -> str:
    """The name of a row, such as `gnn_vae by scatter, batch 64`."""
    return f"{model}{variant and ' '}{variant}, batch {batch_size}"


class Subject:
    """A model that is measured, built when it is first used and shared by its batch sizes.

    Args:
        options: of a run of it.
        device: where it computes.
        precision: 32-true or bf16-mixed.
        least_s: shortest measurement of repeated steps, seconds.
        like: has the same weights; None measures its own on the windows, which takes seconds.
    """

    def __init__(
        self,
        options: RunOptions,
        device: torch.device,
        precision: str,
        least_s: float = 0.2,
        like: Subject | None = None,
    ) -> None:
        self.options, self.device, self.precision = options, device, precision
        self.least_s, self.like = least_s, like

    @property
    def name(self) -> str:
        """Of the model."""
        return short_name(self.options.model)

    @cached_property
    def windows(self) -> Dataset:
        """On the device."""
        return windows_for(self.options).to(self.device)

    @cached_property
    def identity(self) -> Identity:
        """Of the model."""
        windows, duet = self.windows, self.options.network.dancers == 2
        skeleton = pair_skeleton(windows.skeleton) if duet else windows.skeleton
        shape = WindowShape(windows.seq_len, len(skeleton), windows.rate_hz)
        return Identity(self.options.model, self.options.network, shape, skeleton)

    def build(self) -> MotionModel:
        """A model with the weights of another subject, or measured on the windows."""
        torch.manual_seed(0)
        windows = windows_for(self.options)
        # Of its own: on a GPU the statistics move with the model, and the windows stay.
        model = self.identity.build(copy.deepcopy(windows.normalizer))
        if self.like is None:
            model.before_training(windows)
        else:
            model.load_state_dict(self.like.loop.model.state_dict())
        return model

    @cached_property
    def loop(self) -> BareLoop:
        """Its training step."""
        given = (self.build(), self.identity, self.options, self.windows)
        return BareLoop(*given, self.device, self.precision)

    @cached_property
    def flops_per_window(self) -> float:
        """Floating-point operations of a training step: the slope between two batch sizes."""
        few, more = (count_flops(partial(self.loop.step, size)) for size in (4, 8))
        return (more - few) / 4

    def reconstruct(self, batch_size: int) -> Callable[[], None]:
        """A function that reconstructs a batch of windows in metres."""
        model = self.loop.model
        indices = draw(len(self.windows), batch_size)
        positions = windows_for(self.options).positions_m(indices)
        phrases = positions.flatten(2, 3) if positions.ndim == 5 else positions

        def once() -> None:
            model.eval()
            with precise(self.precision, self.device):
                model.reconstruct(phrases)

        return once


def model_cases(
    subjects: Sequence[Subject],
    batches: Sequence[int],
    folder: Path,
    quick: bool = False,
) -> list[Case]:
    """The rows of all models; variants are measured at the smallest batch.

    Args:
        subjects: the models.
        batches: windows of a step.
        folder: for what the trainer writes.
        quick: measure the trainer with graph models only.
    """
    cases = []
    for subject in subjects:
        name, options = subject.name, subject.options
        for size in batches:
            prepare = partial(_prepare, subject, size)
            cases.append(Case(SECTION, row_name(name, size), prepare))
            if isinstance(options.network, NotebookLSTMVAEOptions):
                prepare = partial(_prepare_notebook, subject, size)
                cases.append(Case(SECTION, row_name(NOTEBOOK, size), prepare))
        is_graph = isinstance(options.network, GNNVAEOptions)
        if is_graph or not quick:
            trainer = partial(_prepare_trainer, subject, min(batches), folder / name)
            cases.append(Case(SECTION, row_name(name, min(batches), TRAINER), trainer))
        if is_graph:
            cases += _scatter_cases(subject, name, min(batches))
    return cases


def _scatter_cases(dense: Subject, name: str, size: int) -> Iterator[Case]:
    """Message passing over a list of edges, with torch-scatter and without it if it is installed."""
    network = replace(dense.options.network, message_passing="scatter")  # type: ignore[call-arg]
    options = replace(dense.options, network=network)
    other = Subject(options, dense.device, dense.precision, dense.least_s, like=dense)
    yield Case(SECTION, row_name(name, size, SCATTER), partial(_prepare_speed, other, size))
    if find_spec("torch_scatter"):
        prepare = partial(_prepare_speed, other, size, without_torch_scatter)
        yield Case(SECTION, row_name(name, size, WITHOUT), prepare)


@contextmanager
def without_torch_scatter() -> Iterator[None]:
    """A block in which torch-geometric does not use torch-scatter."""
    import torch_geometric.typing as installed

    before = installed.WITH_TORCH_SCATTER
    installed.WITH_TORCH_SCATTER = False
    try:
        yield
    finally:
        installed.WITH_TORCH_SCATTER = before


def _prepare(subject: Subject, size: int) -> Prepared:
    """Training and inference at one batch size."""
    loop, device, least_s = subject.loop, subject.device, subject.least_s
    check_memory(loop.step, size, device)
    reconstruct = subject.reconstruct(size) if loop.model.reconstructs else None

    def measure() -> dict[str, float]:
        step_s = steady_seconds(lambda: loop.step(size), device, least_s)
        found = {"training_windows_per_s": size / step_s}
        if reconstruct is not None:
            reconstruct_s = steady_seconds(reconstruct, device, least_s)
            found["inference_windows_per_s"] = size / reconstruct_s
        found["products_windows_per_s"] = size / products_alone_s(products, device)
        return found

    products = record_products(lambda: loop.step(size))
    return Prepared(measure, {**_facts(subject, size), "bf16_share": share_in_bfloat16(products)})


def _facts(subject: Subject, size: int) -> Mapping[str, float]:
    loop = subject.loop
    parameters = sum(each.numel() for each in loop.trained)
    loop.step(2)  # the optimiser has its state before memory is measured
    return {
        "parameters": parameters,
        "mflop_per_window": subject.flops_per_window / 1e6,
        "peak_mb": peak_mb(lambda: loop.step(size), subject.device),
    }


def _prepare_speed(
    subject: Subject, size: int, block: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Prepared:
    """The training step of a variant."""
    loop = subject.loop

    def measure() -> dict[str, float]:
        with block():
            step_s = steady_seconds(lambda: loop.step(size), subject.device, subject.least_s)
        return {"training_windows_per_s": size / step_s}

    return Prepared(measure)


def _prepare_trainer(subject: Subject, size: int, folder: Path) -> Prepared:
    """The same step by the trainer."""
    model = copy.deepcopy(subject.loop.model)
    given = (model, subject.identity, subject.options, subject.windows)
    loop = TrainerLoop(*given, folder, subject.device, subject.precision)
    # A model that trains on all windows in each epoch is measured as if it had the default.
    epoch_windows = subject.options.trainer.epoch_windows or TrainerOptions().epoch_windows
    assert epoch_windows is not None  # for mypy

    def measure() -> dict[str, float]:
        step_s = loop.step_s(size)
        keep_freed_memory()  # which the trainer does not do any longer when it ends
        epoch_s = step_s * epoch_windows / size
        return {"training_windows_per_s": size / step_s, "saving_share": loop.save_s() / epoch_s}

    return Prepared(measure)


def _prepare_notebook(subject: Subject, size: int) -> Prepared:
    options, device = subject.options, subject.device
    windows = windows_for(options)
    assert isinstance(windows, MarielDataset)  # for mypy
    loop = NotebookLoop(windows, options.network, device)
    check_memory(loop.step, size, device)
    parameters = sum(each.numel() for each in loop.model.parameters())

    def measure() -> dict[str, float]:
        keep_freed_memory(False)  # the notebook's loop takes memory as it comes
        step_s = steady_seconds(lambda: loop.step(size), device, subject.least_s)
        keep_freed_memory()
        return {"training_windows_per_s": size / step_s}

    return Prepared(measure, {"parameters": parameters})
