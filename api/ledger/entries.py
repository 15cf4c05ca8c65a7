"""The entries of the ledger, one for each event in order, and the ids that they carry."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from api.ledger.tables import entries

#: ``REPEATED``: another officer made a request that is already decided and got that decision.
Kind = Literal[
    "DECISION", "REPEATED",
    "REVIEW_REQUESTED", "REVIEW_CLAIMED", "REVIEW_ASSIGNED", "REVIEW_DECIDED", "OVERRIDDEN",
    "DISBURSEMENT_PROPOSED", "DISBURSED", "CANCELLATION_PROPOSED", "DISBURSEMENT_CANCELLED",
    "PROPOSAL_WITHDRAWN",
    "REPAID", "REPAYMENT_CANCELLED",
    "BANK_REPORTED", "DIFFERENCE_SETTLED",
    "CONSENT_GIVEN", "CONSENT_WITHDRAWN", "VISITED", "VISIT_WITHDRAWN", "EXPORTED", "ERASED",
]  # fmt: skip


@dataclass(frozen=True)
class NewEntry:
    """An entry that a command appends.

    Attributes
    ----------
    subject_id : str
        The member's pseudonym; never the member id.
    place_code : str
        Code of the village, 12 digits; it limits who may see the entry.
    actor : str
        The account that acted; never a person's name.
    body : mapping
        Plain JSON values without direct identifiers (name, id number, phone, member id).
    entry_id : str
        A UUID that the command chooses.
    """

    kind: Kind
    subject_id: str
    decision_id: str | None
    place_code: str
    actor: str
    amount_yuan: int | None
    outcome: str | None
    body: Mapping[str, Any]
    entry_id: str


@dataclass(frozen=True)
class Entry(NewEntry):
    """An entry of the chain.

    Attributes
    ----------
    seq : int
        From 1, without gaps.
    recorded_at : datetime
        In UTC.
    answer_digest : str or None
        Seals the answer stored for retries, in the first entry of its command.
    previous, digest : str
        SHA-256 in hex of the previous entry, and of this one including `previous`.
    identity_digest : str or None
        Seals the identity stored with this entry, the first of its subject.
    authority : str or None
        The actor's roles and places and the audit row that grants them, as JSON; see
        `api.core.principal.Principal.authority`. None in entries of earlier releases.
    """

    seq: int
    recorded_at: datetime
    answer_digest: str | None
    previous: str
    digest: str
    identity_digest: str | None = None
    authority: str | None = None


class Outline(NamedTuple):
    """An entry without body and seals, as webhooks send it; fields as in `Entry`.

    `recorded_at` is the stored text.
    """

    seq: int
    recorded_at: str
    entry_id: str
    kind: Kind
    subject_id: str
    decision_id: str | None
    place_code: str
    actor: str
    amount_yuan: int | None
    outcome: str | None


class BodyText(FunctionElement[str]):
    """SQL expression for one text in the body of an entry, on either database.

    ``BodyText("answer.valid_until")`` is the text at that path, or null. The database extracts it,
    so that no body is transferred and parsed.
    """

    inherit_cache = True
    type = String()

    def __init__(self, path: str) -> None:
        super().__init__(entries.c.body, literal(path))


@compiles(BodyText, "sqlite")
def _for_sqlite(element: BodyText, compiler: SQLCompiler, **options: Any) -> str:
    body, path = (compiler.process(each, **options) for each in element.clauses)
    return f"json_extract({body}, '$.' || {path})"


@compiles(BodyText, "postgresql")
def _for_postgres(element: BodyText, compiler: SQLCompiler, **options: Any) -> str:
    body, path = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST({body} AS JSON) #>> string_to_array({path}, '.'))"


def new_ordered_id() -> str:
    """Return a new UUID of version 7 (RFC 9562, section 5.7): milliseconds, then 74 random bits.

    An index stores ids in order. Ids without order fall on as many pages as there are ids, and each
    of those pages is written at each commit.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    number = (
        (milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (random >> 68 & 0xFFF) << 64
        | 0b10 << 62
        | (random & 0x3FFF_FFFF_FFFF_FFFF)
    )
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
