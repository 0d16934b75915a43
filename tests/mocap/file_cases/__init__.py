"""Files as people have them, unusual in one way each, and the content that they must be read as.

`python -m tests.mocap.file_cases` prints the table of `docs/results.md`.
"""

from tests.mocap.file_cases import (
    arrays,
    bvh,
    c3d,
    csv_columns,
    csv_forms,
    csv_times,
    laboratories,
    more,
    trc,
    writing,
)

TOPICS = (csv_columns, csv_times, csv_forms, trc, c3d, arrays, bvh, laboratories, writing, more)
ALL_CASES = [case for topic in TOPICS for case in topic.CASES]
