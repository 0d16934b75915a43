"""Labels of files matched to the markers of a skeleton."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mariel_gnn.errors import UserError, nearest_match

SHOWN = 5


def match_labels(
    labels: Sequence[str], markers: Sequence[str], source: str, subject: str | None = None
) -> list[int]:
    """The column of each marker, by name, whatever stands before the names.

    `Anna:LANK`, `Anna_LANK` and `AnnaLANK` are LANK if most markers are found behind the same
    `Anna`; upper and lower case are one.

    Args:
        labels: the file's names.
        markers: the skeleton's names, the J axis.
        source: what to call the file in errors.
        subject: whose markers, where the file holds several dancers.

    Returns:
        Indices into `labels` `[J]`.

    Raises:
        UserError: markers are missing (the text names the nearest labels), or there are two dancers.
    """
    prefix = _prefix(labels, markers, source, subject)
    place = {label.lower(): number for number, label in reversed(list(enumerate(labels)))}
    wanted = [f"{prefix}{marker}".lower() for marker in markers]
    missing = [marker for marker, name in zip(markers, wanted, strict=True) if name not in place]
    if missing:
        raise UserError(_missing(missing, bare_labels(labels), len(markers), source))
    return [place[name] for name in wanted]


def bare_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels without the name of a dancer that stands before each of them (up to a colon)."""
    stripped = [label.rpartition(":")[2] for label in labels]
    return tuple(stripped) if len(set(stripped)) == len(stripped) else tuple(labels)


def of_subject(labels: Sequence[str], subject: str | None, source: str) -> list[int]:
    """The columns of one dancer, by the name before the colon; all where no two dancers are named.

    Raises:
        UserError: there are several and none is asked for, or the one asked for is not there.
    """
    owners = [label.rpartition(":")[0] for label in labels]
    least = max(4, len(labels) / 8)  # a prop is no dancer
    dancers = [owner for owner in dict.fromkeys(owners) if owner and owners.count(owner) >= least]
    if subject is None and len(dancers) > 1:
        raise _several(dancers, source)
    if subject is not None and subject not in dancers:
        hint = nearest_match(subject, dancers)
        raise UserError(f"{source}: has no markers of '{subject}'.{hint} Take another --subject")
    wanted = subject or next(iter(dancers), None)
    return [index for index, owner in enumerate(owners) if wanted is None or owner == wanted]


def _prefix(labels: Sequence[str], markers: Sequence[str], source: str, subject: str | None) -> str:
    """What stands before the markers' names: the text behind which most of them are found."""
    found: Counter[str] = Counter()
    for marker in markers:
        endings = [label for label in labels if label.lower().endswith(marker.lower())]
        found.update({label[: len(label) - len(marker)] for label in endings})
    if subject is not None:
        return _prefix_of(found, subject, source)
    ranked = sorted(found, key=lambda prefix: (-found[prefix], len(prefix)))
    dancers = [prefix for prefix in ranked if found[prefix] > len(markers) / 2]
    if len(dancers) > 1:
        raise _several([prefix.rstrip(":_- ") or "(no name)" for prefix in dancers], source)
    return ranked[0] if ranked else ""


def _prefix_of(found: Counter[str], subject: str, source: str) -> str:
    named = {prefix.rstrip(":_- "): prefix for prefix, _ in reversed(found.most_common())}
    if subject not in named:
        hint = nearest_match(subject, named)
        raise UserError(f"{source}: has no markers of '{subject}'.{hint} Take another --subject")
    return named[subject]


def _several(dancers: Sequence[str], source: str) -> UserError:
    both = " and ".join(sorted(dancers))
    return UserError(f"{source}: holds the dancers {both}: say whose markers to take (--subject)")


def _missing(missing: Sequence[str], labels: Sequence[str], of: int, source: str) -> str:
    told = [marker + _nearest(marker, labels) for marker in missing[:SHOWN]]
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return (
        f"{source}: lacks {len(missing)} of the skeleton's {of} markers: {', '.join(told)}{more}: "
        "rename them in the file, or take a skeleton of its own marker set (experiments.prepare makes one)"
    )


def _nearest(marker: str, labels: Sequence[str]) -> str:
    found = nearest_match(marker, labels)
    return f" (nearest: {found.split(chr(39))[1]})" if found else ""
