"""Relations between two dancers as tables, a CSV file and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mariel_gnn.files import write_text
from mariel_gnn.metrics.duet_relations import SURE_Z, DuetRelations
from mariel_gnn.metrics.partner_past import PartnerPast

Floats = NDArray[np.float64]

RELATED = 0.05  # greatest false discovery rate of a pair that is called related; level of all tests
MOST_ROWS = 20
HEAD = ("first dancer", "second dancer", "earlier", "by, s", "strength", "p", "q")
HEAD_WITH_PLANTED = (*HEAD, "planted")
TAKES_HEAD = ("take", "related, p", "first predicted", "p", "second predicted", "p")
NOTHING = (
    "No pair of parts is related beyond chance. That can also mean that the take is short, or that the "
    "relation is not one of timed movement."
)
READING = (
    "q is the share of pairs at least as strong as this one that are expected to be chance. 'Earlier' says "
    "whose movement comes first, not who leads: a partner can start late on purpose, and both can follow "
    "the music."
)
ONE_TAKE = "Who leads is not told: one take cannot show it."
_COLUMNS = "first_part,second_part,earlier,strength,lag_s,lag_error_s,p_value,q_value,earlier_z"


def related_pairs(found: DuetRelations) -> list[tuple[int, int]]:
    """The pairs that are related in either direction of time, the strongest first."""
    related = found.q_value.min(axis=0) <= RELATED
    order = np.argsort(-found.strength.max(axis=0)[related], kind="stable")
    return [(int(first), int(second)) for first, second in np.argwhere(related)[order]]


def earlier(found: DuetRelations, first: int, second: int) -> int | None:
    """Whose part is earlier: 0 or 1; None if the data do not tell."""
    z = found.earlier_z[first, second]
    return None if abs(z) < SURE_Z else int(z < 0)


def strongest_side(found: DuetRelations) -> NDArray[np.int64]:
    """The stronger direction of time of each pair, `[P, Q]`."""
    side: NDArray[np.int64] = found.strength.argmax(axis=0)
    return side


def table_head(planted: Floats | None) -> tuple[str, ...]:
    """The columns of `table_rows`."""
    return HEAD if planted is None else HEAD_WITH_PLANTED


def table_rows(
    found: DuetRelations, parts: Sequence[str], planted: Floats | None = None
) -> list[tuple[str, ...]]:
    """The cells of the related pairs, in the columns of `table_head`.

    Args:
        found: the relations.
        parts: names of the parts.
        planted: `[2, P, P]` planted lags in seconds, if they are known.
    """
    rows = []
    for first, second in related_pairs(found):
        row = _cells(found, parts, first, second)
        rows.append(row if planted is None else (*row, _planted(planted[:, first, second])))
    return rows


def _cells(found: DuetRelations, parts: Sequence[str], first: int, second: int) -> tuple[str, ...]:
    at = (strongest_side(found)[first, second], first, second)
    who = earlier(found, first, second)
    return (
        parts[first],
        parts[second],
        "not told" if who is None else ("first", "second")[who],
        f"{found.lag_s[at]:.2f} ± {found.lag_error_s[at]:.2f}",
        f"{found.strength[at]:.2f}",
        f"{found.p_value[at]:.2g}",
        f"{found.q_value[at]:.2g}",
    )


def _planted(lags: Floats) -> str:
    """The planted lag of a pair `[2]`."""
    told = [
        f"{who}, {lag:.2f}"
        for who, lag in zip(("first", "second"), lags, strict=True)
        if np.isfinite(lag)
    ]
    return "together" if len(told) == 2 and lags[0] == 0 else " and ".join(told) or "-"


def take_rows(
    names: Sequence[str], found: DuetRelations, past: PartnerPast
) -> list[tuple[str, ...]]:
    """The evidence of each take, in the columns of `TAKES_HEAD`."""
    return [
        (
            name,
            f"{found.take_p[take]:.2g}",
            *(
                cell
                for dancer in (0, 1)
                for cell in (
                    f"{past.gain[take, dancer]:+.1%}",
                    f"{past.p_value[take, dancer]:.2f}",
                )
            ),
        )
        for take, name in enumerate(names)
    ]


def verdicts(found: DuetRelations, past: PartnerPast) -> list[str]:
    """What the numbers say, and what they do not, in sentences."""
    return [*_on_pairs(found), *_on_leading(past)]


def _on_pairs(found: DuetRelations) -> list[str]:
    pairs = related_pairs(found)
    if not pairs:
        return [NOTHING]
    told = [who for pair in pairs if (who := earlier(found, *pair)) is not None]
    return [
        f"{len(pairs)} of {found.strength[0].size} pairs of parts are related (about {RELATED:.0%} of them "
        f"by chance). In {told.count(0)} the first dancer's part is surely earlier, in {told.count(1)} the "
        f"second's, in {len(pairs) - len(told)} the data do not tell.",
        READING,
    ]


def _on_leading(past: PartnerPast) -> list[str]:
    """Who is predicted better with the partner's past, and whether the data tell who leads."""
    gain = past.gain
    takes = len(gain)
    if takes == 1:
        return [ONE_TAKE]
    better = [int((gain[:, dancer] > 0).sum()) for dancer in (0, 1)]
    more = int((gain[:, 1] > gain[:, 0]).sum())
    p_value = _sign_test(more, takes)
    leads = "first" if more > takes - more else "second"
    told = (
        f"the {leads} dancer's past tells more about the other's future than the reverse"
        if p_value <= RELATED
        else "who leads is not told"
    )
    return [
        f"With the partner's past the first dancer is predicted better than with that past from other "
        f"moments in {better[0]} of {takes} takes, the second in {better[1]}.",
        f"The second gains more than the first in {more} of {takes} takes (sign test, p = {p_value:.2g}): "
        f"{told}.",
    ]


def _sign_test(successes: int, count: int) -> float:
    """The two-sided p-value of a fair coin."""
    from scipy.stats import binomtest  # slow to import

    return float(binomtest(successes, count).pvalue)


def save_relations_csv(path: str | Path, found: DuetRelations, parts: Sequence[str]) -> None:
    """Write all pairs and both directions of time, a row each."""
    lines = [_COLUMNS]
    for side, who in enumerate(("first", "second")):
        for first, first_part in enumerate(parts):
            for second, second_part in enumerate(parts):
                at, sign = (side, first, second), (1, -1)[side]
                lines.append(
                    f"{first_part},{second_part},{who},{found.strength[at]:.4f},{found.lag_s[at]:.4f},"
                    f"{found.lag_error_s[at]:.4f},{found.p_value[at]:.3g},{found.q_value[at]:.3g},"
                    f"{sign * found.earlier_z[first, second]:.2f}"
                )
    write_text(path, "\n".join(lines) + "\n")
