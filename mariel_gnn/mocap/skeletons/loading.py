"""Loads, checks, reduces and combines skeletons.

A skeleton is a YAML file with these keys; only the markers are required:

    name: my_markers
    file_rows: [A, B, C, D]        # rows of a field file in order; or `markers:` if all are markers
    not_markers: [D]               # rows that are dropped
    root: [A, B]                   # the root is their mean (default: all markers)
    edges: [[A, B], [B, C]]        # skeleton edges, for drawing and for graphs
    extra_edges: [[A, C]]          # further edges, not in the field's own list
    pairs: [[A, B]]                # left and right partners, left first
    parts: {arm: [A, B]}           # body parts; a marker belongs to one at most
    aliases: {A: [foo, Foo]}       # other names of a marker in files, case-sensitive

A reduced set has `subset_of: NAME` and `markers: [...]`, and may have `extra_edges: [...]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.files import read_text
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.parsing import ParseError, load_yaml

SKELETON_FILE = "skeleton.yaml"  # beside prepared recordings
# Joint sets of arrays without names, which are recognized by their motion. Files with names are not compared
# with them: many sets contain their names, and would lose their other joints.
ARRAY_SETS = ("coco17", "mediapipe33", "smpl22")
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
    "aliases",
    "subset_of",
    "extra_edges",
)


def shipped_skeletons() -> list[str]:
    """Return the names of the skeletons in this package."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@cache
def shipped_by_size() -> tuple[Skeleton, ...]:
    """Return the skeletons in this package that files are compared with, the largest first.

    A file of the full set also matches a reduced one, so the full set must be tried first. A set with
    aliases is left out: many rigs have its joints, so a file of another rig would match it and lose its
    other joints. Such a set is used only if the user names it.
    """
    shipped = [load_skeleton(name) for name in shipped_skeletons()]
    compared = [one for one in shipped if not one.aliases and one.name not in ARRAY_SETS]
    return tuple(sorted(compared, key=len, reverse=True))


def load_skeleton(name: str | Path) -> Skeleton:
    """Load and check a skeleton.

    Args:
        name: a shipped skeleton (`shipped_skeletons()`) or the path of a YAML file.

    Raises:
        UserError: there is no such skeleton or file, or the file breaks a rule.
    """
    path = expand_home(name)
    if path.suffix not in (".yaml", ".yml"):
        path = _FOLDER / f"{name}.yaml"
        if not path.exists():
            raise UserError(
                f"no skeleton '{name}'.{nearest_match(str(name), shipped_skeletons())} There are "
                f"{', '.join(shipped_skeletons())}; for another one give the path of its YAML file"
            )
    return skeleton_from_dict(_read_yaml(path), str(path))


def _read_yaml(path: Path) -> Any:
    try:
        return load_yaml(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"skeleton {path}: cannot be read ({why}): check the path") from error
    except ParseError as error:
        raise UserError(f"skeleton {path}: is not YAML ({error}): correct that line") from error


def skeleton_from_dict(content: Any, source: str = "skeleton") -> Skeleton:
    """Build and check a skeleton from the content of its YAML file.

    Args:
        content: the mapping in the file.
        source: the file's name in errors.

    Raises:
        UserError: a rule is broken; the message has `source`, the rule and the nearest match.
    """
    if not isinstance(content, dict):
        raise UserError(
            f"skeleton {source}: expected keys such as name, markers, edges; found "
            f"{type(content).__name__}"
        )
    for key in content:
        if key not in _KEYS:
            raise UserError(
                f"skeleton {source}: unknown key '{key}'.{nearest_match(str(key), _KEYS)}"
                f" There are {', '.join(_KEYS)}"
            )
    if "subset_of" in content:
        content = _with_parent(content, source)
    return _Parser(content, source).skeleton()


def reduce_skeleton(skeleton: Skeleton, markers: Collection[str], name: str) -> Skeleton:
    """Reduce a skeleton to some of its markers.

    Args:
        skeleton: the full set.
        markers: the names to keep, in any order.
        name: of the reduced set.

    Raises:
        UserError: fewer than two are kept.
    """
    kept = [marker for marker in skeleton.markers if marker in set(markers)]
    content = {"markers": kept} | _reduced(skeleton.to_dict(), kept) | {"name": name}
    return skeleton_from_dict(content, name)


def combine_skeletons(dancers: Mapping[str, Skeleton]) -> Skeleton:
    """Combine the skeletons of several dancers, with marker names like `Anna:LANK`.

    Edges, pairs and body parts stay within each dancer.

    Args:
        dancers: the skeleton of each, by name.
    """
    combined: dict[str, Any] = {"name": " and ".join(dancers), "parts": {}}
    for dancer, skeleton in dancers.items():
        own = skeleton.to_dict()
        for key in ("markers", "root", "edges", "extra_edges", "pairs"):
            combined[key] = combined.get(key, []) + _prefixed(own[key], dancer)
        combined["parts"] |= {
            f"{dancer} {part}": _prefixed(members, dancer) for part, members in own["parts"].items()
        }
    return skeleton_from_dict(combined, combined["name"])


def add_markers(skeleton: Skeleton, markers: Sequence[str], name: str) -> Skeleton:
    """Add markers without edges at the end of a skeleton, such as those of props.

    Args:
        skeleton: the marker set.
        markers: their names.
        name: of the larger set.

    Raises:
        UserError: the skeleton has one of the names.
    """
    content = skeleton.to_dict()
    del content["file_rows"]
    content |= {"name": name, "markers": [*skeleton.markers, *markers], "not_markers": []}
    return skeleton_from_dict(content, name)


def _prefixed(names: Any, dancer: str) -> Any:
    """Add a dancer's name to a name, or to nested lists of names."""
    return f"{dancer}:{names}" if isinstance(names, str) else [_prefixed(n, dancer) for n in names]


def _with_parent(content: dict[str, Any], source: str) -> dict[str, Any]:
    """Complete the mapping of a reduced set with the reduced mapping of its parent."""
    if not isinstance(content["subset_of"], str):
        raise UserError(
            f"skeleton {source}: 'subset_of' must be the name of a skeleton or its file"
        )
    try:
        parent = load_skeleton(content["subset_of"]).to_dict()
    except RecursionError:
        raise UserError(f"skeleton {source}: 'subset_of' leads back to this file") from None
    markers = content.get("markers")
    if not isinstance(markers, list) or not all(isinstance(name, str) for name in markers):
        raise UserError(f"skeleton {source}: 'subset_of' needs 'markers': list the names to keep")
    return _reduced(parent, markers) | {
        key: value for key, value in content.items() if key != "subset_of"
    }


def _reduced(parent: Mapping[str, Any], markers: Sequence[str]) -> dict[str, Any]:
    """Reduce the mapping of a marker set to some of its markers, without the key `markers`."""
    kept = set(markers)
    reduced = {key: parent[key] for key in ("file_rows", "not_markers")}
    for key in ("edges", "extra_edges", "pairs"):
        reduced[key] = [pair for pair in parent[key] if kept.issuperset(pair)]
    reduced["root"] = [marker for marker in parent["root"] if marker in kept]
    reduced["aliases"] = {m: names for m, names in parent["aliases"].items() if m in kept}
    parts = {part: [m for m in members if m in kept] for part, members in parent["parts"].items()}
    return reduced | {"parts": {part: members for part, members in parts.items() if members}}


class _Parser:
    """Converts names to indices and checks the rules."""

    def __init__(self, content: dict[str, Any], source: str) -> None:
        self.content, self.source = content, source
        rows = self._names(content.get("file_rows", content.get("markers")), "file_rows")
        self.file_rows = tuple(rows)
        self.not_markers = tuple(self._names(content.get("not_markers", []), "not_markers"))
        for name in self.not_markers:
            self._check_name(name, rows, "not_markers")
        dropped = set(self.not_markers)
        kept = [row for row in rows if row not in dropped]
        self.markers = tuple(self._names(content.get("markers", kept), "markers"))
        known = set(rows)
        for name in self.markers:
            self._check_name(name, known, "markers")
        if len(self.markers) < 2:
            self._fail("needs at least two markers")
        self.places = {name: place for place, name in enumerate(self.markers)}

    def skeleton(self) -> Skeleton:
        """Build the skeleton."""
        edges = self._index_pairs("edges")
        extra = self._index_pairs("extra_edges")
        self._check_edges_unique([*edges, *extra])
        pairs = self._index_pairs("pairs")
        self._check_markers_unique([marker for pair in pairs for marker in pair], "pairs")
        root = self._names(self.content.get("root", []), "root") or self.markers
        return Skeleton(
            name=str(self.content.get("name", Path(self.source).stem)),
            markers=self.markers,
            file_rows=self.file_rows,
            edges=(*edges, *extra),
            pairs=pairs,
            parts=self._parts(),
            root=tuple(self._index(name, "root") for name in root),
            extra_edges=len(extra),
            not_markers=self.not_markers,
            aliases=self._aliases(),
        )

    def _fail(self, rule: str) -> NoReturn:
        raise UserError(f"skeleton {self.source}: {rule}")

    def _names(self, value: Any, key: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self._fail(f"'{key}' must be a list of names (quote names such as 'NO' or '10')")
        names: list[str] = list(value)
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            self._fail(f"'{key}' has {', '.join(sorted(twice))} twice: remove one")
        return names

    def _check_name(self, name: str, allowed: Collection[str], key: str) -> None:
        if name not in allowed:
            self._fail(f"'{key}' has unknown marker '{name}'.{nearest_match(name, allowed)}")

    def _index(self, name: Any, key: str) -> int:
        self._check_name(str(name), self.places, key)
        return self.places[str(name)]

    def _index_pairs(self, key: str) -> tuple[tuple[int, int], ...]:
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(pair, list) and len(pair) == 2 for pair in value
        ):
            self._fail(f"'{key}' must be a list of pairs such as [LHEL, LTOE]")
        pairs = tuple((self._index(a, key), self._index(b, key)) for a, b in value)
        for a, b in pairs:
            if a == b:
                self._fail(f"'{key}' connects {self.markers[a]} to itself: remove that pair")
        return pairs

    def _check_edges_unique(self, edges: Sequence[tuple[int, int]]) -> None:
        seen: set[frozenset[int]] = set()
        for a, b in edges:
            if frozenset((a, b)) in seen:
                self._fail(f"'edges' has {self.markers[a]}-{self.markers[b]} twice: remove one")
            seen.add(frozenset((a, b)))

    def _check_markers_unique(self, indices: Sequence[int], key: str) -> None:
        for index, count in Counter(indices).items():
            if count > 1:
                self._fail(f"'{key}' has {self.markers[index]} more than once: keep one")

    def _parts(self) -> dict[str, tuple[int, ...]]:
        value = self.content.get("parts", {})
        if not isinstance(value, dict):
            self._fail("'parts' must map each body part to a list of markers")
        parts = {
            str(part): tuple(self._index(name, "parts") for name in self._names(members, "parts"))
            for part, members in value.items()
        }
        self._check_markers_unique(
            [index for members in parts.values() for index in members], "parts"
        )
        return parts

    def _aliases(self) -> dict[str, tuple[str, ...]]:
        value = self.content.get("aliases", {})
        if not isinstance(value, dict):
            self._fail("'aliases' must map a marker to its other names")
        for marker in value:
            self._check_name(str(marker), self.markers, "aliases")
        aliases = {marker: tuple(self._names(names, "aliases")) for marker, names in value.items()}
        every_name = [name for names in aliases.values() for name in names]
        for name, count in Counter(every_name).items():
            if count > 1:
                self._fail(f"'aliases' has {name} more than once")
        return aliases
