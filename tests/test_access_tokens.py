"""Tokens: only what our issuer, or the provider we name, made for us and for now is trusted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.accounts import Account
from api.access.bearer import bearer_token
from api.access.issuer import AUDIENCE, ISSUER, TOKEN_SECONDS, Issuer
from api.access.jwks import Jwks, usable
from api.access.keys import key_name, token_key
from api.access.oidc import Oidc, principal
from api.access.settings import AccessSettings, OidcSettings
from api.access.token_check import MOST_TOKEN_CHARACTERS, TokenRefusedError
from model.errors import AccessError, SettingError

ACCOUNT = Account("officer-1", "no password", frozenset({"officer"}), ("371502",))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def rsa() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def _claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "officer-1", "ver": 1, "jti": "one",
        "iat": now, "nbf": now, "exp": now + 60,
    }  # fmt: skip
    return {name: value for name, value in (claims | changed).items() if value is not None}


def _forged(home: Path, claims: dict[str, Any], **header: Any) -> str:
    """Return a token that is signed with the right key whatever it says."""
    key = token_key(home)
    headers = {"typ": "at+jwt", "kid": key_name(key)} | header
    return jwt.encode(claims, key, algorithm="EdDSA", headers=headers)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_names_its_account_and_version(home: Path) -> None:
    held = Issuer(home).check(Issuer(home).token(ACCOUNT))
    assert (held.name, held.version) == ("officer-1", 1)
    assert held.expires - held.issued == TOKEN_SECONDS


def test_a_token_holds_no_rights_that_could_be_forged(home: Path) -> None:
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
def test_claims_that_are_not_as_expected_are_refused_even_if_signed(
    home: Path, changed: dict[str, Any]
) -> None:
    assert Issuer(home).check(_forged(home, _claims())).name == "officer-1"
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(_forged(home, _claims(**changed)))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../etc/passwd"}, {"kid": "' OR 1=1 --"}, {"kid": "\x00"}, {"kid": "a\r\nb"},
        {"kid": ""}, {"typ": "JWT"}, {"typ": ""}, {"crit": ["exp"]},
    ],
)  # fmt: skip
def test_headers_that_are_not_as_expected_are_refused(home: Path, header: dict[str, Any]) -> None:
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(_forged(home, _claims(), **header))


def test_an_unsigned_token_is_refused(home: Path) -> None:
    kid = key_name(token_key(home))
    for algorithm in ("none", "None", "nOnE", ""):
        header = {"alg": algorithm, "typ": "at+jwt", "kid": kid}
        with pytest.raises(TokenRefusedError):
            Issuer(home).check(f"{_part(header)}.{_part(_claims())}.")


def test_a_public_key_is_no_shared_secret(home: Path) -> None:
    key = token_key(home)
    for encoding, form in (
        (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        (Encoding.Raw, PublicFormat.Raw),
    ):
        secret = key.public_key().public_bytes(encoding, form)
        signed = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': key_name(key)})}."
        signed += _part(_claims())
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(TokenRefusedError):
            Issuer(home).check(token)


def test_a_foreign_key_under_our_name_is_refused(home: Path) -> None:
    headers = {"typ": "at+jwt", "kid": key_name(token_key(home))}
    foreign = Ed25519PrivateKey.generate()
    token = jwt.encode(_claims(), foreign, algorithm="EdDSA", headers=headers)
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(token)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "é.b.c", "[" * 5_000, "." * 100, "e30.e30.e30"]
)
def test_what_is_no_token_is_refused_without_a_fault(home: Path, token: str) -> None:
    with pytest.raises(TokenRefusedError):
        Issuer(home).check(token)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Basic YTpi")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")],
        [(b"authorization", b"Bearer " + b"a" * (MOST_TOKEN_CHARACTERS + 1))],
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


@pytest.fixture
def provider(tmp_path: Path, rsa: RSAPrivateKey) -> OidcSettings:
    _publish(tmp_path / "jwks.json", {"one": rsa})
    settings = AccessSettings.from_env(
        {
            "RONGZI_OIDC_ISSUER": "https://id.example.org",
            "RONGZI_OIDC_AUDIENCE": "rongzi",
            "RONGZI_OIDC_JWKS": str(tmp_path / "jwks.json"),
            "RONGZI_OIDC_ROLES": "realm_access.roles",
            "RONGZI_OIDC_ROLE_NAMES": "loan-officers=officer, audit=auditor",
        }
    ).oidc
    assert settings
    return settings


def _publish(path: Path, keys: dict[str, RSAPrivateKey]) -> None:
    described = [
        jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name}
        for name, key in keys.items()
    ]
    path.write_text(json.dumps({"keys": described}))


def _theirs(key: Any, algorithm: str = "RS256", kid: str = "one", **changed: Any) -> str:
    claims = _claims(
        **{
            "iss": "https://id.example.org",
            "aud": ["rongzi", "account"],
            "realm_access": {"roles": ["loan-officers", "superuser"]},
            "places": ["371502", "37", "../x"],
            **changed,
        }
    )
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid, "typ": "JWT"})


def test_a_providers_claims_are_read_as_roles_and_places_and_unknown_ones_left_out(
    provider: OidcSettings, rsa: RSAPrivateKey
) -> None:
    found, _ = asyncio.run(Oidc(provider, Jwks(provider.jwks)).check(_theirs(rsa)))
    assert (found.roles, found.places) == (frozenset({"officer"}), ("371502",))


BAD: dict[str, Callable[[RSAPrivateKey], str]] = {
    "another audience": lambda key: _theirs(key, aud="account"),
    "another issuer": lambda key: _theirs(key, iss="https://id.example.org/"),
    "an absurd expiry": lambda key: _theirs(key, exp=1e30),
    "another algorithm": lambda key: _theirs(key, "RS512"),
    "a shared secret": lambda _: _theirs("s" * 64, "HS256"),
    "an unknown kid": lambda key: _theirs(key, kid="two"),
    "a subject that breaks the line": lambda key: _theirs(key, sub="a\nb"),
}


@pytest.mark.parametrize("made", BAD.values(), ids=BAD.keys())
def test_a_providers_token_that_is_not_for_us_is_refused(
    provider: OidcSettings, rsa: RSAPrivateKey, made: Callable[[RSAPrivateKey], str]
) -> None:
    with pytest.raises(TokenRefusedError):
        asyncio.run(Oidc(provider, Jwks(provider.jwks)).check(made(rsa)))


def test_a_new_key_is_looked_for_and_a_withdrawn_one_no_longer_trusted(
    provider: OidcSettings, rsa: RSAPrivateKey
) -> None:
    now, other = [0.0], generate_private_key(65537, 2048)
    keys = Jwks(provider.jwks, clock=lambda: now[0])
    oidc = Oidc(provider, keys)

    async def rotated() -> None:
        await oidc.check(_theirs(rsa))
        _publish(Path(provider.jwks), {"two": other})
        now[0] += 60
        await oidc.check(_theirs(other, kid="two"))
        assert keys.epoch == 2
        with pytest.raises(TokenRefusedError):
            await oidc.check(_theirs(rsa))

    asyncio.run(rotated())


def test_shared_secrets_private_and_short_keys_are_no_keys_of_a_provider() -> None:
    short = jwt.algorithms.RSAAlgorithm.to_jwk(
        generate_private_key(65537, 1024).public_key(), as_dict=True
    )
    private = jwt.algorithms.RSAAlgorithm.to_jwk(generate_private_key(65537, 2048), as_dict=True)
    secret = {"kty": "oct", "k": "c2VjcmV0"}
    listed = [each | {"kid": str(i)} for i, each in enumerate((short, private, secret))]
    assert usable(json.dumps({"keys": [*listed, None, {}]}).encode()) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"RONGZI_OIDC_ALGORITHMS": "HS256"},
        {"RONGZI_OIDC_ALGORITHMS": "none"},
        {"RONGZI_OIDC_JWKS": "http://id.example.org/keys"},
        {"RONGZI_OIDC_ROLE_NAMES": "boss=root"},
        {"RONGZI_OIDC_AUDIENCE": ""},
        {"RONGZI_TRUSTED_PROXIES": "everybody"},
        {"RONGZI_RATE_PER_SECOND": "-1"},
    ],
)
def test_a_setting_that_would_weaken_the_gate_stops_the_start(changed: dict[str, str]) -> None:
    sound = {
        "RONGZI_OIDC_ISSUER": "https://id.example.org",
        "RONGZI_OIDC_AUDIENCE": "rongzi",
        "RONGZI_OIDC_JWKS": "https://id.example.org/keys",
    }
    AccessSettings.from_env(sound)
    with pytest.raises(SettingError, match=next(iter(changed))):
        AccessSettings.from_env(sound | changed)


def test_a_caller_without_known_roles_or_places_may_do_nothing_anywhere(
    provider: OidcSettings,
) -> None:
    found = principal({"sub": "x", "places": 7, "realm_access": []}, provider)
    assert (found.roles, found.places, found.reaches("371502001001")) == (frozenset(), (), False)
