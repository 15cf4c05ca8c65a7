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
    from api.access.orders import Action
    from api.core.principal import Role

_ROLES = ("officer", "reviewer", "head", "manager", "analyst", "auditor", "operator", "admin")
_ALL = "all"
_TWO = 2

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


_because_option = click.option(
    "--because", required=True, metavar="TEXT", help="Reason, kept in the audit."
)
_as_option = click.option(
    "--as", "administrator", metavar="NAME", help="Administrator who signs in; asked for if absent."
)


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
@_because_option
@_as_option
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

    While a home has fewer than two administrators, an administrator is added at once.
    """
    from api.access.account_events import console_user
    from api.access.first_run import create_account
    from api.access.orders import Orders, administrators

    rights = name, _as_roles(roles), _codes(places)
    with _open_accounts(home) as accounts:
        if len(administrators(accounts.all())) < _TWO and "admin" in roles:
            created = create_account(accounts, [rights])
            tell(accounts=told_accounts(created))
            for line in account_lines(created):
                click.echo(line)
            Orders(accounts).note_alone(name, console_user(), because)
            return
    _order(home, administrator, because, "add", *rights)


@command.command("grant")
@click.argument("name")
@_role_option
@_area_option
@_because_option
@_as_option
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
    _order(home, administrator, because, "grant", *rights)


@command.command("disable")
@click.argument("name")
@click.pass_obj
def disable(home: Path, name: str) -> None:
    """Refuse sign-in to NAME; its tokens stop working within seconds."""
    _change(home, name, "account_disabled", lambda was: replace(was, is_enabled=False), "disabled")


@command.command("enable")
@click.argument("name")
@_because_option
@_as_option
@click.pass_obj
def enable(home: Path, name: str, because: str, administrator: str | None) -> None:
    """Order that NAME may sign in again, which another administrator approves."""
    _order(home, administrator, because, "enable", name)


@command.command("reset-password")
@click.argument("name")
@_because_option
@_as_option
@click.pass_obj
def reset_password(home: Path, name: str, because: str, administrator: str | None) -> None:
    """Order a new password for NAME, which another administrator approves."""
    _order(home, administrator, because, "reset", name)


@command.command("orders")
@click.pass_obj
def orders(home: Path) -> None:
    """Show every order: who wants which change of which account, why, and who approved it."""
    from api.access.orders import Orders

    with _open_accounts(home) as accounts:
        every = Orders(accounts).all()
        tell(orders=[vars(each) for each in every])
        for each in every:
            rights = f"{', '.join(each.roles)} {_places(each.places)}".strip()
            state = "done" if each.is_done else "approved" if each.approved_by else "open"
            by = f"{each.ordered_by}, approved by {each.approved_by or 'nobody yet'}"
            click.echo(f"{each.id} {state:9} {each.action} {each.account} {rights} ({by})")
            click.echo(f"         because {each.because}")


@command.command("approve")
@click.argument("order_id")
@_as_option
@click.pass_obj
def approve(home: Path, order_id: str, administrator: str | None) -> None:
    """Approve an order of another administrator and carry it out; a password is shown once."""
    from api.access.orders import Orders

    with _open_accounts(home) as accounts:
        Orders(accounts).approve(order_id, _sign_in(home, accounts, administrator))
    _carry_out(home, order_id)


@command.command("apply")
@click.argument("order_id")
@click.pass_obj
def apply(home: Path, order_id: str) -> None:
    """Carry out an order that was approved over HTTP; a password is shown once."""
    _carry_out(home, order_id)


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


def _order(
    home: Path,
    administrator: str | None,
    because: str,
    action: Action,
    name: str,
    roles: tuple[Role, ...] = (),
    places: tuple[str, ...] = (),
) -> None:
    from api.access.orders import Order, Orders, administrators

    with _open_accounts(home) as accounts:
        if len(administrators(accounts.all())) < _TWO:
            raise click.ClickException(
                "a second administrator must approve this; first add one:"
                " rongzi users add NAME --role admin --place all --because TEXT"
            )
        actor = _sign_in(home, accounts, administrator)
        wanted = Order("", "", actor, action, name, roles, places, because)
        order = Orders(accounts).place(wanted)
    tell(order=order.id, account=order.account, done="ordered")
    click.echo(
        f"order {order.id}; another administrator approves it: rongzi users approve"
        f" {order.id} --as NAME"
    )


def _carry_out(home: Path, order_id: str) -> None:
    from api.access.orders import Orders

    with _open_accounts(home) as accounts:
        found = Orders(accounts)
        order = next((each for each in found.all() if each.id == order_id), None)
        password = found.carry_out(order_id)
    if order is None:
        return
    if order.action == "reset":
        _unlock(home, order.account)
    tell(account=order.account, done=order.action, password=password)
    click.echo(f"{order.account}: {password or 'changed'}")


def _sign_in(home: Path, accounts: Accounts, name: str | None) -> str:
    """Return the name of the administrator who signs in at this console."""
    from api.access.issuer import Issuer
    from api.access.sign_in import SignIn
    from api.http.problems import ProblemError

    name = name or click.prompt("administrator", err=True)
    password = click.prompt(f"password of {name}", hide_input=True, err=True)
    try:
        SignIn(accounts, Issuer(home)).token(name, password, "console")
    except ProblemError as refused:
        raise click.ClickException(refused.kind.title.en) from refused
    account = accounts.find(name)
    if account is None or "admin" not in account.roles:
        raise click.ClickException(f"{name} is no administrator")
    return name


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
