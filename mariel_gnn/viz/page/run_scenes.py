"""The scenes of a run's report: reconstructions, samples, and the map that leads to them."""

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
from mariel_gnn.viz.relation_pictures import NOT_A_RELATION, even_shares

TEMPERATURES = (0.5, 1.0, 1.5, 2.0)
SAMPLES_EACH = 3
BEST_AND_WORST = 3
MOST_POINTS, MOST_POSITIONS = 200, 96 * 128 * 53  # on the map: a report stays under 5 MB
RECONSTRUCTIONS, SAMPLES = "Test phrases", "Samples"


@dataclass(frozen=True)
class RunScenes:
    """What a report plays.

    Attributes:
        run: the run's name.
        model: the trained model.
        test: held-out windows.
        errors_mm: `[N]` the model's error of each of them; None if it does not reconstruct.
        data_name: what data this is, for the titles.
        seed: of the samples.
    """

    run: str
    model: PhraseModel
    test: MarielDataset
    errors_mm: Tensor | None
    data_name: str
    seed: int

    def windows(self) -> dict[int, str | None]:
        """Test windows -> the name on the button: the named ones first; the others are on the map."""
        if self.errors_mm is None:
            return {}
        named = named_windows(self.errors_mm, self.test)
        size = self.test.seq_len * len(self.test.skeleton)
        count = min(MOST_POINTS, max(len(named), MOST_POSITIONS // size))
        others = evenly_spaced(len(self.test), count).tolist()
        return named | {place: None for place in others if place not in named}

    def samples(self) -> Tensor:
        """New phrases `[temperatures, SAMPLES_EACH, T, J, C]`."""
        return torch.stack([self.model.sample(SAMPLES_EACH, t, self.seed) for t in TEMPERATURES])

    def reconstructions(self, windows: Mapping[int, str | None]) -> Iterator[Scene]:
        """A scene for each window: the original and what the model makes of it."""
        if not windows:
            return
        originals = self.test.positions_m(list(windows)).cpu()
        again = self.model.reconstruct(originals)
        attention, told = self._attention(originals), self._told
        for number, (place, name) in enumerate(windows.items()):
            bodies = [
                Body("original", self._clip(originals[number])),
                Body("reconstruction", self._clip(again[number])),
            ]
            title = f"{self.run}: {told[place]}"
            pairs = None if attention is None else attention[number]
            group = None if name is None else RECONSTRUCTIONS
            yield Scene(name or "", title, bodies, group, apart=True, pairs=pairs)

    def sample_scenes(self, samples: Tensor) -> Iterator[Scene]:
        """A scene for each temperature, then one for each sample, for the map."""
        drawn = f"{self.run}: samples, seed {self.seed}, learned from {self.data_name}"
        clips = [[self._clip(sample) for sample in some] for some in samples]
        for temperature, some in zip(TEMPERATURES, clips, strict=True):
            bodies = [Body(f"sample {i}", clip) for i, clip in enumerate(some, start=1)]
            name = f"temperature {temperature:g}"
            yield Scene(name, f"{drawn}, {name}", bodies, SAMPLES, apart=True)
        for temperature, some in zip(TEMPERATURES, clips, strict=True):
            for number, clip in enumerate(some, start=1):
                title = f"{drawn}, temperature {temperature:g}, sample {number}"
                yield Scene("", title, [Body(f"sample {number}", clip)], None)

    def map(self, windows: Mapping[int, str | None], samples: Tensor) -> str:
        """The latents of windows and samples."""
        originals = self.test.positions_m(list(windows)).cpu()
        phrases = torch.cat([originals, samples.flatten(0, 1)])
        latents = self.model.encode(phrases.nan_to_num()).cpu()  # a model may come to nothing
        # Along each recording, so that lines of the map follow the dance.
        places = list(windows)
        order = torch.tensor(places).argsort()
        of, names = window_sources(self.test)[0].tolist(), self.test.recordings
        points = [Point(n, self._told[places[n]], names[of[places[n]]][0]) for n in order.tolist()]
        # Scenes stand in this order: windows, temperatures, single samples.
        points += self._sample_points(len(windows) + len(TEMPERATURES))
        placed = torch.cat([latents[order], latents[len(windows) :]]).double().numpy()
        title = f"{self.run}: latent means of {len(windows)} test phrases and of samples, {self.data_name}"
        planes = projections(placed, len(windows), self.seed)
        return latent_map(planes, points, title, how_to_get_umap(len(windows)))

    @cached_property
    def _told(self) -> list[str]:
        """Each test window in words."""
        where = describe_window_sources(self.test)
        if self.errors_mm is None:
            return where
        errors_mm = self.errors_mm.tolist()
        return [f"{w}, error {e:.0f} mm" for w, e in zip(where, errors_mm, strict=True)]

    def _sample_points(self, first_scene: int) -> list[Point]:
        each = [(t, number) for t in TEMPERATURES for number in range(1, SAMPLES_EACH + 1)]
        return [
            Point(
                first_scene + place, f"sample {number}, temperature {t:g}", "sample", is_sample=True
            )
            for place, (t, number) in enumerate(each)
        ]

    def _clip(self, positions: Tensor) -> Clip:
        return Clip(positions, self.model.skeleton, self.test.rate_hz)

    def _attention(self, originals: Tensor) -> list[PairWeights] | None:
        """What the encoder listens to in each window, if it is a graph."""
        if not isinstance(self.model.network, GNNVAE):
            return None
        heard = marker_attention(self.model.network, originals.to(self.model.device))
        shares = even_shares(heard).cpu().double().numpy()
        return [PairWeights(values, "× an even share", NOT_A_RELATION) for values in shares]


def named_windows(errors_mm: Tensor, test: MarielDataset) -> dict[int, str | None]:
    """The windows that stand for all: the median, the best and the worst, none of them overlapping.

    Args:
        errors_mm: `[N]` of all windows.
        test: the windows.

    Returns:
        Window -> what it is.
    """
    order = torch.argsort(errors_mm).tolist()
    named: dict[int, str | None] = {order[len(order) // 2]: "median"}
    for name, ranked in (("best", order), ("worst", order[::-1])):
        chosen = 0
        for place in ranked:
            if chosen < BEST_AND_WORST and not _overlaps(place, named, test):
                chosen += 1
                named[place] = name if chosen == 1 else f"{name} {chosen}"
    return named


def _overlaps(place: int, others: Mapping[int, str | None], test: MarielDataset) -> bool:
    starts = test.starts
    return any(abs(int(starts[place] - starts[other])) < test.seq_len for other in others)


def generation_scenes(result: GenerationResult, skeleton: Skeleton, title: str) -> list[Scene]:
    """Return a scene for each recording; one phrase that was given stands beside what was made of it.

    Args:
        made: recordings, and what they were made from.
        skeleton: their markers.
        title: run, task and phrases in words.
    """
    beside = result.inputs if len(result.inputs) == 1 and not result.transitions else []
    told = f"{title}{_transition_notes(result.transitions)}"
    return [_scene(recording, beside, skeleton, told) for recording in result.recordings]


def _transition_notes(transitions: list[Transition]) -> str:
    """Where what was given ends and what was made begins."""
    where = ", ".join(
        f"{transition.start_s:.1f} to {transition.stop_s:.1f}" for transition in transitions
    )
    return (
        f", {'transitions' if len(transitions) > 1 else 'transition'} at {where} s"
        if transitions
        else ""
    )


def _scene(recording: Recording, beside: list[Recording], skeleton: Skeleton, title: str) -> Scene:
    frames, name = len(recording), recording.name.replace("_", " ")
    bodies = [Body("given", _clip(clip, skeleton), stop=frames) for clip in beside]
    bodies.append(Body(name, _clip(recording, skeleton)))
    return Scene(name, f"{title}: {name}", bodies, apart=len(bodies) > 1)


def _clip(recording: Recording, skeleton: Skeleton) -> Clip:
    return Clip(recording.positions, skeleton, recording.rate_hz)
