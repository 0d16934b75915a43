"""Log the numbers of a run: `metrics.csv` and `summary.json` always, W&B and TensorBoard as options.

A failure of W&B gives one warning and never stops a run, nor does its process if it does not answer.
"""

from __future__ import annotations

import csv
import io
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mariel_gnn.files import write_json, write_text
from mariel_gnn.run_folder import METRICS, PICTURES, SUMMARY
from mariel_gnn.tracking.tensorboard import TensorBoard

Records = Sequence[Mapping[str, object]]
MEDIA = (".png", ".mp4", ".html")  # the files that W&B gets
ANSWER_S = 30.0  # until W&B counts as failed
UPLOAD_S = 600.0  # at the end of an online run


@dataclass(frozen=True)
class TrackingOptions:
    """Tracking beside the run folder.

    Args:
        wandb: online, offline (kept in the run folder for `wandb sync`) or disabled.
        project: Weights & Biases project.
        group: Weights & Biases group; the runs of one comparison share it.
        tensorboard: also write the folder `tensorboard` of the run (extra `tensorboard`).
    """

    wandb: Literal["online", "offline", "disabled"] = "offline"
    project: str = "mariel_gnn"
    group: str | None = None
    tensorboard: bool = False


class Tracker:
    """Writes a row per epoch and a summary at the end.

    Args:
        folder: the run folder.
        options: options of W&B and TensorBoard.
        config: the resolved configuration, for W&B.
        warn: called with a message if either fails.
    """

    def __init__(
        self,
        folder: Path,
        options: TrackingOptions | None = None,
        config: Mapping[str, Any] | None = None,
        warn: Callable[[str], None] = print,
    ) -> None:
        self.folder, self.warn = folder, warn
        self.on_row: Callable[[Mapping[str, float]], None] = lambda row: None
        self.rows: list[dict[str, float]] = []
        options = options or TrackingOptions()
        self._finish_s = UPLOAD_S if options.wandb == "online" else None
        self._wandb = _start_wandb(folder, options, dict(config or {}), warn)
        self._tensorboard = TensorBoard(folder, warn) if options.tensorboard else None

    def restore(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Take the rows of an earlier session, which the training state holds."""
        self.rows = [dict(row) for row in rows]
        if self.rows:
            write_text(self.folder / METRICS, rows_as_csv(self.rows))
        else:
            (self.folder / METRICS).unlink(missing_ok=True)
        if self._tensorboard:
            self._tensorboard.restore(self.rows)

    def log(self, row: Mapping[str, float]) -> None:
        """Add the numbers of one epoch; their names end in units."""
        self.rows.append(dict(row))
        write_text(self.folder / METRICS, rows_as_csv(self.rows))
        self._send(lambda run: run.log(dict(row), step=int(row["epoch"])))
        if self._tensorboard:
            self._tensorboard.log(row)
        self.on_row(row)

    def finish(
        self,
        summary: Mapping[str, float],
        pictures: Sequence[Path] = (),
        weights: Path | None = None,
    ) -> None:
        """Write the summary; send W&B the summary, the pictures and the weights, TensorBoard the first two.

        Args:
            summary: final numbers; their names end in units.
            pictures: PNG and MP4 files and HTML pages of the run folder; W&B gets no others, and
                TensorBoard the PNG files.
            weights: the file to log as an artifact.
        """
        write_json(self.folder / SUMMARY, dict(summary))
        self._send(lambda run: run.log(_media(pictures)))
        # Last, because each logged row overwrites summary values of the same name.
        self._send(lambda run: run.summary.update(dict(summary)))
        if weights is not None:
            self._send(lambda run: _log_weights(run, weights))
        if self._tensorboard:
            self._tensorboard.finish(summary, pictures)
        self.close()

    def close(self) -> None:
        """Finish the W&B run and the files of TensorBoard."""
        self._send(lambda run: run.finish(), self._finish_s)
        self._wandb = None
        if self._tensorboard:
            self._tensorboard.close()

    def _send(self, action: Callable[[Any], object], seconds: float | None = None) -> None:
        if self._wandb is None:
            return
        try:
            _within(seconds or ANSWER_S, action, self._wandb)
        except Exception as error:  # no failure of W&B may stop the run
            self.warn(f"W&B failed and is disabled from here on: {_first_line(error)}")
            self._wandb = None
            _stop_process(kill=isinstance(error, TimeoutError))


def _within(seconds: float, action: Callable[[Any], object], run: Any) -> None:
    """Call `action(run)`, and wait for it no longer than some seconds.

    Raises:
        TimeoutError: it has not returned.
        Exception: what it raises.
    """
    raised: list[Exception] = []

    def act() -> None:
        try:
            action(run)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"its process did not answer for {seconds:.0f} s")
    if raised:
        raise raised[0]


def _stop_process(kill: bool) -> None:
    """Stop W&B's process; else the interpreter waits for it, or prints an error, at its own end."""

    def stop() -> None:
        with suppress(Exception):
            import wandb

            if kill:  # there is no public way to the process
                wandb.setup()._connection._proc._process.kill()
            wandb.teardown(1)

    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    thread.join(ANSWER_S)


def rows_as_csv(rows: Records) -> str:
    """Rows as CSV text with a column for each name, in order of first appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _start_wandb(
    folder: Path, options: TrackingOptions, config: dict[str, Any], warn: Callable[[str], None]
) -> Any:
    """A W&B run, offline if online is not possible; None if W&B is disabled or not usable."""
    if options.wandb == "disabled":
        return None
    os.environ.setdefault("WANDB_SILENT", "true")  # its own lines; the settings below miss some
    logging.raiseExceptions = False  # no traceback if its log file cannot be written
    try:
        # Without it, as under cron, W&B's process prints its log, and caches files in the current folder.
        os.environ.setdefault("HOME", str(Path.home()))
        import wandb  # takes a second to import

        return _init_wandb(wandb, folder, options, config, options.wandb == "online", warn)
    except Exception as error:
        warn(f"W&B is not usable and is disabled: {_first_line(error)}")
        return None


def _init_wandb(
    wandb: Any,
    folder: Path,
    options: TrackingOptions,
    config: dict[str, Any],
    online: bool,
    warn: Callable[[str], None],
) -> Any:
    if online and (why := why_no_login(wandb)):
        warn(
            f"W&B {why}, so the run is kept offline: use `wandb login`, then `wandb sync "
            f"{folder}/wandb/*`"
        )
        online = False
    try:
        return wandb.init(
            project=options.project,
            group=options.group,
            name=folder.name,
            dir=str(folder),
            config=config,
            mode="online" if online else "offline",
            settings=wandb.Settings(
                silent=True, console="off", x_disable_stats=True, init_timeout=30, disable_git=True
            ),
        )
    except Exception as error:
        if not online:
            raise
        warn(f"W&B is not reachable, so the run is kept offline: {_first_line(error)}")
        return _init_wandb(wandb, folder, options, config, False, warn)


def why_no_login(wandb: Any) -> str:
    """Why W&B does not accept this user; an empty string if it does."""
    try:
        return "" if wandb.login(prompt=False) else "has no API key"
    except Exception as error:
        return f"does not log in ({_first_line(error).rstrip(':.')})"


def media_names(pictures: Sequence[Path]) -> dict[str, Path]:
    """The names under which W&B gets pictures, films and pages; other files are left out."""
    return {f"{PICTURES}/{path.stem}": path for path in pictures if path.suffix in MEDIA}


def _media(pictures: Sequence[Path]) -> dict[str, Any]:
    import wandb

    kinds: dict[str, Callable[[str], Any]] = {
        ".png": wandb.Image,
        ".mp4": lambda path: wandb.Video(path, format="mp4"),
        ".html": lambda path: wandb.Html(path, inject=False),  # the page has its own style
    }
    return {name: kinds[path.suffix](str(path)) for name, path in media_names(pictures).items()}


def _log_weights(run: Any, weights: Path) -> None:
    import wandb

    artifact = wandb.Artifact(f"{weights.stem}-{run.id}", type="model")
    artifact.add_file(str(weights))
    run.log_artifact(artifact)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def track_comparison(
    folder: Path,
    options: TrackingOptions,
    tables: Mapping[str, Records],
    pictures: Sequence[Path] = (),
    warn: Callable[[str], None] = print,
) -> None:
    """Send W&B the tables and pictures of a comparison.

    Args:
        folder: the comparison's folder; an offline run is kept in its folder `wandb`.
        options: options of W&B, with the group of the runs.
        tables: table name -> records with the same keys.
        pictures: PNG files.
        warn: called with a message if W&B fails.
    """
    tracker = Tracker(folder, options, warn=warn)
    tracker._send(lambda run: run.log(_tables(tables) | _media(pictures)))
    tracker.close()


def _tables(tables: Mapping[str, Records]) -> dict[str, Any]:
    import wandb

    return {
        name: wandb.Table(
            columns=list(records[0]),
            # A column has one type, so an empty cell (an unknown interval) is None.
            data=[[None if cell == "" else cell for cell in row.values()] for row in records],
        )
        for name, records in tables.items()
        if records
    }
