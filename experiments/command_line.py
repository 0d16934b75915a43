"""The options of a run, from the command line and YAML files; this file imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml

from experiments.parser import Parser, options_of
from mariel_gnn.config import RunOptions, check
from mariel_gnn.data.options import DataOptions
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.files import read_text
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.models.table import MODELS, options_class
from mariel_gnn.parsing import ParseError, load_yaml
from mariel_gnn.run_folder import CONFIG
from mariel_gnn.tracking.tracker import TrackingOptions
from mariel_gnn.training.options import TrainerOptions

# Part of the package; in a checkout, mariel_gnn/configs is a link to the folder configs/.
CONFIGS = Path(str(files("mariel_gnn") / "configs"))
SEVERAL = tuple(
    f"--data.{name}" for name in ("recordings", "partners", "interpolated", "validation", "test")
)  # options with several values


def parse_run(arguments: Sequence[str]) -> RunOptions:
    """The options of a run.

    Later sources override earlier ones: the defaults; the `config.yaml` of the run to resume;
    `configs/<model>.yaml`, unless a file of `--config` names a model; the files of `--config` in their
    order; the command line.

    Raises:
        UserError: an unknown name or an invalid value, with the nearest match.
    """
    files, arguments = _config_files(_several_values(arguments))
    contents = [_read_config(file) for file in files]
    named = [content["model"] for content in contents if "model" in content]
    model = _last_value(arguments, "--model") or str(named[-1] if named else next(iter(MODELS)))
    run = _last_value(arguments, "--trainer.resume")
    if run and named and model != named[0]:
        raise UserError(
            f"--trainer.resume {run}: model was {named[0]}, is {model}: a resumed run keeps its model: "
            "leave --model out, or train anew under another --name"
        )
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
    """The resolved options as YAML for `--config`.

    `trainer.resume` is left out: the file describes the whole run.
    """
    whole = replace(options, trainer=replace(options.trainer, resume=None))
    return yaml.safe_dump(asdict(whole), sort_keys=False)


def _parser(model: str) -> Parser:
    parser = Parser(
        prog="python -m experiments.run",
        allow_abbrev=False,  # reports `--trainer.max_epoch` instead of completing it
        description="Train a model on recordings of dance, measure it and draw what it does. Without "
        "recordings a synthetic dancer is used.",
    )
    parser.add_argument(
        "--config",
        action="config",
        help="YAML file of options, or the name of a shipped one (cmu, mariel, …); may be repeated",
    )
    names = f"{', '.join(MODELS)} or package.module:Class"
    parser.add_argument("--model", type=str, default=model, help=names)
    parser.add_argument("--seed", type=int, default=0, help="of weights, training and samples")
    parser.add_argument("--out", type=str, default="runs", help="folder of the run folder")
    parser.add_argument("--name", type=str | None, default=None, help="of the run folder")
    parser.add_argument(
        "--prior",
        type=Literal["normal", "flow"],
        default="normal",
        help="of samples: N(0, I), or a flow fitted to the posteriors after training",
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
    """Turn `--data.test a b` into the list that the parser takes, `--data.test=[a, b]`."""
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


def _last_value(arguments: Sequence[str], name: str) -> str | None:
    """The last value of an option, before parsing."""
    found = None
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            found = arguments[place + 1]
        elif argument.startswith(f"{name}="):
            found = argument.partition("=")[2]
    return found


def _config_files(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The YAML files, that of a resumed run first, and the other arguments."""
    files, rest = [], []
    waiting = list(arguments)
    if run := _last_value(arguments, "--trainer.resume"):
        files.append(_config_of_run(expand_home(run)))
    while waiting:
        argument = waiting.pop(0)
        if argument == "--config" and waiting:
            files.append(_named_config(waiting.pop(0)))
        elif argument.startswith("--config="):
            files.append(_named_config(argument.partition("=")[2]))
        else:
            rest.append(argument)
    return files, rest


def _named_config(given: str) -> Path:
    """The shipped file of a name such as `cmu`, or the given path."""
    named = CONFIGS / f"{given}.yaml"
    return named if Path(given).suffix == "" and named.exists() else Path(given)


def _config_of_run(run: Path) -> Path:
    file = run / CONFIG
    if not file.exists():
        runs = [path.parent.name for path in run.parent.glob(f"*/{CONFIG}")]
        raise UserError(
            f"--trainer.resume {run}: is not a run folder (it has no config.yaml)."
            f"{nearest_match(run.name, runs)}".rstrip(".")
        )
    return file


def _read_config(file: Path) -> dict[str, Any]:
    """The content of a YAML file of options."""
    try:
        content: Any = load_yaml(read_text(file))
    except OSError as error:
        raise UserError(
            f"--config {file}: cannot be read ({error.strerror}).{_nearest_file(file)}".rstrip(".")
        ) from error
    except (ParseError, UnicodeDecodeError) as error:
        raise UserError(f"--config {file}: is not YAML ({error})") from error
    if not isinstance(content, dict):
        raise UserError(
            f"--config {file}: has no options; write 'trainer:' on one line and its options below"
        )
    return content


def _nearest_file(file: Path) -> str:
    beside = nearest_match(file.name, [path.name for path in file.parent.glob("*.yaml")])
    return beside or nearest_match(file.stem, [path.stem for path in CONFIGS.glob("*.yaml")])


def _check_groups(content: Any, options: Sequence[str], file: str) -> None:
    """Refuse a plain value in place of a group, which the parser would ignore.

    Raises:
        UserError: names the file, the group and its value.
    """
    for group in sorted({option[2:].rpartition(".")[0] for option in options} - {""}):
        value = content
        for part in group.split("."):
            value = value.get(part, {}) if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            raise UserError(
                f"--config {file}: '{group}' is {value}; it must hold options, each on a line of its own"
            )
