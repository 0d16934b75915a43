"""A run's numbers: its model, and the trivial rows beside it, on the same test windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.normalizing import fit_seed_normalizer
from mariel_gnn.generation import PhraseModel
from mariel_gnn.graphs import measure_pairs
from mariel_gnn.losses import elbo_terms
from mariel_gnn.metrics.baselines import fit_mean_pose, fit_pca
from mariel_gnn.metrics.reconstruction import ReconstructionErrors
from mariel_gnn.metrics.samples import BodyReference, measure_body

ACTIVE_VARIANCE = 0.01  # of the posterior mean over the data; Burda et al., 2016
_MAX_TRAIN_WINDOWS = 2500  # for PCA and the body's reference: 200 MB
_AT_ONCE = 128


@dataclass(frozen=True)
class EvaluationOptions:
    """What the table is made of.

    Args:
        samples: phrases drawn at temperature 1 (usually 64 to 512).
        seed_run: run folder of the seed's model (configs/lstm_vae_seed.yaml) to stand in the table;
            it must not have been trained on this run's test recordings.
    """

    samples: int = 256
    seed_run: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """All numbers of a run.

    Attributes:
        rows: row name -> its numbers, each name with its unit; empty where a row has none.
        by_part_mm: body part -> the model's MPJPE.
        by_window_mm: `[N]` the model's MPJPE of each test window.
    """

    rows: dict[str, dict[str, float]]
    by_part_mm: dict[str, float]
    by_window_mm: Tensor = field(repr=False)

    def summary(self, model: str) -> dict[str, float]:
        """The numbers as `summary.json` names them.

        Args:
            model: the row of the run's own model.
        """
        named: dict[str, float] = {}
        for row, numbers in self.rows.items():
            for name, value in numbers.items():
                key = name if row == model else f"baseline/{row}/{name.removeprefix('test/')}"
                named[f"data/{name.removeprefix('samples/')}" if row == "data" else key] = value
        parts = {
            f"test/parts/{part.replace(' ', '_')}_mpjpe_mm": value
            for part, value in self.by_part_mm.items()
        }
        return named | parts


def evaluate(
    name: str,
    model: PhraseModel,
    train: MarielDataset,
    test: MarielDataset,
    options: EvaluationOptions,
    seed_model: PhraseModel | None = None,
    seed: int = 0,
) -> Evaluation:
    """Measure a model, the mean pose, PCA at the same latent size, and the data itself.

    Args:
        name: the model's row.
        model: the trained model.
        train: training windows: what PCA is fitted on and samples are compared with.
        test: held-out windows.
        options: how much is measured.
        seed_model: the seed's model, if it is to stand in the table.
        seed: of the samples.
    """
    known = train.positions_m(_spread(len(train)))
    recordings = recordings_m(train)
    body = measure_body(known, train.skeleton, train.rate_hz, measure_pairs(recordings))
    errors = _Errors(recordings, test)
    latent_size = model.network.latent_size
    pca, pose = fit_pca(known, latent_size), fit_mean_pose(known)
    window = known.shape[1:]
    del known

    rows: dict[str, dict[str, float]] = {}
    own = errors.of(model.reconstruct)
    rows[name] = _row(own, model.travels) | latent_numbers(model, test, seed)
    rows[name] |= _of_samples(body, model.sample(options.samples, 1.0, seed))
    rows["mean_pose"] = _row(errors.of(pose.reconstruct))
    rows["pca"] = _row(errors.of(pca.reconstruct))
    rows["pca"] |= _of_samples(body, pca.sample(options.samples, window, seed))
    if seed_model is not None:
        rows["seed"] = _row(errors.of(seed_model.reconstruct))
        rows["seed"] |= _of_samples(body, seed_model.sample(options.samples, 1.0, seed))
    rows["data"] = _of_samples(body, test.positions_m(torch.arange(len(test))))
    by_part = own.by_part_mm(test.skeleton.parts)
    return Evaluation(rows, by_part, own.by_window_mm())


@torch.no_grad()
def latent_numbers(model: PhraseModel, windows: MarielDataset, seed: int = 0) -> dict[str, float]:
    """KL, ELBO and active units on windows, z drawn once from each posterior.

    ``elbo_nats`` is a density of the model's own normalised numbers: runs of one normalisation and
    one window length can be compared by it.
    """
    kl = elbo = 0.0
    means = []
    torch.manual_seed(seed)
    for indices in torch.arange(len(windows)).split(_AT_ONCE):
        batch = model.network.batch_from_metres(windows.positions_m(indices).to(model.device))
        output = model.network(batch)
        terms = elbo_terms(output, batch)
        kl += float(terms.kl.sum())
        elbo -= float((terms.nll + terms.kl).sum())
        means.append(output.posterior.mean)
    variance = torch.cat(means).var(dim=0)
    return {
        "test/kl_nats": kl / len(windows),
        "test/elbo_nats": elbo / len(windows),
        "test/active_units": float((variance > ACTIVE_VARIANCE).sum()),
    }


class _Errors:
    """Measures anything that reconstructs, on the same test windows."""

    def __init__(self, recordings: list[NDArray[np.float32]], test: MarielDataset) -> None:
        self.test = test
        scale = fit_seed_normalizer(recordings, test.rate_hz).position_scale
        self.seed_units_per_metre = float(scale.abs()[0])

    def of(self, reconstruct: Callable[[Tensor], Tensor]) -> ReconstructionErrors:
        """The errors of what `reconstruct` makes of the test windows `[N, T, J, C]`."""
        skeleton = self.test.skeleton
        errors = ReconstructionErrors(self.test.rate_hz, skeleton.root, self.seed_units_per_metre)
        for indices in torch.arange(len(self.test)).split(_AT_ONCE):
            target = self.test.positions_m(indices)
            errors.update(target, reconstruct(target))
        return errors


def _row(errors: ReconstructionErrors, travels: bool = False) -> dict[str, float]:
    """Errors under the names of the summary; that of the path only where the path is told."""
    numbers = errors.compute()
    if not travels:
        del numbers["path_error_mm"]
    return {f"test/{name}": value for name, value in numbers.items()}


def recordings_m(dataset: MarielDataset) -> list[NDArray[np.float32]]:
    """The dataset's recordings `[T, J, C]` in metres as arrays, travelling as recorded."""
    positions = dataset.normalizer.positions_to_metres(dataset.nodes[..., :3])
    if dataset.normalizer.xy_centering:
        positions[..., :2] += dataset.path_m[:, None]
    return [part.numpy() for part in positions.split([length for _, length in dataset.recordings])]


def _spread(count: int) -> Tensor:
    """At most `_MAX_TRAIN_WINDOWS` indices, evenly spread."""
    return torch.arange(0, count, max(1, -(-count // _MAX_TRAIN_WINDOWS)))


def _of_samples(body: BodyReference, positions: Tensor) -> dict[str, float]:
    return {f"samples/{name}": value for name, value in body.measure(positions).items()}
