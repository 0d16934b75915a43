"""The processes of a run (ranks): how they start, what each computes, what they decide together.

A run of several processes is the run of one: the batch of a step is divided among the ranks, and the
gradient, the numbers of an epoch and the decision to stop are common to all of them. Rank 0 alone writes,
logs and prints.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor

from mariel_gnn.errors import UserError
from mariel_gnn.training.options import TrainerOptions

Value = TypeVar("Value")
_GO_ON, _STOP, _INTERRUPT = range(3)  # decisions of rank 0


class Ranks:
    """What the processes of a run do together; with one process, nothing.

    Args:
        fabric: launched.

    Attributes:
        count: processes on all nodes.
        rank: the number of this one.
    """

    def __init__(self, fabric: Fabric) -> None:
        self.fabric = fabric
        self.count, self.rank = fabric.world_size, fabric.global_rank
        self._interrupted = False

    @property
    def is_first(self) -> bool:
        """Whether this is rank 0, which writes and prints."""
        return self.rank == 0

    def part(self, indices: Tensor) -> tuple[Tensor, float]:
        """The windows of a batch `[B]` that this rank computes, and the weight of their mean.

        The mean over ranks of the weighted means is the mean over the batch. A rank without a window
        computes one of another rank with weight 0, because all must take part in a step.
        """
        own = indices[self.rank :: self.count]
        return (own, len(own) * self.count / len(indices)) if len(own) else (indices[:1], 0.0)

    def seed_own(self, *seeds: int) -> None:
        """Give each rank but the first random numbers of its own, for augmentation and sampling."""
        if self.rank:
            mixed = np.random.SeedSequence([*seeds, self.rank]).generate_state(1)
            torch.manual_seed(int(mixed[0]))

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a detached number over ranks."""
        return value if self.count == 1 else self._reduced(value.detach().clone(), "mean")

    def gather(self, value: Value) -> list[Value]:
        """A value of each rank, in their order."""
        if self.count == 1:
            return [value]
        found: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(found, value)
        return found

    def decide(self, stop: bool) -> bool:
        """The decision of rank 0 on every rank, so that none waits for one that has stopped.

        Raises:
            KeyboardInterrupt: on every rank, after Ctrl-C on rank 0.
        """
        if self.count == 1:
            return stop
        code = _INTERRUPT if self._interrupted else _STOP if stop else _GO_ON
        decision = torch.tensor(code if self.is_first else 0, device=self.fabric.device)
        code = int(self._reduced(decision, "sum"))
        if code == _INTERRUPT:
            raise KeyboardInterrupt
        return code == _STOP

    @contextmanager
    def stop_together(self) -> Iterator[None]:
        """Delay Ctrl-C to the next `decide`: the ranks are at different lines when it comes.

        With one process Ctrl-C is not delayed.
        """
        if self.count == 1:
            yield
            return

        def note(*_: object) -> None:
            self._interrupted = True

        before = signal.signal(signal.SIGINT, note if self.is_first else signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def fail_together(self) -> Iterator[None]:
        """Raise the mistake of one rank, as a file that its node lacks, on every rank.

        Raises:
            UserError: a rank has raised one in the block.
        """
        mistake: UserError | OSError | None = None
        try:
            yield
        except (UserError, OSError) as error:
            mistake = error
        mistakes = [each for each in self.gather(mistake) if each is not None]
        if mistakes:
            raise mistake or mistakes[0]

    def _reduced(self, value: Tensor, how: Any) -> Tensor:
        result = self.fabric.all_reduce(value, reduce_op=how)
        assert isinstance(result, Tensor)  # for mypy
        return result


def launch(options: TrainerOptions) -> Ranks:
    """Start the processes of a run, unless torchrun or SLURM has; each of them returns from here.

    Raises:
        UserError: the accelerator is not there or does not have the precision, or the number of processes
            is not that of torchrun or SLURM.
    """
    # Else each rank says that it is there.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    precision: Any = options.precision  # Fabric checks it
    devices, nodes = _devices_and_nodes(options)
    try:
        fabric = Fabric(
            accelerator=options.accelerator, devices=devices, num_nodes=nodes, precision=precision
        )
        fabric.launch()
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        text = " ".join(str(error).split())
        raise UserError(f"trainer.accelerator, devices or precision: {text}") from error
    if children := getattr(fabric.strategy.launcher, "procs", ()):
        atexit.register(_end, children)
    if fabric.world_size > 1:
        atexit.register(_disconnect)
    return Ranks(fabric)


def _devices_and_nodes(options: TrainerOptions) -> tuple[int, int]:
    """Processes of each node, and nodes: as given, or as torchrun or SLURM has started them."""
    given = options.devices, options.nodes
    starter, *started = _started()
    if starter:
        if any(mine not in (None, theirs) for mine, theirs in zip(given, started, strict=True)):
            raise UserError(
                f"trainer.devices is {given[0]} and trainer.nodes is {given[1]}, but {starter} has started "
                f"{started[0]} processes on each of {started[1]} nodes: leave both options out"
            )
        return started[0], started[1]
    devices, nodes = options.devices or 1, options.nodes or 1
    if nodes > 1 and not {"MASTER_ADDR", "MASTER_PORT", "NODE_RANK"} <= os.environ.keys():
        raise UserError(
            f"trainer.nodes is {nodes}: start the command on each node with torchrun or srun "
            "(see docs/scaling.md)"
        )
    if devices * nodes > 1 and SLURMEnvironment.detect():
        raise UserError(
            f"trainer.devices is {devices}: in a job of SLURM start the command with srun, which starts "
            "the processes (see docs/scaling.md)"
        )
    return devices, nodes


def _started() -> tuple[str, int, int]:
    """What has started this process with others, how many on each node, and on how many nodes."""
    found = os.environ
    if TorchElasticEnvironment.detect():
        each = int(found["LOCAL_WORLD_SIZE"])
        return "torchrun", each, int(found["WORLD_SIZE"]) // each
    if SLURMEnvironment.detect() and "SLURM_STEP_ID" in found:  # only srun sets it, not sbatch
        each = int(found.get("SLURM_NTASKS_PER_NODE", 1))
        return "SLURM", each, int(found.get("SLURM_NNODES", 1))
    return "", 1, 1


def _disconnect() -> None:
    """End the threads of the connection: a process that exits with them may abort, and ends all others."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """End the processes that this one has started: after its failure they would wait for it.

    Fabric's launcher ends this one after a failure of theirs.
    """
    for child in children:
        child.kill()
