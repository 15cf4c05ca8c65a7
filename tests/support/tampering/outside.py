"""Ways to change the file of checkpoints by somebody who can write it, but neither the database."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.ledger.chain import AuditHead, AuditSpan, Head
from api.ledger.checkpoints import Span, parse_checkpoint, sign_checkpoint
from tests.support.tampering.rows import other


def edit_line(outside: Path, drawn: random.Random) -> str:
    """Change a value of a line a little."""
    lines = outside.read_text().splitlines()
    place = drawn.randrange(len(lines))
    told = json.loads(lines[place])
    name = drawn.choice(sorted(told))
    told[name] = other(told[name], type(told[name]), drawn)
    lines[place] = json.dumps(told)
    _write(outside, lines)
    return f"edit a line outside, {name}"


def overwrite_line(outside: Path, drawn: random.Random) -> str:
    """Put something else in a line's place."""
    lines = outside.read_text().splitlines()
    lines[drawn.randrange(len(lines))] = drawn.choice(("{}", "null", "0" * 300, '{"seq":1}'))
    _write(outside, lines)
    return "overwrite a line outside"


def remove_file(outside: Path, drawn: random.Random) -> str:
    """Remove the file, or empty it."""
    if drawn.random() < 0.5:
        outside.unlink()
        return "remove the file outside"
    _write(outside, [])
    return "empty the file outside"


def older_copy(outside: Path, drawn: random.Random) -> str:
    """Keep the first lines alone."""
    _write(outside, outside.read_text().splitlines()[: drawn.randrange(1, 5)])
    return "an older copy of the file outside"


def forge_line(outside: Path, drawn: random.Random) -> str:
    """Sign the last line anew with a key of one's own, or add one."""
    lines = outside.read_text().splitlines()
    last = parse_checkpoint(lines[-1])
    assert last is not None
    head, look = Head(last.seq, last.digest), AuditHead(last.look or 0, last.looks)
    span = Span(head, head, AuditSpan(look, look))
    key = Ed25519PrivateKey.generate()
    line = sign_checkpoint(span, last.sealed_at, key, last.key_id).line().strip()
    if drawn.random() < 0.5:
        _write(outside, [*lines, line])
        return "add a line of another key outside"
    _write(outside, [*lines[:-1], line])
    return "sign a line outside anew"


def _write(outside: Path, lines: list[str]) -> None:
    outside.write_text("".join(f"{line}\n" for line in lines))


WAYS: tuple[Callable[[Path, random.Random], str], ...] = (
    edit_line, edit_line, overwrite_line, remove_file, older_copy, forge_line,
)  # fmt: skip
