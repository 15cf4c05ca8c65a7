"""``rongzi orders``: four eyes on what is signed, before the command that holds the key."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.accounts import because_option, open_accounts, signed_in_at_console
from cli.groups import HomeGroup
from cli.json_output import tell
from cli.options import home_option, settings_of, use_policy_of

if TYPE_CHECKING:
    from api.access.account import Account
    from api.access.key_orders import Act, KeyOrder, KeyOrders

_as_option = click.option("--as", "name", required=True, metavar="NAME", help="Who signs in.")
#: Roles that order, as over HTTP.
_ORDERERS = frozenset({"analyst", "operator", "head", "manager"})


@click.group("orders", cls=HomeGroup)
@home_option
@click.pass_context
def command(context: click.Context, home: Path) -> None:
    """Order and approve what is signed: a card, an edition beyond its limits, a policy.

    The command that holds the key then executes the order: promote, whitelist, editions rollback
    or policy adopt, with --order ID.
    """
    use_policy_of(home)
    context.obj = home


@command.command("list")
@click.pass_obj
def list_orders(home: Path) -> None:
    """Show every order: who wants what signed, why, and who approved it."""
    with _orders(home) as orders:
        every = orders.all()
    tell(orders=[vars(each) for each in every])
    for each in every:
        click.echo(_line(each))


@command.command("place")
@click.argument("act", type=click.Choice(["promote", "publish", "rollback", "adopt"]))
@click.argument("subject")
@because_option
@_as_option
@click.pass_obj
def place(home: Path, act: Act, subject: str, because: str, name: str) -> None:
    """Order ACT on SUBJECT, the digest or edition that the command with the key prints."""
    account = _account(home, name)
    if _ORDERERS.isdisjoint(account.roles):
        raise click.ClickException(
            f"{name} has no role that orders: {', '.join(sorted(_ORDERERS))}"
        )
    with _orders(home) as orders:
        order = orders.place(act, subject, because, account.name)
    tell(**vars(order))
    click.echo(
        f"{_line(order)}\nsomebody else approves it: rongzi orders approve {order.id} --as NAME"
    )


@command.command("approve")
@click.argument("order_id")
@_as_option
@click.pass_obj
def approve(home: Path, order_id: str, name: str) -> None:
    """Approve the order of somebody else; a policy needs two approvals."""
    account = _account(home, name)
    with _orders(home) as orders:
        order = orders.approve(order_id, account.principal)
    tell(**vars(order))
    click.echo(_line(order))


def _line(order: KeyOrder) -> str:
    state = "done" if order.is_done else "approved" if order.is_approved else "open"
    by = f"{order.ordered_by}, approved by {', '.join(order.approved_by) or 'nobody yet'}"
    return (
        f"{order.id} {state:9} {order.act} {order.subject} ({by})\n         because {order.because}"
    )


def _account(home: Path, name: str) -> Account:
    with open_accounts(home) as accounts:
        return signed_in_at_console(accounts, name)


def _orders(home: Path) -> closing[KeyOrders]:
    from api.access.key_orders import KeyOrders
    from api.ledger.database import Location

    location = Location.of(settings_of(home))
    location.refuse_absent()
    return closing(KeyOrders(location))
