"""The scenes of a run's report, and its map of training phrases, test phrases and samples."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.run_data import FEW_WINDOWS
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.relations import marker_attention
from mariel_gnn.evaluation.window_errors import describe_window_sources, window_sources
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.tasks import clip_name
from mariel_gnn.generation.warnings import few_phrases
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.viz.page.latent_map import (
    SAMPLE,
    TEST,
    TRAINING,
    Point,
    how_to_get_umap,
    latent_map,
    projections,
)
from mariel_gnn.viz.page.scenes import Body, Clip, PairWeights, Scene
from mariel_gnn.viz.relation_pictures import NOT_A_RELATION, RELATIVE_ATTENTION, relative_attention

TEMPERATURES = (0.5, 1.0, 1.5, 2.0)
SAMPLES_EACH = 3
BEST_AND_WORST = 3
# Of test and training windows together; keep a report under 5 MB.
MOST_POINTS, MOST_POSITIONS = 200, 96 * 128 * 53
RECONSTRUCTIONS, LEARNED, SAMPLES = "Test phrases", "Training phrases", "Samples"
FEW_ERRORS = (
    "few windows: the number of test phrases is {}, and the next recording may give another error",
    "more test recordings before you compare models",
)


@dataclass(frozen=True)
class RunScenes:
    """The scenes and the map of a report.

    Attributes:
        run: the run's name.
        model: the trained model.
        test: N test windows.
        errors_mm: `[N]` the model's error on each window; None if the model does not reconstruct.
        data_name: name of the data, for the titles.
        seed: random seed of the samples.
        train: training windows, which the map shows too; None for a map without them.
    """

    run: str
    model: PhraseModel
    test: MarielDataset
    errors_mm: Tensor | None
    data_name: str
    seed: int
    train: MarielDataset | None = None

    def scenes(self) -> list[Scene]:
        """Return all scenes: test phrases, training phrases, temperatures, single samples."""
        return [
            *self._reconstructions(self.test, self._windows, self._descriptions, RECONSTRUCTIONS),
            *self._training_scenes(),
            *self._sample_scenes(),
        ]

    def map(self) -> str:
        """Return the map of the latents of all phrases and samples, as HTML."""
        phrases = [self.test.positions_m(list(self._windows)).cpu()]
        if self.train is not None:
            phrases.append(self.train.positions_m(self._training_windows).cpu())
        fitted_on = sum(map(len, phrases))
        every = torch.cat([*phrases, self._samples.flatten(0, 1)])
        latents = self.model.encode(every.nan_to_num()).cpu()  # a diverged model samples NaN
        title = f"{self.run}: latent means of {fitted_on} phrases and of samples, {self.data_name}"
        planes = projections(latents.double().numpy(), fitted_on, self.seed)
        return latent_map(planes, self._points(), title, how_to_get_umap(fitted_on))

    def warnings(self) -> list[tuple[str, str]]:
        """Return what limits the numbers of the report, each with what to try."""
        few, advice = FEW_ERRORS
        found = [(few.format(len(self.test)), advice)] if len(self.test) < FEW_WINDOWS else []
        if self.train is not None:
            found += few_phrases(len(self.train.nodes) / self.train.seq_len)
        return found

    @cached_property
    def _windows(self) -> dict[int, str | None]:
        """Test window -> name on its button, or None for windows that are on the map only."""
        if self.errors_mm is None:
            return {}
        named = named_windows(self.errors_mm, self.test)
        others = evenly_spaced(len(self.test), max(len(named), self._most_windows)).tolist()
        return named | {window: None for window in others if window not in named}

    @cached_property
    def _training_windows(self) -> list[int]:
        if self.train is None or self.errors_mm is None:
            return []
        return evenly_spaced(len(self.train), self._most_windows).tolist()

    @property
    def _most_windows(self) -> int:
        """How many windows of each kind a report takes."""
        kinds = 1 if self.train is None else 2
        size = self.test.seq_len * len(self.test.skeleton)
        return max(1, min(MOST_POINTS, MOST_POSITIONS // size) // kinds)

    @cached_property
    def _samples(self) -> Tensor:
        """Sampled phrases `[temperatures, SAMPLES_EACH, T, J, C]` in metres."""
        return torch.stack([self.model.sample(SAMPLES_EACH, t, self.seed) for t in TEMPERATURES])

    def _reconstructions(
        self,
        data: MarielDataset,
        windows: Mapping[int, str | None],
        descriptions: Mapping[int, str],
        group: str,
    ) -> Iterator[Scene]:
        """Yield a scene for each window: the original and its reconstruction, side by side."""
        if not windows:
            return
        originals = data.positions_m(list(windows)).cpu()
        reconstructions = self.model.reconstruct(originals)
        attention, sources = self._attention(originals), clip_names(data, list(windows))
        for number, (window, name) in enumerate(windows.items()):
            bodies = [
                Body("original", self._clip(originals[number])),
                Body("reconstruction", self._clip(reconstructions[number])),
            ]
            yield Scene(
                name or "",
                f"{self.run}: {descriptions[window]}",
                bodies,
                None if name is None else group,
                side_by_side=True,
                pairs=None if attention is None else attention[number],
                source=sources[number],
            )

    def _training_scenes(self) -> Iterator[Scene]:
        """Yield a scene for each training window that is shown, by name."""
        if self.train is not None:
            names = self._training_descriptions
            yield from self._reconstructions(self.train, names, names, LEARNED)

    def _sample_scenes(self) -> Iterator[Scene]:
        """Yield a scene for each temperature, then one for each sample, which the map opens."""
        about = f"{self.run}: samples, seed {self.seed}, trained on {self.data_name}"
        clips = [[self._clip(sample) for sample in some] for some in self._samples]
        for temperature, some in zip(TEMPERATURES, clips, strict=True):
            bodies = [Body(f"sample {i}", clip) for i, clip in enumerate(some, start=1)]
            name = f"temperature {temperature:g}"
            yield Scene(name, f"{about}, {name}", bodies, SAMPLES, side_by_side=True)
        for temperature, some in zip(TEMPERATURES, clips, strict=True):
            for number, clip in enumerate(some, start=1):
                title = f"{about}, temperature {temperature:g}, sample {number}"
                yield Scene("", title, [Body(f"sample {number}", clip)], None)

    def _points(self) -> list[Point]:
        """The points of the map, in the order of the scenes."""
        points = [
            Point(scene, self._descriptions[window], _recording_of(self.test, window), TEST)
            for scene, window in enumerate(self._windows)
        ]
        for window in self._training_windows:
            assert self.train is not None
            name, recording = self._training_descriptions[window], _recording_of(self.train, window)
            points.append(Point(len(points), name, recording, TRAINING))
        first = len(points) + len(TEMPERATURES)
        each = [(t, number) for t in TEMPERATURES for number in range(1, SAMPLES_EACH + 1)]
        return points + [
            Point(scene, f"sample {number}, temperature {t:g}", "", SAMPLE)
            for scene, (t, number) in enumerate(each, start=first)
        ]

    @cached_property
    def _descriptions(self) -> dict[int, str]:
        """Recording, seconds and error of each test window, in words."""
        sources = describe_window_sources(self.test)
        if self.errors_mm is None:
            return dict(enumerate(sources))
        described = zip(sources, self.errors_mm.tolist(), strict=True)
        return {n: f"{source}, error {mm:.0f} mm" for n, (source, mm) in enumerate(described)}

    @cached_property
    def _training_descriptions(self) -> dict[int, str]:
        """Recording and seconds of the training windows that are shown, in words."""
        if self.train is None:
            return {}
        part = self.train.subset(torch.tensor(self._training_windows, dtype=torch.long))
        described = describe_window_sources(part)
        return {
            window: f"{source}, training phrase"
            for window, source in zip(self._training_windows, described, strict=True)
        }

    def _clip(self, positions: Tensor) -> Clip:
        return Clip(positions, self.model.skeleton, self.test.rate_hz)

    def _attention(self, originals: Tensor) -> list[PairWeights] | None:
        """Return the encoder's attention in each window, or None for a model without attention."""
        if not isinstance(self.model.network, GNNVAE):
            return None
        attention = marker_attention(self.model.network, originals.to(self.model.device))
        shares = relative_attention(attention).cpu().double().numpy()
        return [PairWeights(values, RELATIVE_ATTENTION, NOT_A_RELATION) for values in shares]


def clip_names(data: MarielDataset, windows: Sequence[int]) -> list[str]:
    """Return `FILE@START-STOP` of each of some windows, quoted for a shell."""
    part = data.subset(torch.tensor(windows, dtype=torch.long))
    recordings, starts = window_sources(part)
    names = []
    for recording, start in zip(recordings.tolist(), starts.tolist(), strict=True):
        file, first = data.files[recording]
        clip = clip_name(file, first + start, data.seq_len, data.rate_hz)
        names.append(shlex.quote(clip))
    return names


def _recording_of(data: MarielDataset, window: int) -> str:
    return data.recordings[int(window_sources(data.subset(torch.tensor([window])))[0])][0]


def named_windows(errors_mm: Tensor, test: MarielDataset) -> dict[int, str | None]:
    """Return the windows of median, lowest and highest error, without overlaps.

    Args:
        errors_mm: `[N]`, the error of each window.
        test: the N windows.

    Returns:
        Window -> name.
    """
    order = torch.argsort(errors_mm).tolist()
    named: dict[int, str | None] = {order[len(order) // 2]: "median"}
    for name, ranked in (("best", order), ("worst", order[::-1])):
        chosen = 0
        for window in ranked:
            if chosen < BEST_AND_WORST and not _overlaps(window, named, test):
                chosen += 1
                named[window] = name if chosen == 1 else f"{name} {chosen}"
    return named


def _overlaps(window: int, others: Mapping[int, str | None], test: MarielDataset) -> bool:
    starts = test.starts
    return any(abs(int(starts[window] - starts[other])) < test.seq_len for other in others)
