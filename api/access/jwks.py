"""An identity provider's public keys (RFC 7517): fetched within bounds, kept, renewed."""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.core.log import log

#: Keys are looked at again after this, and at once for a key nobody knows, but not more often than
#: every `LEAST_SECONDS`; a provider that is away leaves the last keys good for `MOST_SECONDS`.
FRESH_SECONDS = 300.0
LEAST_SECONDS = 10.0
MOST_SECONDS = 24 * 3600.0
_FETCH_SECONDS = 3.0
_MOST_BYTES = 256 * 1024
_LEAST_RSA_BITS = 2048
_AWAY = (OSError, ValueError, http.client.HTTPException, jwt.PyJWTError)


class Jwks:
    """Public keys by their ``kid``; `epoch` goes up whenever the set changes."""

    def __init__(self, source: str, clock: Callable[[], float] = monotonic) -> None:
        self._source, self._clock = source, clock
        self._keys: Mapping[str, Any] = {}
        self._seen_at = self._tried_at = float("-inf")
        self._look: asyncio.Task[None] | None = None
        self._failed = False
        self.epoch = 0

    @property
    def is_away(self) -> bool:
        """Whether no key is known because the provider could not be reached."""
        return not self._keys and self._failed

    def named(self, name: str | None) -> Any:
        """Return the public key of that ``kid``, or None."""
        return self._keys.get(name) if isinstance(name, str) else None

    async def settle(self, name: str | None = None) -> None:
        """See to it that the keys are fresh enough, and that `name`, if given, was looked for."""
        now = self._clock()
        wanted = name is not None and self.named(name) is None
        due = now - self._seen_at > FRESH_SECONDS or wanted
        if due and now - self._tried_at > LEAST_SECONDS:
            if self._look is None or self._look.done():
                self._look = asyncio.create_task(self._renew())
            await self._look
        elif self._look is not None and not self._look.done():
            await self._look

    async def _renew(self) -> None:
        self._tried_at = self._clock()
        try:
            found = usable(await asyncio.wait_for(asyncio.to_thread(self._read), _FETCH_SECONDS))
        except (TimeoutError, *_AWAY) as error:
            self._failed = True
            log.warning("refused", part="jwks", error=type(error).__qualname__)
            if self._clock() - self._seen_at > MOST_SECONDS:
                self._take({})
            return
        self._take(found)
        self._failed = False
        self._seen_at = self._clock()

    def _take(self, keys: Mapping[str, Any]) -> None:
        if {name: key.key for name, key in keys.items()} != {
            name: key.key for name, key in self._keys.items()
        }:
            self.epoch += 1
        self._keys = keys

    def _read(self) -> bytes:
        if "://" not in self._source:
            with Path(self._source).open("rb") as file:
                return _bounded(file.read(_MOST_BYTES + 1))
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(self._source, timeout=_FETCH_SECONDS) as answer:
                return _bounded(answer.read(_MOST_BYTES + 1))
        except urllib.error.HTTPError as refused:
            # It holds the connection until somebody lets go of it.
            refused.close()
            raise


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nobody: the address is the operator's to say."""


def usable(payload: bytes) -> Mapping[str, jwt.PyJWK]:
    """Return the keys of a JWKS that can verify signatures: public, named, long enough.

    Raises
    ------
    ValueError
        If the payload is no JWKS.
    """
    document = json.loads(payload)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWKS")
    return {key.key_id: key for each in document["keys"] if (key := _key(each)) and key.key_id}


def _key(described: Any) -> jwt.PyJWK | None:
    if not isinstance(described, dict) or described.get("use", "sig") != "sig":
        return None
    # A shared secret (oct) has no place among public keys.
    if described.get("kty") not in {"RSA", "EC", "OKP"} or "d" in described:
        return None
    try:
        key = jwt.PyJWK(described)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    is_short = isinstance(key.key, RSAPublicKey) and key.key.key_size < _LEAST_RSA_BITS
    return None if is_short else key


def _bounded(payload: bytes) -> bytes:
    if len(payload) > _MOST_BYTES:
        raise ValueError("too large")
    return payload
