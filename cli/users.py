"""``rongzi users``: manage the accounts of a home. The folder's permissions say who may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cli.accounts import because_option, open_accounts, sign_in_as
from cli.groups import HomeGroup
from cli.json_output import tell
from cli.options import home_option, use_policy_of
from cli.user_orders import (
    ALL,
    TWO,
    apply,
    approve,
    as_option,
    orders,
    place_order,
    places_text,
    refuse_lately_alone,
    unlock,
)
from cli.user_sessions import enrol, list_sessions, sign_out

if TYPE_CHECKING:
    from api.access.account import Account
    from api.access.first_run import NewAccount
    from api.core.principal import Role

_ROLES = ("officer", "reviewer", "head", "manager", "analyst", "auditor", "operator", "admin")

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
        rights = f"{', '.join(each.roles):10} {places_text(each.places):14}"
        yield f"{each.name:18} {rights} {each.password}"


@click.group("users", cls=HomeGroup)
@home_option
@click.pass_context
def command(context: click.Context, home: Path) -> None:
    """Manage accounts; every change ends the account's sessions within seconds."""
    # Who needs a second factor is what the home adopted.
    use_policy_of(home)
    context.obj = home


@command.command("list")
@click.pass_obj
def list_(home: Path) -> None:
    """Show every account with its roles, places and state."""
    with open_accounts(home) as accounts:
        every = list(accounts.all())
        tell(accounts=[_told(each) for each in every])
        for each in every:
            rights = f"{', '.join(sorted(each.roles)):24} {places_text(each.places):14}"
            click.echo(f"{each.name:18} {rights} {'enabled' if each.is_enabled else 'disabled'}")


@command.command("add")
@click.argument("name")
@_role_option
@_area_option
@because_option
@as_option
@click.pass_obj
def add(
    home: Path,
    name: str,
    roles: tuple[str, ...],
    places: tuple[str, ...],
    because: str,
    administrator: str | None,
) -> None:
    """Order an account, which another administrator approves.

    While a home has fewer than two administrators, an administrator is added at once. Who was
    disabled or lost the role less than administrators_count_days ago still counts.
    """
    from api.access.account_events import console_user
    from api.access.first_run import create_account
    from api.access.orders import Orders, administrators

    rights = name, _as_roles(roles), _codes(places)
    with open_accounts(home) as accounts:
        if len(administrators(accounts.all())) < TWO and "admin" in roles:
            refuse_lately_alone(accounts)
            created = create_account(accounts, [rights])
            tell(accounts=told_accounts(created))
            for line in account_lines(created):
                click.echo(line)
            Orders(accounts).note_alone(name, console_user(), because)
            return
    place_order(home, administrator, because, "add", *rights)


@command.command("grant")
@click.argument("name")
@_role_option
@_area_option
@because_option
@as_option
@click.pass_obj
def grant(
    home: Path,
    name: str,
    roles: tuple[str, ...],
    places: tuple[str, ...],
    because: str,
    administrator: str | None,
) -> None:
    """Order other roles and places of an account, which another administrator approves."""
    rights = name, _as_roles(roles), _codes(places)
    place_order(home, administrator, because, "grant", *rights)


@command.command("disable")
@click.argument("name")
@as_option
@click.pass_obj
def disable(home: Path, name: str, administrator: str | None) -> None:
    """Refuse sign-in to NAME; its tokens stop working within seconds.

    One administrator does it alone, and signs in, unless there is none.
    """
    from api.access.account_events import console_user
    from api.access.orders import administrators

    with open_accounts(home) as accounts:
        is_staffed = bool(administrators(accounts.all()))
        actor = sign_in_as(accounts, administrator, "admin") if is_staffed else console_user()
        accounts.change(name, "account_disabled", actor, lambda was: replace(was, is_enabled=False))
    tell(name=name, done="disabled")
    click.echo(f"{name}: disabled")


@command.command("enable")
@click.argument("name")
@because_option
@as_option
@click.pass_obj
def enable(home: Path, name: str, because: str, administrator: str | None) -> None:
    """Order that NAME may sign in again, which another administrator approves."""
    place_order(home, administrator, because, "enable", name)


@command.command("reset-password")
@click.argument("name")
@because_option
@as_option
@click.pass_obj
def reset_password(home: Path, name: str, because: str, administrator: str | None) -> None:
    """Order a new password for NAME, which another administrator approves."""
    place_order(home, administrator, because, "reset", name)


@command.command("reset-factor")
@click.argument("name")
@because_option
@as_option
@click.pass_obj
def reset_factor(home: Path, name: str, because: str, administrator: str | None) -> None:
    """Order that NAME's second factor is removed, which another administrator approves."""
    place_order(home, administrator, because, "reset-factor", name)


def _as_roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    return cast("tuple[Role, ...]", names)


def _codes(places: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("" if place == ALL else place for place in places)


for _each in (orders, approve, apply, unlock, list_sessions, sign_out, enrol):
    command.add_command(_each)


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
