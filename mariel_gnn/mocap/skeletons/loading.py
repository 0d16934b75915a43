"""The `Skeleton`: marker names, lines to draw, left/right partners, body parts.

A skeleton is a YAML file with these keys; all but `name` and the markers may be left out:

    name: my_markers
    file_rows: [A, B, C, D]        # rows of a file in file order; or `markers:` where they are one
    not_markers: [D]               # rows that are dropped
    root: [A, B]                   # the body's root is their mean (default: all markers)
    edges: [[A, B], [B, C]]        # edges to draw
    pairs: [[A, B]]                # left and right partners, left first
    parts: {arm: [A, B]}           # body parts; a marker is in one part at most

or, for a reduced set, `subset_of: NAME`, `markers: [...]` and `extra_edges: [...]`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.mocap.skeletons.skeleton import Skeleton

_FOLDER = Path(__file__).parent
_KEYS = (
    "name",
    "file_rows",
    "not_markers",
    "markers",
    "root",
    "edges",
    "pairs",
    "parts",
    "subset_of",
    "extra_edges",
)


def shipped_skeletons() -> list[str]:
    """The names of the marker sets that come with the package."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@cache
def shipped_by_size() -> tuple[Skeleton, ...]:
    """The marker sets that come with the package: what fits a whole set is not to be taken for a part."""
    return tuple(sorted(map(load_skeleton, shipped_skeletons()), key=len, reverse=True))


def load_skeleton(name: str | Path) -> Skeleton:
    """Load and check a marker set.

    Args:
        name: a shipped set (`shipped_skeletons()`) or the path of a YAML file.

    Raises:
        UserError: no such set or file, or the file breaks a rule; the text names file and rule.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = _FOLDER / f"{name}.yaml"
        if not path.exists():
            hint = nearest_match(str(name), shipped_skeletons())
            raise UserError(
                f"no skeleton '{name}'.{hint} Shipped are {', '.join(shipped_skeletons())}; "
                "another marker set is given by the path of its YAML file"
            )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"skeleton {path}: cannot be read ({why})") from error
    except yaml.YAMLError as error:
        raise UserError(f"skeleton {path}: is not YAML ({' '.join(str(error).split())})") from error
    return skeleton_from_dict(content, str(path))


def skeleton_from_dict(content: Any, source: str = "skeleton") -> Skeleton:
    """Build and check a skeleton from the content of its YAML file.

    Args:
        content: the mapping read from YAML.
        source: what to call it in errors.

    Raises:
        UserError: a rule is broken; the text names `source`, the rule and the nearest match.
    """
    if not isinstance(content, dict):
        raise UserError(
            f"skeleton {source}: expected keys such as name, markers, lines; found "
            f"{type(content).__name__}"
        )
    for key in content:
        if key not in _KEYS:
            raise UserError(
                f"skeleton {source}: unknown key '{key}'.{nearest_match(str(key), _KEYS)}"
                f" Known keys: {', '.join(_KEYS)}"
            )
    if "subset_of" in content:
        content = _filled_from_parent(content, source)
    return _Parser(content, source).skeleton()


def reduce_skeleton(skeleton: Skeleton, markers: Collection[str], name: str) -> Skeleton:
    """The marker set restricted to some of its markers.

    Args:
        skeleton: the whole set.
        markers: the names to keep, in any order.
        name: of the reduced set.

    Raises:
        UserError: fewer than two are left.
    """
    kept = [marker for marker in skeleton.markers if marker in set(markers)]
    content = {"markers": kept} | _described(kept, skeleton.to_dict()) | {"name": name}
    return skeleton_from_dict(content, name)


def combine_skeletons(dancers: Mapping[str, Skeleton]) -> Skeleton:
    """One marker set of several dancers, each name behind its dancer's: `Anna:LANK`.

    Lines, partners and body parts stay each dancer's own.

    Args:
        dancers: the marker set of each, by name.
    """
    whole: dict[str, Any] = {"name": " and ".join(dancers), "parts": {}}
    for dancer, skeleton in dancers.items():
        own = skeleton.to_dict()
        for key in ("markers", "root", "edges", "extra_edges", "pairs"):
            whole[key] = whole.get(key, []) + _named(own[key], dancer)
        whole["parts"] |= {
            f"{dancer} {part}": _named(m, dancer) for part, m in own["parts"].items()
        }
    return skeleton_from_dict(whole, whole["name"])


def _named(names: Any, dancer: str) -> Any:
    """Names, or lists of them, behind a dancer's."""
    return f"{dancer}:{names}" if isinstance(names, str) else [_named(n, dancer) for n in names]


def _filled_from_parent(content: dict[str, Any], source: str) -> dict[str, Any]:
    """The mapping of a reduced set, completed by what its parent says of the kept markers."""
    parent = load_skeleton(content["subset_of"]).to_dict()
    if "markers" not in content:
        raise UserError(f"skeleton {source}: 'subset_of' needs 'markers': list those that are kept")
    return _described(content["markers"], parent) | {
        key: value for key, value in content.items() if key != "subset_of"
    }


def _described(markers: Sequence[str], parent: Mapping[str, Any]) -> dict[str, Any]:
    """What a marker set's mapping says of some of its markers."""
    kept = set(markers)
    said = {key: parent[key] for key in ("file_rows", "not_markers")}
    for key in ("edges", "extra_edges", "pairs"):
        said[key] = [pair for pair in parent[key] if kept.issuperset(pair)]
    said["root"] = [marker for marker in parent["root"] if marker in kept]
    parts = {part: [m for m in members if m in kept] for part, members in parent["parts"].items()}
    return said | {"parts": {part: members for part, members in parts.items() if members}}


class _Parser:
    """Turns names into indices, checking every rule on the way."""

    def __init__(self, content: dict[str, Any], source: str) -> None:
        self.content, self.source = content, source
        rows = self._names(content.get("file_rows", content.get("markers")), "file_rows")
        self.file_rows = tuple(rows)
        self.not_markers = tuple(self._names(content.get("not_markers", []), "not_markers"))
        for name in self.not_markers:
            self._known(name, rows, "not_markers")
        kept = [row for row in rows if row not in self.not_markers]
        self.markers = tuple(self._names(content.get("markers", kept), "markers"))
        for name in self.markers:
            self._known(name, rows, "markers")
        if len(self.markers) < 2:
            self._fail("needs at least two markers")

    def skeleton(self) -> Skeleton:
        """The skeleton, all rules checked."""
        edges = self._index_pairs("edges")
        extra = self._index_pairs("extra_edges")
        self._no_edge_twice([*edges, *extra])
        pairs = self._index_pairs("pairs")
        self._each_marker_once([marker for pair in pairs for marker in pair], "pairs")
        parts = self._parts()
        named = self._names(self.content.get("root", []), "root") or self.markers
        root = tuple(self._index(name, "root") for name in named)
        return Skeleton(
            name=str(self.content.get("name", Path(self.source).stem)),
            markers=self.markers,
            file_rows=self.file_rows,
            edges=(*edges, *extra),
            pairs=pairs,
            parts=parts,
            root=root,
            extra_edges=len(extra),
            not_markers=self.not_markers,
        )

    def _fail(self, rule: str) -> None:
        raise UserError(f"skeleton {self.source}: {rule}")

    def _names(self, value: Any, key: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self._fail(f"'{key}' must be a list of names (quote names such as 'NO' or '10')")
        names: list[str] = list(value)
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            self._fail(f"'{key}' names {', '.join(sorted(twice))} twice")
        return names

    def _known(self, name: str, allowed: Sequence[str], key: str) -> None:
        if name not in allowed:
            self._fail(f"'{key}' names '{name}', which is no marker.{nearest_match(name, allowed)}")

    def _index(self, name: Any, key: str) -> int:
        self._known(str(name), self.markers, key)
        return self.markers.index(str(name))

    def _index_pairs(self, key: str) -> tuple[tuple[int, int], ...]:
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(pair, list) and len(pair) == 2 for pair in value
        ):
            self._fail(f"'{key}' must be a list of pairs such as [LHEL, LTOE]")
        pairs = tuple((self._index(a, key), self._index(b, key)) for a, b in value)
        for a, b in pairs:
            if a == b:
                self._fail(f"'{key}' joins {self.markers[a]} to itself")
        return pairs

    def _no_edge_twice(self, edges: Sequence[tuple[int, int]]) -> None:
        seen: set[frozenset[int]] = set()
        for a, b in edges:
            if frozenset((a, b)) in seen:
                self._fail(f"'edges' has {self.markers[a]}-{self.markers[b]} twice")
            seen.add(frozenset((a, b)))

    def _each_marker_once(self, indices: Sequence[int], key: str) -> None:
        for index in indices:
            if indices.count(index) > 1:
                self._fail(f"'{key}' has {self.markers[index]} more than once")

    def _parts(self) -> dict[str, tuple[int, ...]]:
        value = self.content.get("parts", {})
        if not isinstance(value, dict):
            self._fail("'parts' must map a body part to its markers")
        parts = {
            str(part): tuple(self._index(name, "parts") for name in self._names(members, "parts"))
            for part, members in value.items()
        }
        self._each_marker_once([index for members in parts.values() for index in members], "parts")
        return parts
