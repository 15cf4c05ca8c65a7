"""The policy that a home adopted: dated texts, approved by two people, signed and never edited.

```
<home>/policy/<12 hex>/        one folder per adoption, named after its statement's SHA-256
    policy.yaml …              the texts that differ from the shipped ones, any of `texts.FILES`
    statement.json             canonical JSON: digests, approvers, reason, moment, what it replaced
    statement.sig              Ed25519 signature of the statement by the key of policies
<home>/policy/current          the name of the folder in use, replaced atomically
```
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature

from data.publishing.pointer import folder_in_use, use_folder
from data.publishing.signing import signing_key, trusted_keys
from model.errors import ContractError, GivenError
from model.policy.texts import FILES

FORMAT = "rongzi-policy/1"
CURRENT, STATEMENT, SIGNATURE = "current", "statement.json", "statement.sig"
#: A policy is adopted by at least this many people.
APPROVERS = 2
_FOLDER = re.compile(r"[0-9a-f]{12}")
_REMEDY = "restore it from your backup, or adopt the policy again (rongzi policy adopt)"


@dataclass(frozen=True)
class Adopted:
    """One adoption: its texts by file name, and its statement."""

    name: str
    texts: Mapping[str, str]
    statement: Mapping[str, Any]


def policy_folder(home: Path) -> Path:
    """Return the folder of adopted policies."""
    return home / "policy"


def adopted(home: Path) -> Adopted | None:
    """Return the adoption in use, verified; None if the home uses the shipped policy.

    Raises
    ------
    ContractError
        If it was altered, or no key that the home trusts signed it.
    """
    pointer = policy_folder(home) / CURRENT
    if not pointer.exists():
        return None
    try:
        return read_adopted(home, folder_in_use(pointer, _FOLDER).name)
    except (OSError, ValueError) as error:
        raise ContractError(f"{pointer}: names no adopted policy; {_REMEDY}") from error


def adopted_texts(home: Path) -> Mapping[str, str]:
    """Return the texts in use of `home`, without those that it takes as shipped."""
    in_use = adopted(home)
    return in_use.texts if in_use else {}


def adoptions(home: Path) -> list[Adopted]:
    """Return every adoption of `home`, latest first, each verified."""
    root = policy_folder(home)
    names = (
        [each.name for each in root.iterdir() if _FOLDER.fullmatch(each.name)]
        if root.exists()
        else []
    )
    found = [read_adopted(home, name) for name in names]
    return sorted(found, key=lambda each: str(each.statement["adopted_at"]), reverse=True)


def read_adopted(home: Path, name: str) -> Adopted:
    """Return the adoption called `name`; see `adopted` for what is raised."""
    folder = policy_folder(home) / name
    try:
        payload, signature = (folder / STATEMENT).read_bytes(), (folder / SIGNATURE).read_bytes()
        if hashlib.sha256(payload).hexdigest()[:12] != name:
            raise ContractError(f"{folder}: its statement was altered; {_REMEDY}")
        if not any(_is_signed(key, payload, signature) for key in trusted_keys(home, "policy")):
            raise ContractError(f"{folder}: no key that this home trusts signed it; {_REMEDY}")
        statement = json.loads(payload)
        if statement["format"] != FORMAT:
            raise ContractError(f"{folder}: format {statement['format']!r} is unknown; {_REMEDY}")
        texts = {name: (folder / name).read_bytes() for name in statement["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContractError(f"{folder}: cannot be read; {_REMEDY}") from error
    for file, text in texts.items():
        if _sha256(text) != statement["files"][file]:
            raise ContractError(f"{folder / file}: was altered; {_REMEDY}")
    return Adopted(name, {file: text.decode() for file, text in texts.items()}, statement)


def texts_digest(texts: Mapping[str, str]) -> str:
    """Return the SHA-256 of what an adoption of `texts` puts in use, which an order approves."""
    return _sha256(rfc8785.dumps(_digests(texts)))


def refuse_too_few(approved_by: Sequence[str]) -> list[str]:
    """Return the names of the people who approve, each once.

    Raises
    ------
    GivenError
        If they are fewer than two, or a name is not one line.
    """
    people = sorted({_line("--approved-by", name, 100) for name in approved_by})
    if len(people) < APPROVERS:
        raise GivenError(f"a policy is adopted by {APPROVERS} people: give --approved-by twice")
    return people


def adopt(
    home: Path,
    texts: Mapping[str, str],
    approved_by: Sequence[str],
    because: str,
    now: datetime,
    order: str | None = None,
) -> Adopted:
    """Sign `texts` and put them in use; the caller has checked them.

    Raises
    ------
    GivenError
        As `refuse_too_few`, or if the reason is not one line.
    """
    people = refuse_too_few(approved_by)
    before = adopted(home)
    statement = {
        "format": FORMAT,
        "files": _digests(texts),
        "approved_by": people,
        "because": _line("--because", because, 500),
        "adopted_at": now.isoformat(timespec="seconds"),
        "replaces": before.name if before else None,
        **({"order": order} if order else {}),
    }
    payload = rfc8785.dumps(statement)
    root = policy_folder(home)
    root.mkdir(parents=True, exist_ok=True)
    folder = root / _sha256(payload)[:12]
    signature = signing_key(home, "policy").sign(payload)
    _write(root, folder, texts, payload, base64.b64encode(signature))
    found = read_adopted(home, folder.name)
    use_folder(root / CURRENT, folder)
    return found


def _digests(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: _sha256(text.encode()) for name, text in texts.items() if name in FILES}


def _write(
    root: Path, folder: Path, texts: Mapping[str, str], payload: bytes, signature: bytes
) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=root))
    try:
        for name, text in texts.items():
            (draft / name).write_text(text, encoding="utf-8")
        (draft / STATEMENT).write_bytes(payload)
        (draft / SIGNATURE).write_bytes(signature)
        draft.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _is_signed(key: Any, payload: bytes, signature: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def _line(option: str, text: str, longest: int) -> str:
    plain = text.strip()
    if not plain or not plain.isprintable() or len(plain) > longest:
        raise GivenError(f"{option}: expected one line of at most {longest} characters")
    return plain


def _sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()
