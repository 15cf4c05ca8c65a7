"""Passwords for tokens: one path for every name, known or not, so that none can be found out."""

from __future__ import annotations

import threading
from dataclasses import replace

from api.access.accounts import Account, Accounts
from api.access.attempts import Attempts
from api.access.issuer import Issuer
from api.access.limits import Buckets
from api.access.passwords import (
    EXPECTED_PASSWORD,
    NOBODYS_HASH,
    acceptable,
    fits,
    hashed,
)
from api.problem_kinds import INVALID_BODY, OVERLOADED, TOO_MANY_ATTEMPTS, WRONG_CREDENTIALS
from api.problems import FieldError, ProblemError

#: Attempts of one source at once, and a minute; an office behind one address fits in.
_SOURCE_BURST, _SOURCE_PER_MINUTE = 30, 10
#: An argon2id check takes 46 MiB and tens of milliseconds of a core.
_MOST_AT_ONCE, _QUEUE_SECONDS = 2, 2.0
_NOBODY = Account("nobody", NOBODYS_HASH, frozenset(), (), is_enabled=False)


class SignIn:
    """Checks passwords; its methods block, so they run on a thread."""

    def __init__(self, accounts: Accounts, issuer: Issuer) -> None:
        self._accounts, self._issuer = accounts, issuer
        self._attempts = Attempts(accounts.writing)
        self._sources = Buckets(_SOURCE_PER_MINUTE / 60, _SOURCE_BURST)
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def token(self, name: str, password: str, source: str) -> str:
        """Return a token for the account of that name and password.

        Raises
        ------
        ProblemError
            400 if they do not fit an enabled account; 429 if the name or the source is locked.
        """
        return self._issuer.token(self._proven(name, password, source))

    def change_password(self, name: str, current: str, new: str, source: str) -> None:
        """Set a new password; every token of the account ends.

        Raises
        ------
        ProblemError
            As `token`, or 422 if the new password is not acceptable.
        """
        self._proven(name, current, source)
        if not acceptable(new, name, current):
            raise ProblemError(INVALID_BODY, [FieldError("new_password", EXPECTED_PASSWORD)])
        self._accounts.change(
            name, "password_changed", name, lambda a: replace(a, password_hash=hashed(new))
        )

    def _proven(self, name: str, password: str, source: str) -> Account:
        wait = self._sources.wait(source) or self._attempts.begin(name)
        if wait:
            raise _later(wait)
        found = self._accounts.find(name)
        account = found or _NOBODY
        if not (self._fits(account, password) and account.is_enabled):
            self._attempts.failed(name, found.name if found else None)
            raise ProblemError(WRONG_CREDENTIALS)
        self._attempts.forget(name)
        return account

    def _fits(self, account: Account, password: str) -> bool:
        if not self._places.acquire(timeout=_QUEUE_SECONDS):
            raise ProblemError(OVERLOADED)
        try:
            return fits(account.password_hash, password)
        finally:
            self._places.release()


def _later(seconds: float) -> ProblemError:
    return ProblemError(TOO_MANY_ATTEMPTS, headers={"Retry-After": str(int(seconds) + 1)})
