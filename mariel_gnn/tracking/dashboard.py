"""The W&B workspace of this project: which numbers and pictures stand where.

`SECTIONS` is the layout. The library wandb-workspaces (extra `dashboard`) turns it into a workspace.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mariel_gnn.errors import UserError
from mariel_gnn.tracking.tracker import why_no_login

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Workspace

NAME = "mariel_gnn"


class Panel(NamedTuple):
    """A panel of the workspace.

    Attributes:
        kind: lines over the epochs, bars of the final numbers of all runs, or pictures, films and pages.
        title: its heading, with the unit.
        keys: what it shows, as the tracker logs it.
    """

    kind: Literal["lines", "bars", "media"]
    title: str
    keys: tuple[str, ...]


SECTIONS = {
    "Reconstruction": (
        Panel("lines", "validation error, mm", ("validation/mpjpe_mm",)),
        Panel("lines", "loss, nats", ("train/loss_nats", "validation/loss_nats")),
        Panel("lines", "KL divergence, nats", ("train/kl_nats", "validation/kl_nats")),
        Panel("bars", "test error, mm", ("test/mpjpe_mm",)),
        Panel("bars", "error of velocity, mm/s", ("test/mpjve_mm_per_s",)),
        Panel("bars", "PCA of the same size, mm", ("baseline/pca/mpjpe_mm",)),
        Panel(
            "media",
            "a test phrase and its reconstruction",
            ("pictures/reconstruction", "pictures/reconstruction_stills"),
        ),
        Panel("media", "error by body part", ("pictures/error_by_body_part",)),
    ),
    "Samples": (
        Panel("media", "new phrases", ("pictures/samples", "pictures/samples_stills")),
        Panel("bars", "targets met", ("samples/targets_met",)),
        Panel("bars", "kernel distance / its reference", ("samples/kernel_distance_ratio",)),
        Panel("bars", "diversity / that of the data", ("samples/diversity_ratio",)),
        Panel("bars", "nearest second of training, mm", ("samples/nearest_training_second_mm",)),
        Panel("bars", "bone length error / that of the data", ("samples/bone_length_error_ratio",)),
        Panel("bars", "foot skating, m/s", ("samples/foot_skating_m_per_s",)),
        Panel("bars", "frames below the floor", ("samples/below_floor_rate",)),
    ),
    "Rhythm": (
        Panel(
            "bars",
            "rhythm within a phrase",
            ("samples/speed_variation_within", "data/speed_variation_within"),
        ),
        Panel(
            "bars",
            "difference between phrases",
            ("samples/speed_variation_between", "data/speed_variation_between"),
        ),
        Panel("bars", "accents, 1/s", ("samples/accents_per_s", "data/accents_per_s")),
        Panel("bars", "pauses, s/min", ("samples/pauses_s_per_min", "data/pauses_s_per_min")),
        Panel("bars", "jerk, m/s³", ("samples/jerk_m_per_s3", "data/jerk_m_per_s3")),
        Panel("bars", "speed / that of the data", ("samples/speed_ratio",)),
    ),
    "Pages": (
        Panel("media", "report: phrases to turn and play", ("pictures/report",)),
        Panel("media", "training curves", ("pictures/curves",)),
    ),
}


def workspace(entity: str, project: str) -> Workspace:
    """The workspace, not saved yet; this needs no network.

    Args:
        entity: user or team of W&B.
        project: project of W&B.

    Raises:
        UserError: wandb-workspaces is not installed.
    """
    try:
        import wandb_workspaces.workspaces as ws
    except ImportError as error:
        raise UserError(
            "the dashboard needs wandb-workspaces: pip install 'mariel_gnn[dashboard]'"
        ) from error
    sections = [
        ws.Section(name=name, panels=[_panel(each) for each in panels], is_open=True)
        for name, panels in SECTIONS.items()
    ]
    return ws.Workspace(entity=entity, project=project, name=NAME, sections=sections)


def save(made: Workspace) -> str:
    """Save a workspace as a new view of its project, and return its address; this needs a login.

    Raises:
        UserError: W&B does not take it.
    """
    import wandb

    if why := why_no_login(wandb):
        raise UserError(f"W&B {why}: use `wandb login`, or --out FILE for the specification alone")
    try:
        made.save_as_new_view()
    except Exception as error:  # no network, no such project, no right: the library raises its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"W&B does not save the workspace: {reason[:200]}") from error
    return str(made.url)


def as_json(made: Workspace) -> str:
    """The specification of a workspace, as W&B stores it."""
    text: str = made._to_model().spec.model_dump_json(by_alias=True, exclude_none=True)
    return json.dumps(json.loads(text), indent=2)


def _panel(panel: Panel) -> Any:
    import wandb_workspaces.reports.v2 as wr

    keys = list(panel.keys)
    if panel.kind == "lines":
        return wr.LinePlot(title=panel.title, x="Step", y=keys)  # the step is the epoch
    if panel.kind == "bars":
        return wr.BarPlot(title=panel.title, metrics=keys)
    return wr.MediaBrowser(title=panel.title, media_keys=keys, num_columns=1)
