"""An identity provider (OpenID Connect): its public keys, its tokens, its claims as rights.

The keys (RFC 7517) are fetched with limits, cached and refreshed.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.access.tokens import TokenRefusedError, Trust, verify_token
from api.core.log import log
from api.core.principal import PLACE, Principal
from api.core.settings import OidcSettings
from api.http.problem_kinds import PROVIDER_AWAY
from api.http.problems import ProblemError

#: Keys are fetched again after `FRESH_SECONDS`, and at once for an unknown key id, but at most once
#: in `RETRY_SECONDS`. While the provider is away, the last keys stay valid for `MAX_STALE_SECONDS`.
FRESH_SECONDS = 300.0
RETRY_SECONDS = 10.0
MAX_STALE_SECONDS = 24 * 3600.0
FETCH_SECONDS = 3.0
_MAX_BYTES = 256 * 1024
_MIN_RSA_BITS = 2048
AWAY = (OSError, ValueError, http.client.HTTPException, jwt.PyJWTError)


class Jwks:
    """Public keys by their ``kid``; `epoch` increases whenever the set changes."""

    def __init__(self, source: str, clock: Callable[[], float] = monotonic) -> None:
        self._source, self._clock = source, clock
        self._keys: Mapping[str, Any] = {}
        self._read_at = self._tried_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._failed = False
        self.epoch = 0

    @property
    def is_away(self) -> bool:
        """Whether no key is known because the provider could not be reached."""
        return not self._keys and self._failed

    def key_by_id(self, name: str | None) -> Any:
        """Return the public key of that ``kid``, or None."""
        return self._keys.get(name) if isinstance(name, str) else None

    async def settle(self, name: str | None = None) -> None:
        """Refresh the keys if they are too old, or if the key id `name` is given and unknown."""
        now = self._clock()
        is_unknown = name is not None and self.key_by_id(name) is None
        due = now - self._read_at > FRESH_SECONDS or is_unknown
        if due and now - self._tried_at > RETRY_SECONDS:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._refresh())
            await self._refreshing
        elif self._refreshing is not None and not self._refreshing.done():
            await self._refreshing

    async def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            payload = await asyncio.wait_for(asyncio.to_thread(self._read), FETCH_SECONDS)
            keys = verification_keys(payload)
        except (TimeoutError, *AWAY) as error:
            self._failed = True
            log.warning("refused", part="jwks", error=type(error).__qualname__)
            if self._clock() - self._read_at > MAX_STALE_SECONDS:
                self._replace({})
            return
        self._replace(keys)
        self._failed = False
        self._read_at = self._clock()

    def _replace(self, keys: Mapping[str, Any]) -> None:
        if {name: key.key for name, key in keys.items()} != {
            name: key.key for name, key in self._keys.items()
        }:
            self.epoch += 1
        self._keys = keys

    def _read(self) -> bytes:
        if "://" not in self._source:
            with Path(self._source).open("rb") as file:
                return _refuse_large(file.read(_MAX_BYTES + 1))
        return fetch(urllib.request.Request(self._source))


def fetch(asked: urllib.request.Request) -> bytes:
    """Return what an address of the provider answers, within limits; this blocks.

    Raises
    ------
    OSError, ValueError, HTTPException
        If it does not answer in time, answers an error or a redirect, or too much.
    """
    opener, end = urllib.request.build_opener(_NoRedirect), monotonic() + FETCH_SECONDS
    try:
        with opener.open(asked, timeout=FETCH_SECONDS) as response:
            return _read_until(response, end)
    except urllib.error.HTTPError as refused:
        # The exception holds the connection open until it is closed.
        refused.close()
        raise


def _read_until(response: http.client.HTTPResponse, end: float) -> bytes:
    """Read a body piece by piece: a limit on each read alone lets a slow sender go on for hours."""
    payload = b""
    while piece := response.read1(_MAX_BYTES):
        payload = _refuse_large(payload + piece)
        if monotonic() > end:
            raise TimeoutError("too slow")
    return payload


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Refuse every redirect: answers come from the addresses of operator and provider alone."""


def verification_keys(payload: bytes) -> Mapping[str, jwt.PyJWK]:
    """Return the keys of a JWKS that can verify signatures: public, key_by_id, long enough.

    Raises
    ------
    ValueError
        If the payload is no JWKS.
    """
    document = json.loads(payload)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a JWKS")
    return {key.key_id: key for jwk in document["keys"] if (key := _key(jwk)) and key.key_id}


def _key(jwk: Any) -> jwt.PyJWK | None:
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
        return None
    # A shared secret (oct) is not a public key.
    if jwk.get("kty") not in {"RSA", "EC", "OKP"} or "d" in jwk:
        return None
    try:
        key = jwt.PyJWK(jwk)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    is_short = isinstance(key.key, RSAPublicKey) and key.key.key_size < _MIN_RSA_BITS
    return None if is_short else key


def _refuse_large(payload: bytes) -> bytes:
    if len(payload) > _MAX_BYTES:
        raise ValueError("too large")
    return payload


#: The claim value for all places.
EVERYWHERE = "*"
#: Allowed difference between the clocks of provider and service.
CLOCK_LEEWAY_SECONDS = 30
# The subject is written to the ledger and the log: no space, no control character, bounded length.
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}")


#: Digests that bind an ID token to what came with it.
_ONLY_OF_ID_TOKENS = frozenset({"at_hash", "c_hash"})


class Oidc:
    """Verifies tokens of one provider."""

    def __init__(self, settings: OidcSettings, keys: Jwks) -> None:
        self._settings, self.keys = settings, keys
        self._trust = Trust(
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=settings.algorithms,
            types=frozenset({"at+jwt", "application/at+jwt", "jwt"}),
            required=("sub", "iat", "exp"),
            max_seconds=settings.max_seconds,
            leeway=CLOCK_LEEWAY_SECONDS,
        )

    async def check(self, token: str) -> tuple[Principal, float]:
        """Verify `token` and return its principal and its time of expiry.

        Raises
        ------
        TokenRefusedError
            If another provider issued it, it is for another service, it is an ID token, or it is
            not valid now.
        ProblemError
            503 if the provider is away and none of its keys is known.
        """
        claims = await self.claims(token, self._trust)
        if not str(jwt.get_unverified_header(token)["typ"]).lower().endswith("at+jwt"):
            refuse_id_token(claims)
        return principal(claims, self._settings), float(claims["exp"])

    async def claims(self, token: str, trust: Trust) -> Mapping[str, Any]:
        """Verify any `token` of the provider and return its claims; see `check`."""
        await self.keys.settle(_key_name(token))
        if self.keys.is_away:
            raise provider_away()
        return verify_token(token, trust, self.keys.key_by_id)


def provider_away() -> ProblemError:
    """Return the refusal that says that the provider is away, and when to try again."""
    return ProblemError(PROVIDER_AWAY, headers={"Retry-After": str(int(RETRY_SECONDS) + 1)})


def refuse_id_token(claims: Mapping[str, Any]) -> None:
    """Refuse an ID token (OpenID Connect Core, sections 2 and 3.1.3.6) among tokens of type JWT.

    Where the client's id is the audience, an ID token has the same issuer, audience and keys as an
    access token, and it lies open to whoever sees the sign-in. Providers that follow RFC 9068 tell
    the two apart by the type of the header; of the others, some say it in a claim, and older ones
    copy the nonce into access tokens too.

    Raises
    ------
    TokenRefusedError
        If a claim says so, or only an ID token has it.
    """
    said = str(claims.get("token_use") or claims.get("typ") or "").lower()
    if said == "id" or not _ONLY_OF_ID_TOKENS.isdisjoint(claims):
        raise TokenRefusedError("id token")
    if "nonce" in claims and said not in {"access", "bearer"}:
        raise TokenRefusedError("id token")


def principal(claims: Mapping[str, Any], settings: OidcSettings) -> Principal:
    """Return the principal that `claims` describe; unknown roles and places are left out.

    Raises
    ------
    TokenRefusedError
        If the subject has characters or a length that the ledger does not accept.
    """
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise TokenRefusedError("subject")
    names = _listed(claims, settings.roles_claim)
    roles = {settings.role_names[name] for name in names if name in settings.role_names}
    codes = _listed(claims, settings.places_claim)
    places = {"" if code == EVERYWHERE else code for code in codes if code}
    return Principal(
        claims["sub"],
        frozenset(roles),
        tuple(sorted(place for place in places if PLACE.fullmatch(place))),
    )


def _listed(claims: Mapping[str, Any], path: str) -> list[str]:
    value: Any = claims
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return value.replace(",", " ").split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _key_name(token: str) -> str | None:
    try:
        name = jwt.get_unverified_header(token).get("kid")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    return name if isinstance(name, str) else None
