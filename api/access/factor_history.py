"""What the audit states about second factors, and how a stored one differs from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from api.access.account_events import FACTOR_CONFIRMED, FACTOR_REMOVED
from api.ledger.tables import accesses

#: What the audit row of a removal states instead of a digest.
NO_FACTOR = "none"
_EVENTS = (FACTOR_CONFIRMED, FACTOR_REMOVED)


@dataclass(frozen=True)
class StatedFactor:
    """The last audit row about an account's second factor.

    Attributes
    ----------
    number : int
        Number of the row.
    digest : str or None
        Digest of the sealed secret that was confirmed; None after a removal.
    """

    number: int
    digest: str | None


def factor_digest(sealed_secret: bytes) -> str:
    """Return the digest of an encrypted secret, which the audit states; it reveals nothing."""
    return hashlib.sha256(sealed_secret).hexdigest()


def read_factor(connection: Connection, name: str) -> StatedFactor | None:
    """Return what the audit states about the second factor of `name`; None if nothing."""
    statement = (
        select(accesses.c.account, accesses.c.number, accesses.c.route, accesses.c.detail)
        .where(accesses.c.account == name, accesses.c.detail.is_not(None))
        .where(accesses.c.route.in_(_EVENTS))
        .order_by(accesses.c.number.desc())
        .limit(1)
    )
    rows = connection.execute(statement).mappings().all()
    return stated_factors(map(dict, rows)).get(name)


def stated_factors(rows: Iterable[Mapping[str, Any]]) -> dict[str, StatedFactor]:
    """Return the last statement on each account's second factor of audit `rows`, in order."""
    return {
        row["account"]: StatedFactor(
            row["number"], row["detail"] if row["route"] == FACTOR_CONFIRMED else None
        )
        for row in rows
        if row["route"] in _EVENTS
    }


def factor_defect(row: Mapping[str, Any] | None, stated: StatedFactor | None) -> str | None:
    """Return how the stored second factor `row` differs from the audit; None if they agree."""
    is_confirmed = row is not None and bool(row["is_confirmed"])
    if stated is None or stated.digest is None:
        return "has a second factor that its owner did not confirm" if is_confirmed else None
    if row is None or not is_confirmed:
        return f"lacks the second factor of audit row {stated.number}"
    if factor_digest(bytes(row["sealed_secret"])) != stated.digest:
        return f"has another second factor than audit row {stated.number} states"
    return None
