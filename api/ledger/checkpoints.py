"""Checkpoints: signed statements of how far the chains went, one for each commit.

A checkpoint is stored in the ledger and as a line of a file outside it. An attacker who can write
the database can forge a whole new chain, but can neither sign it nor remove the lines already
written outside. One line a commit means that even cutting off the last acknowledged entry is
detected. A checkpoint also states where its commit began, so that rows inserted between two commits
of the service are covered by neither.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, insert

from api.ledger.chain import AuditSpan, Head, format_timestamp
from api.ledger.tables import checkpoints, look_checkpoints

#: Commits whose line may not be written yet. A worker begins no further commit before the line of
#: its last but one is written, so each worker has at most two.
MAX_UNWRITTEN = 16
MAX_UNWRITTEN_AT_START = 2
#: Checkpoints at the end of the file that are compared with the ledger before it is written.
TAIL = 128
_TAIL_BYTES = TAIL * 512
#: The start of every line, in this and earlier releases.
_LINE_START = '{"seq":'
#: If a worker's line is torn, the next line of another worker follows it on the same line.
_BEFORE_LINE_START = re.compile(f"(?={re.escape(_LINE_START)})")
_INTEGER_FIELDS = ("seq", "from_seq", "look", "from_look")
_INTO_CHECKPOINTS = insert(checkpoints)
_INTO_AUDIT_CHECKPOINTS = insert(look_checkpoints)


class Span(NamedTuple):
    """What one commit appended: the entries after `before` up to `head`, and its audit rows."""

    before: Head
    head: Head
    audit: AuditSpan


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement that at `sealed_at` the chain ended at `seq` with `digest`.

    Attributes
    ----------
    looks : str
        Digest of the last audit row (`api.ledger.chain`); empty in earlier releases.
    from_seq, from_look : int or None
        The last entry and the last audit row before the commit; None in earlier releases.
    look : int or None
        Number of the last audit row; None in earlier releases.
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
        """Return the checkpoint stored as `row`, not verified yet."""
        return cls(**{**row, "looks": row["looks"] or ""})

    @property
    def head(self) -> Head:
        """The end of the chain that it states."""
        return Head(self.seq, self.digest)

    @property
    def is_bounded(self) -> bool:
        """Whether it states where its commit began; checkpoints of earlier releases do not."""
        return bool(self.looks) and self.from_seq is not None

    @property
    def reach(self) -> tuple[int, int]:
        """Last entry and last audit row; the order of commits."""
        return self.seq, self.look or 0

    def line(self) -> str:
        """Return its line in the checkpoint file."""
        return json.dumps(self.__dict__, separators=(",", ":")) + "\n"

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Return whether the signature was made with the private half of `key`."""
        bounds = self.from_seq, self.look, self.from_look
        if not self.is_bounded and any(bound is not None for bound in bounds):
            return False  # The signature of an earlier release does not cover the bounds.
        try:
            signature = base64.b64decode(self.signature, validate=True)
            key.verify(signature, _signed_bytes(self))
        except (InvalidSignature, ValueError, TypeError):
            return False
        # Several spellings of the last base64 group decode to the same bytes: accept one only.
        return base64.b64encode(signature).decode() == self.signature


def seal_commit(
    connection: Connection, span: Span, now: datetime, key: Ed25519PrivateKey, key_id: str
) -> Checkpoint:
    """Sign `span`, which the open transaction appends, store the checkpoint and return it."""
    checkpoint = sign_checkpoint(span, format_timestamp(now), key, key_id)
    has_entries = span.head.seq > span.before.seq
    into = _INTO_CHECKPOINTS if has_entries else _INTO_AUDIT_CHECKPOINTS
    connection.execute(into, checkpoint.__dict__)
    return checkpoint


def sign_checkpoint(span: Span, sealed_at: str, key: Ed25519PrivateKey, key_id: str) -> Checkpoint:
    """Return the signed checkpoint of a commit that appended `span`."""
    before, after = span.audit
    unsigned = Checkpoint(
        seq=span.head.seq,
        digest=span.head.digest,
        sealed_at=sealed_at,
        key_id=key_id,
        signature="",
        looks=after.digest,
        from_seq=span.before.seq,
        look=after.number,
        from_look=before.number,
    )
    signature = base64.b64encode(key.sign(_signed_bytes(unsigned))).decode()
    return replace(unsigned, signature=signature)


def seal_key_id(key: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of the key's SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def _signed_bytes(checkpoint: Checkpoint) -> bytes:
    fields = [str(checkpoint.seq), checkpoint.digest, checkpoint.sealed_at, checkpoint.key_id]
    version = 1
    if checkpoint.looks:
        version = 2
        fields.append(checkpoint.looks)
    if checkpoint.is_bounded:
        version = 3
        fields += map(str, (checkpoint.from_seq, checkpoint.look, checkpoint.from_look))
    return "\n".join([f"rongzi-checkpoint/{version}", *fields]).encode()


class CheckpointFile:
    """The open checkpoint file; each line is on disk before `append` returns.

    Parameters
    ----------
    may_make
        Make the file if there is none: only for a ledger that never had one.
    """

    def __init__(self, path: Path, *, may_make: bool) -> None:
        if may_make:
            path.parent.mkdir(parents=True, exist_ok=True)
        make = os.O_CREAT if may_make else 0
        self._file = os.open(path, os.O_RDWR | make | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, checkpoint: Checkpoint) -> None:
        """Append one line and wait until it is on disk.

        Raises
        ------
        OSError
            If the whole line is not on disk.
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
        """Whether a crash or a full disk tore the last line, of this or another worker.

        Checked before each line: on a full disk a torn line cannot be completed either.
        """
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != b"\n"


def read_lines(path: Path, size: int) -> Iterator[tuple[str, Checkpoint | str]]:
    """Yield name and checkpoint of each line that begins within the first `size` bytes.

    Yields the text of a line that is no checkpoint. A line that follows a torn one is yielded
    separately, with the same name.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if size <= 0:
                return
            size -= len(raw)
            for line in _split_torn(raw.decode("utf-8", errors="replace")):
                yield f"{path}, line {number}", parse_checkpoint(line) or line


def parts_of(path: Path) -> list[Path]:
    """Return the files that hold the lines of the checkpoint file `path`, oldest first.

    An operator may set lines aside as ``checkpoints-2026.jsonl`` beside ``checkpoints.jsonl``.
    """
    aside = sorted(path.parent.glob(f"{escape(path.stem)}-*{escape(path.suffix)}"))
    return [*aside, *([path] if path.exists() else [])]


def read_tail(path: Path) -> list[Checkpoint] | None:
    """Return the last checkpoints of the file and its parts; None if there is no file."""
    if not path.exists():
        return None
    found: list[Checkpoint] = []
    for part in reversed(parts_of(path)):
        found = _tail_of(part) + found
        if len(found) >= TAIL:
            break
    return found


def _tail_of(path: Path) -> list[Checkpoint]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = file.read(_TAIL_BYTES).decode("utf-8", errors="replace").splitlines()
    parsed = (parse_checkpoint(line) for joined in tail for line in _split_torn(joined))
    return list(filter(None, parsed))


def read_last_checkpoint(path: Path) -> Checkpoint | None:
    """Return the checkpoint that reaches furthest among the last lines of the file, if any."""
    return furthest(read_tail(path) or ())


def furthest(found: Iterable[Checkpoint]) -> Checkpoint | None:
    """Return the checkpoint that reaches furthest, if any."""
    return max(found, key=lambda checkpoint: checkpoint.reach, default=None)


def parse_checkpoint(line: str) -> Checkpoint | None:
    """Return the checkpoint in `line`, not verified yet; None if `line` is no checkpoint."""
    try:
        fields = json.loads(line)
        checkpoint = Checkpoint(**fields)
    except (ValueError, TypeError):
        return None
    return checkpoint if all(_is_typed(name, each) for name, each in fields.items()) else None


def is_torn(line: str) -> bool:
    """Return whether a crash may have left `line`: the start of a checkpoint, or zero bytes."""
    rest = line.strip("\0\n")
    return _LINE_START.startswith(rest[: len(_LINE_START)]) and not rest.endswith("}")


def _split_torn(line: str) -> list[str]:
    return [part for part in _BEFORE_LINE_START.split(line) if part.strip()]


def _is_typed(name: str, value: object) -> bool:
    if name not in _INTEGER_FIELDS:
        return type(value) is str
    return type(value) is int or (value is None and name != "seq")
