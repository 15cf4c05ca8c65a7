"""Failed sign-ins by name, known or not, and the lock they lead to; shared by all workers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from sqlalchemy import delete, insert, select, update

from api.access.account_events import ANYBODY, AccountEvent, record
from api.access.tables import attempts
from api.ledger.audit_writing import AuditWriter

MOST_FAILURES = 5
LOCK_SECONDS = 15 * 60


class Attempts:
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
