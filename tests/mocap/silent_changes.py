"""Count the damage that no format can tell: `python -m tests.mocap.silent_changes [CASES]`.

One bit of a valid file is flipped. The file is then refused, read as before, read with a new note of the
reader, or read with another position by more than 0.5 m. Of the last, `verbs` are those that `view` and
`convert` tell (and training removes), `cleaned` those that only training tells, `silent` the rest.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.cleaning import clean, impossible_note
from mariel_gnn.mocap.formats.reading import ReadRecording, read_with_skeleton
from mariel_gnn.mocap.formats.table import READABLE
from tests.damage import flip
from tests.mocap.small_files import small_file

FAR_M = 0.5


def changed_by(path: Path, sound: ReadRecording) -> str:
    """What became of a damaged file."""
    try:
        found = read_with_skeleton(path)
    except UserError:
        return "refused"
    if found.notes != sound.notes or found.skeleton.markers != sound.skeleton.markers:
        return "told"
    truth, positions = sound.recording.positions, found.recording.positions
    if positions.shape != truth.shape:
        return "told"  # the note on the number of frames
    if not np.nanmax(np.abs(positions - truth), initial=0.0) > FAR_M:
        return "same"
    if impossible_note(found.recording, found.skeleton):
        return "verbs"
    before, after = (clean(one.recording, one.skeleton)[1].messages() for one in (sound, found))
    return "cleaned" if after != before else "silent"


def count(suffix: str, cases: int) -> Counter[str]:
    """Count the outcomes of a format."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"take{suffix}"
        path.write_bytes(small_file(suffix))
        sound, outcomes = read_with_skeleton(path), Counter[str]()
        for seed in range(cases):
            path.write_bytes(flip(small_file(suffix), random.Random(seed)))
            outcomes[changed_by(path, sound)] += 1
    return outcomes


if __name__ == "__main__":
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    kinds = ("refused", "told", "same", "verbs", "cleaned", "silent")
    print(f"{'format':8}" + "".join(f"{kind:>9}" for kind in kinds))
    for suffix in sys.argv[2:] or READABLE:
        outcomes = count(suffix, cases)
        print(f"{suffix:8}" + "".join(f"{outcomes[kind]:9}" for kind in kinds), flush=True)
