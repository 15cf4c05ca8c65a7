"""Random tampering with a ledger by somebody who can write its database or its checkpoint file.

A ledger is filled with decisions, a withdrawal of consent, an erasure, access records and account
events. Each trial changes a copy of it at random, and ``verify-ledger`` must find the change.
Nobody here can write both the database and the checkpoint file, and nobody has the keys.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from api.access.account import Account
from api.access.accounts import Accounts
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
from tests.support.ledger.filling import asks, fill, record_accesses
from tests.support.tampering import access_record, accounts, checkpoint_file, identities, tables
from tests.support.tampering.rows import without_triggers
from tests.support.tampering.running_service import tamper_while_running

_WAYS = (*tables.WAYS, *identities.WAYS, *access_record.WAYS, *accounts.WAYS)
#: Shares of all trials that change the checkpoint file, or the database of a running service.
_CHECKPOINT_FILE_SHARE, _RUNNING_SHARE = 0.12, 0.04


def tamper(location: Location, rng: random.Random) -> str:
    """Change the ledger's database at random and return what was done."""
    with without_triggers(location.url) as connection:
        return rng.choice(_WAYS)(connection, rng)


def fill_ledger(resources: Resources, folder: Path, decisions: int) -> Location:
    """Create a ledger under `folder` with `decisions` and everything else a ledger can hold."""
    settings = Settings(home=folder / "home")
    location = Location.of(settings)
    with closing(Ledger.open(settings)) as ledger:
        fill(ledger, asks(resources, decisions))
        record_accesses(ledger, 20)
        _withdraw_and_erase(ledger, list(asks(resources, decisions)))
        record_accesses(ledger, 3)
    with closing(Accounts(settings)) as own:
        for name in ("officer-1", "auditor-1"):
            own.add([Account(name, "no password", frozenset({"officer"}), ("",))], "console")
        own.change(
            "auditor-1", "account_disabled", "console", lambda was: replace(was, is_enabled=False)
        )
    report = verify_ledger(location)
    if not report.is_sound:
        raise SystemExit(f"the new ledger is not sound: {report.findings[:3]}")
    return location


def _withdraw_and_erase(ledger: Ledger, decisions: list[Decide]) -> None:
    """Withdraw the consent of one member, and erase the first member who may be erased."""
    for make in (_withdraw, _erase):
        for decision in decisions:
            with suppress(ProblemError):
                ledger.write_now(make(decision))
                break


def _withdraw(decision: Decide) -> Command:
    return SetConsent(None, "officer-1", decision.member_id, False, "paper", decision.resources)


def _erase(decision: Decide) -> Command:
    return Erase(None, "officer-1", decision.member_id, decision.resources)


def new_commands(resources: Resources, decisions: int) -> Callable[[], Iterator[Command]]:
    """Return a function that yields a command which `fill_ledger` did not write."""
    commands = list(asks(resources, decisions + 1))[-1:]
    return lambda: iter(commands)


def tamper_with_copies(
    location: Location,
    folder: Path,
    trials: int,
    seed: int,
    commands: Callable[[], Iterator[Command]],
) -> tuple[Counter[str], list[str]]:
    """Return how often each kind of tampering was tried, and the trials that were not found.

    Parameters
    ----------
    commands
        Yields commands for a service that continues after a tampering.
    """
    copy, checkpoints = folder / "tampered.db", folder / "tampered.jsonl"
    copied = replace(location, url=database_url(f"sqlite:///{copy}", copy), outside=checkpoints)
    tried: Counter[str] = Counter()
    missed = []
    for number in range(trials):
        rng = random.Random(f"{seed} {number}")
        for side in (copy.with_name("tampered.db-wal"), copy.with_name("tampered.db-shm")):
            side.unlink(missing_ok=True)
        shutil.copyfile(str(location.url.database), copy)
        shutil.copyfile(location.outside, checkpoints)
        action = _tamper_anywhere(copied, rng, commands)
        tried[action] += 1
        if verify_ledger(copied).is_sound:
            missed.append(f"{number}: {action}")
    return tried, missed


def _tamper_anywhere(
    location: Location, rng: random.Random, commands: Callable[[], Iterator[Command]]
) -> str:
    chance = rng.random()
    if chance < _CHECKPOINT_FILE_SHARE:
        return rng.choice(checkpoint_file.WAYS)(location.outside, rng)
    if chance < _CHECKPOINT_FILE_SHARE + _RUNNING_SHARE:
        return tamper_while_running(location, rng, commands)
    return tamper(location, rng)
