"""What a stretch of the ledger adds to the sums and to the queue, reckoned by the database.

It reckons beside the interpreter, where decisions go on meanwhile, and hands over a row a village
and year, and a row a case that may still wait, instead of every entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

from sqlalchemy import Connection

from api.lending.booked_statements import COUNTED, RULED, TURNS
from api.lending.state import RULINGS, SECOND_NEEDED


@dataclass
class Sums:
    """What happened in one village in one year, in China; money in yuan.

    Approvals that were overturned and payments that were cancelled are taken off in the year in
    which that happened, as a ledger books them.
    """

    decisions: int = 0
    approved: int = 0
    approved_yuan: int = 0
    disbursements: int = 0
    disbursed_yuan: int = 0

    def __iadd__(self, other: Sums) -> Sums:
        """Add `other`, part by part."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))
        return self


class Stretch(NamedTuple):
    """The entries behind seq `after`, up to seq `upto`."""

    after: int
    upto: int


class Turn(NamedTuple):
    """An entry by which a case begins to wait, waits for a second reviewer, or waits no more.

    Attributes
    ----------
    last_day : str or None
        In China, inclusive, where the entry sets one.
    """

    seq: int
    decision_id: str
    place_code: str
    kind: str
    outcome: str | None
    last_day: str | None

    @property
    def ends(self) -> bool:
        """Whether the case waits no more."""
        return self.kind in RULINGS and not self.asks_for_second

    @property
    def asks_for_second(self) -> bool:
        """Whether a first reviewer approved and a second one is needed."""
        return self.outcome == SECOND_NEEDED


def booked(connection: Connection, stretch: Stretch) -> Iterator[tuple[str, int, Sums]]:
    """Yield (village, year in China, what happened); a village and year may come twice."""
    for place, year, *found in connection.execute(COUNTED, stretch._asdict()):
        yield place, year, Sums(*map(int, found))
    for place, year, approved, yuan in connection.execute(RULED, stretch._asdict()):
        yield place, year, Sums(approved=int(approved), approved_yuan=int(yuan))


def turns(connection: Connection, stretch: Stretch) -> Iterator[Turn]:
    """Yield the turns of cases, in the order of the chain."""
    yield from map(Turn._make, connection.execute(TURNS, stretch._asdict()))
