"""Passwords: made, judged, and kept only as argon2id hashes (RFC 9106)."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from model.dictionary import Text

LEAST, MOST = 12, 128
EXPECTED_PASSWORD = Text(
    f"{LEAST} 至 {MOST} 个字符，不含账号名，且与原密码不同",
    f"{LEAST} to {MOST} characters, without the account's name, and not the current one",
)

#: Without 0, 1, l and o: people read these aloud and copy them by hand. 32 signs, 5 bits each.
_SIGNS = "23456789abcdefghijkmnpqrstuvwxyz"
_GROUPS, _GROUP = 4, 5

# At least what OWASP asks for (46 MiB, one pass, one lane); a check takes one core.
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
#: What an unknown account is checked against: it costs what a known one costs, and fits nothing.
NOBODYS_HASH = _hasher.hash(secrets.token_urlsafe(32))


def made_password() -> str:
    """Return a new random password of 100 bits, in groups that can be read aloud."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hashed(password: str) -> str:
    """Return the argon2id hash of `password`, with its own salt and parameters."""
    return _hasher.hash(password)


def fits(password_hash: str, password: str) -> bool:
    """Return whether `password` is the one that was hashed."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def acceptable(password: str, account: str, current: str | None = None) -> bool:
    """Return whether a person may choose `password`; see `EXPECTED_PASSWORD`."""
    return (
        LEAST <= len(password) <= MOST
        and account.lower() not in password.lower()
        and password != current
    )
