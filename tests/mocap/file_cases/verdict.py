"""One case, and the verdict on how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import clean
from mariel_gnn.mocap.formats.reading import ReadRecording, read_with_skeleton
from mariel_gnn.mocap.recording import Recording
from tests.mocap.file_cases.body import RATE_HZ, Body, Floats

Kind = Literal["A", "B", "C", "D", "E", "F", "G", "2"]
Result = Literal["read", "refused", "wrong silently", "not reported", "false reason", "traceback"]
RATE_TOLERANCE = 0.005
FALSE_REASONS = re.compile("damaged|truncated|export it again", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """A file and what is right.

    Attributes:
        kind: the letter of the kind of fault; "2" for the export of a program.
        what: a description.
        name: of the file.
        write: writes the file; a refusal to write it is judged too.
        truth: name -> positions that a reading must hold; None if the file must be refused.
        rate_hz: the true rate.
        tells: patterns; a reading must have a note that matches each.
        refused: a pattern of the true reason; with a truth too, both outcomes are right.
        damaged: whether the file is, so that a message may say so.
        numbered: whether names occur several times, so that the reader must number them: in `truth` a name
            has its number behind `#`, and a marker with the name in it may hold any of the same name.
        never: a pattern that no marker's name may match.
        cleaned: whether the reading is compared after `clean`, as `run` does.
        tolerance_m: of the comparison.
    """

    kind: Kind
    what: str
    name: str
    write: Callable[[Path], object]
    truth: Body | None = None
    rate_hz: float = RATE_HZ
    tells: tuple[str, ...] = ()
    refused: str = ""
    damaged: bool = False
    numbered: bool = False
    never: str = ""
    cleaned: bool = False
    tolerance_m: float = 2e-4


@dataclass(frozen=True)
class Verdict:
    """The result of one case and why."""

    case: Case
    result: Result
    why: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether the file was read as it is, or refused with the true reason."""
        return self.result in ("read", "refused")


def judge(case: Case, folder: Path) -> Verdict:
    """Write the file of a case, read it and compare."""
    path = folder / case.name
    try:
        case.write(path)
        read = read_with_skeleton(path)
    except UserError as error:
        if case.kind == "F" and list(folder.iterdir()):
            return Verdict(case, "wrong silently", "refused, but a file is left")
        return _of_refusal(case, str(error).replace(str(path), case.name))
    except Exception as error:  # what a user would see as a traceback
        return Verdict(case, "traceback", repr(error))
    return _of_reading(case, read)


def _of_refusal(case: Case, message: str) -> Verdict:
    said_damaged = FALSE_REASONS.search(message) and not case.damaged
    if "\n" in message or said_damaged or not case.refused:
        return Verdict(case, "false reason", message)
    right = re.search(case.refused, message, re.IGNORECASE)
    return Verdict(case, "refused" if right else "false reason", message)


def _of_reading(case: Case, read: ReadRecording) -> Verdict:
    if case.truth is None:
        return Verdict(
            case, "wrong silently", f"read, but {case.refused} is a reason to refuse", read.notes
        )
    text = "\n".join(read.notes)
    try:
        recording, cleaned = _compared(case, read)
    except UserError as error:
        return _of_refusal(case, str(error))
    text = "\n".join([text, *cleaned])
    fault = _fault(case, recording, read.skeleton.markers, text)
    if fault:
        return Verdict(case, "wrong silently", fault, read.notes)
    unreported = [tell for tell in case.tells if not re.search(tell, text, re.IGNORECASE)]
    if unreported:
        return Verdict(case, "not reported", f"no note matches {unreported}", read.notes)
    return Verdict(case, "read", "", read.notes)


def _compared(case: Case, read: ReadRecording) -> tuple[Recording, list[str]]:
    """The recording to compare, and the messages of its cleaning."""
    if not case.cleaned:
        return read.recording, []
    parts, report = clean(read.recording, read.skeleton)
    return parts[0], report.messages()


def _fault(case: Case, recording: Recording, markers: Sequence[str], notes: str) -> str:
    """What differs between a reading and the truth; empty if nothing."""
    assert case.truth is not None
    if abs(recording.rate_hz / case.rate_hz - 1) > RATE_TOLERANCE:
        return f"{recording.rate_hz:g} Hz instead of {case.rate_hz:g}"
    frames = len(next(iter(case.truth.values())))
    if len(recording) != frames:
        return f"{len(recording)} frames instead of {frames}"
    missing = dict(case.truth)
    false = [marker for marker in markers if case.never and re.search(case.never, marker)]
    if false:
        return f"named {', '.join(false[:5])}"
    for at, marker in enumerate(markers):
        positions = recording.positions[:, at].astype(np.float64)
        faults = {
            name: _difference(positions, missing[name], case.tolerance_m)
            for name in _named(marker, missing, case)
        }
        if not faults:
            return f"{marker} is not in the file, or twice"
        name = next((name for name, fault in faults.items() if not fault), None)
        if name is None:
            return f"{marker}: {min(faults.values())}"
        del missing[name]
    lost = [name for name in missing if name.partition("#")[0] not in notes]
    return f"lost without a word: {', '.join(lost)}" if lost else ""


def _named(marker: str, truth: Body, case: Case) -> list[str]:
    """The names of the truth that a marker may stand for; a dancer's name before a colon may be left out."""
    if case.numbered:
        return [name for name in truth if name.partition("#")[0] in marker]
    return [name for name in truth if marker in (name, name.partition(":")[2])]


def _difference(positions: Floats, expected: Floats, tolerance_m: float) -> str:
    gaps = np.isnan(positions).any(axis=1) != np.isnan(expected).any(axis=1)
    if gaps.any():
        return f"other gaps than in the file in {gaps.sum()} frames from {int(gaps.argmax())}"
    error_m = float(np.nanmax(np.abs(positions - expected), initial=0.0))
    return f"{1000 * error_m:.1f} mm off" if error_m > tolerance_m else ""
