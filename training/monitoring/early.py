"""How loans that are not ripe yet will end: this year's roll rates, chained to the decision.

A loan stands in a state, its worst arrears so far, a number of months before its label is decided.
The share that rolls from one state to a worse one within a month is taken from every loan that
stood there in the last twelve months, ripe or not, and the months are chained (roll rates: Siddiqi
2006, ch. 3; chaining as in Mack 1993, *ASTIN Bulletin* 23). What strikes all loans of a season
alike after the day is not foreseen: the intervals hold chance by loan and the rates' own doubt, not
the next drought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Floats, Ints
from training.monitoring.book import Book, quarters
from training.samples.vintages import UNRIPE

#: Worst days past due so far, from which each state but the first begins.
STATES = (1, 30, 60, 90)
#: Months before the decision are told apart up to this many.
_MOST_MONTHS = 30
_DRAWS = 400
#: Roll rates are those of this many months: older ones belong to other harvests.
_RECENT_MONTHS = 12
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
    if not len(unripe):
        return ()
    left = np.clip((book.decided - book.last).astype(np.int64), 1, _MOST_MONTHS)
    state = _states(book, np.full(len(left), book.last))
    draws = _drawn(_rolled(book), book.bullet, left, state, unripe, seed)
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


def _rolled(book: Book) -> Floats:
    """Return how many loans rolled within a month, by (kind, months left, from state, to state)."""
    kind = book.bullet.astype(np.int64)
    counts = np.zeros((2, _MOST_MONTHS + 1, len(STATES) + 1, len(STATES) + 1))
    for months in range(1, _MOST_MONTHS + 1):
        then = book.decided - months
        seen = (then >= book.loans.vintage) & (then < book.last)
        seen &= then >= book.last - _RECENT_MONTHS
        before, after = _states(book, then), _states(book, then + 1)
        np.add.at(counts[:, months], (kind[seen], before[seen], after[seen]), 1.0)
    return counts


def _states(book: Book, until: NDArray[np.datetime64]) -> Ints:
    """Return each loan's worst state in the months up to `until`, shape (loans,)."""
    worst = np.zeros(len(until), dtype=np.int64)
    inside = book.month <= until[book.place]
    np.maximum.at(worst, book.place[inside], book.days[inside])
    found: Ints = np.digitize(worst, STATES).astype(np.int64)
    return found


def _drawn(
    rolled: Floats,
    bullet: NDArray[np.bool_],
    left: Ints,
    state: Ints,
    unripe: Ints,
    seed: int,
) -> Floats:
    """Return whether each unripe loan ends bad in each draw, shape (draws, unripe)."""
    dice = np.random.default_rng(seed)
    ends_bad = _chained(rolled, dice)
    of_loan = ends_bad[:, bullet[unripe].astype(np.int64), left[unripe], state[unripe]]
    drawn: Floats = (dice.random(of_loan.shape) < of_loan).astype(np.float64)
    return drawn


def _chained(rolled: Floats, dice: np.random.Generator) -> Floats:
    """Return drawn shares that end bad, shape (draws, kinds, months left + 1, states)."""
    states = len(STATES) + 1
    stays = np.eye(states)
    at_any_time = rolled.sum(axis=(0, 1)) + stays
    prior = _PRIOR_LOANS * at_any_time / at_any_time.sum(axis=1, keepdims=True)
    # A row of a Dirichlet is a row of gammas over its sum; a roll nobody ever made stays at nought.
    gammas = dice.gamma(rolled + prior, size=(_DRAWS, *rolled.shape))
    share = gammas / gammas.sum(axis=-1, keepdims=True)
    ends_bad = np.zeros((_DRAWS, 2, _MOST_MONTHS + 1, states))
    # Whoever has been 90 days past due is bad, whatever comes.
    ends_bad[..., -1] = 1.0
    for months in range(1, _MOST_MONTHS + 1):
        chained = np.einsum("dkst,dkt->dks", share[:, :, months], ends_bad[:, :, months - 1])
        ends_bad[:, :, months, :-1] = chained[..., :-1]
    return ends_bad
