"""What somebody puts in between two commits of a running service, which may go on behind it."""

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
from tests.support.ledger_filling import look_around
from tests.support.tampering.looks import append_look
from tests.support.tampering.rows import disarmed
from tests.support.tampering.ways import Way, append_behind

_WAYS: tuple[Way, ...] = (append_behind, append_look)


def under_way(
    location: Location, drawn: random.Random, more: Callable[[], Iterator[Command]]
) -> str:
    """Append something under a running service; it then commits one of `more`, or a look."""
    settings = Settings(
        home=location.keys.parent,
        database_url=location.url.render_as_string(hide_password=False),
        checkpoints=location.outside,
    )
    with closing(Ledger.open(settings)) as ledger:
        look_around(ledger, 1)
        with disarmed(location.url) as connection:
            done = drawn.choice(_WAYS)(connection, drawn)
        behind = RecordAccess("auditor-1", "get_member", "371502", 1, "request", "M1", None)
        asked, name = drawn.choice(((behind, "a look"), (next(more()), "a decision")))
        try:
            ledger.write_now(asked)
        except LedgerAwayError:
            return f"{done} while the service runs, which refuses {name} behind it"
    return f"{done} while the service runs, {name} behind it"
