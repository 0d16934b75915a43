"""No file is read wrong without a word: every case is read as it is, or refused with the true reason."""

import pytest

from tests.mocap.file_cases import ALL_CASES
from tests.mocap.file_cases.verdict import judge


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.kind}: {case.what}")
def test_a_file_is_read_as_it_is_or_refused_with_the_true_reason(case, tmp_path):
    verdict = judge(case, tmp_path)
    assert verdict.right, f"{verdict.result}: {verdict.why}; notes: {verdict.notes}"
