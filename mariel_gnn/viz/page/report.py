"""`report.html` of a run folder: reconstructions and samples to play, beside the numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.evaluate import Evaluation
from mariel_gnn.evaluation.rows import Rows
from mariel_gnn.evaluation.table import Column, cells, misses_note, tables_of
from mariel_gnn.files import write_text
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.run_folder import CONFIG, METRICS, REPORT, VERSIONS
from mariel_gnn.viz.curves import read_metrics
from mariel_gnn.viz.page.build import page, paragraph, section, unfolding, warning_list
from mariel_gnn.viz.page.line_charts import line_charts
from mariel_gnn.viz.page.run_scenes import RunScenes


def results_tables(rows: Rows, own: str) -> str:
    """Return the final tables of a run as HTML.

    Args:
        rows: row name -> its numbers.
        own: the model's name; rows whose names begin with it are printed in bold.
    """
    return "".join(_table(what, rows, columns, own) for what, columns in tables_of(rows))


def _table(what: str, rows: Rows, columns: Sequence[Column], own: str) -> str:
    heads = "".join(
        f"<th>{html.escape(column.head)}<small>{html.escape(column.unit)}</small></th>"
        for column in columns
    )
    body = "".join(_row(row, own) for row in cells(rows, columns))
    return (
        f'<div class="wide"><table><thead><tr><th>{html.escape(what)}</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[str], own: str) -> str:
    style = ' class="own"' if row[0].startswith(own) else ""
    return f"<tr{style}>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"


_ROWS = (
    "mean_pose is the mean pose of the training phrases, standing still. pca (of whole phrases) and "
    "motion_pca (of their motion codes) have the same latent size as the model. A model that does not beat "
    "these baselines has learned nothing. data is the test dance itself, training_data the training dance, "
    "each with equal weights of kinds of dance (data (NAME) is one of them) and with the 95 % interval over "
    "recordings. reconstructions are training phrases as the model reconstructs them. An asterisk marks a "
    "number of samples that misses its target."
)


def write_report(
    folder: Path,
    model: PhraseModel,
    test: MarielDataset,
    evaluation: Evaluation,
    data_name: str,
    summary: Mapping[str, float],
    seed: int = 0,
    train: MarielDataset | None = None,
) -> Path:
    """Write `report.html` in a run folder and return its path.

    Args:
        folder: the run folder; the report shows its `metrics.csv`, `config.yaml` and `versions.json`.
        model: the trained model.
        test: test windows.
        evaluation: the run's numbers.
        data_name: name of the data, for the titles.
        summary: the run's final numbers.
        seed: random seed of the samples.
        train: training windows, for the map of phrases.
    """
    errors_mm = evaluation.by_window_mm if evaluation.reconstructs else None
    run = RunScenes(folder.name, model, test, errors_mm, data_name, seed, train)
    content = page(
        run.scenes(),
        f"{folder.name}: {evaluation.errors.model} on {data_name}",
        _summary(evaluation, summary, len(test), seed),
        above=warning_list(run.warnings()),
        beside=run.map() if model.has_latents else "",
        below=_sections(folder, evaluation),
    )
    write_text(folder / REPORT, content)
    return folder / REPORT


def _summary(evaluation: Evaluation, summary: Mapping[str, float], windows: int, seed: int) -> str:
    """Return the run's result in one line."""
    error = "test/mpjpe_mm"
    others = [
        f"{row} {numbers[error]:.1f} mm"
        for row, numbers in evaluation.rows.items()
        if error in numbers and row != evaluation.errors.model
    ]
    own = evaluation.rows[evaluation.errors.model].get(error)
    errors = "No reconstruction" if own is None else f"Mean error {own:.1f} mm"
    return (
        f"{errors} on {windows} test windows ({', '.join(others)}); "
        f"{summary['training_minutes']:.1f} minutes, {summary['epochs']:.0f} epochs, seed {seed}"
    )


def _sections(folder: Path, evaluation: Evaluation) -> str:
    """Return the sections below the stage: results, training, configuration."""
    tables = results_tables(evaluation.rows, evaluation.errors.model)
    misses = [paragraph(f"* {line}.") for line in misses_note(evaluation.rows)]
    parts = [section("Results", tables, paragraph(_ROWS), *misses)]
    if (metrics := folder / METRICS).exists():  # missing after a stop in the first epoch
        parts.append(section("Training", line_charts(read_metrics(metrics))))
    texts = [
        unfolding(name, (folder / name).read_text(encoding="utf-8"))
        for name in (CONFIG, VERSIONS)
        if (folder / name).exists()
    ]
    return "".join([*parts, section("Configuration", *texts)])
