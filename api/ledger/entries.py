"""What the ledger holds: one entry per thing that happened, in the order it happened.

One text out of the body of an entry, taken by the database: no body comes over to be parsed.

Names of decisions, entries and pseudonyms: random, and yet in the order in which they were made.

A database files a name where it belongs by order. Names without any order fall on as many pages as
there are names, and each of those pages is written whole at each commit.
"""

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

#: ``REPEATED``: another officer asked an open question again and got the first one's decision.
Kind = Literal[
    "DECISION", "REPEATED",
    "REVIEW_REQUESTED", "REVIEW_CLAIMED", "REVIEW_DECIDED", "OVERRIDDEN",
    "DISBURSED", "DISBURSEMENT_CANCELLED",
    "CONSENT_GIVEN", "CONSENT_WITHDRAWN", "EXPORTED", "ERASED",
]  # fmt: skip


@dataclass(frozen=True)
class NewEntry:
    """What a command wants appended.

    Attributes
    ----------
    subject_id : str
        The member's pseudonym; never the member id.
    place_code : str
        The village, 12 digits: it bounds who may see the entry.
    actor : str
        The account that acted; never a person's name.
    body : mapping
        Plain JSON values, without direct identifiers (no name, id number, phone or member id).
    entry_id : str
        A UUID of the command's own making.
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
        Seals the answer kept for retries of the command that began with this entry.
    previous, digest : str
        SHA-256, hex: of the entry before, and of this one with `previous` in it.
    identity_digest : str or None
        Seals the identity that was filed with this entry, the first of its subject.
    """

    seq: int
    recorded_at: datetime
    answer_digest: str | None
    previous: str
    digest: str
    identity_digest: str | None = None


class Outline(NamedTuple):
    """An entry without its body and seal, as other systems are told of it; fields as in `Entry`.

    Its moment is the text that is stored.
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


class InBody(FunctionElement[str]):
    """The text at a path of names, as ``InBody("answer.valid_until")``; null where there is none.

    An expression of SQL over `api.ledger.tables.entries`, on either database.
    """

    inherit_cache = True
    type = String()

    def __init__(self, path: str) -> None:
        super().__init__(entries.c.body, literal(path))


@compiles(InBody, "sqlite")
def _for_sqlite(element: InBody, compiler: SQLCompiler, **told: Any) -> str:
    body, path = (compiler.process(each, **told) for each in element.clauses)
    return f"json_extract({body}, '$.' || {path})"


@compiles(InBody, "postgresql")
def _for_postgres(element: InBody, compiler: SQLCompiler, **told: Any) -> str:
    body, path = (compiler.process(each, **told) for each in element.clauses)
    return f"(CAST({body} AS JSON) #>> string_to_array({path}, '.'))"


def ordered_id() -> str:
    """Return a new UUID of version 7 (RFC 9562, section 5.7): milliseconds, then 74 random bits."""
    moment = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    number = (
        (moment & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (chance >> 68 & 0xFFF) << 64
        | 0b10 << 62
        | (chance & 0x3FFF_FFFF_FFFF_FFFF)
    )
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
