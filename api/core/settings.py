"""What an operator can set of who may do what, from the environment.

Everything an operator can set of the service, from the environment, in one place.
"""

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

RATE = "RONGZI_RATE_PER_SECOND"
BURST = "RONGZI_RATE_BURST"
PROXIES = "RONGZI_TRUSTED_PROXIES"
ISSUER = "RONGZI_OIDC_ISSUER"
AUDIENCE = "RONGZI_OIDC_AUDIENCE"
JWKS = "RONGZI_OIDC_JWKS"
ALGORITHMS = "RONGZI_OIDC_ALGORITHMS"
ROLES_CLAIM = "RONGZI_OIDC_ROLES"
PLACES_CLAIM = "RONGZI_OIDC_PLACES"
ROLE_NAMES = "RONGZI_OIDC_ROLE_NAMES"
MOST_MINUTES = "RONGZI_OIDC_MOST_MINUTES"

#: Signatures that nobody can make with a public key.
ASYMMETRIC = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_LOOPBACK_URL = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost)[:/]")


@dataclass(frozen=True)
class OidcSettings:
    """An identity provider whose tokens are taken instead of our own.

    Attributes
    ----------
    issuer, audience : str
        ``iss`` and ``aud`` of its access tokens for this service.
    jwks : str
        Its public keys (RFC 7517): an https address, or a file.
    algorithms : tuple of str
        Signatures taken, of `ASYMMETRIC`.
    roles_claim, places_claim : str
        Where the claims hold roles and places; dots descend (``realm_access.roles``).
    role_names : mapping of str to Role
        What the provider calls each role.
    most_seconds : int
        Longest life of a token.
    """

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[str, ...]
    roles_claim: str
    places_claim: str
    role_names: Mapping[str, Role]
    most_seconds: int


@dataclass(frozen=True)
class AccessSettings:
    """Limits, proxies and the identity provider.

    Attributes
    ----------
    rate_per_second, burst : int
        Requests a caller may make steadily, and at once, in one worker.
    trusted_proxies : tuple of networks
        Peers whose ``X-Forwarded-For`` is believed; none by default.
    oidc : OidcSettings or None
        None: accounts of this home (``rongzi init``, ``rongzi users``).
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
            Naming the variable and what is expected of it.
        """
        return cls(
            rate_per_second=_whole(environment, RATE, cls.rate_per_second),
            burst=_whole(environment, BURST, cls.burst),
            trusted_proxies=_networks(environment.get(PROXIES, "")),
            oidc=_oidc(environment) if environment.get(ISSUER) else None,
        )


def _oidc(environment: Mapping[str, str]) -> OidcSettings:
    jwks = _needed(environment, JWKS)
    if "://" in jwks and not (jwks.startswith("https://") or _LOOPBACK_URL.match(jwks)):
        raise SettingError(f"{JWKS}: expected an https:// address or a file; correct it")
    if "://" not in jwks and not Path(jwks).is_file():
        raise SettingError(f"{JWKS}: there is no such file; put the provider's keys there")
    return OidcSettings(
        issuer=_needed(environment, ISSUER),
        audience=_needed(environment, AUDIENCE),
        jwks=jwks,
        algorithms=_algorithms(environment.get(ALGORITHMS) or "RS256"),
        roles_claim=environment.get(ROLES_CLAIM) or "roles",
        places_claim=environment.get(PLACES_CLAIM) or "places",
        role_names=_role_names(environment.get(ROLE_NAMES, "")),
        most_seconds=60 * _whole(environment, MOST_MINUTES, 60),
    )


def _needed(environment: Mapping[str, str], name: str) -> str:
    given = environment.get(name)
    if not given:
        raise SettingError(
            f"{name}: needed because {ISSUER} is set; see docs/reference/settings.md"
        )
    return given


def _algorithms(given: str) -> tuple[str, ...]:
    named = _listed(given)
    if not named or not set(named) <= set(ASYMMETRIC):
        raise SettingError(f"{ALGORITHMS}: expected some of {', '.join(ASYMMETRIC)}; correct it")
    return named


def _role_names(given: str) -> Mapping[str, Role]:
    found: dict[str, Role] = {}
    for pair in _listed(given):
        name, _, role = pair.partition("=")
        if not name or not _is_role(role):
            raise SettingError(
                f"{ROLE_NAMES}: expected NAME=ROLE, …, with roles of {', '.join(ROLES)}; correct it"
            )
        found[name] = role
    return found or {role: role for role in ROLES}


def _is_role(name: str) -> TypeGuard[Role]:
    return name in ROLES


def _networks(given: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(network) for network in _listed(given))
    except ValueError as error:
        raise SettingError(
            f"{PROXIES}: expected addresses or networks such as 10.0.0.0/8; correct it"
        ) from error


def _listed(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    given = environment.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 1_000_000:
        raise SettingError(f"{name}: expected a whole number from 1 to 1000000; correct it")
    return int(given)


HOME = "RONGZI_HOME"
DATABASE_URL = "RONGZI_DATABASE_URL"
CHECKPOINTS = "RONGZI_CHECKPOINTS"
DEFAULT_HOME = "data"
MOST_IN_WORK = "RONGZI_MOST_IN_WORK"


@dataclass(frozen=True)
class Settings:
    """Settings of one service process.

    Attributes
    ----------
    home : Path
        Folder of published cards, trusted keys and editions (``RONGZI_HOME``, default ``data``).
    most_in_work : int
        Requests a worker works on at once; more are told to come again (``RONGZI_MOST_IN_WORK``).
    database_url : str or None
        The ledger's database (``RONGZI_DATABASE_URL``); None keeps it in SQLite under `home`.
    checkpoints : Path or None
        The outside file of checkpoints (``RONGZI_CHECKPOINTS``), best on another disk; None puts it
        beside the SQLite file.
    access : AccessSettings
        Limits of callers, trusted proxies, the identity provider.
    """

    home: Path = Path(DEFAULT_HOME)
    most_in_work: int = 24
    database_url: str | None = field(default=None, repr=False)
    checkpoints: Path | None = None
    access: AccessSettings = field(default_factory=AccessSettings)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from environment variables."""
        checkpoints = environment.get(CHECKPOINTS)
        return cls(
            home=Path(environment.get(HOME) or DEFAULT_HOME),
            most_in_work=_settings_whole(environment, MOST_IN_WORK, cls.most_in_work),
            database_url=environment.get(DATABASE_URL) or None,
            checkpoints=Path(checkpoints) if checkpoints else None,
            access=AccessSettings.from_env(environment),
        )


def _settings_whole(environment: Mapping[str, str], name: str, default: int) -> int:
    given = environment.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 1_000_000:
        raise SettingError(f"{name}: expected a whole number from 1 to 1000000; correct it")
    return int(given)
