"""What somebody puts in between two commits of a running service, which may go on behind it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing

from api.access.looks import Look
from api.ledger.commands import Command
from api.ledger.location import Location
from api.ledger.writer import Ledger
from api.problems import ProblemError
from api.settings import Settings
from benchmarks.ledger_filling import look_around
from benchmarks.tampered_rows import disarmed
from benchmarks.tampering_looks import append_look
from benchmarks.tampering_ways import Way, append_behind

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
        behind = Look("auditor-1", "get_member", "371502", 1, "request", "M1", None)
        asked, name = drawn.choice(((behind, "a look"), (next(more()), "a decision")))
        try:
            ledger.write_now(asked)
        except ProblemError:
            return f"{done} while the service runs, which refuses {name} behind it"
    return f"{done} while the service runs, {name} behind it"
