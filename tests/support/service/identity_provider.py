"""A small identity provider on this machine: discovery, a page to sign in, tokens, keys.

It does what a real one does (authorization code with PKCE, codes that are good once, client
secrets, signed tokens), and on request what only a broken or hostile one does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

CLIENT, SECRET, AUDIENCE = "rongzi-console", "a secret: of the client", "rongzi"
DISCOVERY = "/.well-known/openid-configuration"


def key_set(keys: Mapping[str, RSAPrivateKey | EllipticCurvePrivateKey]) -> list[dict[str, Any]]:
    """Return the public keys by their ids as a JWKS lists them."""
    return [{**_as_jwk(key), "kid": kid} for kid, key in keys.items()]


def _as_jwk(key: RSAPrivateKey | EllipticCurvePrivateKey) -> dict[str, Any]:
    if isinstance(key, EllipticCurvePrivateKey):
        return jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)


@dataclass
class IdentityProvider:
    """The provider; what follows `people` makes it answer otherwise than it should.

    Attributes
    ----------
    people : mapping
        Roles and places by subject.
    described : mapping
        Changes of its description; None removes a line.
    id_claims, access_claims : mapping
        Changes of the claims of its tokens; None removes one.
    algorithm : str
        ``RS256``, or ``ES384`` by its second key.
    signed : callable
        Signs an ID token's claims.
    answers : callable or None
        Answers a request of a token instead of the provider, on the connection.
    """

    key: RSAPrivateKey
    people: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    described: dict[str, Any] = field(default_factory=dict)
    id_claims: dict[str, Any] = field(default_factory=dict)
    access_claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    signed: Callable[[dict[str, Any]], str] | None = None
    answers: Callable[[BaseHTTPRequestHandler], None] | None = None
    redirect: str = ""
    issuer: str = ""
    curve: EllipticCurvePrivateKey = field(
        default_factory=lambda: generate_private_key(SECP384R1())
    )
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def settings(self, **changed: str) -> dict[str, str]:
        """Return the settings of a service whose people sign in here."""
        return {
            "RONGZI_OIDC_ISSUER": self.issuer,
            "RONGZI_OIDC_AUDIENCE": AUDIENCE,
            "RONGZI_OIDC_JWKS": f"{self.issuer}/keys",
            "RONGZI_OIDC_ALGORITHMS": "RS256, ES384",
            "RONGZI_OIDC_CLIENT_ID": CLIENT,
            "RONGZI_OIDC_CLIENT_SECRET": SECRET,
            "RONGZI_OIDC_REDIRECT": self.redirect,
            **changed,
        }

    def sign_in(self, address: str, person: str) -> str:
        """Sign `person` in at `address`; return the address that the browser is sent back to."""
        answer = httpx.post(address, data={"person": person})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def description(self) -> dict[str, Any]:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return _changed(told, self.described)

    def code_for(self, person: str, asked: dict[str, str]) -> str:
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"] == self.redirect
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "person": person}
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{self.redirect}?{urlencode(back)}"

    def tokens(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Exchange a code, which is good once; return a status and an answer."""
        found = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if pair != [CLIENT, "a%20secret%3A%20of%20the%20client"]:
            return 401, {"error": "invalid_client"}
        if found is None or found["code_challenge"] != _base64(digest):
            return 400, {"error": "invalid_grant"}
        access = self.token(self._access(found["person"]), "at+jwt")
        now = int(time.time())
        whole = hashlib.new(f"sha{self.algorithm[2:]}", access.encode()).digest()
        claims = {
            "iss": self.issuer, "sub": found["person"], "aud": CLIENT, "iat": now,
            "exp": now + 300, "nonce": found["nonce"], "at_hash": _base64(whole[: len(whole) // 2]),
        }  # fmt: skip
        claims = _changed(claims, self.id_claims)
        sign = self.signed or self.token
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 600}
        return 200, answer | {"id_token": sign(claims)}

    def token(self, claims: dict[str, Any], kind: str = "JWT") -> str:
        key, kid = (self.key, "one") if self.algorithm == "RS256" else (self.curve, "two")
        headers = {"kid": kid, "typ": kind}
        return jwt.encode(claims, key, algorithm=self.algorithm, headers=headers)

    def _access(self, person: str) -> dict[str, Any]:
        now = int(time.time())
        roles, places = self.people[person]
        claims = {
            "iss": self.issuer, "sub": person, "aud": AUDIENCE, "iat": now, "exp": now + 600,
            "roles": list(roles), "places": list(places),
        }  # fmt: skip
        return _changed(claims, self.access_claims)

    def restore(self) -> None:
        """Do again what a provider should do."""
        self.signed, self.answers, self.algorithm = None, None, "RS256"
        for each in (self.described, self.id_claims, self.access_claims):
            each.clear()


@contextmanager
def identity_provider(
    key: RSAPrivateKey, people: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> Iterator[IdentityProvider]:
    """Run a provider until the end of the block, under a name that is another site's than ours."""
    provider = IdentityProvider(key, people)
    handler = type("Handler", (_Pages,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.issuer = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


class _Pages(BaseHTTPRequestHandler):
    """The provider's addresses; its own session is a cookie with the person's name."""

    provider: IdentityProvider

    def do_GET(self) -> None:
        path, query = self._address()
        if path == DISCOVERY:
            self._send(200, self.provider.description())
        elif path == "/keys":
            self._send(
                200, {"keys": key_set({"one": self.provider.key, "two": self.provider.curve})}
            )
        elif path == "/authorize" and self._person():
            self._go(self.provider.code_for(self._person(), query))
        elif path == "/authorize":
            field = '<label>name <input name="person"></label>'
            self._page(f"{field}<button>sign in</button>")
        elif path == "/end":
            self._page("<button>sign out here too</button>")
        else:
            self._send(404, {})

    def do_POST(self) -> None:
        path, query = self._address()
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode()))
        if path == "/authorize":
            person = form["person"]
            self._go(self.provider.code_for(person, query), f"person={person}; HttpOnly")
        elif path == "/end":
            self._go(query["post_logout_redirect_uri"], "person=; Max-Age=0")
        elif path == "/token" and self.provider.answers:
            self.provider.answers(self)
        elif path == "/token":
            self._send(*self.provider.tokens(form, self.headers.get("Authorization", "")))
        else:
            self._send(404, {})

    def _address(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        return parts.path, {name: texts[0] for name, texts in parse_qs(parts.query).items()}

    def _person(self) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get("person")
        return found.value if found else ""

    def _page(self, inner: str) -> None:
        form = f'<form method="post" action="{escape(self.path)}">{inner}</form>'
        body = f'<!doctype html><html lang="en"><title>provider</title>{form}'.encode()
        self._send(200, body, "text/html; charset=utf-8")

    def _go(self, address: str, cookie: str = "") -> None:
        self.send_response(303)
        self.send_header("Location", address)
        if cookie:
            self.send_header("Set-Cookie", f"{cookie}; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, body: object, media: str = "application/json") -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _changed(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in {**given, **changes}.items() if each is not None}


def _base64(payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
