"""From the command line and YAML files to `RunOptions`; mistakes end in one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from experiments.parser import Parser, options_of
from mariel_gnn.config import RunOptions, check
from mariel_gnn.data.options import DataOptions
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.models.table import MODELS, options_class
from mariel_gnn.tracking.tracker import TrackingOptions
from mariel_gnn.training.options import TrainerOptions

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
SEVERAL = ("--data.recordings", "--data.validation", "--data.test")


def parse_run(arguments: Sequence[str]) -> RunOptions:
    """The options of a run.

    What is given later wins: the defaults; `configs/<model>.yaml` unless a file of `--config` names a
    model; the YAML files of `--config` in their order; the command line. With `--trainer.resume RUN`
    the run's own `config.yaml` comes first.

    Raises:
        UserError: an unknown name or a wrong value, with the nearest match.
    """
    files, arguments = _config_files(_several_values(arguments))
    contents = [_read_config(file) for file in files]
    named = [content["model"] for content in contents if "model" in content]
    model = _requested(arguments, "--model") or str(named[-1] if named else next(iter(MODELS)))
    parser = _parser(model)
    for file, content in zip(files, contents, strict=True):
        _check_groups(content, parser.names(), str(file))
    own = CONFIGS / f"{model}.yaml"
    read = files if named or not own.exists() else [own, *files]
    given = [f"--config={file}" for file in read]
    content = parser.instantiate(parser.parse_args([*given, *arguments]))
    options = options_of(RunOptions, content)
    check(options)
    return options


def dump_run(options: RunOptions) -> str:
    """The resolved options as YAML that `--config` takes.

    What the run went on from is left out: the file describes the run as a whole.
    """
    whole = replace(options, trainer=replace(options.trainer, resume=None))
    return yaml.safe_dump(asdict(whole), sort_keys=False)


def _parser(model: str) -> Parser:
    parser = Parser(
        prog="python -m experiments.run",
        allow_abbrev=False,  # `--trainer.max_epoch` is a mistake, not a short form
        description="Train a model on recordings of dance, measure it and draw what it does. Without "
        "recordings a synthetic dancer is used.",
    )
    parser.add_argument(
        "--config", action="config", help="YAML file of options; may be given twice"
    )
    parser.add_argument(
        "--model",
        type=str,
        default=model,
        help=f"{', '.join(MODELS)} or package.module:Class",
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights, training and samples")
    parser.add_argument(
        "--out", type=str, default="runs", help="folder in which the run folder is made"
    )
    parser.add_argument("--name", type=str | None, default=None, help="of the run folder")
    parser.add_argument(
        "--prior",
        type=Literal["normal", "flow"],
        default="normal",
        help="what samples are drawn from: N(0, I), or a flow fitted to the posteriors after training",
    )
    for group, options in (
        ("network", options_class(model)),
        ("data", DataOptions),
        ("trainer", TrainerOptions),
        ("evaluation", EvaluationOptions),
        ("tracking", TrackingOptions),
    ):
        parser.add_class_arguments(options, group)
    return parser


def _several_values(arguments: Sequence[str]) -> list[str]:
    """`--data.test a b` as the list that the parser takes, `--data.test [a, b]`."""
    result: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        name, _, value = argument.partition("=")
        if name not in SEVERAL:
            result.append(argument)
            continue
        values = [value] if value else []
        while waiting and not waiting[0].startswith("--"):
            values.append(waiting.pop(0))
        if not values:
            raise UserError(f"{name} needs one or several patterns of files, in quotes")
        if not (len(values) == 1 and values[0].startswith("[")):
            values = [yaml.safe_dump(values, default_flow_style=True, width=10**6).strip()]
        result.append(f"{name}={values[0]}")
    return result


def _requested(arguments: Sequence[str], name: str) -> str | None:
    """The last value of an option, before the real parsing."""
    found = None
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            found = arguments[place + 1]
        elif argument.startswith(f"{name}="):
            found = argument.partition("=")[2]
    return found


def _config_files(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The YAML files to read, a resumed run's own first, and the arguments without them."""
    files, rest = [], []
    waiting = list(arguments)
    if run := _requested(arguments, "--trainer.resume"):
        files.append(Path(run) / "config.yaml")
        if not files[0].exists():
            raise UserError(f"{run}: no run folder to go on with (it has no config.yaml)")
    while waiting:
        argument = waiting.pop(0)
        if argument == "--config" and waiting:
            files.append(Path(waiting.pop(0)))
        elif argument.startswith("--config="):
            files.append(Path(argument.partition("=")[2]))
        else:
            rest.append(argument)
    return files, rest


def _read_config(file: Path) -> dict[str, Any]:
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--config {file}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"--config {file}: is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise UserError(
            f"--config {file}: holds no options such as 'trainer:' on a line of its own"
        )
    return content


def _check_groups(content: Any, options: Sequence[str], file: str) -> None:
    """A group such as `trainer` holds options; a plain value in its place would go unseen."""
    for group in sorted({option[2:].rpartition(".")[0] for option in options} - {""}):
        value = content
        for part in group.split("."):
            value = value.get(part, {}) if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            raise UserError(
                f"--config {file}: '{group}' is {value}; it must hold options, each on a "
                "line of its own"
            )
