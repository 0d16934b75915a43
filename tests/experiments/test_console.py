"""What commands print fits, loses no word, and leaves whole what is to be copied."""

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from experiments.console import WIDTH, Messages

WORDS = st.lists(st.text("abc-/[]:_é", min_size=1, max_size=130), min_size=1, max_size=40)


def printed(say: str, text: str, columns: int = WIDTH) -> list[str]:
    """The lines that come out of a way of saying."""
    console = Console(file=StringIO(), width=columns)
    speaker = Messages(console)
    (speaker if say == "sentence" else speaker.to_copy)(text)
    return console.file.getvalue().splitlines()


@given(WORDS, st.integers(0, 20), st.sampled_from([60, 80, WIDTH]))
def test_sentences_fit_and_lose_no_word(words, indent, columns):
    lines = printed("sentence", " " * indent + " ".join(words), columns)
    assert " ".join(lines).split() == words
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert all(line.startswith(" " * indent) for line in lines)


@given(WORDS)
def test_what_is_to_be_copied_stays_on_one_line(words):
    assert printed("to copy", " ".join(words)) == [" ".join(words)]


def test_lines_stay_lines():
    assert printed("sentence", "run:   a\n  b") == ["run:   a", "  b"]
