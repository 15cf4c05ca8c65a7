"""Fill a large ledger quickly, with real decisions and chained copies of them.

The copies have new ids and are chained and sealed. They lack the stored answers for retries, which
no fold reads.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta

from sqlalchemy import insert, select

from api.core.calendar import date_in_china
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.in_use import Resources
from api.ledger.chain import Head, append_audit_rows, chain_entry, entry_from_row, format_timestamp
from api.ledger.checkpoints import Span, seal_commit, seal_key_id
from api.ledger.database import Location, open_engine
from api.ledger.entries import NewEntry
from api.ledger.keys import read_keys
from api.ledger.store import utc_now
from api.ledger.tables import entries
from api.ledger.transaction import read_head
from api.ledger.writer import Ledger
from tests.support.ledger.filling import asks, fill

#: Real decisions of each of the two periods.
_REAL = 1_000
_BATCH = 1_000


def fill_large(ledger: Ledger, settings: Settings, resources: Resources, count: int) -> None:
    """Fill an empty ledger to `count` entries, two thirds of them from earlier years."""
    for is_past, share in ((True, 2 / 3), (False, 1.0)):
        fill(ledger, _commands(resources, is_past))
        _copy(Location.of(settings), int(count * share))


def _commands(resources: Resources, is_past: bool) -> Iterator[Decide]:
    """Yield commands on distinct questions, of earlier years or of today."""
    today = date_in_china(utc_now())
    for number, command in enumerate(asks(resources, _REAL)):
        idempotency = command.idempotency and replace(
            command.idempotency, key=f"{is_past} {number}"
        )
        day = today - timedelta(days=60 + number % 700) if is_past else today
        yield replace(command, idempotency=idempotency, today=day)


def _copy(location: Location, count: int) -> None:
    """Append copies of the last real entries up to `count`, sealed as one commit."""
    engine = open_engine(location.url, writes=True)
    with engine.begin() as connection:
        start, rows = read_head(connection), []
        head = start
        found = select(entries).where(entries.c.seq > head.seq - _REAL)
        real = [entry_from_row(dict(row)) for row in connection.execute(found).mappings()]
        for number in range(count - head.seq):
            entry = real[number % len(real)]
            ids = {"decision_id": str(uuid.uuid4()), "entry_id": str(uuid.uuid4())}
            values = {each.name: getattr(entry, each.name) for each in fields(NewEntry)} | ids
            row = chain_entry(NewEntry(**values), head, format_timestamp(entry.recorded_at), None)
            head = Head(row["seq"], row["digest"])
            rows.append(row)
        for first in range(0, len(rows), _BATCH):
            connection.execute(insert(entries), rows[first : first + _BATCH])
        accesses = append_audit_rows(connection, [])
        key = read_keys(location.keys, may_make=False).seal
        name = seal_key_id(key.public_key())
        seal_commit(connection, Span(start, head, accesses), utc_now(), key, name)
    engine.dispose()
