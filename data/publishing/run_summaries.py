"""Signed summaries of runs: what training, monitoring and a comparison found, for others to read.

```
<home>/runs/training/<32 hex>.summary     one file a run, called like the run
<home>/runs/monitoring/<32 hex>.summary
<home>/runs/swap-sets/<32 hex>.summary
```

A file begins with the lines of its signature (`data.publishing.signature_lines`) by a key for
runs; the rest is canonical JSON (RFC 8785). A reader verifies the bytes before it parses them. The
service reads summaries and writes none; nothing that decides anything is taken from one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data.publishing.signature_lines import MOST_BYTES, Fault, SignatureLines
from data.publishing.signing import signing_key, trusted_keys
from data.storage.private_files import drafted
from model.profile.dictionary import Text

FORMAT = "rongzi-run-summary/1"
RunKind = Literal["training", "monitoring", "swap-sets"]
RUN_KINDS: tuple[RunKind, ...] = get_args(RunKind)
RUN_ID = re.compile(r"[0-9a-f]{32}")
#: A summary with the largest card, see `model.card.card_file.MAX_BYTES`, and its evidence.
MAX_BYTES = 24 * 1024 * 1024
_LINES = SignatureLines(FORMAT)
_SUFFIX = ".summary"
#: Parsed summaries that a process keeps.
_KEPT = 64

_FAULTS: Mapping[Fault, Text] = {
    "unreadable": Text("文件无法读取或格式未知", "it cannot be read, or its format is unknown"),
    "unknown key": Text("签名的密钥不受信任", "no key that is trusted for runs signed it"),
    "other content": Text("内容与签名不符，已被改动", "its content is not what was signed"),
    "wrong": Text("签名不符", "the signature does not fit"),
}
_MISPLACED = Text("内容属于另一次运行", "its content is that of another run")


@dataclass(frozen=True)
class RunSummary:
    """One summary.

    Attributes
    ----------
    content : mapping
        What the run found; empty unless it verified.
    key : str or None
        Id of the key that signed it; None unless it verified.
    fault : Text or None
        Why it counts for nothing; None if it verified.
    """

    kind: RunKind
    id: str
    content: Mapping[str, Any]
    key: str | None = None
    fault: Text | None = None


def runs_folder(home: Path) -> Path:
    """Return the folder of summaries."""
    return home / "runs"


def write_run_summary(home: Path, kind: RunKind, id_: str, content: Mapping[str, Any]) -> Path:
    """Sign `content` as the summary of the run `id_`; return its file.

    Raises
    ------
    CardError
        If the key for runs is missing or unusable.
    OSError, StorageError
        If the file cannot be written.
    """
    payload = rfc8785.dumps({**content, "kind": kind, "id": id_})
    lines = _LINES.of(payload, signing_key(home, "run"))
    path = _path(home, kind, id_)
    # No person is in it, and the service may run as another account.
    path.parent.mkdir(parents=True, exist_ok=True)
    with drafted(path) as draft:
        draft.write_bytes(lines.encode() + payload)
        draft.chmod(0o644)
    return path


def run_summary(home: Path, kind: RunKind, id_: str) -> RunSummary | None:
    """Return the summary of the run `id_`, verified or with its fault; None if there is none.

    Raises
    ------
    CardError
        If a trusted key cannot be read.
    """
    path = _path(home, kind, id_)
    try:
        status = path.stat()
    except OSError:
        return None
    stamp = (status.st_size, status.st_ino, status.st_mtime_ns)
    raw = tuple(key.public_bytes_raw() for key in trusted_keys(home, "run"))
    return _read(path, stamp, kind, raw)


def run_summaries(home: Path, kind: RunKind) -> list[RunSummary]:
    """Return every summary of `kind`, the verified ones first and the latest of them first.

    Raises
    ------
    CardError
        If a trusted key cannot be read.
    """
    found = [each for id_ in _ids(home, kind) if (each := run_summary(home, kind, id_))]
    return sorted(found, key=lambda each: (str(each.content.get("made_at", "")), each.id))[::-1]


def _ids(home: Path, kind: RunKind) -> Iterator[str]:
    for path in (runs_folder(home) / kind).glob(f"*{_SUFFIX}"):
        if RUN_ID.fullmatch(path.stem):
            yield path.stem


def _path(home: Path, kind: RunKind, id_: str) -> Path:
    return runs_folder(home) / kind / f"{id_}{_SUFFIX}"


@lru_cache(maxsize=_KEPT)
def _read(
    path: Path, _stamp: tuple[int, ...], kind: RunKind, raw_keys: tuple[bytes, ...]
) -> RunSummary:
    """Read the file again only when it or the trusted keys changed."""
    trusted = [Ed25519PublicKey.from_public_bytes(raw) for raw in raw_keys]
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        content = b""
    lines, payload = _parts(content)
    found = _LINES.check(lines, payload, trusted)
    if found.fault:
        return RunSummary(kind, path.stem, {}, fault=_FAULTS[found.fault])
    told = json.loads(payload)
    if (told["kind"], told["id"]) != (kind, path.stem):
        return RunSummary(kind, path.stem, {}, fault=_MISPLACED)
    return RunSummary(kind, path.stem, told, found.key)


def _parts(content: bytes) -> tuple[str, bytes]:
    """Return the four lines of the signature, and the bytes after them."""
    if len(content) > MAX_BYTES:
        return "", b""
    end = 0
    for _ in range(4):
        end = content.find(b"\n", end, MOST_BYTES) + 1
        if not end:
            return "", b""
    return content[:end].decode("utf-8", errors="replace"), content[end:]
