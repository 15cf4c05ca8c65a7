"""Orders to change an account: one administrator gives a reason, another approves.

Creating an account, granting rights, enabling and resetting a password or a second factor give
somebody access, so nobody does them alone. Orders are rows of the audit, chained and sealed like
any other; their state follows from later rows. The console carries an approved order out, because
on PostgreSQL the service may not write accounts.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from api.access.account import Account
from api.access.account_events import Event
from api.access.accounts import Accounts, validated
from api.access.order_rows import (
    VALID_DAYS,
    OrderRefusedError,
    record_row,
    refuse_bad_reason,
    refuse_unsealed,
)
from api.access.second_factor import SecondFactors
from api.access.sign_in import generate_password, hash_password
from api.core.principal import Role
from api.http.access_problems import ORDER_NOT_OPEN, OWN_ORDER, UNKNOWN_ORDER
from api.ledger.chain import format_timestamp
from api.ledger.tables import accesses
from model.errors import AccessError

Action = Literal["add", "grant", "reset", "enable", "reset-factor"]
_ORDERED, _APPROVED, _DONE = "account_ordered", "account_order_approved", "account_order_done"
_ALONE = "account_added_alone"
#: What the audit states of an order, and what makes two orders the same.
_DETAIL = ("id", "action", "account", "roles", "places", "because")
_SAME = ("ordered_by", *_DETAIL[1:])
_EVENTS: dict[Action, Event] = {
    "grant": "account_changed",
    "reset": "password_reset",
    "enable": "account_enabled",
}


@dataclass(frozen=True)
class Order:
    """An order to change an account.

    Attributes
    ----------
    roles, places : tuple of str
        Those that an added or changed account gets; empty otherwise.
    because : str
        The reason that the orderer gave.
    approved_by : str or None
        The second administrator.
    rows : tuple of int
        Numbers of its rows in the audit.
    """

    id: str
    ordered_at: str
    ordered_by: str
    action: Action
    account: str
    roles: tuple[Role, ...]
    places: tuple[str, ...]
    because: str
    approved_by: str | None = None
    is_done: bool = False
    rows: tuple[int, ...] = ()

    def is_open(self, now: datetime) -> bool:
        """Whether it was neither carried out nor has lapsed."""
        lapses = datetime.fromisoformat(self.ordered_at) + timedelta(days=VALID_DAYS)
        return not self.is_done and now < lapses

    @property
    def is_approved(self) -> bool:
        """Whether a second administrator approved it."""
        return self.approved_by is not None


class Orders:
    """The orders in the audit of a home."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def all(self) -> list[Order]:
        """Return every order, oldest first."""
        with self._accounts.reading.connect() as connection:
            return list(_read(connection).values())

    def place(self, wanted: Order) -> Order:
        """Record an order; its id and time are made here.

        Whoever gives the same order again before it is approved, by a second press or after a lost
        answer, gets the first one.

        Raises
        ------
        AccessError
            If the account, its rights or the reason are not as expected.
        OrderRefusedError
            If somebody orders a change of their own account.
        """
        now = datetime.now(tz=UTC)
        order = replace(wanted, id=secrets.token_hex(4), ordered_at=format_timestamp(now))
        if order.account == order.ordered_by:
            raise OrderRefusedError(OWN_ORDER)
        self._refuse_invalid(order)
        detail = {name: getattr(order, name) for name in _DETAIL}
        with self._accounts.writing.begin() as work:
            if same := _waiting(work.connection, order, now):
                return same
            record_row(work, _ORDERED, order.ordered_by, detail, order.ordered_at)
        return order

    def approve(self, order_id: str, actor: str) -> Order:
        """Approve an order that another administrator gave.

        Raises
        ------
        OrderRefusedError
            If there is no such open order, or `actor` gave it or would profit from it.
        """
        with self._accounts.writing.begin() as work:
            order = _open(work.connection, order_id)
            if order.approved_by is not None:
                raise OrderRefusedError(ORDER_NOT_OPEN)
            if actor in (order.ordered_by, order.account):
                raise OrderRefusedError(OWN_ORDER)
            record_row(work, _APPROVED, actor, {"order": order_id})
        return replace(order, approved_by=actor)

    def carry_out(self, order_id: str) -> str | None:
        """Carry out an approved order once; return the new password if it makes one.

        Raises
        ------
        OrderRefusedError
            If there is no such order, or it is not approved, or done already.
        AccessError
            If the account changed meanwhile so that the order does not fit; it is then spent. If
            somebody else wrote the order into the database.
        """
        with self._accounts.writing.begin() as work:
            order = _open(work.connection, order_id)
            if order.approved_by is None:
                raise OrderRefusedError(ORDER_NOT_OPEN)
            refuse_unsealed(work.connection, self._accounts.location, order.rows)
            record_row(work, _DONE, order.approved_by, {"order": order_id})
        return self._change(order)

    def note_alone(self, account: str, actor: str, because: str) -> None:
        """Record why `actor` added an administrator alone, where no second one could approve."""
        with self._accounts.writing.begin() as work:
            record_row(work, _ALONE, actor, {"account": account, "because": because})

    def _change(self, order: Order) -> str | None:
        actor, password = order.approved_by or order.ordered_by, generate_password()
        roles, digest = frozenset(order.roles), hash_password(password)
        if order.action == "add":
            self._accounts.add([Account(order.account, digest, roles, order.places)], actor)
            return password
        if order.action == "reset-factor":
            SecondFactors(self._accounts).remove(order.account, actor)
            return None

        def change(was: Account) -> Account:
            if order.action == "grant":
                return replace(was, roles=roles, places=order.places)
            if order.action == "enable":
                return replace(was, is_enabled=True)
            return replace(was, password_hash=digest)

        self._accounts.change(order.account, _EVENTS[order.action], actor, change)
        return password if order.action == "reset" else None

    def _refuse_invalid(self, order: Order) -> None:
        refuse_bad_reason(order.because)
        known = self._accounts.find(order.account)
        if order.action == "add" and known:
            raise AccessError("an account of that name exists; choose another name")
        if order.action != "add" and known is None:
            raise AccessError("no such account; rongzi users list names them")
        if order.action in ("add", "grant"):
            validated(Account(order.account, "", frozenset(order.roles), order.places))


def administrators(accounts: Iterable[Account]) -> list[str]:
    """Return the names of the enabled administrators."""
    return [each.name for each in accounts if each.is_enabled and "admin" in each.roles]


def _waiting(connection: Connection, wanted: Order, now: datetime) -> Order | None:
    """Return the same order of the same person that waits for its approval; None without one."""

    def is_same(order: Order) -> bool:
        return all(getattr(order, name) == getattr(wanted, name) for name in _SAME)

    waiting = (each for each in _read(connection).values() if each.is_open(now))
    return next((each for each in waiting if not each.is_approved and is_same(each)), None)


def _open(connection: Connection, order_id: str) -> Order:
    order = _read(connection).get(order_id)
    if order is None:
        raise OrderRefusedError(UNKNOWN_ORDER)
    if not order.is_open(datetime.now(tz=UTC)):
        raise OrderRefusedError(ORDER_NOT_OPEN)
    return order


def _read(connection: Connection) -> dict[str, Order]:
    orders: dict[str, Order] = {}
    statement = select(accesses).where(accesses.c.route.in_((_ORDERED, _APPROVED, _DONE)))
    for row in connection.execute(statement.order_by(accesses.c.number)).mappings():
        detail = json.loads(row["detail"])
        if row["route"] == _ORDERED:
            lists = {name: tuple(detail[name]) for name in ("roles", "places")}
            placed: dict[str, Any] = {"ordered_at": row["accessed_at"], "ordered_by": row["actor"]}
            placed["rows"] = (row["number"],)
            orders[detail["id"]] = Order(**{**detail, **lists, **placed})
        elif (order := orders.get(detail["order"])) is not None:
            changed: dict[str, Any] = {"approved_by": row["actor"]}
            if row["route"] == _DONE:
                changed = {"is_done": True}
            changed["rows"] = (*order.rows, row["number"])
            orders[order.id] = replace(order, **changed)
    return orders
