"""Tokens, keys and settings of an identity provider."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from api.access.oidc import Jwks, Oidc, principal, verification_keys
from api.access.tokens import TokenRefusedError
from api.core.settings import AccessSettings, OidcSettings
from model.errors import SettingError
from tests.support.fixtures.accounts import claims
from tests.support.service.identity_provider import key_set


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
    path.write_text(json.dumps({"keys": key_set(keys)}))


def _theirs(key: Any, algorithm: str = "RS256", kid: str = "one", **changed: Any) -> str:
    payload = claims(
        **{
            "iss": "https://id.example.org",
            "aud": ["rongzi", "account"],
            "realm_access": {"roles": ["loan-officers", "superuser"]},
            "places": ["371502", "37", "../x"],
            **changed,
        }
    )
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid, "typ": "JWT"})


def test_a_providers_claims_become_roles_and_places_without_unknown_ones(
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


def test_a_new_key_is_fetched_and_a_withdrawn_one_no_longer_trusted(
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


def test_shared_secrets_private_keys_and_short_keys_are_ignored() -> None:
    short = jwt.algorithms.RSAAlgorithm.to_jwk(
        generate_private_key(65537, 1024).public_key(), as_dict=True
    )
    private = jwt.algorithms.RSAAlgorithm.to_jwk(generate_private_key(65537, 2048), as_dict=True)
    secret = {"kty": "oct", "k": "c2VjcmV0"}
    listed = [each | {"kid": str(i)} for i, each in enumerate((short, private, secret))]
    assert verification_keys(json.dumps({"keys": [*listed, None, {}]}).encode()) == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"RONGZI_OIDC_ALGORITHMS": "HS256"},
        {"RONGZI_OIDC_ALGORITHMS": "none"},
        {"RONGZI_OIDC_JWKS": "http://id.example.org/keys"},
        {"RONGZI_OIDC_JWKS": "no-such-folder/keys.json"},
        {"RONGZI_OIDC_ROLE_NAMES": "boss=root"},
        {"RONGZI_OIDC_AUDIENCE": ""},
        {"RONGZI_TRUSTED_PROXIES": "everybody"},
        {"RONGZI_RATE_PER_SECOND": "-1"},
        {"RONGZI_OIDC_REDIRECT": ""},
        {"RONGZI_OIDC_REDIRECT": "http://bank.example.org/console/sign-in/return"},
        {"RONGZI_OIDC_REDIRECT": "http://localhost.example.org/console/sign-in/return"},
        {"RONGZI_OIDC_REDIRECT": "https://bank.example.org/console/sign-in/return?next=/"},
        {"RONGZI_OIDC_REDIRECT": "https://bank.example.org/elsewhere"},
        {"RONGZI_OIDC_REDIRECT": "https://bank.example.org@evil.example/console/sign-in/return"},
        {"RONGZI_OIDC_REDIRECT": "https:///console/sign-in/return"},
        {"RONGZI_OIDC_SCOPE": "profile"},
        {"RONGZI_OIDC_ISSUER": "http://id.example.org"},
    ],
)
def test_a_setting_that_weakens_access_control_stops_the_start(changed: dict[str, str]) -> None:
    sound = {
        "RONGZI_OIDC_ISSUER": "https://id.example.org",
        "RONGZI_OIDC_AUDIENCE": "rongzi",
        "RONGZI_OIDC_JWKS": "https://id.example.org/keys",
        "RONGZI_OIDC_CLIENT_ID": "console",
        "RONGZI_OIDC_REDIRECT": "https://bank.example.org/console/sign-in/return",
    }
    AccessSettings.from_env(sound)
    with pytest.raises(SettingError, match=next(iter(changed))):
        AccessSettings.from_env(sound | changed)


def test_a_caller_without_known_roles_or_places_may_do_nothing_anywhere(
    provider: OidcSettings,
) -> None:
    found = principal({"sub": "x", "places": 7, "realm_access": []}, provider)
    assert (found.roles, found.places, found.reaches("371502001001")) == (frozenset(), (), False)
