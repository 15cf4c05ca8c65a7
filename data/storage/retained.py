"""What the law keeps of erased people: sealed, read by nothing, destroyed when its time has come.

```
<home>/retained/<12 hex>-<24 hex>.sealed    one file per erasure, mode 0600
<home>/keys/retained.key                    256 bits; without it nobody can read or find a person
```
The first part of a name is a keyed digest of the member id, so that a court's question can be
answered and a list of the folder names nobody. The first line says until when it is kept.
"""

from __future__ import annotations

import hmac
import io
import json
import os
import secrets
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from data.storage.key_files import KeyFile, create
from data.storage.private_files import drafted
from model.errors import StorageError

FORMAT = "rongzi-retained/1"
_KEY, _KEY_BYTES, _NONCE_BYTES = "retained.key", 32, 12
_REMEDY = "restore it from backup: what the law keeps of erased people cannot be read without it"


@dataclass(frozen=True)
class Retained:
    """One sealed file: until when it is kept, and how many rows of which tables it holds."""

    path: Path
    until: date
    rows: Mapping[str, int]


def retain(home: Path, member_id: str, tables: Mapping[str, pa.Table], until: date) -> Retained:
    """Seal the person's rows of `tables` until `until`; it is durable when this returns.

    Raises
    ------
    StorageError
        If the key cannot be used.
    """
    key = _key(home, may_make=True)
    name = f"{_index(key, member_id)}-{secrets.token_hex(12)}.sealed"
    rows = {table: content.num_rows for table, content in tables.items()}
    head = json.dumps({"format": FORMAT, "until": until.isoformat(), "rows": rows}).encode() + b"\n"
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, zlib.compress(_packed(tables)), head + name.encode())
    path = _folder(home) / name
    with drafted(path) as draft, draft.open("wb") as file:
        file.write(head + nonce + sealed)
        file.flush()
        os.fsync(file.fileno())
    return Retained(path, until, rows)


def retained(home: Path) -> list[Retained]:
    """Return everything that is kept, by name.

    Raises
    ------
    StorageError
        If a file is damaged.
    """
    return [_read_head(path)[0] for path in sorted(_folder(home).glob("*.sealed"))]


def open_retained(home: Path, member_id: str) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Yield the rows kept of `member_id` by table, one mapping for each erasure.

    Raises
    ------
    StorageError
        If the key is missing, or a file was altered.
    """
    if not _folder(home).exists():
        return
    key = _key(home, may_make=False)
    for path in sorted(_folder(home).glob(f"{_index(key, member_id)}-*.sealed")):
        _, head, sealed = _read_head(path)
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            packed = zlib.decompress(AESGCM(key).decrypt(nonce, rest, head + path.name.encode()))
        except (InvalidTag, zlib.error) as error:
            raise StorageError(f"{path}: was altered; restore it from backup") from error
        yield _unpacked(packed)


def expire(home: Path, today: date) -> list[Retained]:
    """Destroy what is kept no longer on `today`; return it."""
    over = [each for each in retained(home) if each.until <= today]
    for each in over:
        each.path.unlink()
    return over


def _folder(home: Path) -> Path:
    return home / "retained"


def _key(home: Path, *, may_make: bool) -> bytes:
    path = home / "keys" / _KEY
    if may_make and not path.exists():
        create(path, secrets.token_bytes(_KEY_BYTES))
    key = KeyFile(path, StorageError, _REMEDY).secret()
    if len(key) != _KEY_BYTES:
        raise StorageError(f"{path}: not a key of {_KEY_BYTES} bytes; {_REMEDY}")
    return key


def _index(key: bytes, member_id: str) -> str:
    return hmac.digest(key, b"rongzi-retained-index/1\n" + member_id.encode(), "sha256").hex()[:12]


def _read_head(path: Path) -> tuple[Retained, bytes, bytes]:
    head, _, sealed = path.read_bytes().partition(b"\n")
    try:
        told = json.loads(head)
        if told["format"] != FORMAT:
            raise ValueError(told["format"])
        found = Retained(path, date.fromisoformat(told["until"]), told["rows"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}: is damaged; restore it from backup") from error
    return found, head + b"\n", sealed


def _packed(tables: Mapping[str, pa.Table]) -> bytes:
    buffer = io.BytesIO()
    for name, rows in tables.items():
        part = io.BytesIO()
        with pa.ipc.new_stream(part, rows.schema) as stream:
            stream.write_table(rows)
        payload = part.getvalue()
        buffer.write(json.dumps([name, len(payload)]).encode() + b"\n" + payload)
    return buffer.getvalue()


def _unpacked(packed: bytes) -> dict[str, list[dict[str, Any]]]:
    found, buffer = {}, io.BytesIO(packed)
    while line := buffer.readline():
        name, length = json.loads(line)
        found[name] = pa.ipc.open_stream(buffer.read(length)).read_all().to_pylist()
    return found
