"""Forecast how unripe loans will end, by chaining the roll rates of the last twelve months.

The state of a loan is its worst arrears so far and the months left until its label is decided. The
roll rates, the shares that move from one state to a worse one within a month, are taken from all
loans that were in that state in the last twelve months, ripe or not, and are chained month by month
(roll rates: Siddiqi 2006, ch. 3; chaining as in Mack 1993, *ASTIN Bulletin* 23). The intervals
cover the chance of each loan and the uncertainty of the rates. They do not cover future events that
hit all loans of a season alike, such as a drought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Floats, Ints
from training.monitoring.book import LoanBook, quarters
from training.samples.vintages import UNRIPE

#: Worst days past due so far, from which each state but the first begins.
STATES = (1, 30, 60, 90)
#: More months before the decision count as this many.
_MAX_MONTHS = 30
_DRAWS = 400
#: Roll rates are taken from this many months: older ones belong to other harvests.
_RECENT_MONTHS = 12
#: Weight, in loans, of the roll rates over all months, added to those of each month.
_PRIOR_LOANS = 5.0


@dataclass(frozen=True)
class EarlyRow:
    """One quarter's unripe loans: how many are bad already, and how many will be.

    Attributes
    ----------
    late : int
        Already 30 or more days past due.
    foreseen, low, high : float
        Forecast of the loans that end bad, with a 95 % interval.
    expected : float
        Bad loans that the card expected at application; NaN if unknown.
    """

    quarter: str
    loans: int
    late: int
    bad: int
    foreseen: float
    low: float
    high: float
    expected: float


def early_rows(book: LoanBook, pd: Floats, seed: int) -> tuple[EarlyRow, ...]:
    """Return the forecast for the unripe loans of `book` by quarter, oldest first.

    Parameters
    ----------
    pd : Floats
        Shape (loans,): the card's PD at application, NaN where unknown.
    """
    unripe = np.flatnonzero(book.loans.label == UNRIPE)
    if not len(unripe):
        return ()
    left = np.clip((book.decided - book.last).astype(np.int64), 1, _MAX_MONTHS)
    state = _states(book, np.full(len(left), book.last))
    draws = _draw_outcomes(_roll_counts(book), book.bullet, left, state, unripe, seed)
    quarter = quarters(book.loans.vintage[unripe])
    return tuple(
        _row(str(name), quarter == name, unripe, state, draws, pd) for name in np.unique(quarter)
    )


def _row(
    name: str, inside: NDArray[np.bool_], unripe: Ints, state: Ints, draws: Floats, pd: Floats
) -> EarlyRow:
    at = unripe[inside]
    totals = draws[:, inside].sum(axis=1)
    low, high = np.quantile(totals, [0.025, 0.975])
    return EarlyRow(
        quarter=name,
        loans=len(at),
        late=int((state[at] >= 2).sum()),
        bad=int((state[at] == len(STATES)).sum()),
        foreseen=float(totals.mean()),
        low=float(low),
        high=float(high),
        expected=float(pd[at].sum()),
    )


def _roll_counts(book: LoanBook) -> Floats:
    """Return how many loans rolled within a month, by (kind, months left, from state, to state)."""
    kind = book.bullet.astype(np.int64)
    counts = np.zeros((2, _MAX_MONTHS + 1, len(STATES) + 1, len(STATES) + 1))
    for months in range(1, _MAX_MONTHS + 1):
        then = book.decided - months
        seen = (then >= book.loans.vintage) & (then < book.last)
        seen &= then >= book.last - _RECENT_MONTHS
        before, after = _states(book, then), _states(book, then + 1)
        np.add.at(counts[:, months], (kind[seen], before[seen], after[seen]), 1.0)
    return counts


def _states(book: LoanBook, until: NDArray[np.datetime64]) -> Ints:
    """Return each loan's worst state in the months up to `until`, shape (loans,)."""
    worst = np.zeros(len(until), dtype=np.int64)
    inside = book.month <= until[book.loan]
    np.maximum.at(worst, book.loan[inside], book.days[inside])
    states: Ints = np.digitize(worst, STATES).astype(np.int64)
    return states


def _draw_outcomes(
    rolled: Floats,
    bullet: NDArray[np.bool_],
    left: Ints,
    state: Ints,
    unripe: Ints,
    seed: int,
) -> Floats:
    """Draw whether each unripe loan ends bad, shape (draws, unripe)."""
    rng = np.random.default_rng(seed)
    ends_bad = _chain_rates(rolled, rng)
    of_loan = ends_bad[:, bullet[unripe].astype(np.int64), left[unripe], state[unripe]]
    drawn: Floats = (rng.random(of_loan.shape) < of_loan).astype(np.float64)
    return drawn


def _chain_rates(rolled: Floats, rng: np.random.Generator) -> Floats:
    """Draw the shares that end bad, shape (draws, kinds, months left + 1, states)."""
    states = len(STATES) + 1
    stays = np.eye(states)
    at_any_time = rolled.sum(axis=(0, 1)) + stays
    prior = _PRIOR_LOANS * at_any_time / at_any_time.sum(axis=1, keepdims=True)
    # A Dirichlet draw is a row of gamma draws over its sum; a roll that never occurred stays 0.
    gammas = rng.gamma(rolled + prior, size=(_DRAWS, *rolled.shape))
    share = gammas / gammas.sum(axis=-1, keepdims=True)
    ends_bad = np.zeros((_DRAWS, 2, _MAX_MONTHS + 1, states))
    # A loan that has been 90 days past due stays bad.
    ends_bad[..., -1] = 1.0
    for months in range(1, _MAX_MONTHS + 1):
        chained = np.einsum("dkst,dkt->dks", share[:, :, months], ends_bad[:, :, months - 1])
        ends_bad[:, :, months, :-1] = chained[..., :-1]
    return ends_bad
