"""No test asserts a time: it would fail whenever the machine is busy. Times are rows of the benchmark."""

import ast
from pathlib import Path

import pytest

CLOCKS = {"perf_counter", "process_time", "thread_time", "monotonic", "perf_counter_ns"}
SAME_UNIT = {"min", "max", "abs", "sum", "median", "round", "float"}  # a time of times
FILES = sorted(Path(__file__).parent.rglob("test_*.py"))


def reads_clock(node, names):
    """Whether the value of an expression is a time: read from a clock, or computed from such a reading.

    What other functions do with a time that is passed to them is theirs.
    """
    if isinstance(node, ast.Name | ast.Attribute):
        return (node.id if isinstance(node, ast.Name) else node.attr) in CLOCKS | names
    if isinstance(node, ast.Call):
        passes = isinstance(node.func, ast.Name) and node.func.id in SAME_UNIT
        return reads_clock(node.func, names) or (
            passes and any(reads_clock(each, names) for each in node.args)
        )
    return any(reads_clock(each, names) for each in ast.iter_child_nodes(node))


def asserted_times(source):
    """The lines of tests that assert something about a reading of a clock."""
    lines = []
    for test in ast.walk(ast.parse(source)):
        if not (isinstance(test, ast.FunctionDef) and test.name.startswith("test_")):
            continue
        names: set[str] = set()
        for node in [n for n in ast.walk(test) if isinstance(n, ast.Assign)]:
            if reads_clock(node.value, names):
                names |= {each.id for target in node.targets for each in ast.walk(target)
                          if isinstance(each, ast.Name)}  # fmt: skip
        lines += [n.lineno for n in ast.walk(test)
                  if isinstance(n, ast.Assert) and reads_clock(n.test, names)]  # fmt: skip
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_test_asserts_a_time(path):
    assert not asserted_times(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("start = time.perf_counter(); assert time.perf_counter() - start < 1", [2]),
        ("start = process_time()\n    spent_s = work() - start\n    assert spent_s < 1", [4]),
        ("best = min(1, time.perf_counter())\n    assert best < 1", [3]),
        ("start = time.perf_counter()\n    assert work(start) == 0", []),
    ],
)
def test_an_asserted_time_is_found(body, lines):
    assert asserted_times(f"def test_it():\n    {body}\n") == lines
