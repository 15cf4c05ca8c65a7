"""A member's loans on which bank and ledger differ, folded from the member's entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from api.cases.bank import BankSide, loans_without_payment
from api.cases.state import states_of
from api.ledger.entries import Entry
from model.policy.controls import Controls
from model.reconciliation.comparison import Difference, Side


@dataclass(frozen=True)
class Differing:
    """A loan on which the two differ.

    Attributes
    ----------
    decision_id : str or None
        The decision of the payment; None for a loan without one.
    outstanding_yuan : int
        What the ledger has outstanding today.
    """

    bank: BankSide
    difference: Difference
    place_code: str
    decision_id: str | None = None
    outstanding_yuan: int = 0

    @property
    def side(self) -> Side | None:
        """Whose figure holds; None while it is open."""
        return self.bank.side(self.difference)

    @property
    def extra_yuan(self) -> int:
        """What counts beside what the ledger has outstanding; may be below 0."""
        return self.difference.extra_yuan(self.side, self.outstanding_yuan)

    def exposure_yuan(self, side: Side | None) -> int:
        """Return what counts as out under `side`; None is the larger of the two."""
        extra = self.difference.extra_yuan(side, self.outstanding_yuan)
        return max(self.outstanding_yuan + extra, 0)

    def less_yuan(self, side: Side) -> int:
        """Return how much less counts under `side` than while it is open."""
        return self.exposure_yuan(None) - self.exposure_yuan(side)

    def less_yuan_alone(self, actor: str, since: date) -> int:
        """Return how much less counts by what `actor` settled alone after the day `since`."""
        word = self.bank.settled_alone(self.difference)
        return self.less_yuan(word.side) if word and word.by == actor and word.on > since else 0

    def is_second(self, side: Side, actor: str) -> bool:
        """Return whether somebody else than `actor` said the same as the first of two."""
        first = self.bank.awaiting(self.difference)
        return first is not None and first.side == side and first.by != actor


def takes_two(
    found: Differing,
    every: Iterable[Differing],
    side: Side,
    actor: str,
    on: date,
    controls: Controls,
) -> bool:
    """Return whether two people must settle `found` for `side`, because so much less would count.

    What `actor` settled alone lately on the member's other loans counts with it, so that a large
    amount in several loans is no different from the same amount in one.

    Parameters
    ----------
    every
        All differences of the member.
    """
    less = found.less_yuan(side)
    since = on - timedelta(days=controls.settlements_summed_days)
    others = (each for each in every if each.bank.loan != found.bank.loan)
    alone = sum(each.less_yuan_alone(actor, since) for each in others)
    return less > 0 and less + alone > controls.two_people_pay_above_yuan


def differences_of(entries: Iterable[Entry]) -> list[Differing]:
    """Return the loans of a member on which bank and ledger differ, settled or not.

    Parameters
    ----------
    entries
        All entries on the member, oldest first.
    """
    known = list(entries)
    found = [
        Differing(draw.bank, draw.difference, state.place_code, state.decision_id,
                  draw.outstanding_yuan)
        for state in states_of(known)
        for draw in state.draws
        if draw.bank and draw.difference
    ]  # fmt: skip
    return found + [
        Differing(side, difference, side.place_code)
        for side in loans_without_payment(known).values()
        if (difference := side.difference(None))
    ]
