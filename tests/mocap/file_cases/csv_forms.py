"""Cases of CSV tables: spellings of a lost marker, separators, encodings, headers."""

from __future__ import annotations

from tests.mocap.file_cases.body import FRAMES, NAMES, array, dancer, with_gap
from tests.mocap.file_cases.csv_text import (
    LOST,
    csv,
    edited_cells,
    lines,
    lost_frames,
    rows_of,
    with_unit_row,
    without,
)
from tests.mocap.file_cases.verdict import Case

CSV_LOST = [
    Case(
        "E",
        f"CSV: a lost marker is {text or 'an empty cell'}",
        "a.csv",
        csv(rows=lost_frames(text)),
        LOST,
        tells=()
        if text in ("", "nan", "NaN", "NA", "null", "N/A", "-", "#N/A", "None", "inf")
        else ("LWrist|lost|gap|missing",),
    )
    for text in (
        "",
        "nan",
        "NA",
        "N/A",
        "null",
        "None",
        "-",
        "#N/A",
        "inf",
        "0",
        "0.00000",
        "-9999",
        "9999999",
        "-999.0",
        "99999",
        "1e30",
    )
]
CSV_LOST.append(
    Case(
        "E",
        "CSV: a joint that is never seen is 0,0,0",
        "a.csv",
        csv(rows=edited_cells({(frame, "LWrist"): "0" for frame in range(FRAMES)})),
        with_gap(dancer(), "LWrist", 0, FRAMES),
        tells=("LWrist|never|lost|gap|missing",),
    )
)

CSV_FORMS = [
    Case(
        "2",
        "CSV: a row of units",
        "a.csv",
        csv(unit="", rows=rows_of(array(dancer()), 1000), edit=lines(with_unit_row)),
        dancer(),
    ),
    Case(
        "2",
        "CSV: decimal commas and semicolons",
        "a.csv",
        csv(edit=lambda text: text.replace(",", ";").replace(".", ",")),
        dancer(),
    ),
    Case(
        "2",
        "CSV: decimal points and semicolons",
        "a.csv",
        csv(edit=lambda text: text.replace(",", ";")),
        dancer(),
    ),
    Case("2", "CSV: tabs", "a.csv", csv(separator="\t"), dancer()),
    Case("2", "TSV with the names of a CSV", "a.tsv", csv(separator="\t"), dancer()),
    Case("2", "CSV: UTF-16", "a.csv", csv(encoding="utf-16"), dancer()),
    Case(
        "2",
        "CSV: Latin-1",
        "a.csv",
        csv(names=["Kopf_ä", *NAMES[1:]], encoding="latin-1"),
        {**without(dancer(), "Head"), "Kopf_ä": dancer()["Head"]},
    ),
    Case(
        "2",
        "CSV: quoted names",
        "a.csv",
        csv(
            edit=lines(
                lambda lines: [",".join(f'"{cell}"' for cell in lines[0].split(",")), *lines[1:]]
            )
        ),
        dancer(),
    ),
    Case(
        "2",
        "CSV: comments first",
        "a.csv",
        csv(edit=lambda text: "# exported\n# by us\n" + text),
        dancer(),
    ),
    Case(
        "2",
        "CSV: carriage returns",
        "a.csv",
        csv(edit=lambda text: text.replace("\n", "\r\n")),
        dancer(),
    ),
    Case(
        "2",
        "CSV: millimetres in the names",
        "a.csv",
        csv(unit="_mm", rows=rows_of(array(dancer()), 1000)),
        dancer(),
    ),
    Case(
        "2",
        "CSV: capital axes with brackets",
        "a.csv",
        csv(
            edit=lines(
                lambda lines: [
                    ",".join(["Time (s)"] + [f"{n} {a} (m)" for n in NAMES for a in "XYZ"]),
                    *lines[1:],
                ]
            )
        ),
        dancer(),
    ),
    Case(
        "G",
        "CSV: a word in a cell",
        "a.csv",
        csv(rows=edited_cells({(30, "LWrist"): "lost?"})),
        refused="lost\\?.*(row|line|column)|(row|line).*lost\\?",
    ),
    Case(
        "G",
        "CSV: no header",
        "a.csv",
        csv(edit=lines(lambda lines: lines[1:])),
        refused="name|header|first line",
    ),
    Case(
        "G", "CSV: empty", "a.csv", lambda path: path.write_text(""), refused="empty", damaged=True
    ),
    Case(
        "G",
        "CSV: a page of the web",
        "a.csv",
        lambda path: path.write_text("<html><body>404</body></html>\n"),
        refused="HTML|not a text table",
        damaged=True,
    ),
]

CASES = [*CSV_LOST, *CSV_FORMS]
