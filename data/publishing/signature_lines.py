"""A signature as a few fixed lines: format, digest of the content, key, and what the key signed.

```
format <name of the format>
sha256 <SHA-256 of the content>
key <id of the public key>
signature <base64, Ed25519 over the three lines above>
```

The lines are matched against a pattern and verified before anybody parses the content.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from model.card.card_file import SigningKey, key_id

#: ``unreadable``: not the lines of the format; ``unknown key``: of no trusted key; ``other
#: content``: of another content; ``wrong``: the key did not sign these lines.
Fault = Literal["unreadable", "unknown key", "other content", "wrong"]
MOST_BYTES = 1024


@dataclass(frozen=True)
class Checked:
    """What a check of the lines found: the key that they name, and what is wrong; None if sound."""

    key: str | None
    fault: Fault | None = None


@dataclass(frozen=True)
class SignatureLines:
    """The lines of one format."""

    format: str

    def of(self, content: bytes, key: SigningKey) -> str:
        """Return the lines by which `key` signs `content`."""
        digest = hashlib.sha256(content).hexdigest()
        statement = f"format {self.format}\nsha256 {digest}\nkey {key_id(key.public_key())}\n"
        signature = base64.b64encode(key.sign(statement.encode())).decode()
        return f"{statement}signature {signature}\n"

    def check(self, lines: str, content: bytes, trusted: Iterable[Ed25519PublicKey]) -> Checked:
        """Return whether `lines` are those of `content` by one of the `trusted` keys."""
        found = self._match(lines)
        if found is None:
            return Checked(None, "unreadable")
        keys = {key_id(key): key for key in trusted}
        name = str(found["key"])
        if name not in keys:
            return Checked(name, "unknown key")
        if found["digest"] != hashlib.sha256(content).hexdigest():
            return Checked(name, "other content")
        try:
            signature = base64.b64decode(found["signature"])
            keys[name].verify(signature, found["statement"].encode())
        except (InvalidSignature, ValueError):
            return Checked(name, "wrong")
        return Checked(name)

    def key_named(self, lines: str) -> str | None:
        """Return the id of the key that `lines` name, not verified; None if there is none."""
        found = self._match(lines)
        return found["key"] if found else None

    def _match(self, lines: str) -> re.Match[str] | None:
        return re.fullmatch(
            rf"(?P<statement>format {re.escape(self.format)}\nsha256 (?P<digest>[0-9a-f]{{64}})\n"
            r"key (?P<key>[0-9a-f]{16})\n)signature (?P<signature>[A-Za-z0-9+/=]{88})\n",
            lines,
        )
