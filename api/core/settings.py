"""The settings of the service, read from environment variables."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from api.core.principal import ROLES, Role
from model.errors import SettingError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOME = "RONGZI_HOME"
DEFAULT_HOME = "data"
DATABASE_URL = "RONGZI_DATABASE_URL"
CHECKPOINTS = "RONGZI_CHECKPOINTS"
WITNESSES = "RONGZI_WITNESSES"
UNSIGNED_EDITIONS = "RONGZI_UNSIGNED_EDITIONS"
MAX_IN_WORK = "RONGZI_MOST_IN_WORK"
RATE = "RONGZI_RATE_PER_SECOND"
BURST = "RONGZI_RATE_BURST"
PROXIES = "RONGZI_TRUSTED_PROXIES"
WEBHOOK_NETWORKS = "RONGZI_WEBHOOK_NETWORKS"
ISSUER = "RONGZI_OIDC_ISSUER"
AUDIENCE = "RONGZI_OIDC_AUDIENCE"
JWKS = "RONGZI_OIDC_JWKS"
ALGORITHMS = "RONGZI_OIDC_ALGORITHMS"
ROLES_CLAIM = "RONGZI_OIDC_ROLES"
PLACES_CLAIM = "RONGZI_OIDC_PLACES"
ROLE_NAMES = "RONGZI_OIDC_ROLE_NAMES"
OIDC_MAX_MINUTES = "RONGZI_OIDC_MOST_MINUTES"
CLIENT_ID = "RONGZI_OIDC_CLIENT_ID"
CLIENT_SECRET = "RONGZI_OIDC_CLIENT_SECRET"
REDIRECT = "RONGZI_OIDC_REDIRECT"
SCOPE = "RONGZI_OIDC_SCOPE"

#: Signature algorithms whose public key cannot sign.
ASYMMETRIC_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_LOOPBACK_URL = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost)(?::[0-9]{1,5})?(?:/|\Z)")
#: Where the provider sends a browser back to, on whatever host the console has.
REDIRECT_PATH = "/console/sign-in/return"
_RETURN = re.compile(rf"https?://[^/?#@\\\s]+{REDIRECT_PATH}")


@dataclass(frozen=True)
class OidcClient:
    """The service as the identity provider knows it, for sign-ins at the console.

    Attributes
    ----------
    secret : str or None
        None for a public client, which PKCE alone protects.
    redirect : str
        The exact address that the provider sends browsers back to; its path is `REDIRECT_PATH`.
    scope : str
        What is asked for, with ``openid``.
    """

    client_id: str
    secret: str | None = field(repr=False)
    redirect: str
    scope: str


@dataclass(frozen=True)
class OidcSettings:
    """An identity provider whose tokens replace those of this service.

    Attributes
    ----------
    issuer, audience : str
        ``iss`` and ``aud`` of its access tokens for this service.
    jwks : str
        Its public keys (RFC 7517): an https URL or a file.
    algorithms : tuple of str
        Accepted signature algorithms, from `ASYMMETRIC_ALGORITHMS`.
    roles_claim, places_claim : str
        Paths of the claims that hold roles and places; a dot descends (``realm_access.roles``).
    role_names : mapping of str to Role
        The provider's name of a role → the role.
    max_seconds : int
        Longest accepted lifetime of a token.
    client : OidcClient or None
        None where nobody signs in at the console.
    """

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[str, ...]
    roles_claim: str
    places_claim: str
    role_names: Mapping[str, Role]
    max_seconds: int
    client: OidcClient | None = None


@dataclass(frozen=True)
class AccessSettings:
    """Rate limits, trusted proxies and the identity provider.

    Attributes
    ----------
    rate_per_second, burst : int
        Sustained rate of a caller, and requests it may send at once, per worker.
    trusted_proxies : tuple of networks
        Peers whose ``X-Forwarded-For`` header is trusted; none by default.
    oidc : OidcSettings or None
        None means the accounts of this home (``rongzi init``, ``rongzi users``).
    """

    rate_per_second: int = 100
    burst: int = 1_000
    trusted_proxies: tuple[Network, ...] = ()
    oidc: OidcSettings | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> AccessSettings:
        """Read the settings.

        Raises
        ------
        SettingError
            If a value is not valid; the message names the variable and what is expected.
        """
        return cls(
            rate_per_second=_positive_integer(environment, RATE, cls.rate_per_second),
            burst=_positive_integer(environment, BURST, cls.burst),
            trusted_proxies=_networks(environment, PROXIES),
            oidc=_oidc(environment) if environment.get(ISSUER) else None,
        )


@dataclass(frozen=True)
class Settings:
    """Settings of one service process.

    Attributes
    ----------
    home : Path
        Folder of cards, trusted keys, editions and the ledger (``RONGZI_HOME``, default ``data``).
    most_in_work : int
        Requests that one worker processes at once; more are refused (``RONGZI_MOST_IN_WORK``).
    database_url : str or None
        The ledger's database (``RONGZI_DATABASE_URL``); None means SQLite under `home`.
    checkpoints : Path or None
        The checkpoint file (``RONGZI_CHECKPOINTS``), best on another disk; None means beside the
        SQLite file.
    witnesses : tuple of str
        Second places that receive every checkpoint (``RONGZI_WITNESSES``); see
        `api.ledger.witnesses`.
    allow_unsigned_editions : bool
        Serve an edition of a release that did not sign editions (``RONGZI_UNSIGNED_EDITIONS``).
    access : AccessSettings
        Rate limits, trusted proxies and the identity provider.
    webhook_networks : tuple of networks
        Private networks that events may go to (``RONGZI_WEBHOOK_NETWORKS``); none by default.
    """

    home: Path = Path(DEFAULT_HOME)
    most_in_work: int = 24
    database_url: str | None = field(default=None, repr=False)
    checkpoints: Path | None = None
    witnesses: tuple[str, ...] = ()
    allow_unsigned_editions: bool = False
    access: AccessSettings = field(default_factory=AccessSettings)
    webhook_networks: tuple[Network, ...] = ()

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from environment variables."""
        checkpoints = environment.get(CHECKPOINTS)
        return cls(
            home=Path(environment.get(HOME) or DEFAULT_HOME),
            most_in_work=_positive_integer(environment, MAX_IN_WORK, cls.most_in_work),
            database_url=environment.get(DATABASE_URL) or None,
            checkpoints=Path(checkpoints) if checkpoints else None,
            allow_unsigned_editions=_allows(environment, UNSIGNED_EDITIONS),
            witnesses=_split_list(environment.get(WITNESSES, "")),
            access=AccessSettings.from_env(environment),
            webhook_networks=_networks(environment, WEBHOOK_NETWORKS),
        )


def _oidc(environment: Mapping[str, str]) -> OidcSettings:
    jwks = _required(environment, JWKS)
    if "://" in jwks and not is_private_address(jwks):
        raise SettingError(f"{JWKS}: expected an https:// URL or a file")
    if "://" not in jwks and not Path(jwks).is_file():
        raise SettingError(f"{JWKS}: no such file; save the identity provider's keys there")
    return OidcSettings(
        issuer=_required(environment, ISSUER),
        audience=_required(environment, AUDIENCE),
        jwks=jwks,
        algorithms=_algorithms(environment.get(ALGORITHMS) or "RS256"),
        roles_claim=environment.get(ROLES_CLAIM) or "roles",
        places_claim=environment.get(PLACES_CLAIM) or "places",
        role_names=_role_names(environment.get(ROLE_NAMES, "")),
        max_seconds=60 * _positive_integer(environment, OIDC_MAX_MINUTES, 60),
        client=_client(environment) if environment.get(CLIENT_ID) else None,
    )


def _client(environment: Mapping[str, str]) -> OidcClient:
    redirect = environment.get(REDIRECT, "")
    if not (is_private_address(redirect) and _RETURN.fullmatch(redirect)):
        raise SettingError(f"{REDIRECT}: expected https://HOST{REDIRECT_PATH}")
    if not is_private_address(environment[ISSUER]):
        raise SettingError(f"{ISSUER}: expected an https:// address, because {CLIENT_ID} is set")
    scope = environment.get(SCOPE) or "openid"
    if "openid" not in scope.split():
        raise SettingError(f"{SCOPE}: expected openid among the scopes")
    secret = environment.get(CLIENT_SECRET) or None
    return OidcClient(environment[CLIENT_ID], secret, redirect, scope)


def is_private_address(address: str) -> bool:
    """Return whether nobody between can read what is sent to `address`: TLS, or this machine."""
    return address.startswith("https://") or _LOOPBACK_URL.match(address) is not None


def _required(environment: Mapping[str, str], name: str) -> str:
    given = environment.get(name)
    if not given:
        raise SettingError(
            f"{name}: required because {ISSUER} is set; see docs/reference/settings.md"
        )
    return given


def _algorithms(given: str) -> tuple[str, ...]:
    algorithms = _split_list(given)
    if not algorithms or not set(algorithms) <= set(ASYMMETRIC_ALGORITHMS):
        allowed = ", ".join(ASYMMETRIC_ALGORITHMS)
        raise SettingError(f"{ALGORITHMS}: expected one or more of {allowed}")
    return algorithms


def _role_names(given: str) -> Mapping[str, Role]:
    names: dict[str, Role] = {}
    for pair in _split_list(given):
        name, _, role = pair.partition("=")
        if not name or not _is_role(role):
            raise SettingError(
                f"{ROLE_NAMES}: expected NAME=ROLE, …, where ROLE is one of {', '.join(ROLES)}"
            )
        names[name] = role
    return names or {role: role for role in ROLES}


def _is_role(name: str) -> TypeGuard[Role]:
    return name in ROLES


def _networks(environment: Mapping[str, str], name: str) -> tuple[Network, ...]:
    given = environment.get(name, "")
    try:
        return tuple(ipaddress.ip_network(network) for network in _split_list(given))
    except ValueError as error:
        raise SettingError(f"{name}: expected addresses or networks such as 10.0.0.0/8") from error


def _allows(environment: Mapping[str, str], name: str) -> bool:
    given = environment.get(name) or "refuse"
    if given not in ("allow", "refuse"):
        raise SettingError(f"{name}: expected allow or refuse")
    return given == "allow"


def _split_list(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())


def _positive_integer(environment: Mapping[str, str], name: str, default: int) -> int:
    given = environment.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 1_000_000:
        raise SettingError(f"{name}: expected an integer from 1 to 1000000")
    return int(given)
