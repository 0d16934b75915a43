"""The options of the benchmark, without torch, so that `--help` starts quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.models.table import MODELS
from mariel_gnn.ranges import at_least, check_ranges

SECTIONS = ("ceiling", "models", "profile", "data", "startup")
Precision = Literal["32-true", "bf16-mixed"]


@dataclass(frozen=True)
class BenchmarkOptions:
    """What is measured, and how often.

    Args:
        models: comma-separated names, or package.module:Class; empty measures all (with --quick lstm_vae,
            gnn_vae and notebook_lstm_vae).
        batches: windows of a step, comma-separated; empty is 64,256,1024 (with --quick 64).
        rounds: measurements of each row, after one for warm-up that does not count (usually 3 to 9); null
            is 5 (with --quick 2).
        only: comma-separated sections, of ceiling, models, profile, data and startup; empty measures all.
        frames: frames of the files that are read, comma-separated; empty is 38000,1000000 (with --quick
            38000). A million frames of 53 markers take 0.6 GB in the temporary folder and some GB of memory.
        quick: a smaller selection, about two minutes on two quiet cores.
        accelerator: where the models compute: cpu, gpu or auto. Data and start-up are measured on the CPU.
        precision: of the models: 32-true or bf16-mixed.
        out: folder of the results; empty is runs/benchmark_ and the time.
    """

    models: str = ""
    batches: str = ""
    rounds: int | None = at_least(1, default=None)
    only: str = ""
    frames: str = ""
    quick: bool = False
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    precision: Precision = "32-true"
    out: str = ""


@dataclass(frozen=True)
class Plan:
    """The resolved options.

    Attributes:
        sections: which parts are measured.
        models: names of models.
        batches: windows of a step.
        rounds: measurements of each row.
        frames: frames of the files that are read.
        growth_frames: of the recording that items are read from, and of the smallest that shows growth.
        quick: whether sizes are small.
        accelerator: cpu, gpu or auto.
        precision: of the models.
    """

    sections: tuple[str, ...] = SECTIONS
    models: tuple[str, ...] = ()
    batches: tuple[int, ...] = (64,)
    rounds: int = 2
    frames: tuple[int, ...] = (38_000,)
    growth_frames: int = 1000
    quick: bool = True
    accelerator: str = "cpu"
    precision: Precision = "32-true"

    @property
    def least_s(self) -> float:
        """Shortest measurement, seconds: short functions are repeated until it is reached."""
        return 0.02 if self.quick else 0.2


def plan_of(options: BenchmarkOptions) -> Plan:
    """Resolve the options.

    Raises:
        UserError: an unknown section, or a value that is no whole number of 1 or more.
    """
    check_ranges(options)
    quick = options.quick
    chosen = ("lstm_vae", "gnn_vae", "notebook_lstm_vae") if quick else tuple(MODELS)
    return Plan(
        sections=_sections(options.only),
        models=_words(options.models) or chosen,
        batches=_counts("batches", options.batches or ("64" if quick else "64,256,1024")),
        rounds=options.rounds or (2 if quick else 5),
        frames=_counts("frames", options.frames or ("38000" if quick else "38000,1000000"), 1000),
        growth_frames=1000 if quick else 4000,
        quick=quick,
        accelerator=options.accelerator,
        precision=options.precision,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _sections(text: str) -> tuple[str, ...]:
    words = _words(text)
    for word in words:
        if word not in SECTIONS:
            raise UserError(
                f"--only {word}: no such section.{nearest_match(word, SECTIONS)} "
                f"There are {', '.join(SECTIONS)}"
            )
    return tuple(section for section in SECTIONS if not words or section in words)


def _counts(name: str, text: str, least: int = 1) -> tuple[int, ...]:
    words: Sequence[str] = _words(text)
    if not words or not all(word.isdecimal() and int(word) >= least for word in words):
        raise UserError(
            f"--{name} {text}: must be whole numbers of {least} or more, such as {64 * least},{256 * least}"
        )
    return tuple(int(word) for word in words)
