"""The sweep file works with the command: W&B's agent is played here, without a server."""

import itertools
import os
import subprocess

import pytest
import yaml

from experiments.command_line import CONFIGS, parse_run

SWEEPS = sorted((CONFIGS / "sweeps").glob("*.yaml"))


@pytest.fixture(params=SWEEPS, ids=lambda path: path.stem)
def sweep(request):
    return yaml.safe_load(request.param.read_text())


def choices(parameter):
    """The values of a parameter, or the ends of its range."""
    if "value" in parameter:
        return [parameter["value"]]
    return parameter.get("values") or [parameter["min"], parameter["max"]]


def flags(sweep):
    """The arguments of each run that a search of the whole grid starts, as the agent writes them."""
    names = sweep["parameters"]
    for values in itertools.product(*map(choices, names.values())):
        yield [f"--{name}={value}" for name, value in zip(names, values, strict=True)]


def test_there_is_a_sweep():
    assert SWEEPS


def test_every_run_of_the_sweep_has_valid_options(sweep):
    found = {(options.trainer.learning_rate, options.trainer.batch_size)
             for options in map(parse_run, flags(sweep))}  # fmt: skip
    assert len(found) > 1


def test_the_command_names_the_run_as_the_agent_does(sweep, tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nfor each in "$@"; do echo "$each"; done\n')
    python.chmod(0o755)
    given = next(flags(sweep))
    parts = [given if part == "${args}" else [part] for part in sweep["command"]]
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "WANDB_RUN_ID": "a1 b2"}
    command = [each for part in parts for each in part]
    ended = subprocess.run(
        command, env=environment, text=True, capture_output=True, check=True, timeout=300
    )
    shown = ended.stdout.splitlines()
    assert shown[:2] == ["-m", "experiments.run"]
    options = parse_run(shown[2:])
    assert (options.name, options.tracking.wandb) == ("a1 b2", "online")
    assert shown[-len(given) :] == given
