"""Who approves what a command signs: accounts that sign in here, or an order of the service."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.accounts import open_accounts, signed_in_at_console
from cli.options import settings_of

if TYPE_CHECKING:
    from api.access.key_orders import Act

order_option = click.option(
    "--order", "order_id", metavar="ID",
    help="Order that was approved over HTTP or with rongzi orders, instead of --approved-by.",
)  # fmt: skip


@dataclass(frozen=True)
class Approvers:
    """The people who approved, why, and by which order.

    Attributes
    ----------
    by : tuple of str
        Accounts where the home has accounts and the policy asks for them, else names.
    order : str or None
        None if they approved where the command runs.
    """

    by: tuple[str, ...]
    because: str
    order: str | None = None

    @property
    def line(self) -> str:
        """Who approved, in one line for people."""
        return ", ".join(self.by) + (f" (order {self.order})" if self.order else "")


def approvers_of(
    home: Path, act: Act, subject: str, names: Sequence[str], because: str, order_id: str | None
) -> Approvers:
    """Return who approves `act` on `subject`, proven and on record; call it just before the act.

    Where the controls name roles of approvers and the home has accounts, each of `names` signs in
    here. Otherwise they are names, as in a home before its first account.

    Raises
    ------
    UsageError
        If neither names nor an order is given, or both.
    ClickException
        If somebody does not sign in, or may not approve.
    AccessError
        If the order does not fit.
    """
    if bool(names) == bool(order_id):
        raise click.UsageError("give either --approved-by or --order")
    if order_id:
        return _by_order(home, act, subject, order_id)
    if not _must_sign_in(home):
        return Approvers(tuple(names), because)
    return _signed_in(home, act, subject, names, because)


def _by_order(home: Path, act: Act, subject: str, order_id: str) -> Approvers:
    from api.access.account_events import console_user
    from api.access.key_orders import KeyOrders
    from api.ledger.database import Location

    location = Location.of(settings_of(home))
    location.refuse_absent()
    with closing(KeyOrders(location)) as orders:
        order = orders.execute(order_id, act, subject, console_user())
    return Approvers(order.approved_by, order.because, order.id)


def _must_sign_in(home: Path) -> bool:
    from api.access.accounts import has_accounts
    from api.core.calendar import date_in_china
    from model.policy.controls import controls_on

    if not controls_on(date_in_china(datetime.now(UTC))).approver_roles:
        return False
    settings = settings_of(home)
    if settings.access.oidc:
        raise click.UsageError(
            "the identity provider keeps the accounts, so nobody signs in here; give --order"
        )
    return has_accounts(settings)


def _signed_in(home: Path, act: Act, subject: str, names: Sequence[str], because: str) -> Approvers:
    from api.access.account_events import console_user
    from api.access.key_orders import APPROVALS, KeyOrders, may_approve
    from api.ledger.database import Location

    if len(set(names)) < APPROVALS[act]:
        raise click.UsageError(f"{APPROVALS[act]} people approve this: give --approved-by for each")
    with open_accounts(home) as accounts:
        for name in names:
            account = signed_in_at_console(accounts, name)
            if not may_approve(account.roles, account.places):
                raise click.ClickException(
                    f"{name} does not approve: it needs a role of the control approver_roles, and"
                    " all places"
                )
    with closing(KeyOrders(Location.of(settings_of(home)))) as orders:
        orders.record_approval(act, subject, because, names, console_user())
    return Approvers(tuple(names), because)
