"""Signing a person in at the identity provider: authorization code with PKCE (OpenID Connect).

It speaks to the provider alone and knows no page. What it gives is the provider's access token for
this service, which every request then checks as any other of its tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import jwt

from api.access.discovery import Discovery
from api.access.oidc import CLOCK_LEEWAY_SECONDS, Oidc
from api.access.tokens import MAX_TOKEN_CHARACTERS, TokenRefusedError, Trust
from api.core.settings import OidcClient, OidcSettings

#: Longest life of an ID token; it is looked at once, in the moment of the sign-in.
_ID_TOKEN_SECONDS = 24 * 3600
_MAX_CODE_CHARACTERS = 4 * 1024


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in: three random values that its browser alone brings back.

    Attributes
    ----------
    state : str
        Comes back with the answer, so that nobody can have a browser accept an answer to another.
    nonce : str
        Stands in the ID token, so that no token of another attempt is accepted.
    verifier : str
        Shown when the code is exchanged, so that a code is of no use to others (RFC 7636).
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        """Return an attempt with new random values, of 256 bits each."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @classmethod
    def of_text(cls, text: str | None) -> Attempt | None:
        """Return the attempt that `text` holds; None if it holds none."""
        parts = (text or "").split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None

    def __str__(self) -> str:
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @property
    def challenge(self) -> str:
        """The digest of the verifier, which the provider is told first."""
        return _base64(hashlib.sha256(self.verifier.encode()).digest())


@dataclass(frozen=True)
class Answer:
    """What the provider sent a browser back with: the parameters of the address."""

    state: str | None
    code: str | None
    issuer: str | None


@dataclass(frozen=True)
class SignedIn:
    """An access token of the provider for this service, and when it expires, in Unix seconds."""

    access_token: str
    expires_at: float


class CodeFlow:
    """The sign-in of this service's `client` at its provider."""

    def __init__(self, settings: OidcSettings, client: OidcClient, oidc: Oidc) -> None:
        self._issuer, self._client, self._oidc = settings.issuer, client, oidc
        self._discovery = Discovery(settings.issuer)
        self._trust = Trust(
            issuer=settings.issuer,
            audience=client.client_id,
            algorithms=settings.algorithms,
            types=frozenset({"jwt", ""}),
            required=("sub", "iat", "exp", "nonce"),
            max_seconds=_ID_TOKEN_SECONDS,
            leeway=CLOCK_LEEWAY_SECONDS,
        )

    async def address(self, attempt: Attempt) -> str:
        """Return the address at the provider where `attempt` begins.

        Raises
        ------
        ProblemError
            503 if the provider is away, or does not describe itself.
        """
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect,
            "scope": self._client.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _with_query(await self._discovery.endpoint("authorization_endpoint"), asked)

    async def end_address(self, path: str) -> str | None:
        """Return the address at the provider that ends its own session and leads back to `path`.

        It names the client and not the person, so the provider asks whether they want it; None if
        the provider has no such address.
        """
        if "end_session_endpoint" not in await self._discovery.described():
            return None
        back = urljoin(self._client.redirect, path)
        asked = {"client_id": self._client.client_id, "post_logout_redirect_uri": back}
        return _with_query(await self._discovery.endpoint("end_session_endpoint"), asked)

    async def finish(self, attempt: Attempt | None, answer: Answer) -> SignedIn:
        """Exchange the code of `answer` for an access token, which is good for this service.

        Raises
        ------
        TokenRefusedError
            If the answer is not to `attempt`, or a token is not what it must be.
        ProblemError
            503 if the provider is away.
        """
        if attempt is None:
            raise TokenRefusedError("no attempt")
        found = await self._exchanged(await self._code(attempt, answer), attempt)
        access = _token(found, "access_token")
        person, expires_at = await self._oidc.check(access)
        claims = await self._claims(_token(found, "id_token"), access, attempt)
        if claims["sub"] != person.subject:
            raise TokenRefusedError("subject")
        return SignedIn(access, expires_at)

    async def _code(self, attempt: Attempt, answer: Answer) -> str:
        if not hmac.compare_digest((answer.state or "").encode(), attempt.state.encode()):
            raise TokenRefusedError("state")
        # RFC 9207: an answer of another provider is not taken to this one.
        described = await self._discovery.described()
        is_named = described.get("authorization_response_iss_parameter_supported") is True
        if answer.issuer != self._issuer and (is_named or answer.issuer is not None):
            raise TokenRefusedError("issuer")
        if not answer.code or len(answer.code) > _MAX_CODE_CHARACTERS:
            raise TokenRefusedError("code")
        return answer.code

    async def _exchanged(self, code: str, attempt: Attempt) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect,
            "client_id": self._client.client_id,
            "code_verifier": attempt.verifier,
        }
        headers = {"Accept": "application/json"}
        if self._client.secret:
            pair = f"{quote(self._client.client_id, '')}:{quote(self._client.secret, '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        endpoint = await self._discovery.endpoint("token_endpoint")
        asked = urllib.request.Request(endpoint, urlencode(form).encode(), headers)
        return await self._discovery.ask(asked)

    async def _claims(self, token: str, access: str, attempt: Attempt) -> Mapping[str, Any]:
        """Return the claims of the ID token (OpenID Connect Core, section 3.1.3.7)."""
        claims = await self._oidc.claims(token, self._trust)
        if claims["nonce"] != attempt.nonce:
            raise TokenRefusedError("nonce")
        is_for_others_too = claims["aud"] not in (self._client.client_id, [self._client.client_id])
        party = claims.get("azp", None if is_for_others_too else self._client.client_id)
        if party != self._client.client_id:
            raise TokenRefusedError("authorized party")
        if claims.get("at_hash") not in (None, _half_digest(token, access)):
            raise TokenRefusedError("access token")
        return claims

    def close(self) -> None:
        """Wait for the provider no more."""
        self._discovery.close()


def _half_digest(token: str, access: str) -> str:
    """Return the ``at_hash`` of `access` under the signature of `token` (Core, 3.1.3.6)."""
    algorithm = str(jwt.get_unverified_header(token)["alg"])
    name = "sha512" if algorithm == "EdDSA" else f"sha{algorithm[-3:]}"
    digest = hashlib.new(name, access.encode()).digest()
    return _base64(digest[: len(digest) // 2])


def _base64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _token(found: Mapping[str, Any], name: str) -> str:
    token = found.get(name)
    if not isinstance(token, str) or not token or len(token) > MAX_TOKEN_CHARACTERS:
        raise TokenRefusedError(name)
    return token


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
