"""Tokens: only a valid token of the home's own issuer is trusted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.account import Account
from api.access.enforce import bearer_token
from api.access.issuer import TOKEN_SECONDS, Issuer, key_name, token_key
from api.access.tokens import MAX_TOKEN_CHARACTERS, TokenRefusedError
from model.errors import AccessError
from tests.support.fixtures.accounts import claims

ACCOUNT = Account("officer-1", "no password", frozenset({"officer"}), ("371502",))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def _forged(home: Path, claims: dict[str, Any], **header: Any) -> str:
    """Return a token with any claims, signed with the right key."""
    key = token_key(home)
    headers = {"typ": "at+jwt", "kid": key_name(key)} | header
    return jwt.encode(claims, key, algorithm="EdDSA", headers=headers)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_names_its_account_and_version(home: Path) -> None:
    verified = Issuer(home).check(Issuer(home).token(ACCOUNT))
    assert (verified.name, verified.version) == ("officer-1", 1)
    assert verified.expires - verified.issued == TOKEN_SECONDS


def test_a_token_contains_no_rights(home: Path) -> None:
    token = Issuer(home).token(ACCOUNT)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "ver", "iat", "nbf", "exp", "jti"}


NOW = int(time.time())
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"iat": NOW - 120, "nbf": NOW - 120, "exp": NOW - 60},
    "not yet valid": {"nbf": NOW + 600, "exp": NOW + 700, "iat": NOW + 600},
    "nbf later": {"nbf": NOW + 600},
    "another audience": {"aud": "another"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://example.org"},
    "no issuer": {"iss": None},
    "an absurd expiry": {"exp": 1e30},
    "an infinite expiry": {"exp": float("inf")},
    "an expiry of nothing": {"exp": float("nan")},
    "an expiry as text": {"exp": "tomorrow"},
    "an hour": {"exp": NOW + 3_600},
    "no expiry": {"exp": None},
    "no start": {"iat": None},
    "no version": {"ver": None},
    "a version as text": {"ver": "1"},
    "a version of true": {"ver": True},
    "no subject": {"sub": None},
    "a subject that is no text": {"sub": 1},
}


@pytest.mark.parametrize("changed", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_invalid_claims_are_refused_even_if_signed(home: Path, changed: dict[str, Any]) -> None:
    assert Issuer(home).check(_forged(home, claims())).name == "officer-1"
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(_forged(home, claims(**changed)))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../etc/passwd"}, {"kid": "' OR 1=1 --"}, {"kid": "\x00"}, {"kid": "a\r\nb"},
        {"kid": ""}, {"typ": "JWT"}, {"typ": ""}, {"crit": ["exp"]},
    ],
)  # fmt: skip
def test_invalid_headers_are_refused(home: Path, header: dict[str, Any]) -> None:
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(_forged(home, claims(), **header))


def test_an_unsigned_token_is_refused(home: Path) -> None:
    kid = key_name(token_key(home))
    for algorithm in ("none", "None", "nOnE", ""):
        header = {"alg": algorithm, "typ": "at+jwt", "kid": kid}
        with pytest.raises(TokenRefusedError):
            Issuer(home).check(f"{_part(header)}.{_part(claims())}.")


def test_a_public_key_is_no_shared_secret(home: Path) -> None:
    key = token_key(home)
    for encoding, form in (
        (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.Raw, PublicFormat.Raw),
    ):
        secret = key.public_key().public_bytes(encoding, form)
        signed = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': key_name(key)})}."
        signed += _part(claims())
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(TokenRefusedError):
            Issuer(home).check(token)


def test_a_foreign_key_under_our_name_is_refused(home: Path) -> None:
    headers = {"typ": "at+jwt", "kid": key_name(token_key(home))}
    foreign = Ed25519PrivateKey.generate()
    token = jwt.encode(claims(), foreign, algorithm="EdDSA", headers=headers)
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(token)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.b.c", "[" * 5_000, "." * 100, "e30.e30.e30"]
)
def test_text_that_is_no_token_is_refused_without_a_fault(home: Path, token: str) -> None:
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(token)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Basic YTpi")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")],
        [(b"authorization", b"Bearer " + b"a" * (MAX_TOKEN_CHARACTERS + 1))],
        [(b"authorization", b"Bearer \xe9")],
        [(b"x-authorization", b"Bearer a")],
    ],
)
def test_a_token_comes_once_in_its_header_or_not_at_all(headers: list[Any]) -> None:
    with pytest.raises(TokenRefusedError):
        bearer_token(headers)


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    token_key(tmp_path)
    path = tmp_path / "keys" / "token.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(AccessError, match="chmod 600"):
        token_key(tmp_path)
