"""`comparison.html`: verdict first, all tables and pictures, self-contained."""

import re

import pytest

from mariel_gnn.comparison.tables import main_tables, paired_table
from mariel_gnn.viz.page.comparison import QUESTIONS, write_comparison_page

COMMAND = "python -m experiments.compare a --data.recordings '<a & b>/*.npy'"


@pytest.fixture
def page(comparison, tmp_path):
    picture = tmp_path / "out" / "pictures" / "error.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"png")
    (comparison.runs[0].folder / "report.html").touch()
    path = write_comparison_page(comparison, tmp_path / "out", [picture], COMMAND)
    return path.read_text(encoding="utf-8")


def test_the_verdict_comes_first_and_significant_results_are_marked(page, comparison):
    heads = re.findall(r"<h2>(.*?)</h2>", page)
    assert heads[:4] == ["Verdict", "Results", "Paired differences", "Pictures"]
    verdicts = re.findall(r"<li class=significant>(.*?)</li>", page)
    assert len(verdicts) == sum(pair.is_significant for pair in comparison.pairs) > 0


def test_it_has_every_cell_and_every_note(page, comparison):
    for table in [*main_tables(comparison), paired_table(comparison)]:
        for cell in (cell for row in table.rows for cell in row):
            assert f"<td>{cell}</td>" in page
    for note in comparison.notes:
        assert note in page


def test_pictures_are_embedded_and_nothing_is_loaded(page):
    assert re.findall(r'src="(.*?)"', page) == ["data:image/png;base64,cG5n"]
    assert QUESTIONS["error"] in page
    assert "http:" not in page
    assert "https:" not in page


def test_text_is_escaped_and_reports_are_linked(page, comparison):
    assert "&lt;a &amp; b&gt;/*.npy" in page
    links = re.findall(r'href="(\.\./.*?)"', page)
    assert links == [f"../runs/{comparison.runs[0].folder.name}/report.html"]
