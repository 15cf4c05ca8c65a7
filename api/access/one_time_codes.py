"""Time-based one-time codes (RFC 6238 over RFC 4226): six digits that change every 30 seconds.

SHA-1 and six digits are what every authenticator application reads; HMAC does not depend on the
collision resistance that SHA-1 lost.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote

#: Seconds of one step, and digits of a code (RFC 6238, section 5.2; RFC 4226, section 5.3).
STEP_SECONDS, DIGITS = 30, 6
#: Steps before and after the present one that count: clocks differ, and typing takes time.
WINDOW = 1
#: RFC 4226, section 4, R6 recommends 160 bits.
_SECRET_BYTES = 20
_ISSUER = "Rongzi E"


def new_secret() -> bytes:
    """Return a new random secret of 160 bits."""
    return secrets.token_bytes(_SECRET_BYTES)


def code_of_step(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of one time step (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(seconds: float) -> int:
    """Return the time step of a moment, in seconds since 1970."""
    return int(seconds) // STEP_SECONDS


def matching_step(secret: bytes, code: str, seconds: float, after: int) -> int | None:
    """Return the time step whose code is `code`, or None.

    Parameters
    ----------
    seconds
        The present, in seconds since 1970.
    after
        Only later steps count: a code is used once (RFC 6238, section 5.2).
    """
    now = step_of(seconds)
    steps = range(max(now - WINDOW, after + 1), now + WINDOW + 1)
    # Compare with every step, so that the time tells nothing.
    typed = code.encode()
    found = [s for s in steps if hmac.compare_digest(code_of_step(secret, s).encode(), typed)]
    return found[0] if found else None


def base32(secret: bytes) -> str:
    """Return `secret` as people type it into an authenticator application."""
    return base64.b32encode(secret).decode().rstrip("=")


def provisioning_uri(account: str, secret: bytes) -> str:
    """Return the address that authenticator applications read from a square code."""
    label = quote(f"{_ISSUER}:{account}")
    return (
        f"otpauth://totp/{label}?secret={base32(secret)}&issuer={quote(_ISSUER)}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )
