"""YAML and JSON of unknown origin become plain values or one error, never a crash or a large memory."""

import pytest
import yaml

from mariel_gnn.parsing import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    ParseError,
    TooLargeError,
    load_json,
    load_yaml,
)
from tests.odd_yaml import ALIAS_BOMB, MERGE_BOMB, ODD, TOO_LARGE


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_nested_deeply_or_grows_by_aliases_is_refused_before_it_is_built(name):
    with pytest.raises(TooLargeError):
        load_yaml(TOO_LARGE[name])


@pytest.mark.parametrize("name", ODD)
def test_a_value_that_does_not_fit_its_type_is_refused(name):
    with pytest.raises(ParseError) as told:
        load_yaml(ODD[name])
    assert "\n" not in str(told.value)


def test_no_code_of_a_tag_runs(tmp_path):
    with pytest.raises(ParseError):
        load_yaml(f"!!python/object/apply:os.mkdir ['{tmp_path / 'made'}']")
    assert not (tmp_path / "made").exists()


def test_plain_values_anchors_and_merge_keys_are_read_as_yaml_reads_them():
    text = "base: &base {a: 1, b: [x, '10', 2.5, null]}\nown: {<<: *base, a: 2}\nlast: *base"
    assert load_yaml(text) == yaml.safe_load(text)
    assert load_yaml("") is None


def test_the_bounds_are_where_they_are_said_to_be():
    """The parser counts one for each token beside its characters."""
    assert load_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(TooLargeError, match="deep"):
        load_yaml("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert len(load_yaml("x" * (MAX_CHARACTERS - 10))) == MAX_CHARACTERS - 10
    with pytest.raises(TooLargeError, match="characters"):
        load_yaml("x" * (MAX_CHARACTERS + 1))


def test_aliases_count_as_often_as_they_are_used():
    once = MAX_CHARACTERS // 10
    assert load_yaml(f"[&a {'x' * once}, *a, *a]")
    for bomb in (ALIAS_BOMB, MERGE_BOMB, f"[&a {'x' * once}{', *a' * 10}]"):
        with pytest.raises(TooLargeError, match="aliases"):
            load_yaml(bomb)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "{", b"\xff", "\0"])
def test_damaged_or_deep_json_is_one_error(text):
    with pytest.raises(ParseError) as told:
        load_json(text)
    assert "\n" not in str(told.value)
