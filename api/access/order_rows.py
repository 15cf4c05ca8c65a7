"""Rows of orders in the audit, which account orders and key orders share."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from api.http.free_text import PHONE_DIGITS, longest_number
from api.http.problems import Kind
from api.ledger.audit import AuditTransaction
from api.ledger.audit_seals import is_sealed
from api.ledger.chain import encode_json, format_timestamp
from api.ledger.database import Location
from api.ledger.keys import SEAL_PUBLIC, public_key
from model.errors import AccessError

#: An order that nobody approved and carried out by then has lapsed.
VALID_DAYS = 7
MIN_REASON, MOST_REASON = 5, 500


class OrderRefusedError(AccessError):
    """An order is refused; `kind` is the problem that the service answers with."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(f"{kind.title.en}. {kind.detail.en}")
        self.kind = kind


def refuse_unsealed(connection: Connection, location: Location, rows: Collection[int]) -> None:
    """Refuse audit rows of an order that the service or the console did not seal.

    Raises
    ------
    AccessError
        If there is one: somebody wrote into the database.
    """
    key = public_key(location.keys / SEAL_PUBLIC)
    if not all(is_sealed(connection, number, key) for number in rows):
        raise AccessError(
            "the order was written into the database by somebody else; run rongzi verify-ledger"
        )


def record_row(
    work: AuditTransaction, route: str, actor: str, detail: dict[str, Any], at: str | None = None
) -> None:
    """Append a row about an order to the audit, of the moment `at` or of now."""
    row = {
        "accessed_at": at or format_timestamp(datetime.now(tz=UTC)),
        "actor": actor,
        "route": route,
        "place_code": "",
        "persons": 0,
        # A row that names an account in its own column would be a change of that account.
        "account": None,
        "detail": encode_json(detail),
    }
    work.record([row])


def refuse_bad_reason(because: str) -> None:
    """Refuse a reason that is too short, too long, not one line, or holds a person's number.

    Days and digests of editions are ordinary in it: a number counts from the length of a phone's.

    Raises
    ------
    AccessError
        Saying what is expected.
    """
    plain = because.strip()
    if not MIN_REASON <= len(plain) <= MOST_REASON or not plain.isprintable():
        raise AccessError(f"give a reason of {MIN_REASON} to {MOST_REASON} characters, in one line")
    if longest_number(plain) >= PHONE_DIGITS:
        raise AccessError("give a reason without the number of a person")
