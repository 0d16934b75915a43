"""The marker sets of several dancers as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mariel_gnn.skeletons.skeleton import Skeleton, skeleton_from_dict


def side_by_side(dancers: Mapping[str, Skeleton]) -> Skeleton:
    """One marker set of several dancers, each name behind its dancer's: `Anna:LANK`.

    Lines, partners and body parts stay each dancer's own.

    Args:
        dancers: the marker set of each, by name.
    """
    whole: dict[str, Any] = {"name": " and ".join(dancers), "parts": {}}
    for dancer, skeleton in dancers.items():
        own = skeleton.to_dict()
        for key in ("markers", "root", "lines", "extra_lines", "pairs"):
            whole[key] = whole.get(key, []) + _named(own[key], dancer)
        whole["parts"] |= {
            f"{dancer} {part}": _named(m, dancer) for part, m in own["parts"].items()
        }
    return skeleton_from_dict(whole, whole["name"])


def _named(names: Any, dancer: str) -> Any:
    """Names, or lists of them, behind a dancer's."""
    return f"{dancer}:{names}" if isinstance(names, str) else [_named(n, dancer) for n in names]
