"""Ways to change the checkpoint file by somebody who can write only this file."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.ledger.chain import AuditHead, AuditSpan, Head
from api.ledger.checkpoints import Span, parse_checkpoint, sign_checkpoint
from tests.support.tampering.rows import other


def edit_line(path: Path, rng: random.Random) -> str:
    """Change one value of a line slightly."""
    lines = path.read_text().splitlines()
    number = rng.randrange(len(lines))
    fields = json.loads(lines[number])
    name = rng.choice(sorted(fields))
    fields[name] = other(fields[name], type(fields[name]), rng)
    lines[number] = json.dumps(fields)
    _write(path, lines)
    return f"edit a line of the checkpoint file, {name}"


def overwrite_line(path: Path, rng: random.Random) -> str:
    """Replace a line by something else."""
    lines = path.read_text().splitlines()
    lines[rng.randrange(len(lines))] = rng.choice(("{}", "null", "0" * 300, '{"seq":1}'))
    _write(path, lines)
    return "overwrite a line of the checkpoint file"


def remove_file(path: Path, rng: random.Random) -> str:
    """Remove the file, or empty it."""
    if rng.random() < 0.5:
        path.unlink()
        return "remove the checkpoint file"
    _write(path, [])
    return "empty the checkpoint file"


def older_copy(path: Path, rng: random.Random) -> str:
    """Keep only the first lines, as in an older copy."""
    _write(path, path.read_text().splitlines()[: rng.randrange(1, 5)])
    return "an older copy of the checkpoint file"


def forge_line(path: Path, rng: random.Random) -> str:
    """Sign the last line again with another key, or add such a line."""
    lines = path.read_text().splitlines()
    last = parse_checkpoint(lines[-1])
    assert last is not None
    head, look = Head(last.seq, last.digest), AuditHead(last.look or 0, last.looks)
    span = Span(head, head, AuditSpan(look, look))
    key = Ed25519PrivateKey.generate()
    line = sign_checkpoint(span, last.sealed_at, key, last.key_id).line().strip()
    if rng.random() < 0.5:
        _write(path, [*lines, line])
        return "add a line of another key to the checkpoint file"
    _write(path, [*lines[:-1], line])
    return "sign a line of the checkpoint file again"


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


WAYS: tuple[Callable[[Path, random.Random], str], ...] = (
    edit_line, edit_line, overwrite_line, remove_file, older_copy, forge_line,
)  # fmt: skip
