"""From a token to its principal, remembered until the token expires."""

from __future__ import annotations

import hashlib
import time

from api.access.issuer import TRUST, Issuer
from api.access.principal import Principal
from api.access.token_check import TokenRefusedError, checked

#: Verified tokens kept in memory; the oldest make room.
_MOST_KEPT = 10_000


class Verifier:
    """Checks tokens; a signature once, every later request by the token's digest."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._kept: dict[bytes, tuple[Principal, float]] = {}

    def principal(self, token: str) -> Principal:
        """Return who `token` speaks for.

        Raises
        ------
        TokenRefusedError
            If it is not trusted, or no longer.
        """
        digest = hashlib.sha256(token.encode("ascii")).digest()
        kept = self._kept.get(digest)
        if kept is None:
            kept = self._kept[digest] = self._check(token)
            if len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        principal, expires = kept
        if time.time() >= expires:
            self._kept.pop(digest, None)
            raise TokenRefusedError("expired")
        return principal

    def _check(self, token: str) -> tuple[Principal, float]:
        claims = checked(token, TRUST, self._issuer.key_named)
        return self._issuer.principal(claims), float(claims["exp"])
