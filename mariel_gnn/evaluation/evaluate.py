"""The numbers of a run: its model, baselines and the data, on the same test windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.notebook import fit_notebook_normalizer
from mariel_gnn.data.run_data import DuetSets
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.baselines import (
    PCA,
    PCA_SIZE,
    MeanPose,
    fit_mean_pose,
    fit_motion_pca,
    fit_pca,
)
from mariel_gnn.evaluation.duet_evaluation import (
    describe_left_out,
    measure_pairs_of,
    partner_rows,
    partner_table,
)
from mariel_gnn.evaluation.motion_graph import MotionGraph
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.evaluation.rows import RECONSTRUCTIONS, prior_row, summary_name
from mariel_gnn.evaluation.sample_quality import SampleQuality
from mariel_gnn.evaluation.targets import with_targets
from mariel_gnn.evaluation.window_errors import WindowErrors, errors_on
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.graphs.pairs import measure_pairs
from mariel_gnn.losses.elbo import elbo_terms
from mariel_gnn.metrics.reconstruction import ReconstructionErrors, RowErrors
from mariel_gnn.models.duet.duet_vae import DuetVAE
from mariel_gnn.models.pose_vae import PoseVAE

ACTIVE_VARIANCE = 0.01  # of the posterior mean over the data; Burda et al., 2016
_MAX_TRAIN_WINDOWS = 2500  # for PCA and the reference body: 200 MB
_BATCH = 128


@dataclass(frozen=True)
class Evaluation:
    """All numbers of a run.

    Attributes:
        rows: row name -> its numbers; each name contains its unit. A row has only what applies to it.
        errors: the errors of each test window, for all rows that reconstruct.
        notes: lines about numbers that are left out.
    """

    rows: dict[str, dict[str, float]]
    errors: WindowErrors = field(repr=False)
    notes: list[str] = field(default_factory=list)

    @property
    def reconstructs(self) -> bool:
        """Whether the run's own model reconstructs, so that it has errors."""
        return self.errors.model in self.errors.rows

    @property
    def by_part_mm(self) -> dict[str, float]:
        """Body part -> the model's MPJPE; empty if the model does not reconstruct."""
        return self.errors.part_mm(self.errors.model) if self.reconstructs else {}

    @property
    def by_group_mm(self) -> dict[str, float]:
        """Group of recordings -> the model's MPJPE; empty if the model does not reconstruct."""
        return self.errors.group_mm(self.errors.model) if self.reconstructs else {}

    @property
    def by_window_mm(self) -> Tensor:
        """`[N]` the model's MPJPE of each test window.

        Raises:
            UserError: the model does not reconstruct.
        """
        return self.errors.window_mm(self.errors.model)

    def summary(self) -> dict[str, float]:
        """The numbers under the names of `summary.json`."""
        named = {
            summary_name(row, self.errors.model, name): value
            for row, numbers in self.rows.items()
            for name, value in numbers.items()
        }
        parts = {
            f"test/parts/{part.replace(' ', '_')}_mpjpe_mm": value
            for part, value in self.by_part_mm.items()
        }
        groups = {
            f"test/groups/{group.replace(' ', '_')}/mpjpe_mm": value
            for group, value in self.by_group_mm.items()
        }
        return named | parts | groups


class Fitted(NamedTuple):
    """The baselines that are fitted on training windows; PCA of motion is None for very few latents."""

    mean_pose: MeanPose
    pca: PCA
    motion_pca: PoseVAE | None


def evaluate(
    name: str,
    model: PhraseModel,
    train: MarielDataset,
    test: MarielDataset,
    options: EvaluationOptions,
    notebook_model: PhraseModel | None = None,
    seed: int = 0,
    duets: DuetSets | None = None,
) -> Evaluation:
    """Measure a model, the mean pose, both PCA of the same latent size, the motion graph, and the data.

    Args:
        name: the model's row.
        model: the trained model.
        train: training windows, which PCA is fitted on and samples are compared with.
        test: held-out windows.
        options: how many samples.
        notebook_model: the model of the original notebook, for a row of its own.
        seed: of the samples.
        duets: windows of two dancers, if `train` and `test` are such as one body.
    """
    places = evenly_spaced(len(train), _MAX_TRAIN_WINDOWS)
    training, recordings = train.positions_m(places), train.recordings_m()
    errors = _Errors(recordings, test)
    quality = SampleQuality(train, test, places, training, measure_pairs(recordings))
    size, count = getattr(model.network, "latent_size", PCA_SIZE), options.samples
    rows = _model_rows(name, model, errors, quality, count, seed)
    motion_pca = fit_motion_pca(train, size, pair_bounds=duets is None)
    fitted = Fitted(fit_mean_pose(training), fit_pca(training, size), motion_pca)
    rows |= _linear_rows(train, fitted, errors, quality, count, seed)
    graph = MotionGraph(recordings, train.skeleton, train.rate_hz)
    clips = graph.sample(count, train.seq_len, torch.Generator().manual_seed(seed))
    if clips is not None:
        rows["motion_graph"] = quality.measure(clips)
    if notebook_model is not None:
        rows["notebook"] = errors.of("notebook", notebook_model.reconstruct)
        rows["notebook"] |= quality.measure(_samples(notebook_model, count, seed, "normal"))
    rows |= quality.measure_data()
    rows = with_targets(rows)
    notes = [] if duets is None else _add_duet_numbers(rows, name, model, duets, fitted, seed)
    by_window = errors_on(test, errors.by_window, name)
    for row in by_window.rows:
        rows[row]["test/mpjpe_mm_group_mean"] = fmean(by_window.group_mm(row).values())
    return Evaluation(rows, by_window, notes)


def _add_duet_numbers(
    rows: dict[str, dict[str, float]],
    name: str,
    model: PhraseModel,
    duets: DuetSets,
    fitted: Fitted,
    seed: int,
) -> list[str]:
    """Add the numbers of pairs to the rows that reconstruct, and the rows of partners; return notes."""
    assert isinstance(model.network, DuetVAE)  # for mypy
    pairs = {
        name: model.reconstruct,
        "mean_pose": fitted.mean_pose.reconstruct,
        "pca": fitted.pca.reconstruct,
    }
    for numbers in rows.values():
        numbers.pop("samples/out_of_range_rate", None)  # two dancers may be at any distance
    for row, reconstruct in pairs.items():
        rows[row] |= measure_pairs_of(reconstruct, duets.test, model.skeleton)
    if model.network.partner is None:
        return ["the model draws no partners"]
    table = partner_table(name, model.network, duets, seed)
    if table is None:
        return ["too few takes of pairs to measure partners"]
    for row, numbers in partner_rows(table).items():
        rows[row] = rows.get(row, {}) | numbers
    return describe_left_out(table.left_out)


def _linear_rows(
    train: MarielDataset,
    fitted: Fitted,
    errors: _Errors,
    quality: SampleQuality,
    count: int,
    seed: int,
) -> dict[str, dict[str, float]]:
    """The mean pose, PCA of windows and PCA of the motion representation."""
    pose, pca, motion_pca = fitted
    window = torch.Size([train.seq_len, len(train.skeleton), 3])
    rows = {
        "mean_pose": errors.of("mean_pose", pose.reconstruct),
        "pca": errors.of("pca", pca.reconstruct),
    }
    still = pose.pose.expand(count, *window)
    rows["mean_pose"] |= quality.measure_motion(still) | quality.measure_movement(still[:2])
    rows["pca"] |= quality.measure(pca.sample(count, window, seed))
    if motion_pca is not None:
        rows["motion_pca"] = errors.of("motion_pca", motion_pca.reconstruct, travels=True)
        samples = motion_pca.sample(count, 1.0, torch.Generator().manual_seed(seed))
        rows["motion_pca"] |= quality.measure(samples)
    return rows


def _model_rows(
    name: str, model: PhraseModel, errors: _Errors, quality: SampleQuality, count: int, seed: int
) -> dict[str, dict[str, float]]:
    """The rows of the model's samples and, if it reconstructs, of training phrases reconstructed."""
    rows = {name: _model_numbers(name, model, errors, seed)}
    own = "normal" if model.has_latents and model.vae.samples_latents else None
    others = list(model.vae.other_priors) if model.has_latents else []
    others += [] if model.prior is None else ["flow"]
    samples = {name: _samples(model, count, seed, own)}
    samples |= {prior_row(name, prior): _samples(model, count, seed, prior) for prior in others}
    for row, phrases in samples.items():
        rows[row] = rows.get(row, {}) | quality.measure(phrases)
    if model.reconstructs:
        training = quality.train.positions_m(evenly_spaced(len(quality.train), count))
        again = torch.cat([model.redraw(phrases, seed) for phrases in training.split(_BATCH)])
        for row, phrases in samples.items():
            rows[row] |= quality.to_reconstructions(phrases, again)
        rows[RECONSTRUCTIONS] = quality.measure(again)
    return rows


def _model_numbers(name: str, model: PhraseModel, errors: _Errors, seed: int) -> dict[str, float]:
    """The errors and latents of the model's own row, as far as it has any."""
    numbers: dict[str, float] = {}
    if model.reconstructs:
        numbers |= errors.of(name, model.reconstruct, model.travels)
    if model.has_latents:
        numbers |= latent_numbers(model, errors.test, seed)
    return numbers


def _samples(model: PhraseModel, count: int, seed: int, prior: str | None) -> Tensor:
    return model.sample(count, 1.0, seed, prior)


@torch.no_grad()
def latent_numbers(model: PhraseModel, windows: MarielDataset, seed: int = 0) -> dict[str, float]:
    """KL, ELBO and active units on windows, with one sample z from each posterior.

    ``elbo_nats`` is a density of the model's own normalised numbers: it compares runs of the same
    normalisation and window length only.
    """
    kl = elbo = 0.0
    means = []
    torch.manual_seed(seed)
    for indices in torch.arange(len(windows)).split(_BATCH):
        batch = model.vae.batch_from_metres(windows.positions_m(indices).to(model.device))
        output = model.vae(batch)
        terms = elbo_terms(output.posterior, output.prediction, batch)
        kl += float(terms["kl"].sum())
        elbo -= float((terms["nll"] + terms["kl"]).sum())
        means.append(output.posterior.mean)
    variance = torch.cat(means).var(dim=0)
    return {
        "test/kl_nats": kl / len(windows),
        "test/elbo_nats": elbo / len(windows),
        "test/active_units": float((variance > ACTIVE_VARIANCE).sum()),
    }


class _Errors:
    """Measures reconstructions of the same test windows and keeps their errors.

    Args:
        recordings: training recordings, which the unit of the notebook's loss is taken from.
        test: held-out windows.
    """

    def __init__(self, recordings: list[NDArray[np.float32]], test: MarielDataset) -> None:
        self.test = test
        self.by_window: dict[str, RowErrors] = {}
        scale = fit_notebook_normalizer(recordings, test.rate_hz).position_scale
        self.notebook_units_per_metre = float(scale.abs()[0])

    def of(
        self, row: str, reconstruct: Callable[[Tensor], Tensor], travels: bool = False
    ) -> dict[str, float]:
        """The errors of `reconstruct` on the test windows, under the names of the summary.

        A row whose model does not generate a path (`travels`) has no path error.
        """
        skeleton = self.test.skeleton
        errors = ReconstructionErrors(
            self.test.rate_hz, skeleton.root, self.notebook_units_per_metre
        )
        for indices in torch.arange(len(self.test)).split(_BATCH):
            target = self.test.positions_m(indices)
            errors.update(target, reconstruct(target))
        self.by_window[row] = errors.by_window()
        numbers = errors.compute()
        if not travels:
            del numbers["path_error_mm"]
        return {f"test/{name}": value for name, value in numbers.items()}
