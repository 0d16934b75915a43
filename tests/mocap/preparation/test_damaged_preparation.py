"""Whatever is done to a file: it is prepared, or refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mariel_gnn.mocap.formats.table import READABLE
from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.preparation.prepare_scene import prepare_scene
from mariel_gnn.mocap.preparation.scene import open_scene
from tests.damage import CASES, damaged
from tests.mocap.small_files import small_file

OPTIONS = PreparationOptions()
FRAMES = 90  # a shorter take is not prepared
LAW = settings(max_examples=CASES // 4, suppress_health_check=list(HealthCheck))


def prepared(path):
    return prepare_scene(open_scene(path, OPTIONS, None), OPTIONS, None)


@pytest.mark.parametrize("suffix", READABLE)
@LAW
@given(seed=st.integers(0, 2**32 - 1))
def test_a_damaged_file_is_prepared_or_refused_in_one_line(tmp_path, tally, suffix, seed):
    path = tmp_path / f"take{suffix}"
    path.write_bytes(damaged(small_file(suffix, FRAMES), seed))
    for one in (tally.told(prepared, path) or {}).values():
        for part in one.parts:
            assert np.isfinite(part.positions).all()
