"""The checkpoint of a commit: signed, and kept in the ledger beside what it seals."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert

from api.ledger.chain import moment
from api.ledger.checkpoints import Checkpoint, Span, sealed
from api.ledger.tables import checkpoints, look_checkpoints

_OF_ENTRIES = insert(checkpoints)
_OF_LOOKS_ALONE = insert(look_checkpoints)


def seal_commit(
    connection: Connection, span: Span, now: datetime, key: Ed25519PrivateKey, key_name: str
) -> Checkpoint:
    """Sign `span`, which the open transaction appends, write the row and return its checkpoint."""
    made = sealed(span, moment(now), key, key_name)
    into = _OF_ENTRIES if span.head.seq > span.before.seq else _OF_LOOKS_ALONE
    connection.execute(into, made.__dict__)
    return made
