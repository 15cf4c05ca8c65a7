"""Who trained which card, as accounts that signed in to train it.

The name in a card's evidence is what its trainer typed. A row of the audit, chained and sealed,
says which account it was; a card without such a row is approved by two people, of whom one at least
did not train it.
"""

from __future__ import annotations

import json
from contextlib import closing

from sqlalchemy import select

from api.access.order_rows import record_row, refuse_unsealed
from api.ledger.audit import AuditWriter
from api.ledger.database import Location, open_engine
from api.ledger.tables import accesses

_TRAINED = "card_trained"
#: People who approve a card whose trainer is on record, and one whose trainer is not.
APPROVERS_OF_KNOWN, APPROVERS_OF_UNKNOWN = 1, 2


def record_trainer(location: Location, digest: str, account: str) -> None:
    """Record that `account`, which signed in, trained the card with `digest`."""
    with closing(AuditWriter(location)) as writing, writing.begin() as work:
        record_row(work, _TRAINED, account, {"card": digest})


def trainers_of(location: Location, digest: str) -> frozenset[str]:
    """Return the accounts that trained the card with `digest`; empty if none is on record.

    Raises
    ------
    AccessError
        If somebody else wrote such a row into the database.
    LedgerError
        If there is no ledger.
    """
    location.refuse_absent()
    statement = select(accesses).where(accesses.c.route == _TRAINED)
    engine = open_engine(location.url, writes=False)
    try:
        with engine.connect() as connection:
            rows = connection.execute(statement.order_by(accesses.c.number)).mappings()
            of_card = [row for row in rows if json.loads(row["detail"])["card"] == digest]
            refuse_unsealed(connection, location, [row["number"] for row in of_card])
    finally:
        engine.dispose()
    return frozenset(row["actor"] for row in of_card)
