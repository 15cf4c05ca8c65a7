"""``rongzi users``: orders of one administrator, approved by another, and unlocking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.accounts import open_accounts, refuse_unknown, sign_in_as
from cli.json_output import tell

if TYPE_CHECKING:
    from api.access.accounts import Accounts
    from api.access.orders import Action
    from api.core.principal import Role

ALL = "all"
TWO = 2

as_option = click.option(
    "--as", "administrator", metavar="NAME", help="Administrator who signs in; asked for if absent."
)


@click.command("orders")
@click.pass_obj
def orders(home: Path) -> None:
    """Show every order: who wants which change of which account, why, and who approved it."""
    from api.access.orders import Orders

    with open_accounts(home) as accounts:
        every = Orders(accounts).all()
        tell(orders=[vars(each) for each in every])
        for each in every:
            rights = f"{', '.join(each.roles)} {places_text(each.places)}".strip()
            state = "done" if each.is_done else "approved" if each.approved_by else "open"
            by = f"{each.ordered_by}, approved by {each.approved_by or 'nobody yet'}"
            click.echo(f"{each.id} {state:9} {each.action} {each.account} {rights} ({by})")
            click.echo(f"         because {each.because}")


@click.command("approve")
@click.argument("order_id")
@as_option
@click.pass_obj
def approve(home: Path, order_id: str, administrator: str | None) -> None:
    """Approve an order of another administrator and carry it out; a password is shown once."""
    from api.access.orders import Orders

    with open_accounts(home) as accounts:
        Orders(accounts).approve(order_id, sign_in_as(accounts, administrator, "admin"))
    _carry_out(home, order_id)


@click.command("apply")
@click.argument("order_id")
@click.pass_obj
def apply(home: Path, order_id: str) -> None:
    """Carry out an order that was approved over HTTP; a password is shown once."""
    _carry_out(home, order_id)


@click.command("unlock")
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

    with open_accounts(home) as accounts:
        refuse_unknown(accounts, name)
        FailedSignIns(accounts.writing).unlock(name, console_user())


def place_order(
    home: Path,
    administrator: str | None,
    because: str,
    action: Action,
    name: str,
    roles: tuple[Role, ...] = (),
    places: tuple[str, ...] = (),
) -> None:
    """Record the order of an administrator, who signs in; nothing changes yet.

    Raises
    ------
    ClickException
        If nobody signs in as an administrator, or nobody else could approve.
    """
    from api.access.orders import Order, Orders, administrators

    with open_accounts(home) as accounts:
        if len(administrators(accounts.all())) < TWO:
            raise click.ClickException(
                "a second administrator must approve this; first add one:"
                " rongzi users add NAME --role admin --place all --because TEXT"
            )
        actor = sign_in_as(accounts, administrator, "admin")
        wanted = Order("", "", actor, action, name, roles, places, because)
        order = Orders(accounts).place(wanted)
    tell(order=order.id, account=order.account, done="ordered")
    click.echo(
        f"order {order.id}; another administrator approves it: rongzi users approve"
        f" {order.id} --as NAME"
    )


def refuse_lately_alone(accounts: Accounts) -> None:
    """Refuse to act alone while administrators who stopped lately would make two.

    Raises
    ------
    ClickException
        If so; it names them and the day from which they no longer count.
    """
    from datetime import UTC, datetime

    from api.access.administrators import administrators_in
    from api.core.calendar import date_in_china
    from model.policy.controls import controls_on

    now = datetime.now(tz=UTC)
    with accounts.reading.connect() as connection:
        found = administrators_in(connection)
    lately = found.lost_within(controls_on(date_in_china(now)).administrators_count_days, now)
    if lately and len(found.now) + len(lately) >= TWO:
        names, until = ", ".join(sorted(lately)), max(lately.values())
        raise click.ClickException(
            f"{names} administered until lately, so nobody adds an administrator alone before"
            f" {until:%Y-%m-%d %H:%M} UTC"
        )


def _carry_out(home: Path, order_id: str) -> None:
    from api.access.orders import Orders

    with open_accounts(home) as accounts:
        found = Orders(accounts)
        order = next((each for each in found.all() if each.id == order_id), None)
        password = found.carry_out(order_id)
    if order is None:
        return
    if order.action == "reset":
        _unlock(home, order.account)
    tell(account=order.account, done=order.action, password=password)
    click.echo(f"{order.account}: {password or 'changed'}")


def places_text(codes: tuple[str, ...]) -> str:
    """Return places as people write them."""
    return ", ".join(code or ALL for code in codes)
