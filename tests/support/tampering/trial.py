"""Random tamperings of a ledger by somebody who can write its database or its outside file.

Fills a ledger with decisions, a consent, an erasure, looks and account events, then changes a copy
of it in a random way, again and again: any table (`ways`), who is who
(`people`), the audit (`looks`), the accounts (`accounts`), the
database under a running service (`live`), the file of checkpoints
(`outside`). Prints how many of them ``verify-ledger`` found. Nobody here can write both
places, or has the keys.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from api.access.accounts import Account, Accounts
from api.consent.commands import SetConsent
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.in_use import Resources
from api.http.problems import ProblemError
from api.ledger.commands import Command
from api.ledger.database import Location, database_url
from api.ledger.writer import Ledger
from api.persons.commands import Erase
from api.verify.verify import verify_ledger
from tests.support.ledger_filling import asks, fill, look_around
from tests.support.tampering import accounts, looks, outside, people, ways
from tests.support.tampering.live import under_way
from tests.support.tampering.rows import disarmed

_WAYS = (
    *ways.WAYS,
    *people.WAYS,
    *looks.WAYS,
    *accounts.WAYS,
)
#: Of all tamperings: of the file outside, and under a running service.
_OUTSIDE, _LIVE = 0.12, 0.04


def tamper(location: Location, drawn: random.Random) -> str:
    """Change the ledger's database in a random way and return what was done."""
    with disarmed(location.url) as connection:
        return drawn.choice(_WAYS)(connection, drawn)


def filled(resources: Resources, folder: Path, decisions: int) -> Location:
    """Return a new ledger under `folder`: `decisions` and all else that a ledger may hold."""
    settings = Settings(home=folder / "home")
    location = Location.of(settings)
    with closing(Ledger.open(settings)) as ledger:
        fill(ledger, asks(resources, decisions))
        look_around(ledger, 20)
        _with_people(ledger, list(asks(resources, decisions)))
        look_around(ledger, 3)
    with closing(Accounts(settings)) as accounts:
        for name in ("officer-1", "auditor-1"):
            accounts.add([Account(name, "no password", frozenset({"officer"}), ("",))], "console")
        accounts.change(
            "auditor-1", "account_disabled", "console", lambda was: replace(was, is_enabled=False)
        )
    report = verify_ledger(location)
    if not report.is_sound:
        raise SystemExit(f"the ledger is not sound to begin with: {report.findings[:3]}")
    return location


def _with_people(ledger: Ledger, known: list[Decide]) -> None:
    """Take one member's consent back, and erase who may be erased."""
    for make in (_withdraw, _erase):
        for asked in known:
            with suppress(ProblemError):
                ledger.write_now(make(asked))
                break


def _withdraw(asked: Decide) -> Command:
    return SetConsent(None, "officer-1", asked.member_id, False, "paper", asked.resources)


def _erase(asked: Decide) -> Command:
    return Erase(None, "officer-1", asked.member_id, asked.resources)


def more_of(resources: Resources, decisions: int) -> Callable[[], Iterator[Command]]:
    """Return what yields commands that were not asked yet."""
    ahead = list(asks(resources, decisions + 1))[-1:]
    return lambda: iter(ahead)


def tried_on_copies(
    location: Location,
    folder: Path,
    tamperings: int,
    seed: int,
    more: Callable[[], Iterator[Command]],
) -> tuple[Counter[str], list[str]]:
    """Return how often each kind of tampering was tried, and those that were not found.

    Parameters
    ----------
    more
        Yields commands for a service that runs on behind a tampering.
    """
    copy, outside = folder / "tampered.db", folder / "tampered.jsonl"
    moved = replace(location, url=database_url(f"sqlite:///{copy}", copy), outside=outside)
    tried: Counter[str] = Counter()
    missed = []
    for number in range(tamperings):
        drawn = random.Random(f"{seed} {number}")
        for side in (copy.with_name("tampered.db-wal"), copy.with_name("tampered.db-shm")):
            side.unlink(missing_ok=True)
        shutil.copyfile(str(location.url.database), copy)
        shutil.copyfile(location.outside, outside)
        done = _tampered(moved, drawn, more)
        tried[done] += 1
        if verify_ledger(moved).is_sound:
            missed.append(f"{number}: {done}")
    return tried, missed


def _tampered(
    location: Location, drawn: random.Random, more: Callable[[], Iterator[Command]]
) -> str:
    chance = drawn.random()
    if chance < _OUTSIDE:
        return drawn.choice(outside.WAYS)(location.outside, drawn)
    if chance < _OUTSIDE + _LIVE:
        return under_way(location, drawn, more)
    return tamper(location, drawn)
