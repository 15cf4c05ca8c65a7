"""Checkpoints: signed statements of where the chain stood, kept in the ledger and elsewhere.

Whoever can write the database can also forge a whole new chain; what they cannot do is sign it, nor
take back the lines that were already written outside. One line a commit means that not even the
last acknowledged entry can be cut off unseen; and as each also states where its commit began,
whatever was put in between two commits of the service is covered by neither.

The checkpoint of a commit: signed, and kept in the ledger beside what it seals.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, insert

from api.ledger.chain import AuditSpan, Head, moment
from api.ledger.tables import checkpoints, look_checkpoints

#: More than the lines that workers of one service can write past each other.
_TAIL_BYTES = 64 * 1024

#: How every line of this and earlier releases begins.
_BEGINS = '{"seq":'
#: A line that another worker wrote in the moment one was torn stands behind it on the same line.
_BEGINNING = re.compile(f"(?={re.escape(_BEGINS)})")
_NUMBERS = ("seq", "from_seq", "look", "from_look")


class Span(NamedTuple):
    """What one commit appended: behind the entry `before`, up to `head`; and the same of looks."""

    before: Head
    head: Head
    looks: AuditSpan


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement: at that moment the chain ended at `seq` with `digest`.

    Attributes
    ----------
    looks : str
        Digest of the audit's last row (`api.ledger.chain`); empty in earlier releases.
    from_seq, from_look : int or None
        The last entry and the last look before the commit; None in earlier releases.
    look : int or None
        Number of the audit's last row; None in earlier releases.
    """

    seq: int
    digest: str
    sealed_at: str
    key_id: str
    signature: str
    looks: str = ""
    from_seq: int | None = None
    look: int | None = None
    from_look: int | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Checkpoint:
        """Return the checkpoint stored as `row`, verified by nobody yet."""
        return cls(**{**row, "looks": row["looks"] or ""})

    @property
    def head(self) -> Head:
        """The end of the chain it states."""
        return Head(self.seq, self.digest)

    @property
    def is_bounded(self) -> bool:
        """Whether it states where its commit began, as earlier releases did not."""
        return bool(self.looks) and self.from_seq is not None

    @property
    def reach(self) -> tuple[int, int]:
        """How far it goes in both chains: commits follow each other in this order."""
        return self.seq, self.look or 0

    def line(self) -> str:
        """Return the line of the outside file."""
        return json.dumps(self.__dict__, separators=(",", ":")) + "\n"

    def is_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the holder of the private half of `key` made this statement."""
        bounds = self.from_seq, self.look, self.from_look
        if not self.is_bounded and any(bound is not None for bound in bounds):
            return False  # the statement of an earlier release does not cover them
        try:
            signature = base64.b64decode(self.signature, validate=True)
            key.verify(signature, _statement(self))
        except (InvalidSignature, ValueError, TypeError):
            return False
        # Some letters of the last group may stand for the same bytes.
        return base64.b64encode(signature).decode() == self.signature


def sealed(span: Span, sealed_at: str, key: Ed25519PrivateKey, key_name: str) -> Checkpoint:
    """Return the signed checkpoint of a commit that appended `span`."""
    (before, after), head = span.looks, span.head
    bounds = after.digest, span.before.seq, after.number, before.number
    told = Checkpoint(head.seq, head.digest, sealed_at, key_name, "", *bounds)
    signature = base64.b64encode(key.sign(_statement(told))).decode()
    return Checkpoint(head.seq, head.digest, sealed_at, key_name, signature, *bounds)


def seal_key_id(key: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of the key's SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


class CheckpointFile:
    """The outside file, held open; each line is on disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, checkpoint: Checkpoint) -> None:
        """Write one line, to the disk.

        Raises
        ------
        OSError
            If the line is not on disk whole.
        """
        line = checkpoint.line().encode()
        if self._is_torn:
            line = b"\n" + line
        if os.write(self._file, line) < len(line):
            raise OSError("the line was cut short")
        os.fdatasync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    @property
    def _is_torn(self) -> bool:
        """Whether a crash or a full disk tore the last line, whoever wrote it.

        Looked at before each line: on a full disk the end of a torn line cannot be written either.
        """
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != b"\n"


def lines_of(path: Path, size: int) -> Iterator[tuple[int, Checkpoint | str]]:
    """Yield number and checkpoint of each line that begins within the first `size` bytes.

    Where a line is no checkpoint its text is yielded; what stands behind a torn line is one of its
    own, under the same number.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if size <= 0:
                return
            size -= len(raw)
            line = raw.decode("utf-8", errors="replace")
            for piece in _pieces(line):
                yield number, checkpoint_in(piece) or piece


def is_torn(line: str) -> bool:
    """Return whether a crash may have left `line`: the beginning of one, or zeros."""
    left = line.strip("\0\n")
    return _BEGINS.startswith(left[: len(_BEGINS)]) and not left.endswith("}")


def last_line_of(path: Path) -> Checkpoint | None:
    """Return the checkpoint furthest on among the last lines of the outside file, if any."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            tail = file.read(_TAIL_BYTES).decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    pieces = (piece for line in tail for piece in _pieces(line))
    found = [made for made in map(checkpoint_in, pieces) if made]
    return max(found, key=lambda made: made.reach, default=None)


def checkpoint_in(line: str) -> Checkpoint | None:
    """Return the checkpoint that `line` states, verified by nobody yet; None if it is torn."""
    try:
        told = json.loads(line)
        made = Checkpoint(**told)
    except (ValueError, TypeError):
        return None
    return made if all(_is_formed(name, value) for name, value in told.items()) else None


def _pieces(line: str) -> list[str]:
    return [piece for piece in _BEGINNING.split(line) if piece.strip()]


def _is_formed(name: str, value: object) -> bool:
    if name not in _NUMBERS:
        return type(value) is str
    return type(value) is int or (value is None and name != "seq")


def _statement(made: Checkpoint) -> bytes:
    told = f"{made.seq}\n{made.digest}\n{made.sealed_at}\n{made.key_id}"
    if not made.looks:
        return f"rongzi-checkpoint/1\n{told}".encode()
    if not made.is_bounded:
        return f"rongzi-checkpoint/2\n{told}\n{made.looks}".encode()
    bounds = f"{made.from_seq}\n{made.look}\n{made.from_look}"
    return f"rongzi-checkpoint/3\n{told}\n{made.looks}\n{bounds}".encode()


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
