"""Rows inserted between two commits of a running service, which may continue after them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing

from api.access.audit import RecordAccess
from api.core.settings import Settings
from api.ledger.commands import Command
from api.ledger.database import Location
from api.ledger.errors import LedgerAwayError
from api.ledger.writer import Ledger
from tests.support.ledger.filling import record_accesses
from tests.support.tampering.access_record import append_access
from tests.support.tampering.rows import without_triggers
from tests.support.tampering.tables import Way, append_entry

_WAYS: tuple[Way, ...] = (append_entry, append_access)


def tamper_while_running(
    location: Location, rng: random.Random, commands: Callable[[], Iterator[Command]]
) -> str:
    """Append a row while a service runs; the service then writes an access or a command."""
    settings = Settings(
        home=location.keys.parent,
        database_url=location.url.render_as_string(hide_password=False),
        checkpoints=location.outside,
    )
    with closing(Ledger.open(settings)) as ledger:
        record_accesses(ledger, 1)
        with without_triggers(location.url) as connection:
            action = rng.choice(_WAYS)(connection, rng)
        access = RecordAccess("auditor-1", "get_member", "371502", 1, "request", "M1", None)
        command, name = rng.choice(((access, "an access"), (next(commands()), "a decision")))
        try:
            ledger.write_now(command)
        except LedgerAwayError:
            return f"{action} while the service runs, which refuses {name} after it"
    return f"{action} while the service runs, {name} after it"
