"""The scenes of a run's report and of generated recordings, and the report's map of latents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.windows import evenly_spaced
from mariel_gnn.evaluation.relations import marker_attention
from mariel_gnn.evaluation.window_errors import describe_window_sources, window_sources
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.generation.tasks import GenerationResult, Transition
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.viz.page.latent_map import Point, how_to_get_umap, latent_map, projections
from mariel_gnn.viz.page.scenes import Body, Clip, PairWeights, Scene
from mariel_gnn.viz.relation_pictures import NOT_A_RELATION, RELATIVE_ATTENTION, relative_attention

TEMPERATURES = (0.5, 1.0, 1.5, 2.0)
SAMPLES_EACH = 3
BEST_AND_WORST = 3
MOST_POINTS, MOST_POSITIONS = 200, 96 * 128 * 53  # of test windows; keep a report under 5 MB
RECONSTRUCTIONS, SAMPLES = "Test phrases", "Samples"


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
    """

    run: str
    model: PhraseModel
    test: MarielDataset
    errors_mm: Tensor | None
    data_name: str
    seed: int

    def windows(self) -> dict[int, str | None]:
        """Return window -> name on its button, or None for windows that are on the map only."""
        if self.errors_mm is None:
            return {}
        named = named_windows(self.errors_mm, self.test)
        size = self.test.seq_len * len(self.test.skeleton)
        count = min(MOST_POINTS, max(len(named), MOST_POSITIONS // size))
        others = evenly_spaced(len(self.test), count).tolist()
        return named | {window: None for window in others if window not in named}

    def samples(self) -> Tensor:
        """Return sampled phrases `[temperatures, SAMPLES_EACH, T, J, C]` in metres."""
        return torch.stack([self.model.sample(SAMPLES_EACH, t, self.seed) for t in TEMPERATURES])

    def reconstructions(self, windows: Mapping[int, str | None]) -> Iterator[Scene]:
        """Yield a scene for each window: the original and its reconstruction, side by side."""
        if not windows:
            return
        originals = self.test.positions_m(list(windows)).cpu()
        reconstructions = self.model.reconstruct(originals)
        attention, descriptions = self._attention(originals), self._descriptions
        for number, (window, name) in enumerate(windows.items()):
            bodies = [
                Body("original", self._clip(originals[number])),
                Body("reconstruction", self._clip(reconstructions[number])),
            ]
            title = f"{self.run}: {descriptions[window]}"
            pairs = None if attention is None else attention[number]
            group = None if name is None else RECONSTRUCTIONS
            yield Scene(name or "", title, bodies, group, side_by_side=True, pairs=pairs)

    def sample_scenes(self, samples: Tensor) -> Iterator[Scene]:
        """Yield a scene for each temperature, then one for each sample, which the map opens."""
        about = f"{self.run}: samples, seed {self.seed}, trained on {self.data_name}"
        clips = [[self._clip(sample) for sample in some] for some in samples]
        for temperature, some in zip(TEMPERATURES, clips, strict=True):
            bodies = [Body(f"sample {i}", clip) for i, clip in enumerate(some, start=1)]
            name = f"temperature {temperature:g}"
            yield Scene(name, f"{about}, {name}", bodies, SAMPLES, side_by_side=True)
        for temperature, some in zip(TEMPERATURES, clips, strict=True):
            for number, clip in enumerate(some, start=1):
                title = f"{about}, temperature {temperature:g}, sample {number}"
                yield Scene("", title, [Body(f"sample {number}", clip)], None)

    def map(self, windows: Mapping[int, str | None], samples: Tensor) -> str:
        """Return the map of the latents of windows and samples, as HTML."""
        originals = self.test.positions_m(list(windows)).cpu()
        phrases = torch.cat([originals, samples.flatten(0, 1)])
        latents = self.model.encode(phrases.nan_to_num()).cpu()  # a diverged model samples NaN
        # In the order of each recording, along which the map draws its lines.
        indices = list(windows)
        order = torch.tensor(indices).argsort()
        sources, names = window_sources(self.test)[0].tolist(), self.test.recordings
        points = [
            Point(n, self._descriptions[indices[n]], names[sources[indices[n]]][0])
            for n in order.tolist()
        ]
        # The order of the scenes: windows, temperatures, single samples.
        points += self._sample_points(len(windows) + len(TEMPERATURES))
        ordered = torch.cat([latents[order], latents[len(windows) :]]).double().numpy()
        title = f"{self.run}: latent means of {len(windows)} test phrases and of samples, {self.data_name}"
        planes = projections(ordered, len(windows), self.seed)
        return latent_map(planes, points, title, how_to_get_umap(len(windows)))

    @cached_property
    def _descriptions(self) -> list[str]:
        """Recording, seconds and error of each test window, in words."""
        sources = describe_window_sources(self.test)
        if self.errors_mm is None:
            return sources
        errors_mm = self.errors_mm.tolist()
        return [
            f"{source}, error {error:.0f} mm"
            for source, error in zip(sources, errors_mm, strict=True)
        ]

    def _sample_points(self, first_scene: int) -> list[Point]:
        each = [(t, number) for t in TEMPERATURES for number in range(1, SAMPLES_EACH + 1)]
        return [
            Point(scene, f"sample {number}, temperature {t:g}", "sample", is_sample=True)
            for scene, (t, number) in enumerate(each, start=first_scene)
        ]

    def _clip(self, positions: Tensor) -> Clip:
        return Clip(positions, self.model.skeleton, self.test.rate_hz)

    def _attention(self, originals: Tensor) -> list[PairWeights] | None:
        """Return the encoder's attention in each window, or None for a model without attention."""
        if not isinstance(self.model.network, GNNVAE):
            return None
        attention = marker_attention(self.model.network, originals.to(self.model.device))
        shares = relative_attention(attention).cpu().double().numpy()
        return [PairWeights(values, RELATIVE_ATTENTION, NOT_A_RELATION) for values in shares]


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


def generation_scenes(result: GenerationResult, skeleton: Skeleton, title: str) -> list[Scene]:
    """Return a scene for each generated recording; a single input is shown beside its variations.

    Args:
        result: the recordings and their inputs.
        skeleton: their markers.
        title: run, task and phrases in words.
    """
    beside = result.inputs if len(result.inputs) == 1 and not result.transitions else []
    about = f"{title}{_transition_note(result.transitions)}"
    return [_scene(recording, beside, skeleton, about) for recording in result.recordings]


def _transition_note(transitions: list[Transition]) -> str:
    """Return the times of the transitions, in words."""
    if not transitions:
        return ""
    times = ", ".join(f"{each.start_s:.1f} to {each.stop_s:.1f}" for each in transitions)
    return f", {'transitions' if len(transitions) > 1 else 'transition'} at {times} s"


def _scene(recording: Recording, beside: list[Recording], skeleton: Skeleton, title: str) -> Scene:
    frames, name = len(recording), recording.name.replace("_", " ")
    bodies = [Body("input", _clip(clip, skeleton), stop=frames) for clip in beside]
    bodies.append(Body(name, _clip(recording, skeleton)))
    return Scene(name, f"{title}: {name}", bodies, side_by_side=len(bodies) > 1)


def _clip(recording: Recording, skeleton: Skeleton) -> Clip:
    return Clip(recording.positions, skeleton, recording.rate_hz)
