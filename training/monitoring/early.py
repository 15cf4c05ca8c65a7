"""How loans that are not ripe yet will end, from what ripe ones looked like at the same point.

A roll-rate table: of the ripe loans that stood where this one stands (same kind of repayment, as
many months before its label is decided, the same worst arrears so far), the share that ended bad.
It is a chain ladder on states instead of sums (Mack 1993, *ASTIN Bulletin* 23; Siddiqi 2006,
ch. 3, roll rates). What strikes all loans of a season alike after the day is not foreseen: the
intervals hold chance by loan and the table's own doubt, not the next drought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.scorecard import Floats, Ints
from training.monitoring.book import Book
from training.monitoring.curves import quarters
from training.vintages import BAD, GOOD, INDETERMINATE, UNRIPE

#: Worst days past due so far, from which each state but the first begins.
STATES = (1, 30, 60, 90)
#: Months before the decision are told apart up to this many.
_MOST_MONTHS = 30
_DRAWS = 400
#: Loans of the same state at any time, counted as so many at this one.
_PRIOR_LOANS = 5.0


@dataclass(frozen=True)
class EarlyRow:
    """One quarter's loans that are not ripe: how many are bad already, how many will be.

    Attributes
    ----------
    late : int
        Already 30 or more days past due.
    foreseen, low, high : float
        Loans that will have ended bad, with a 95 % interval.
    expected : float
        What the card expected of them when they applied; NaN if unknown.
    """

    quarter: str
    loans: int
    late: int
    bad: int
    foreseen: float
    low: float
    high: float
    expected: float


def early_rows(book: Book, pd: Floats, seed: int) -> tuple[EarlyRow, ...]:
    """Return what is foreseen of the unripe loans of `book` by quarter, oldest first.

    Parameters
    ----------
    pd : Floats
        Shape (loans,): the card's PD at application, NaN where unknown.
    """
    unripe = np.flatnonzero(book.loans.label == UNRIPE)
    ripe = np.flatnonzero(np.isin(book.loans.label.astype(str), (GOOD, BAD, INDETERMINATE)))
    if not len(unripe) or not len(ripe):
        return ()
    seen, ended_bad = _roll_rates(book, ripe)
    left = np.clip((book.decided - book.last).astype(np.int64), 1, _MOST_MONTHS)
    state = _states(book, np.full(len(left), book.last))
    draws = _drawn(seen, ended_bad, book.bullet, left, state, unripe, seed)
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


def _roll_rates(book: Book, ripe: Ints) -> tuple[Floats, Floats]:
    """Return ripe loans and those that ended bad, by (kind, months before decision, state)."""
    shape = (2, _MOST_MONTHS + 1, len(STATES) + 1)
    seen, ended_bad = np.zeros(shape), np.zeros(shape)
    bad = book.loans.label[ripe] == BAD
    for months in range(1, _MOST_MONTHS + 1):
        then = book.decided - months
        state = _states(book, then)[ripe]
        begun = then[ripe] >= book.loans.vintage[ripe]
        where = (book.bullet[ripe].astype(np.int64), np.full(len(ripe), months), state)
        np.add.at(seen, where, begun.astype(np.float64))
        np.add.at(ended_bad, where, (begun & bad).astype(np.float64))
    return seen, ended_bad


def _states(book: Book, until: NDArray[np.datetime64]) -> Ints:
    """Return each loan's worst state in the months up to `until`, shape (loans,)."""
    worst = np.zeros(len(until), dtype=np.int64)
    inside = book.month <= until[book.place]
    np.maximum.at(worst, book.place[inside], book.days[inside])
    found: Ints = np.digitize(worst, STATES).astype(np.int64)
    return found


def _drawn(
    seen: Floats,
    ended_bad: Floats,
    bullet: NDArray[np.bool_],
    left: Ints,
    state: Ints,
    unripe: Ints,
    seed: int,
) -> Floats:
    """Return whether each unripe loan ends bad in each draw, shape (draws, unripe)."""
    dice = np.random.default_rng(seed)
    of_state = (ended_bad.sum(axis=1, keepdims=True) + 0.5) / (seen.sum(axis=1, keepdims=True) + 1)
    prior = _PRIOR_LOANS * of_state
    alpha, beta = ended_bad + prior, seen - ended_bad + _PRIOR_LOANS - prior
    rates = dice.beta(alpha, beta, size=(_DRAWS, *alpha.shape))
    # Whoever has been 90 days past due is bad, whatever comes.
    rates[..., len(STATES)] = 1.0
    of_loan = rates[:, bullet[unripe].astype(np.int64), left[unripe], state[unripe]]
    drawn: Floats = (dice.random(of_loan.shape) < of_loan).astype(np.float64)
    return drawn
