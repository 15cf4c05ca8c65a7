"""``rongzi users``: the accounts of a home, for whoever may open its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from api.access.account_events import Event
    from api.access.accounts import Account, Accounts
    from api.access.first_run import NewAccount
    from api.core.principal import Role
    from api.core.settings import Settings

_ROLES = ("officer", "reviewer", "analyst", "auditor", "operator", "admin")
_ALL = "all"

_role = click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(_ROLES), help="Repeatable."
)
_place = click.option(
    "--place",
    "places",
    multiple=True,
    required=True,
    help="Code of a county (6 digits), township (9) or village (12), or all. Repeatable.",
)


def settings_of(home: Path) -> Settings:
    """Return the settings of the environment for `home`."""
    from api.core.settings import Settings

    return replace(Settings.from_env(), home=home)


def told(handed: Iterable[NewAccount]) -> Iterator[str]:
    """Yield a line for each account with its new password."""
    for each in handed:
        rights = f"{', '.join(each.roles):10} {_places(each.places):14}"
        yield f"{each.name:18} {rights} {each.password}"


@click.group("users")
@click.option(
    "--home",
    envvar="RONGZI_HOME",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
)
@click.pass_context
def command(context: click.Context, home: Path) -> None:
    """Manage accounts; every change ends the account's sessions within seconds."""
    context.obj = home


@command.command("list")
@click.pass_obj
def list_(home: Path) -> None:
    """Name every account with its roles, places and state."""
    with _opened(home) as accounts:
        for each in accounts.all():
            rights = f"{', '.join(sorted(each.roles)):24} {_places(each.places):14}"
            click.echo(f"{each.name:18} {rights} {'enabled' if each.is_enabled else 'disabled'}")


@command.command("add")
@click.argument("name")
@_role
@_place
@click.pass_obj
def add(home: Path, name: str, roles: tuple[str, ...], places: tuple[str, ...]) -> None:
    """Add an account and show its password, once."""
    from api.access.first_run import create_account

    with _opened(home) as accounts:
        for line in told(create_account(accounts, [(name, _as_roles(roles), _codes(places))])):
            click.echo(line)


@command.command("grant")
@click.argument("name")
@_role
@_place
@click.pass_obj
def grant(home: Path, name: str, roles: tuple[str, ...], places: tuple[str, ...]) -> None:
    """Give an account these roles and places instead of those it has."""
    given, where = frozenset(_as_roles(roles)), _codes(places)
    _change(
        home,
        name,
        "account_changed",
        lambda account: replace(account, roles=given, places=where),
        "changed",
    )


@command.command("disable")
@click.argument("name")
@click.pass_obj
def disable(home: Path, name: str) -> None:
    """Let nobody sign in as NAME; tokens that are out end within seconds."""
    _change(home, name, "account_disabled", lambda was: replace(was, is_enabled=False), "disabled")


@command.command("enable")
@click.argument("name")
@click.pass_obj
def enable(home: Path, name: str) -> None:
    """Let NAME sign in again."""
    _change(home, name, "account_enabled", lambda was: replace(was, is_enabled=True), "enabled")


@command.command("reset-password")
@click.argument("name")
@click.pass_obj
def reset_password(home: Path, name: str) -> None:
    """Make a new password for NAME and show it, once."""
    from api.access.sign_in import generate_password, hash_password

    password = generate_password()
    made = hash_password(password)
    _change(home, name, "password_reset", lambda was: replace(was, password_hash=made), password)
    _unlock(home, name)


@command.command("unlock")
@click.argument("name")
@click.pass_obj
def unlock(home: Path, name: str) -> None:
    """Forget the failed sign-ins of NAME."""
    _unlock(home, name)
    click.echo(f"{name}: unlocked")


def _unlock(home: Path, name: str) -> None:
    from api.access.account_events import console_user
    from api.access.sign_in import FailedSignIns

    with _opened(home) as accounts:
        FailedSignIns(accounts.writing).forget(name, console_user())


def _change(
    home: Path, name: str, event: Event, change: Callable[[Account], Account], done: str
) -> None:
    from api.access.account_events import console_user

    with _opened(home) as accounts:
        accounts.change(name, event, console_user(), change)
    click.echo(f"{name}: {done}")


def _opened(home: Path) -> closing[Accounts]:
    from api.access.accounts import Accounts

    accounts = Accounts(settings_of(home))
    accounts.prepare()
    return closing(accounts)


def _as_roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    return cast("tuple[Role, ...]", names)


def _codes(places: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("" if place == _ALL else place for place in places)


def _places(codes: tuple[str, ...]) -> str:
    return ", ".join(code or _ALL for code in codes)


if __name__ == "__main__":
    command()
