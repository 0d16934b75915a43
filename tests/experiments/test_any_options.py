"""Whatever is in a skeleton, a configuration or on a command line: a result, or one line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments import convert, dashboard, download, export, prepare, relations, view
from experiments.command_line import dump_run, parse_run
from experiments.compare import parse_compare
from experiments.generate_options import parse_generate
from mariel_gnn.mocap.skeletons.loading import load_skeleton
from mariel_gnn.parsing import ParseError, load_json, load_yaml
from tests.damage import CASES, damaged
from tests.odd_yaml import VALUES

LAW = settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 2**32 - 1)
SKELETON = Path(load_skeleton.__code__.co_filename).with_name("mariel53.yaml").read_bytes()
CONFIG = dump_run(parse_run(["--model", "pose_vae"])).encode()
PARSERS = {
    "run": parse_run,
    "view": view._parser().parse_args,
    "convert": convert._parser().parse_args,
    "relations": relations._parser().parse_args,
    "generate": parse_generate,
    "prepare": prepare._parse,
    "download": download._parser().parse_args,
    "export": export._parser().parse_args,
    "compare": parse_compare,
    "dashboard": dashboard._parser().parse_args,
}
VALUE = st.sampled_from(
    [*VALUES.values(), "x", "-1", "[", "{a: [b", "~", "", "1e9", "é", "@"]
) | st.text(max_size=8)
FIRST = VALUE | st.sampled_from(["take.npy", "runs/one", "sample", "vary"])  # before the options
NAME = st.sampled_from(
    [f"--{group}.{item.name}" for group, options in vars(parse_run([])).items()
     if dataclasses.is_dataclass(options) for item in dataclasses.fields(options)]
    + ["--seed", "--out", "--name", "--rate_hz", "--unit", "--up", "--layout", "--skeleton", "--together",
       "--audio_offset_s", "--radius_m", "--count", "--seconds", "--config", "--help", "--x",
       "--height_m", "--floor", "--cleaning.max_gap_s", "--source_rate_hz", "--push", "--project",
       "--between"]
)  # fmt: skip


@LAW
@given(seed=SEEDS)
def test_a_damaged_skeleton(tmp_path, tally, seed):
    (tmp_path / "s.yaml").write_bytes(damaged(SKELETON, seed))
    tally.told(load_skeleton, tmp_path / "s.yaml")


@settings(LAW, max_examples=CASES // 4)  # a parser with all options takes 0.1 s
@given(seed=SEEDS)
def test_a_damaged_configuration(tmp_path, tally, seed):
    (tmp_path / "c.yaml").write_bytes(damaged(CONFIG, seed))
    tally.told(parse_run, ["--config", str(tmp_path / "c.yaml")])


YAML = st.recursive(
    st.sampled_from(["a", "&a", "*a", "<<:", "!!set"]),
    lambda of: st.lists(of).map(lambda parts: f"[{', '.join(parts)}]"),
)


@LAW
@given(text=st.text() | YAML)
def test_any_text_is_yaml_and_json_or_refused(text):
    for load in (load_yaml, load_json):
        try:
            load(text)
        except ParseError as error:
            said = str(error)
            assert "\n" not in said


@pytest.mark.parametrize("name", PARSERS)
@settings(LAW, max_examples=CASES // (10 if CASES <= 200 else 1))
@given(options=st.lists(st.tuples(NAME, VALUE), max_size=4), first=st.lists(FIRST, max_size=2))
def test_any_command_line(tally, name, options, first):
    arguments = [*first, *(f"{option}={value}" for option, value in options)]
    tally.told(PARSERS[name], [argument for argument in arguments if "\0" not in argument])
