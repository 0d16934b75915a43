"""The XML of `.mvnx` files, parsed as a stream: subjects with their segments, joints and frames.

The packages `mvnx` and `mvnx-parser` do not serve: the first finds quantities by their place, the second
mixes the frames of all subjects.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.formats.labels import shorten_list
from mariel_gnn.mocap.formats.marker_file import Floats

CHUNK_BYTES = 1 << 24  # the parser begins an unfinished tag anew with each
CAPTURED = "normal"  # the type of a captured frame; frames of other types are calibration poses
# The segments in the order of the format, for a file that does not list them.
SEGMENTS = (
    *("Pelvis", "L5", "L3", "T12", "T8", "Neck", "Head"),
    *("RightShoulder", "RightUpperArm", "RightForeArm", "RightHand"),
    *("LeftShoulder", "LeftUpperArm", "LeftForeArm", "LeftHand"),
    *("RightUpperLeg", "RightLowerLeg", "RightFoot", "RightToe"),
    *("LeftUpperLeg", "LeftLowerLeg", "LeftFoot", "LeftToe"),
)


@dataclass
class Subject:
    """The content of one `<subject>`; lists over captured frames.

    Attributes:
        name: its label.
        rate_hz: the stated frame rate; None if not stated.
        segments: names, in the order of the positions.
        joints: pairs of segments.
        numbers: the frame numbers; None where not stated.
        times: as written; empty where not stated.
        positions: the numbers of each frame, segment by segment; empty if the frame has none.
        calibration: how many frames of each other type there are.
        others: the other quantities, in their order.
        notes: what was guessed or left out.
    """

    name: str = ""
    rate_hz: float | None = None
    segments: list[str] = field(default_factory=list)
    joints: list[list[str]] = field(default_factory=list)
    numbers: list[int | None] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    positions: list[Floats] = field(default_factory=list)
    calibration: Counter[str] = field(default_factory=Counter)
    others: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class _Content:
    """Collects the subjects while the XML is parsed: the target of `ET.XMLParser`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.subjects: list[Subject] = []
        self._captured = False  # inside a captured frame
        self._text: list[str] | None = None  # of an element whose text is needed

    def doctype(self, *_: str | None) -> None:
        """Refuse a document type: it can define entities that fill the memory or read other files."""
        raise UserError(
            f"{self.path}: has a DOCTYPE, which no MVNX file needs: remove it, or export it again"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        name = tag.rpartition("}")[2]
        if name == "subject" or (name == "frames" and not self.subjects):
            self.subjects.append(Subject())
        if not self.subjects:
            return
        subject = self.subjects[-1]
        if name == "subject":
            subject.name = attributes.get("label", "").strip()
        if name in ("subject", "frames") and "frameRate" in attributes:
            subject.rate_hz = self._number(attributes["frameRate"], "frameRate")
        elif name == "segment":
            subject.segments.append(attributes.get("label", "").strip())
        elif name == "joint":
            subject.joints.append([])
        elif name == "frame":
            self._start_frame(subject, attributes)
        elif self._captured and name != "position":
            subject.others[name] = None
        connects = name in ("connector1", "connector2") and subject.joints
        if connects or (self._captured and name == "position"):
            self._text = []

    def _start_frame(self, subject: Subject, attributes: dict[str, str]) -> None:
        unnumbered = attributes.get("index") == ""  # old versions write no type
        kind = attributes.get("type") or ("unnumbered" if unnumbered else CAPTURED)
        self._captured = kind == CAPTURED
        if not self._captured:
            subject.calibration[kind] += 1
            return
        index, time = attributes.get("index", "").strip(), attributes.get("time", "").strip()
        subject.numbers.append(int(self._number(index, "index")) if index else None)
        if time:
            self._number(time, "time")
        subject.times.append(time)
        subject.positions.append(np.empty(0))

    def data(self, text: str) -> None:
        """Handle text."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        name = tag.rpartition("}")[2]
        if self._text is not None:
            text, self._text = "".join(self._text), None
            if name == "position":
                self._add_positions(text)
            else:
                self.subjects[-1].joints[-1].append(text.strip().partition("/")[0])
        if name == "frame":
            self._captured = False

    def _add_positions(self, text: str) -> None:
        subject = self.subjects[-1]
        words = text.split()
        try:
            subject.positions[-1] = np.array(words, dtype=np.float64)
        except ValueError:
            wrong = next((word for word in words if not _is_number(word)), "")
            raise UserError(
                f"{self.path}: the position in captured frame {len(subject.positions) - 1} has "
                f"'{wrong}', which is no number: export it again"
            ) from None

    def _number(self, text: str, name: str) -> float:
        if not _is_number(text):
            raise UserError(f"{self.path}: {name} is '{text}', which is no number: export it again")
        return float(text)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def parse_subjects(path: Path) -> list[Subject]:
    """Parse the subjects of a file; each frame has the coordinates of all segments, or none.

    Raises:
        UserError: the file is damaged, is no MVNX file, or has no positions.
    """
    content = _Content(path)
    parser = ET.XMLParser(target=content)
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                parser.feed(chunk)
        parser.close()
    except ET.ParseError as error:
        raise UserError(
            f"{path}: is truncated, damaged or no XML ({error}): export it again"
        ) from None
    if not content.subjects:
        raise UserError(f"{path}: is XML, but no MVNX file (it has no subject): check its content")
    for subject in content.subjects:
        _complete(subject, path)
    return content.subjects


def _complete(subject: Subject, path: Path) -> None:
    """Check the positions against the segments; name the segments if the file does not."""
    counts = Counter(len(numbers) for numbers in subject.positions if len(numbers))
    if not subject.positions:
        return
    if not counts:
        raise UserError(
            f"{path}: has no positions of segments ({shorten_list([*subject.others]) or 'nothing'} only): "
            "export it again with positions"
        )
    usual = counts.most_common(1)[0][0]
    if not subject.segments and usual == 3 * len(SEGMENTS):
        subject.segments = [*SEGMENTS]
        subject.notes.append(f"names no segments: the {len(SEGMENTS)} of the format are assumed")
    expected = 3 * len(subject.segments)
    for number, numbers in enumerate(subject.positions):
        if len(numbers) not in (0, expected):
            raise UserError(
                f"{path}: captured frame {number} has {len(numbers)} coordinates for "
                f"{len(subject.segments)} named segments: export it again"
            )
    known = set(subject.segments)
    subject.joints = [pair for pair in subject.joints if len(pair) == 2 and known >= set(pair)]
