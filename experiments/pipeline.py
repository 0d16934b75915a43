"""One run from recordings to pictures: train, measure, draw."""

from __future__ import annotations

import platform
import resource
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch
from rich.console import Console

import mariel_gnn
from experiments.command_line import dump_run
from experiments.console import EpochBar, Messages, print_table, terminal
from experiments.resume import (
    check_options,
    describe_other_versions,
    recorded_split,
    remove_results,
)
from mariel_gnn.comparison.training import INTERRUPTED
from mariel_gnn.config import RunOptions, flat, with_absolute_paths
from mariel_gnn.data.duet_run_data import load_duet_run_data
from mariel_gnn.data.run_data import RunData, load_run_data
from mariel_gnn.errors import UserError
from mariel_gnn.evaluation.evaluate import Evaluation, evaluate
from mariel_gnn.evaluation.table import as_markdown
from mariel_gnn.evaluation.window_errors import save_errors
from mariel_gnn.files import folder_written_aside, write_json, write_text
from mariel_gnn.generation.motion_range import measure_motion_range, save_motion_range
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.prior import save_prior
from mariel_gnn.models.table import short_name
from mariel_gnn.models.vae import VAE
from mariel_gnn.models.weights import BEST, PRIOR, Identity, load_weights, save_weights
from mariel_gnn.run_folder import CONFIG, REPORT, SPLIT, TABLE, TABLE_CSV, VERSIONS
from mariel_gnn.tracking.tracker import Tracker, rows_as_csv
from mariel_gnn.training.fit import Fit, Trainer
from mariel_gnn.training.fit_prior import fit_prior, posteriors
from mariel_gnn.training.ranks import Ranks, launch
from mariel_gnn.training.state import STATE, load_state
from mariel_gnn.viz.page.report import write_report
from mariel_gnn.viz.run_pictures import draw_run


def run(options: RunOptions, console: Console | None = None) -> Path:
    """Train, measure and draw one run.

    Args:
        options: all options.
        console: where to print.

    Returns:
        The run folder.

    Raises:
        UserError: an option or a file cannot be used.
    """
    folder, recorded = _run_folder(options), None
    if options.trainer.resume:
        check_options(options, folder)
        recorded = recorded_split(folder)
    ranks = launch(options.trainer)  # reports a wrong accelerator before files are read
    folder = ranks.gather(folder)[0]
    console = (console or terminal()) if ranks.is_first else Console(quiet=True)
    say = Messages(console)
    if ranks.count > 1:
        say(f"{ranks.count} processes share the windows of each step")
    load_data = load_duet_run_data if options.network.dancers == 2 else load_run_data
    with ranks.fail_together():
        data = load_data(options.data, recorded=recorded)
        _check_solo_run(options, data)
        notebook_model = _notebook_model(options, data)
    for line in data.notes:
        say(line)
    fit, tracker = _train(options, data, folder, console, ranks)
    if tracker is not None:  # rank 0 does the rest
        _measure(options, data, folder, console, notebook_model, fit, tracker)
    return folder


def _measure(
    options: RunOptions,
    data: RunData,
    folder: Path,
    console: Console,
    notebook_model: PhraseModel | None,
    fit: Fit,
    tracker: Tracker,
) -> None:
    """Finish the weights of a trained run, measure them, and draw what they do."""
    say = Messages(console)
    _finish_weights(folder, data)
    if options.prior == "flow":
        say("fitting the prior …")
        _fit_prior(folder, options, data)
    model = mariel_gnn.load(folder)
    say("measuring on the test recordings …")
    measured = options.evaluation
    evaluation = evaluate(
        options.model,
        model,
        data.train,
        data.test,
        measured,
        notebook_model,
        options.seed,
        data.duets,
    )
    print_table(console, evaluation.rows, f"{folder.name} on {data.description}")
    for line in evaluation.notes:
        say(line)
    _write_results(folder, evaluation)
    if measured.pictures != "none":
        say("drawing …")
    _draw(options, data, folder, model, evaluation, fit, tracker)
    _say_where(say, folder, measured.pictures != "none")


def _train(
    options: RunOptions, data: RunData, folder: Path, console: Console, ranks: Ranks
) -> tuple[Fit, Tracker | None]:
    """Train a new run, or resume one; the folder then has its weights. Only rank 0 has a tracker."""
    trainer, say = _trainer(options, data, folder, ranks), Messages(console)
    if not ranks.is_first:
        return trainer.fit(data.windows, data.validation, None), None
    if options.trainer.resume:
        for line in describe_other_versions(folder, _versions()):
            say(line)
        remove_results(folder)
        _record(folder, options, data)
    else:
        with folder_written_aside(folder) as aside:  # a folder that exists can be resumed
            _record(aside, options, data)
            trainer.save(aside)
    tracker = Tracker(folder, options.tracking, flat(options), say)
    with EpochBar(console, options.trainer.max_epochs, trainer.progress.epoch) as bar:
        trainer.on_step, tracker.on_row = bar.step, bar.row
        fit = trainer.fit(data.windows, data.validation, tracker)
    best = fit.progress.best_epoch or fit.progress.epoch
    say(f"{fit.reason}; the weights of epoch {best} are saved as best")
    return fit, tracker


def _draw(
    options: RunOptions,
    data: RunData,
    folder: Path,
    model: PhraseModel,
    evaluation: Evaluation,
    fit: Fit,
    tracker: Tracker,
) -> None:
    """Draw pictures and report as `evaluation.pictures` says, and finish the tracking."""
    about, kinds = (data.test, evaluation, data.description), options.evaluation.pictures
    speeds = [row["windows_per_s"] for row in tracker.rows]
    summary = _summary(evaluation, model, fit, median(speeds) if speeds else 0.0)
    pictures: list[Path] = []
    if kinds != "none":
        pictures += draw_run(folder, model, *about, options.seed, films=kinds == "all")
        pictures.append(write_report(folder, model, *about, summary, options.seed, data.train))
    tracker.finish(summary, pictures, folder / BEST)


def _say_where(say: Messages, folder: Path, drawn: bool) -> None:
    """Print the paths of the results, and the next command."""
    say.to_copy(f"run folder: {folder}")
    if drawn:
        say.to_copy(f"pictures:   {folder / 'pictures'}\nreport:     {folder / REPORT}")
    say("new phrases, as animated figures for other programs:")
    command = ["python", "-m", "experiments.generate", str(folder), "sample", "--format", "glb"]
    say.to_copy(shlex.join(command))


def _run_folder(options: RunOptions) -> Path:
    """A folder that does not exist yet, or that of the run to resume."""
    if options.trainer.resume:
        return expand_home(options.trainer.resume)
    stamp = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    name = options.name or f"{stamp}_{short_name(options.model)}_seed{options.seed}"
    folder = expand_home(options.out) / name
    if not folder.exists():
        return folder
    resumable = (
        f", or resume it with --trainer.resume {folder}" if (folder / STATE).exists() else ""
    )
    raise UserError(f"{folder} exists already: take another --name{resumable}")


def _trainer(options: RunOptions, data: RunData, folder: Path, ranks: Ranks) -> Trainer:
    """The trainer of a new model, or with the state of the run to resume."""
    torch.manual_seed(options.seed)
    shape = WindowShape(options.data.seq_len, len(data.train.skeleton), data.train.rate_hz)
    network = with_absolute_paths(options).network  # as in config.yaml: a resumed run has the same
    identity = Identity(options.model, network, shape, data.train.skeleton)
    model = identity.build(data.measured.normalizer)
    if options.prior == "flow" and not isinstance(model, VAE):
        raise UserError(f"--prior flow: {options.model} has no latents: take --prior normal")
    if not options.trainer.resume:
        model.before_training(data.measured)
    trainer = Trainer(model, identity, options.trainer, folder, options.seed, ranks=ranks)
    if options.trainer.resume:
        trainer.resume(load_state(folder))
    return trainer


def _finish_weights(folder: Path, data: RunData) -> None:
    """Add to the best weights what is measured on training windows after training."""
    network, identity = load_weights(folder)
    network.after_training(data.measured)
    save_weights(folder / BEST, network, identity)


def _record(folder: Path, options: RunOptions, data: RunData) -> None:
    """Write the options, the split, the versions and the motion range.

    Paths in the options become absolute, so that the run can be resumed from any folder.
    """
    write_text(folder / CONFIG, dump_run(with_absolute_paths(options)))
    write_json(folder / SPLIT, data.record)
    write_json(folder / VERSIONS, _versions())
    train = data.train
    motion_range = measure_motion_range(train.recordings_m(), train.skeleton.markers, train.rate_hz)
    save_motion_range(folder, motion_range)


def _git_commit() -> str:
    """The commit of a checkout; unknown if the package is installed, perhaps within another repository."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return "unknown"
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    git = subprocess.run(describe, text=True, capture_output=True, check=False, cwd=root)
    return git.stdout.strip() or "unknown"


def _versions() -> dict[str, str]:
    packages = ("torch", "torch-geometric", "lightning-fabric", "numpy", "wandb", "zuko")
    return {
        "mariel_gnn": version("mariel_gnn"),
        "git_commit": _git_commit(),
        "python": platform.python_version(),
    } | {package: version(package) for package in packages}


def _notebook_model(options: RunOptions, data: RunData) -> PhraseModel | None:
    """The notebook's model for the table; it must not be trained on this run's test recordings."""
    given = options.evaluation.notebook_run
    if given is None:
        return None
    model = mariel_gnn.load(given)
    _check_clean("evaluation.notebook_run", given, ("train",), data, ("test",))
    return model


def _check_solo_run(options: RunOptions, data: RunData) -> None:
    """Check that the run of single dancers has not seen the takes that this run holds out."""
    given = getattr(options.network, "solo", None)
    if given is not None:
        _check_clean("network.solo", given, ("train",), data, ("validation", "test"))
        _check_clean("network.solo", given, ("validation",), data, ("test",))


def _check_clean(
    option: str, run: str, seen: Sequence[str], data: RunData, held_out: Sequence[str]
) -> None:
    """Check that roles of another run share no recording with held-out roles of this run.

    Raises:
        UserError: they share one.
    """
    path = Path(run) / SPLIT
    if not path.is_file():
        raise UserError(
            f"{option} {run}: has no {SPLIT}, so what it has seen is unknown: give a run folder"
        )
    record = recorded_split(Path(run))
    known = {part["sha256"]: part["source"] for role in seen for part in record.get(role, [])}
    leaked = [
        known[part["sha256"]]
        for role in held_out
        for part in data.record[role]
        if part["sha256"] in known
    ]
    if leaked:
        raise UserError(
            f"{option} {run} has seen {min(leaked)}, which this run holds out: train it on this run's split"
        )


def _fit_prior(folder: Path, options: RunOptions, data: RunData) -> None:
    """Fit a flow to the posteriors of the best weights and write it."""
    network = mariel_gnn.load(folder).vae
    train = posteriors(
        network, data.windows, options.trainer.augmentation, passes=2, seed=options.seed
    )
    prior = fit_prior(train, posteriors(network, data.validation), options.seed)
    save_prior(folder / PRIOR, prior)


def _summary(
    evaluation: Evaluation, model: PhraseModel, fit: Fit, windows_per_s: float
) -> dict[str, float]:
    """The numbers of `summary.json`."""
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "darwin":
        peak_kb //= 1024
    on_gpu = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0.0
    return (
        evaluation.summary()
        | {
            "parameters": sum(parameter.numel() for parameter in model.network.parameters()),
            INTERRUPTED: float(fit.interrupted),
            "epochs": fit.progress.epoch,
            "best_epoch": fit.progress.best_epoch,
            "training_minutes": fit.progress.seconds / 60,
            "windows_per_s": windows_per_s,
            "peak_memory_mb": peak_kb / 1024,
            "peak_gpu_memory_mb": on_gpu,
        }
        | ({} if model.prior is None else model.prior.summary())
    )


def _write_results(folder: Path, evaluation: Evaluation) -> None:
    write_text(folder / TABLE, as_markdown(evaluation.rows))
    rows = [{"row": name, **numbers} for name, numbers in evaluation.rows.items()]
    write_text(folder / TABLE_CSV, rows_as_csv(rows))
    save_errors(folder, evaluation.errors)
