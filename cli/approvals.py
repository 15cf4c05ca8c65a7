"""Who approves what a command signs: accounts that sign in here, or an order of the service."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.accounts import open_accounts, signed_in_at_console
from cli.options import settings_of
from model.errors import AccessError, LedgerError

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


@dataclass(frozen=True)
class Needs:
    """Who may approve an act: so many people, or as many as the act needs, and who may not."""

    people: int = 0
    not_of: Collection[str] = ()


def approvers_of(
    home: Path,
    act: Act,
    subject: str,
    names: Sequence[str],
    because: str,
    order_id: str | None,
    needs: Needs = Needs(),
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
        return _by_order(home, act, subject, order_id, needs)
    if not _must_sign_in(home):
        return Approvers(tuple(names), because)
    return _signed_in(home, act, subject, names, because, needs)


def needs_of_card(home: Path, digest: str, *, is_new: bool) -> Needs:
    """Return who may promote a card.

    Parameters
    ----------
    is_new
        Whether the gates judge it now. One that was in use before was approved then.
    """
    from api.access.accounts import has_accounts
    from api.access.card_trainers import (
        APPROVERS_OF_KNOWN,
        APPROVERS_OF_UNKNOWN,
        trainers_of,
    )
    from api.ledger.database import Location

    settings = settings_of(home)
    if not is_new or not _are_asked_for() or not (settings.access.oidc or has_accounts(settings)):
        return Needs()
    trainers = trainers_of(Location.of(settings), digest)
    return Needs(APPROVERS_OF_KNOWN if trainers else APPROVERS_OF_UNKNOWN, trainers)


def people_of_card(home: Path, digest: str) -> int:
    """Return how many people approve a card that the gates judge: one, or two.

    Two where the ledger cannot tell who trained it; the promotion then says what is wrong.
    """
    try:
        return max(1, needs_of_card(home, digest, is_new=True).people)
    except (AccessError, LedgerError):
        return 2


def _by_order(home: Path, act: Act, subject: str, order_id: str, needs: Needs) -> Approvers:
    from api.access.account_events import console_user
    from api.access.key_orders import KeyOrders
    from api.ledger.database import Location

    location = Location.of(settings_of(home))
    location.refuse_absent()
    with closing(KeyOrders(location)) as orders:
        order = orders.execute(order_id, act, subject, console_user(), needs.people, needs.not_of)
    return Approvers(order.approved_by, order.because, order.id)


def _are_asked_for() -> bool:
    """Return whether the controls of today name roles that approve."""
    from api.core.calendar import date_in_china
    from model.policy.controls import controls_on

    return bool(controls_on(date_in_china(datetime.now(UTC))).approver_roles)


def _must_sign_in(home: Path) -> bool:
    from api.access.accounts import has_accounts

    if not _are_asked_for():
        return False
    settings = settings_of(home)
    if settings.access.oidc:
        raise click.UsageError(
            "the identity provider keeps the accounts, so nobody signs in here; give --order"
        )
    return has_accounts(settings)


def _signed_in(
    home: Path, act: Act, subject: str, names: Sequence[str], because: str, needs: Needs
) -> Approvers:
    from api.access.account_events import console_user
    from api.access.key_orders import APPROVALS, KeyOrders, may_approve
    from api.ledger.database import Location

    for name in names:
        if name in needs.not_of:
            raise click.ClickException(f"{name} trained this card and may not approve it")
    people = max(APPROVALS[act], needs.people)
    if len(set(names)) < people:
        why = "; its trainer is not on record (rongzi train --as)" if act == "promote" else ""
        raise click.UsageError(f"{people} people approve this: give --approved-by for each{why}")
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
