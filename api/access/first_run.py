"""The first accounts of a home: two administrators and, for a demo, an account of each role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from api.access.account import Account
from api.access.account_events import console_user
from api.access.accounts import Accounts
from api.access.sign_in import generate_password, hash_password
from api.core.principal import Role
from api.core.settings import Settings
from api.editions.edition import Edition, PlaceFilter

#: Two, because one orders and another approves what gives somebody access.
ADMINISTRATORS = ("admin", "admin-2")
EVERYWHERE = ("",)


@dataclass(frozen=True)
class NewAccount:
    """An account with its password, which is shown once and never stored."""

    name: str
    roles: tuple[Role, ...]
    places: tuple[str, ...]
    password: str


def first_accounts(settings: Settings, *, demo: bool) -> list[NewAccount]:
    """Create the first accounts of a home and return them with their passwords.

    Parameters
    ----------
    demo
        Also two officers per county of the published edition, and an account of each other role.

    Raises
    ------
    AccessError
        If the home has accounts already.
    EditionError
        If `demo` and no edition is published, because its counties are unknown then.
    """
    wanted = list(_wanted(settings, demo))
    with closing(Accounts(settings)) as accounts:
        accounts.prepare()
        return create_account(accounts, wanted, only_first=True)


def create_account(
    accounts: Accounts,
    wanted: Iterable[tuple[str, tuple[Role, ...], tuple[str, ...]]],
    *,
    only_first: bool = False,
) -> list[NewAccount]:
    """Add an account with a new password for each of the wanted (name, roles, places), or none."""
    created = [
        NewAccount(name, roles, places, generate_password()) for name, roles, places in wanted
    ]
    accounts.add(
        (Account(a.name, hash_password(a.password), frozenset(a.roles), a.places) for a in created),
        console_user(),
        only_first=only_first,
    )
    return created


def _wanted(
    settings: Settings, demo: bool
) -> Iterator[tuple[str, tuple[Role, ...], tuple[str, ...]]]:
    for name in ADMINISTRATORS:
        yield name, ("admin",), EVERYWHERE
    if demo:
        counties = Edition.current(settings.home).funnel("county", PlaceFilter())
        for county in counties:
            place = county["place_code"]
            # Who asks does not pay, so a county has two officers.
            yield f"officer-{place}", ("officer",), (place,)
            yield f"teller-{place}", ("officer",), (place,)
        everywhere: tuple[Role, ...] = (
            "reviewer", "head", "manager", "analyst", "auditor", "operator",
        )  # fmt: skip
        for role in everywhere:
            yield role, (role,), EVERYWHERE
