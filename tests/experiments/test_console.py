"""Terminal output: wrapped text fits and keeps every word; lines for copying stay whole."""

import os
import subprocess
import sys
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from experiments.console import WIDTH, Messages, print_rows
from experiments.parser import _similar

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


@pytest.mark.parametrize(
    "locale", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_an_ascii_terminal_gets_similar_characters_and_files_keep_their_names(
    locale, write_field, smooth
):
    take = write_field("tänzer.npy", smooth(20))
    for target, code in (("größe.csv", 0), ("größe.nothing", 2)):
        arguments = ["-m", "experiments.convert", str(take), str(take.with_name(target))]
        ended = subprocess.run([sys.executable, *arguments], capture_output=True, check=False,
                               env=os.environ | locale)  # fmt: skip
        assert ended.returncode == code, ended.stderr
        assert b"Traceback" not in ended.stderr
    assert {path.name for path in take.parent.iterdir()} == {"tänzer.npy", "größe.csv"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("drawing …", "drawing ..."), ("1–2", "1-2"), ("ä", "?"), ("mm²", "mm2"), ("\udcc3", "?")],
)
def test_what_a_terminal_lacks_is_replaced_by_what_is_similar(text, shown):
    with pytest.raises(UnicodeEncodeError) as caught:
        text.encode("ascii")
    replaced, end = _similar(caught.value)
    assert text[: caught.value.start] + replaced + text[end:] == shown


@pytest.mark.parametrize("method", ["sentence", "to copy"])
def test_control_sequences_of_names_are_printed_not_carried_out(method):
    (line,) = printed(method, "a\x1b[2J\x9b1mb\x07\u202ec")
    assert line == "a\\x1b[2J\\x9b1mb\\x07\\u202ec"


def test_control_sequences_in_tables_are_printed_not_carried_out():
    console = Console(file=StringIO(), width=WIDTH)
    print_rows(console, ["name"], [["a\x1b]0;title\x07"]])
    assert "a\\x1b]0;title\\x07" in console.file.getvalue()
    assert "\x1b" not in console.file.getvalue()
