"""The pictures of what a trained graph says about pairs of markers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from mariel_gnn.metrics.relations import (
    FAR_HOPS,
    Relations,
    both_ways,
    marker_attention,
    strongest_pairs,
)
from mariel_gnn.models.gnn_vae import GNNVAE
from mariel_gnn.viz.pair_matrix import save_pair_matrix
from mariel_gnn.viz.tie_animation import save_tie_animation
from mariel_gnn.viz.tie_stills import save_tie_stills
from mariel_gnn.viz.ties import Ties

MOST_TIES, MOST_FAR = 40, 20
EVEN, RISE = "attention, times an even share", "rise of the error, mm"
NOT_A_RELATION = (
    "Whom the encoder listens to, not who moves with whom: where it is known which markers follow which "
    "(made-up recordings), attention does not find them."
)
HOW_TO_READ = (
    "How much worse one marker is reconstructed when the other stands still in what the model hears. It "
    "says that two markers move together, not which of them follows; where that is known (made-up "
    "recordings), it finds them."
)
HEAD_HERE = "Attention in this phrase: whom the encoder listens to, not who moves with whom"
HEAD_FAR = "Far pairs that matter most: one tells where the other is"


def draw_relations(
    out: Path,
    run: str,
    network: GNNVAE,
    relations: Relations,
    phrase: Tensor,
    phrase_name: str,
    data_name: str,
) -> Iterator[Path]:
    """Draw attention and influence, yielding each path as it is written.

    Args:
        out: the folder of pictures.
        run: the run's name.
        network: the trained network.
        relations: measured on held-out windows.
        phrase: positions `[T, J, C]` of one window in metres, travelling as recorded.
        phrase_name: recording and seconds of it, in words.
        data_name: what data the windows are of.
    """
    over = f"mean of {relations.windows} test windows of {data_name}"
    own = marker_attention(network, phrase[None].to(network.log_std.device))[0].cpu()
    here, everywhere, far = _listening(own), _listening(relations.attention), _far_ties(relations)
    for still in _stills(everywhere, here, far, over, phrase_name):
        path = out / f"{still.name}.png"
        pose, title = phrase[len(phrase) // 2][None], f"{run}: {still.title}"
        save_tie_stills(pose, relations.skeleton, still.ties, path, title, still.unit, still.note)
        yield path
    path, title = out / "influence.png", f"{run}: what markers tell of each other, {over}"
    rise = relations.influence.rise_mm
    save_pair_matrix(rise, relations.skeleton, path, title, RISE, HOW_TO_READ)
    yield path
    panels = {HEAD_HERE: here} | ({f"{HEAD_FAR}, {over}": far} if far.pairs else {})
    yield from save_tie_animation(
        phrase, relations.skeleton, panels, out / "relations",
        f"{run}: attention, {phrase_name}", network.shape.rate_hz,
    )  # fmt: skip


class _Still(NamedTuple):
    """One picture of ties."""

    name: str
    ties: Ties
    title: str
    unit: str
    note: str


def _stills(
    everywhere: Ties, here: Ties, far: Ties, over: str, phrase_name: str
) -> Iterator[_Still]:
    """What is drawn on a body that stands still."""
    listens = "attention from marker to marker"
    yield _Still("attention", everywhere, f"{listens}, {over}", EVEN, NOT_A_RELATION)
    yield _Still("attention_of_phrase", here, f"{listens}, {phrase_name}", EVEN, NOT_A_RELATION)
    if far.pairs:  # a small skeleton need not have any
        title = f"pairs that matter most among those {FAR_HOPS} lines or more apart, {over}"
        yield _Still("far_pairs", far, title, RISE, HOW_TO_READ)


def even_shares(attention: Tensor) -> Tensor:
    """Attention `[..., J, J]` in shares that an even attention over the same edges would give."""
    return attention * attention.gt(0).sum(dim=-1, keepdim=True)


def _listening(attention: Tensor) -> Ties:
    """The pairs that listen most."""
    even = even_shares(attention)
    return _ties(even, strongest_pairs(even, MOST_TIES, both_ways(even) > 0))


def _far_ties(relations: Relations) -> Ties:
    """Far pairs of the highest rise; a rise of nothing or less is none."""
    rise = relations.influence.rise_mm
    helps = both_ways(rise) > 0
    return _ties(rise, strongest_pairs(rise, MOST_FAR, relations.far & helps))


def _ties(score: Tensor, pairs: list[tuple[int, int]]) -> Ties:
    values = both_ways(score)
    return Ties(pairs, [float(values[pair]) for pair in pairs])
