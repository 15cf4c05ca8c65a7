"""Passwords for tokens: one path for every name, known or not, so that none can be found out.

Failed sign-ins by name, known or not, and the lock they lead to; shared by all workers.

Passwords: made, judged, and kept only as argon2id hashes (RFC 9106).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, select, update

from api.access.account_events import ANYBODY, AccountEvent, record
from api.access.accounts import Account, Accounts
from api.access.issuer import Issuer
from api.access.limits import RateLimits
from api.http.fields import EXPECTED, MAX_PASSWORD, MIN_PASSWORD
from api.http.problem_kinds import INVALID_BODY, OVERLOADED, TOO_MANY_ATTEMPTS, WRONG_CREDENTIALS
from api.http.problems import FieldError, ProblemError
from api.ledger.audit import AuditWriter
from api.ledger.tables import attempts

MOST_FAILURES = 5
LOCK_SECONDS = 15 * 60


class FailedSignIns:
    """Counts attempts before they are judged, so that many at once gain nothing."""

    def __init__(self, writing: AuditWriter, clock: Callable[[], float] = time.time) -> None:
        self._writing, self._clock = writing, clock

    def begin(self, name: str) -> int:
        """Count an attempt on `name`, or return for how many more seconds the name is locked."""
        digest, now = _digest(name), int(self._clock())
        with self._writing.begin() as work:
            connection = work.connection
            forgotten = now - LOCK_SECONDS
            connection.execute(delete(attempts).where(attempts.c.last_at <= forgotten))
            at_digest = attempts.c.name_digest == digest
            row = connection.execute(select(attempts).where(at_digest)).first()
            if row is None:
                first = {"name_digest": digest, "failures": 1, "last_at": now}
                connection.execute(insert(attempts).values(first))
            elif row.failures >= MOST_FAILURES:
                return int(row.last_at) + LOCK_SECONDS - now
            else:
                counted = {"failures": row.failures + 1, "last_at": now}
                connection.execute(update(attempts).where(at_digest).values(counted))
        return 0

    def failed(self, name: str, account: str | None) -> None:
        """Put a failed attempt on `name` in the audit; `account` is the one there is, if any."""
        at_digest = attempts.c.name_digest == _digest(name)
        counted = select(attempts.c.failures).where(at_digest)
        with self._writing.begin() as work:
            events = [AccountEvent("sign_in_failed", account, ANYBODY)]
            if (work.connection.execute(counted).scalar() or 0) >= MOST_FAILURES:
                events.append(AccountEvent("sign_in_locked", account, ANYBODY))
            record(work, events)

    def forget(self, name: str, unlocked_by: str | None = None) -> None:
        """Start `name` afresh: it signed in, or somebody unlocked it, which the audit tells."""
        with self._writing.begin() as work:
            counted = attempts.c.name_digest == _digest(name)
            work.connection.execute(delete(attempts).where(counted))
            if unlocked_by:
                record(work, [AccountEvent("account_unlocked", name, unlocked_by)])


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


#: Without 0, 1, l and o: people read these aloud and copy them by hand. 32 signs, 5 bits each.
_SIGNS = "23456789abcdefghijkmnpqrstuvwxyz"
_GROUPS, _GROUP = 4, 5

# At least what OWASP asks for (46 MiB, one pass, one lane); a check takes one core.
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
#: What an unknown account is checked against: it costs what a known one costs, and fits nothing.
NOBODYS_HASH = _hasher.hash(secrets.token_urlsafe(32))


def generate_password() -> str:
    """Return a new random password of 100 bits, in groups that can be read aloud."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`, with its own salt and parameters."""
    return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Return whether `password` is the one that was hashed."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_acceptable(password: str, account: str, current: str | None = None) -> bool:
    """Return whether a person may choose `password`; see `api.http.fields.EXPECTED`."""
    return (
        MIN_PASSWORD <= len(password) <= MAX_PASSWORD
        and account.lower() not in password.lower()
        and password != current
    )


#: Attempts of one source at once, and a minute; an office behind one address fits in.
_SOURCE_BURST, _SOURCE_PER_MINUTE = 30, 10
#: An argon2id check takes 46 MiB and tens of milliseconds of a core.
_MOST_AT_ONCE, _QUEUE_SECONDS = 2, 2.0
_NOBODY = Account("nobody", NOBODYS_HASH, frozenset(), (), is_enabled=False)


class SignIn:
    """Checks passwords; its methods block, so they run on a thread."""

    def __init__(self, accounts: Accounts, issuer: Issuer) -> None:
        self._accounts, self._issuer = accounts, issuer
        self._attempts = FailedSignIns(accounts.writing)
        self._sources = RateLimits(_SOURCE_PER_MINUTE / 60, _SOURCE_BURST)
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
        if not is_acceptable(new, name, current):
            raise ProblemError(INVALID_BODY, [FieldError("new_password", EXPECTED["new_password"])])
        self._accounts.change(
            name, "password_changed", name, lambda a: replace(a, password_hash=hash_password(new))
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
            return password_matches(account.password_hash, password)
        finally:
            self._places.release()


def _later(seconds: float) -> ProblemError:
    return ProblemError(TOO_MANY_ATTEMPTS, headers={"Retry-After": str(int(seconds) + 1)})
