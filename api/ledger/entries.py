"""What the ledger holds: one entry per thing that happened, in the order it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

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
