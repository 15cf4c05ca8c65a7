"""One account: its name, password hash, roles and places, and its state as the audit records it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from api.core.principal import Principal, Role

#: Separates an account's rights from its password's digest in the audit.
PASSWORD = "; password "


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes
    ----------
    version : int
        Rises with every change; tokens of an earlier version are refused.
    grant : int or None
        Number of the audit row that states its rights; None if it was not read with the audit.
    """

    name: str
    password_hash: str
    roles: frozenset[Role]
    places: tuple[str, ...]
    version: int = 1
    is_enabled: bool = True
    grant: int | None = field(default=None, compare=False)

    @cached_property
    def principal(self) -> Principal:
        """The principal of this account's requests."""
        return Principal(self.name, self.roles, self.places, self.grant)


def account_of(row: Any) -> Account:
    """Return the account stored as `row`."""
    return Account(
        name=row["name"],
        password_hash=row["password_hash"],
        roles=frozenset(row["roles"].split(",")),
        places=tuple(row["places"].split(",")),
        version=row["version"],
        is_enabled=row["is_enabled"],
    )


def state_of(account: Account) -> str:
    """Return the state of an account for the audit: its rights and a digest of its password hash.

    The hash is salted, so nobody can test guesses of the password against the digest.
    """
    password = hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]
    return f"{rights_of(account)}{PASSWORD}{password}"


def rights_of(account: Account) -> str:
    """Return the roles and places of an account as text."""
    state = "" if account.is_enabled else "; disabled"
    return f"{rights_text(account.roles, account.places)}{state}"


def rights_text(roles: Collection[str], places: tuple[str, ...]) -> str:
    """Return roles and places as the audit states them."""
    return f"{', '.join(sorted(roles))}; {', '.join(place or 'everywhere' for place in places)}"
