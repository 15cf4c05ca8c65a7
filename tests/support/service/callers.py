"""Callers of a service under test: an account and a token, without a password."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace

from api.access.account import Account
from api.access.accounts import Accounts
from api.access.issuer import Issuer
from api.core.principal import Role
from api.core.settings import Settings


def headers_of(
    settings: Settings,
    roles: Iterable[Role],
    places: tuple[str, ...] = ("",),
    subject: str = "tester",
    clock: Callable[[], float] = time.time,
) -> dict[str, str]:
    """Return the headers of a caller with these roles and places.

    The account is created or changed as needed; `clock` gives the time of the token.
    """
    account = Account(subject, "no password fits this", frozenset(roles), places)
    with closing(Accounts(settings)) as accounts:
        accounts.prepare()
        stored = accounts.find(subject)
        if stored is None:
            accounts.add([account], "tests")
        elif (stored.roles, stored.places, stored.is_enabled) != (account.roles, places, True):
            accounts.change(
                subject,
                "account_changed",
                "tests",
                lambda was: replace(account, version=was.version),
            )
        current = accounts.find(subject)
    assert current is not None
    return {"Authorization": f"Bearer {Issuer(settings.home, clock).token(current)}"}
