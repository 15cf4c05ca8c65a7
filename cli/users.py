"""``rongzi users``: manage the accounts of a home. The folder's permissions say who may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cli.groups import SuggestingGroup
from cli.json_output import tell
from cli.options import home_option, settings_of

if TYPE_CHECKING:
    from api.access.account import Account
    from api.access.account_events import Event
    from api.access.accounts import Accounts
    from api.access.first_run import NewAccount
    from api.core.principal import Role

_ROLES = ("officer", "reviewer", "head", "manager", "analyst", "auditor", "operator", "admin")
_ALL = "all"

_role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(_ROLES),
    help="Role; may be given several times.",
)
_area_option = click.option(
    "--place",
    "places",
    multiple=True,
    required=True,
    help="Code of a county (6 digits), township (9) or village (12), or all; may be given several"
    " times.",
)


def account_lines(accounts: Iterable[NewAccount]) -> Iterator[str]:
    """Yield a line for each account with its new password."""
    for each in accounts:
        rights = f"{', '.join(each.roles):10} {_places(each.places):14}"
        yield f"{each.name:18} {rights} {each.password}"


@click.group("users", cls=SuggestingGroup)
@home_option
@click.pass_context
def command(context: click.Context, home: Path) -> None:
    """Manage accounts; every change ends the account's sessions within seconds."""
    context.obj = home


@command.command("list")
@click.pass_obj
def list_(home: Path) -> None:
    """Show every account with its roles, places and state."""
    with _open_accounts(home) as accounts:
        every = list(accounts.all())
        tell(accounts=[_told(each) for each in every])
        for each in every:
            rights = f"{', '.join(sorted(each.roles)):24} {_places(each.places):14}"
            click.echo(f"{each.name:18} {rights} {'enabled' if each.is_enabled else 'disabled'}")


@command.command("add")
@click.argument("name")
@_role_option
@_area_option
@click.pass_obj
def add(home: Path, name: str, roles: tuple[str, ...], places: tuple[str, ...]) -> None:
    """Add an account and show its password, once."""
    from api.access.first_run import create_account

    with _open_accounts(home) as accounts:
        created = create_account(accounts, [(name, _as_roles(roles), _codes(places))])
        tell(accounts=told_accounts(created))
        for line in account_lines(created):
            click.echo(line)


@command.command("grant")
@click.argument("name")
@_role_option
@_area_option
@click.pass_obj
def grant(home: Path, name: str, roles: tuple[str, ...], places: tuple[str, ...]) -> None:
    """Replace the roles and places of an account."""
    given, codes = frozenset(_as_roles(roles)), _codes(places)
    _change(
        home,
        name,
        "account_changed",
        lambda was: replace(was, roles=given, places=codes),
        "changed",
    )


@command.command("disable")
@click.argument("name")
@click.pass_obj
def disable(home: Path, name: str) -> None:
    """Refuse sign-in to NAME; its tokens stop working within seconds."""
    _change(home, name, "account_disabled", lambda was: replace(was, is_enabled=False), "disabled")


@command.command("enable")
@click.argument("name")
@click.pass_obj
def enable(home: Path, name: str) -> None:
    """Allow NAME to sign in again."""
    _change(home, name, "account_enabled", lambda was: replace(was, is_enabled=True), "enabled")


@command.command("reset-password")
@click.argument("name")
@click.pass_obj
def reset_password(home: Path, name: str) -> None:
    """Make a new password for NAME and show it, once."""
    from api.access.sign_in import generate_password, hash_password

    password = generate_password()
    digest = hash_password(password)
    _change(home, name, "password_reset", lambda was: replace(was, password_hash=digest), password)
    tell(done="password reset", password=password)
    _unlock(home, name)


@command.command("unlock")
@click.argument("name")
@click.pass_obj
def unlock(home: Path, name: str) -> None:
    """Reset the failed sign-ins of NAME."""
    _unlock(home, name)
    tell(name=name, done="unlocked")
    click.echo(f"{name}: unlocked")


def _unlock(home: Path, name: str) -> None:
    from api.access.account_events import console_user
    from api.access.sign_in import FailedSignIns

    with _open_accounts(home) as accounts:
        FailedSignIns(accounts.writing).unlock(name, console_user())


def _change(
    home: Path, name: str, event: Event, change: Callable[[Account], Account], done: str
) -> None:
    from api.access.account_events import console_user

    with _open_accounts(home) as accounts:
        accounts.change(name, event, console_user(), change)
    tell(name=name, done=done)
    click.echo(f"{name}: {done}")


def _open_accounts(home: Path) -> closing[Accounts]:
    from api.access.accounts import Accounts

    accounts = Accounts(settings_of(home))
    accounts.prepare()
    return closing(accounts)


def _as_roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    return cast("tuple[Role, ...]", names)


def _codes(places: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("" if place == _ALL else place for place in places)


def told_accounts(created: Sequence[NewAccount]) -> list[dict[str, object]]:
    """Return new accounts with their passwords, for ``--json``."""
    return [
        {"name": each.name, "password": each.password, "roles": sorted(each.roles),
         "places": list(each.places)}
        for each in created
    ]  # fmt: skip


def _told(account: Account) -> dict[str, object]:
    return {
        "name": account.name, "roles": sorted(account.roles), "places": list(account.places),
        "is_enabled": account.is_enabled,
    }  # fmt: skip


def _places(codes: tuple[str, ...]) -> str:
    return ", ".join(code or _ALL for code in codes)
