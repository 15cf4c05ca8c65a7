"""Sign-in with a password and, by policy, a code: rate limits, locks, argon2id hashes (RFC 9106).

An unknown name takes the same steps and the same time as a known one, so that nobody can find out
which accounts exist.
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

from api.access.account import Account
from api.access.account_events import ANONYMOUS, AccountEvent, record
from api.access.accounts import Accounts
from api.access.common_passwords import is_common
from api.access.limits import RateLimits
from api.access.second_factor import Enrolment, SecondFactors
from api.http.fields import EXPECTED, MAX_PASSWORD, MIN_PASSWORD
from api.http.problem_kinds import INVALID_BODY, OVERLOADED, TOO_MANY_ATTEMPTS, WRONG_CREDENTIALS
from api.http.problems import FieldError, ProblemError
from api.ledger.audit import AuditWriter
from api.ledger.tables import attempts

#: Failures that lock a name, and for how long; the count is shared by all workers.
MAX_FAILURES = 5
LOCK_SECONDS = 15 * 60
#: Attempts of one source at once, and per minute; enough for an office behind one address.
_SOURCE_BURST, _SOURCE_PER_MINUTE = 30, 10
#: Password checks at once: each takes 46 MiB and tens of milliseconds of a core.
_MAX_CHECKS, _QUEUE_SECONDS = 2, 2.0
_POLL_SECONDS = 0.02


#: What beside the password an attempt must pass; it raises a `ProblemError` if it does not.
_Second = Callable[[Account], None]


class SignIn:
    """Checks passwords and codes. Its methods block, so the caller runs them on a thread."""

    def __init__(self, accounts: Accounts, factors: SecondFactors | None = None) -> None:
        self._accounts = accounts
        self._factors = factors or SecondFactors(accounts)
        self._attempts = FailedSignIns(accounts.writing)
        self._in_check = _InCheck()
        self._sources = RateLimits(_SOURCE_PER_MINUTE / 60, _SOURCE_BURST)
        self._slots = threading.BoundedSemaphore(_MAX_CHECKS)

    def account(self, name: str, password: str, source: str, code: str | None = None) -> Account:
        """Return the account of that name, password and, where it needs one, one-time code.

        Raises
        ------
        ProblemError
            400 if no enabled account has them or a code is needed; 403 if the policy wants a second
            factor and the account has none; 429 if the name or the source is locked.
        """
        return self._attempt(name, password, source, lambda a: self._factors.check(a, code))

    def enrol(self, name: str, password: str, source: str) -> Enrolment:
        """Return a new secret for the one-time codes of the account; `confirm` lets it count.

        Raises
        ------
        ProblemError
            As `account`, or 409 if the account has a second factor.
        """
        known = self._attempt(name, password, source, self._factors.refuse_confirmed)
        return self._factors.enrol(known)

    def confirm(self, name: str, password: str, source: str, code: str) -> Account:
        """Let the enrolled secret count, if `code` is one of its codes; return the account.

        Raises
        ------
        ProblemError
            As `enrol`, or 400 if the code is wrong.
        """
        return self._attempt(name, password, source, lambda a: self._factors.confirm(a, code))

    def change_password(self, name: str, current: str, new: str, source: str) -> None:
        """Set a new password, which ends every session of the account.

        Raises
        ------
        ProblemError
            400 or 429 as `account`, or 422 if the new password is not acceptable.
        """
        self._attempt(name, current, source, lambda _: None)
        if not is_acceptable(new, name, current):
            raise ProblemError(INVALID_BODY, [FieldError("new_password", EXPECTED["new_password"])])
        self._accounts.change(
            name, "password_changed", name, lambda a: replace(a, password_hash=hash_password(new))
        )

    def _attempt(self, name: str, password: str, source: str, second: _Second) -> Account:
        wait = self._sources.wait(source) or self._begin(name)
        if wait:
            raise _too_many_attempts(wait)
        try:
            account = self._check(name, password, second)
        finally:
            self._in_check.leave(name)
        # A right password takes nothing from the source: an office may sign in all at once.
        self._sources.give_back(source)
        return account

    def _begin(self, name: str) -> int:
        """Begin an attempt on `name`; return the seconds that the name stays locked, or 0.

        Attempts in check count as failures, so that parallel guesses do. Right passwords that come
        together wait for the first of them, which resets the count.
        """
        end = time.monotonic() + _QUEUE_SECONDS
        while wait := self._attempts.begin(name):
            if not self._in_check.has(name) or time.monotonic() >= end:
                return wait
            time.sleep(_POLL_SECONDS)
        self._in_check.enter(name)
        return 0

    def _check(self, name: str, password: str, second: _Second) -> Account:
        known = next(iter(self._accounts.usable(name)), None)
        account = known or _UNKNOWN_ACCOUNT
        if not (self._password_matches(account, password) and account.is_enabled):
            self._attempts.record_failure(name, known.name if known else None)
            raise ProblemError(WRONG_CREDENTIALS)
        try:
            second(account)
        except ProblemError as refusal:
            # The attempt stays counted: a known password does not open endless guesses of codes.
            if refusal.kind == WRONG_CREDENTIALS:
                self._attempts.record_failure(name, name)
            raise
        self._attempts.succeed(name)
        return account

    def _password_matches(self, account: Account, password: str) -> bool:
        if not self._slots.acquire(timeout=_QUEUE_SECONDS):
            raise ProblemError(OVERLOADED)
        try:
            return password_matches(account.password_hash, password)
        finally:
            self._slots.release()


class _InCheck:
    """How many attempts of this process on each name are in check."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def has(self, name: str) -> bool:
        """Return whether an attempt on `name` is in check."""
        with self._lock:
            return name in self._counts

    def enter(self, name: str) -> None:
        """Count an attempt on `name`."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1

    def leave(self, name: str) -> None:
        """Count an attempt on `name` no longer."""
        with self._lock:
            self._counts[name] -= 1
            if not self._counts[name]:
                del self._counts[name]


def _too_many_attempts(seconds: float) -> ProblemError:
    return ProblemError(TOO_MANY_ATTEMPTS, headers={"Retry-After": str(int(seconds) + 1)})


class FailedSignIns:
    """Counts an attempt before its password is checked, so that parallel attempts count too."""

    def __init__(self, writing: AuditWriter, clock: Callable[[], float] = time.time) -> None:
        self._writing, self._clock = writing, clock

    def begin(self, name: str) -> int:
        """Count an attempt on `name` and return 0, or return the seconds that it stays locked."""
        digest, now = _digest(name), int(self._clock())
        with self._writing.begin() as work:
            connection = work.connection
            expired = attempts.c.last_at <= now - LOCK_SECONDS
            connection.execute(delete(attempts).where(expired))
            has_digest = attempts.c.name_digest == digest
            row = connection.execute(select(attempts).where(has_digest)).first()
            if row is None:
                first = {"name_digest": digest, "failures": 1, "last_at": now}
                connection.execute(insert(attempts).values(first))
            elif row.failures >= MAX_FAILURES:
                return int(row.last_at) + LOCK_SECONDS - now
            else:
                changes = {"failures": row.failures + 1, "last_at": now}
                connection.execute(update(attempts).where(has_digest).values(changes))
        return 0

    def record_failure(self, name: str, account: str | None) -> None:
        """Record a failed attempt on `name` in the audit; `account` is None for an unknown name."""
        failures = select(attempts.c.failures).where(attempts.c.name_digest == _digest(name))
        with self._writing.begin() as work:
            events = [AccountEvent("sign_in_failed", account, ANONYMOUS)]
            if (work.connection.execute(failures).scalar() or 0) >= MAX_FAILURES:
                events.append(AccountEvent("sign_in_locked", account, ANONYMOUS))
            record(work, events)

    def succeed(self, name: str) -> None:
        """Reset the count of the account `name` and record its sign-in in the audit."""
        self._reset(AccountEvent("signed_in", name, name))

    def unlock(self, name: str, actor: str) -> None:
        """Reset the count of `name` and record in the audit that `actor` unlocked it."""
        self._reset(AccountEvent("account_unlocked", name, actor))

    def _reset(self, event: AccountEvent) -> None:
        with self._writing.begin() as work:
            has_digest = attempts.c.name_digest == _digest(event.account or "")
            work.connection.execute(delete(attempts).where(has_digest))
            record(work, [event])


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


#: 32 characters of 5 bits, without 0, 1, l and o: people read passwords aloud and write them down.
_LETTERS = "23456789abcdefghijkmnpqrstuvwxyz"
_GROUPS, _GROUP_LENGTH = 4, 5

# At least OWASP's minimum (46 MiB, one pass, one lane); a check takes one core.
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
#: The hash for unknown accounts: a check costs as much as for a known one, and never succeeds.
UNKNOWN_ACCOUNT_HASH = _hasher.hash(secrets.token_urlsafe(32))


def generate_password() -> str:
    """Return a new random password of 100 bits, in groups that can be read aloud."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`, with its own salt and parameters."""
    return _hasher.hash(password)


def password_matches(password_hash: str, password: str) -> bool:
    """Return whether `password_hash` is a hash of `password`."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_acceptable(password: str, account: str, current: str | None = None) -> bool:
    """Return whether `password` meets the rules in `api.http.fields.EXPECTED`."""
    return (
        MIN_PASSWORD <= len(password) <= MAX_PASSWORD
        and account.lower() not in password.lower()
        and password != current
        and not is_common(password)
    )


_UNKNOWN_ACCOUNT = Account("nobody", UNKNOWN_ACCOUNT_HASH, frozenset(), (), is_enabled=False)
