"""Terminal output: wrapped text fits and keeps every word; lines for copying stay whole."""

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from experiments.console import WIDTH, Messages

WORDS = st.lists(st.text("abc-/[]:_é", min_size=1, max_size=130), min_size=1, max_size=40)


def printed(method: str, text: str, columns: int = WIDTH) -> list[str]:
    """The printed lines of a sentence or of a line for copying."""
    console = Console(file=StringIO(), width=columns)
    messages = Messages(console)
    (messages if method == "sentence" else messages.to_copy)(text)
    return console.file.getvalue().splitlines()


@given(WORDS, st.integers(0, 20), st.sampled_from([60, 80, WIDTH]))
def test_sentences_fit_and_keep_every_word(words, indent, columns):
    lines = printed("sentence", " " * indent + " ".join(words), columns)
    assert " ".join(lines).split() == words
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert all(line.startswith(" " * indent) for line in lines)


@given(WORDS)
def test_text_for_copying_stays_on_one_line(words):
    assert printed("to copy", " ".join(words)) == [" ".join(words)]


def test_lines_stay_lines():
    assert printed("sentence", "run:   a\n  b") == ["run:   a", "  b"]
