"""A real identity provider over TLS on this machine: its keys, their rotation, its absence."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import http.server
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from api.access.oidc import Jwks, Oidc
from api.access.tokens import TokenRefusedError
from api.core.settings import AccessSettings, OidcSettings, Settings
from api.http.problems import ProblemError
from api.server.app import create_app
from tests.support.service.identity_provider import key_set

ISSUER = "https://id.example.org"
_DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority for the test."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(_name("test authority"), self.key, is_authority=True)

    def for_this_machine(self, folder: Path) -> ssl.SSLContext:
        """Return the context of a server whose certificate for 127.0.0.1 is valid for a day."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(_name("provider"), key, is_authority=False)
        pem = folder / "provider.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(private + made.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.Certificate:
        now = datetime.now(tz=UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name("test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(names, critical=False)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )


class _TlsServer(http.server.ThreadingHTTPServer):
    """Does the TLS handshake on the connection's thread, and drops a client that refuses it."""

    context: ssl.SSLContext

    def get_request(self) -> tuple[Any, Any]:
        plain, address = self.socket.accept()
        wrapped = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        with contextlib.suppress(OSError):
            request.do_handshake()
            super().finish_request(request, client_address)


class Provider:
    """An identity provider that answers with its keys until it goes away."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.keys: dict[str, RSAPrivateKey] = {}
        self.redirect: str | None = None
        provider = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"keys": key_set(provider.keys)}).encode()
                self.send_response(302 if provider.redirect else 200)
                if provider.redirect:
                    self.send_header("Location", provider.redirect)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = _TlsServer(("127.0.0.1", 0), Answers)
        self.server.context = context
        self.address = f"https://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def go_away(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider(
    tmp_path: Path, rsa: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    authority = Authority()
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    made = Provider(authority.for_this_machine(tmp_path))
    made.keys["one"] = rsa
    yield made
    made.go_away()


def _settings(provider: Provider) -> AccessSettings:
    return AccessSettings.from_env(
        {
            "RONGZI_OIDC_ISSUER": ISSUER,
            "RONGZI_OIDC_AUDIENCE": "rongzi",
            "RONGZI_OIDC_JWKS": provider.address,
        }
    )


def _oidc(provider: Provider, clock: Callable[[], float] = time.monotonic) -> Oidc:
    found = _settings(provider).oidc
    assert isinstance(found, OidcSettings)
    return Oidc(found, Jwks(found.jwks, clock))


def _token(key: Any, kid: str = "one", algorithm: str = "RS256", **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": "rongzi", "sub": "u-17", "iat": now, "exp": now + 600,
        "roles": ["officer"], "places": ["371502"], **changed,
    }  # fmt: skip
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid, "typ": "at+jwt"})


def _of_type(key: Any, kind: str, **claims: Any) -> str:
    """Return a token with `kind` as the type of its header."""
    known = jwt.decode(_token(key, **claims), options={"verify_signature": False})
    return jwt.encode(known, key, algorithm="RS256", headers={"kid": "one", "typ": kind})


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "n-0S6_WzA2Mj"},
        {"at_hash": "MTIzNDU2Nzg5MDEyMzQ1Ng"},
        {"c_hash": "LDktKdoQak3Pk0cnXxCltA"},
        {"typ": "ID"},
        {"token_use": "id"},
        {"token_use": "id", "typ": "Bearer"},
        {"typ": "Bearer", "at_hash": "MTIzNDU2Nzg5MDEyMzQ1Ng"},
    ],
)
def test_an_id_token_is_no_access_token_where_both_have_one_audience(
    provider: Provider, rsa: RSAPrivateKey, claims: dict[str, str]
) -> None:
    with pytest.raises(TokenRefusedError):
        asyncio.run(_oidc(provider).check(_of_type(rsa, "JWT", **claims)))


@pytest.mark.parametrize(
    ("kind", "claims"),
    [
        ("JWT", {}),
        ("JWT", {"typ": "Bearer", "nonce": "n-0S6_WzA2Mj"}),
        ("JWT", {"token_use": "access"}),
        ("at+jwt", {}),
        ("application/at+jwt", {}),
    ],
)
def test_access_tokens_of_providers_with_and_without_a_type_of_their_own_pass(
    provider: Provider, rsa: RSAPrivateKey, kind: str, claims: dict[str, str]
) -> None:
    found, _ = asyncio.run(_oidc(provider).check(_of_type(rsa, kind, **claims)))
    assert found.subject == "u-17"


def _by_secret(secret: bytes, token: str) -> str:
    """Return the token's claims signed with HS256, which no library does with a public key."""
    header = {"alg": "HS256", "kid": "one", "typ": "at+jwt"}
    signed = f"{_part(json.dumps(header).encode())}.{token.split('.')[1]}"
    return f"{signed}.{_part(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _part(payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload).rstrip(b"=").decode()


def test_keys_come_over_tls_from_a_server_whose_certificate_is_trusted(
    provider: Provider, rsa: RSAPrivateKey
) -> None:
    found, _ = asyncio.run(_oidc(provider).check(_token(rsa)))
    assert (found.subject, found.roles, found.places) == (
        "u-17",
        frozenset({"officer"}),
        ("371502",),
    )


def test_a_server_of_an_untrusted_authority_counts_as_away(
    provider: Provider, rsa: RSAPrivateKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority().certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with pytest.raises(ProblemError) as refusal:
        asyncio.run(_oidc(provider).check(_token(rsa)))
    assert refusal.value.kind.name == "provider-away"


def test_a_redirect_is_not_followed(provider: Provider, rsa: RSAPrivateKey) -> None:
    provider.redirect = provider.address
    with pytest.raises(ProblemError):
        asyncio.run(_oidc(provider).check(_token(rsa)))


def test_a_rotated_key_is_used_and_the_withdrawn_one_dropped(
    provider: Provider, rsa: RSAPrivateKey
) -> None:
    now, new = [0.0], generate_private_key(65537, 2048)

    async def rotated() -> None:
        oidc = _oidc(provider, lambda: now[0])
        await oidc.check(_token(rsa))
        provider.keys = {"two": new}
        now[0] += 60
        await oidc.check(_token(new, "two"))
        with pytest.raises(TokenRefusedError):
            await oidc.check(_token(rsa))

    asyncio.run(rotated())


def test_a_foreign_key_and_the_public_key_as_a_shared_secret_are_refused(
    provider: Provider, rsa: RSAPrivateKey
) -> None:
    public = rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    oidc = _oidc(provider)
    for forged in (_token(generate_private_key(65537, 2048)), _by_secret(public, _token(rsa))):
        with pytest.raises(TokenRefusedError):
            asyncio.run(oidc.check(forged))


def test_while_the_provider_is_away_known_keys_work_and_unknown_ones_are_refused(
    provider: Provider, rsa: RSAPrivateKey
) -> None:
    now = [0.0]

    async def away() -> None:
        oidc = _oidc(provider, lambda: now[0])
        await oidc.check(_token(rsa))
        provider.go_away()
        now[0] += 3_600
        await oidc.check(_token(rsa))
        with pytest.raises(TokenRefusedError):
            await oidc.check(_token(generate_private_key(65537, 2048), "two"))
        now[0] += 25 * 3_600
        with pytest.raises(ProblemError) as refusal:
            await oidc.check(_token(rsa))
        assert refusal.value.kind.name == "provider-away"

    asyncio.run(away())


def test_the_service_distinguishes_an_absent_provider_from_a_bad_token(
    provider: Provider, rsa: RSAPrivateKey, tmp_path: Path
) -> None:
    """Answer 200 to a good token, 401 to a forged one, 503 to all while no key is known."""

    async def asked(token: str) -> tuple[int, str | None]:
        app = create_app(Settings(home=tmp_path / "home", access=_settings(provider)))
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            answer = await client.get("/v1/me", headers=headers)
        return answer.status_code, answer.headers.get("Retry-After")

    assert asyncio.run(asked(_token(rsa))) == (200, None)
    assert asyncio.run(asked(_token(generate_private_key(65537, 2048)))) == (401, None)
    provider.go_away()
    assert asyncio.run(asked(_token(rsa))) == (503, "11")
