"""Orders for whoever holds a signing key: promote a card, publish an edition, adopt a policy.

The service holds no such key. It records who ordered what and why, and who approved it; the command
that can reach the key executes the order and names it. Orders, approvals and their execution are
rows of the audit, chained and sealed; an order counts only while the service sealed all its rows.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import Connection, Engine, select

from api.access.order_rows import (
    VALID_DAYS,
    OrderRefusedError,
    record_row,
    refuse_bad_reason,
    refuse_unsealed,
)
from api.core.calendar import date_in_china
from api.core.principal import Principal
from api.http.access_problems import (
    NO_APPROVER,
    ORDER_NOT_OPEN,
    OWN_ORDER,
    UNKNOWN_ORDER,
)
from api.ledger.audit import AuditWriter
from api.ledger.chain import format_timestamp
from api.ledger.database import Location, open_engine
from api.ledger.tables import accesses
from model.errors import AccessError
from model.policy.controls import controls_on

#: ``publish`` lets an edition pass its limits, ``rollback`` puts an earlier edition in use again,
#: ``promote`` puts a card in use, also an earlier one, and ``adopt`` policy texts.
Act = Literal["promote", "publish", "rollback", "adopt"]
ACTS: tuple[Act, ...] = get_args(Act)
#: People who approve besides the one who orders.
APPROVALS: Mapping[Act, int] = {"promote": 1, "publish": 1, "rollback": 1, "adopt": 2}
#: People who may approve. A card needs a second one if its trainer is not on record
#: (`api.access.card_trainers`), which the command finds that executes the order.
_MOST_APPROVALS: Mapping[Act, int] = {**APPROVALS, "promote": 2}
#: What is approved: a SHA-256 digest that the command prints, or the name of an edition's folder.
SUBJECT = re.compile(r"[0-9a-f]{64}|[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}")
_ORDERED, _APPROVED, _DONE = "key_ordered", "key_order_approved", "key_order_done"
#: The row of an act whose approvers signed in where it was executed, without an order.
_ON_CONSOLE = "key_act_approved"
_TOO_FEW = (
    "order {0}: the trainer of a card does not approve it, and two people approve one whose trainer"
    " is not on record (rongzi train --as); have another person approve: rongzi orders approve {0}"
)
#: What makes two orders the same.
_SAME = ("ordered_by", "act", "subject", "because")


@dataclass(frozen=True)
class KeyOrder:
    """An order that the holder of a key executes once.

    Attributes
    ----------
    subject : str
        What exactly is approved, as `SUBJECT`.
    approved_by : tuple of str
        The accounts that approved so far.
    rows : tuple of int
        Numbers of its rows in the audit.
    """

    id: str
    ordered_at: str
    ordered_by: str
    act: Act
    subject: str
    because: str
    approved_by: tuple[str, ...] = ()
    is_done: bool = False
    rows: tuple[int, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Whether as many people approved as its act needs."""
        return len(self.approved_by) >= APPROVALS[self.act]

    def is_open(self, now: datetime) -> bool:
        """Whether it was neither executed nor has lapsed."""
        lapses = datetime.fromisoformat(self.ordered_at) + timedelta(days=VALID_DAYS)
        return not self.is_done and now < lapses


class KeyOrders:
    """The key orders in the audit of one ledger; the methods block and know no HTTP."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._writing = AuditWriter(location)
        self._reading: Engine = open_engine(location.url, writes=False)

    def close(self) -> None:
        """Close the connections to the database."""
        self._writing.close()
        self._reading.dispose()

    def all(self) -> list[KeyOrder]:
        """Return every order, oldest first."""
        with self._reading.connect() as connection:
            return list(_read(connection).values())

    def place(self, act: Act, subject: str, because: str, actor: str) -> KeyOrder:
        """Record that `actor` orders `act` on `subject`, and why.

        Whoever gives the same order again before it is approved, by a second press or after a lost
        answer, gets the first one.

        Raises
        ------
        AccessError
            If the subject or the reason is not as expected.
        """
        if not SUBJECT.fullmatch(subject):
            raise AccessError("name what to approve by the digest or edition that the command says")
        refuse_bad_reason(because)
        now = format_timestamp(datetime.now(tz=UTC))
        order = KeyOrder(secrets.token_hex(4), now, actor, act, subject, because.strip())
        detail = {"id": order.id, "act": act, "subject": subject, "because": order.because}
        with self._writing.begin() as work:
            if same := _waiting(work.connection, order):
                return same
            record_row(work, _ORDERED, actor, detail, now)
        return order

    def approve(self, order_id: str, approver: Principal) -> KeyOrder:
        """Record the approval of somebody else, of a role that the controls name, everywhere.

        Raises
        ------
        OrderRefusedError
            If there is no such open order, or the approver may not approve it.
        """
        with self._writing.begin() as work:
            order = _open(work.connection, order_id)
            is_full = len(order.approved_by) >= _MOST_APPROVALS[order.act]
            if is_full or approver.subject in order.approved_by:
                raise OrderRefusedError(ORDER_NOT_OPEN)
            if approver.subject == order.ordered_by:
                raise OrderRefusedError(OWN_ORDER)
            if not may_approve(approver.roles, approver.places):
                raise OrderRefusedError(NO_APPROVER)
            record_row(work, _APPROVED, approver.subject, {"order": order_id})
        return replace(order, approved_by=(*order.approved_by, approver.subject))

    def execute(
        self,
        order_id: str,
        act: Act,
        subject: str,
        by: str,
        approvals: int = 0,
        not_of: Collection[str] = (),
    ) -> KeyOrder:
        """Record that `by` executes an approved order now, and return it; it is spent by this.

        Parameters
        ----------
        approvals
            People who must have approved, if more than its act needs.
        not_of
            Accounts whose approval does not count.

        Raises
        ------
        OrderRefusedError
            If there is no such order, or it is not approved, or executed already, or has lapsed.
        AccessError
            If it orders something else, or somebody else wrote it into the database.
        """
        with self._writing.begin() as work:
            order = _open(work.connection, order_id)
            if not order.is_approved:
                raise OrderRefusedError(ORDER_NOT_OPEN)
            if (order.act, order.subject) != (act, subject):
                raise AccessError(
                    f"order {order_id} approves {order.act} {order.subject}, but this is"
                    f" {act} {subject}; order and approve what this command does"
                )
            order = replace(
                order, approved_by=tuple(each for each in order.approved_by if each not in not_of)
            )
            if len(order.approved_by) < max(approvals, APPROVALS[act]):
                raise AccessError(_TOO_FEW.format(order_id))
            refuse_unsealed(work.connection, self._location, order.rows)
            record_row(work, _DONE, by, {"order": order_id})
        return replace(order, is_done=True)

    def record_approval(
        self, act: Act, subject: str, because: str, approved_by: Sequence[str], by: str
    ) -> None:
        """Record an act of `by` that people approved who signed in where it is executed."""
        detail = {
            "act": act, "subject": subject, "because": because, "approved_by": list(approved_by),
        }  # fmt: skip
        with self._writing.begin() as work:
            record_row(work, _ON_CONSOLE, by, detail)


def may_approve(roles: Collection[str], places: Collection[str]) -> bool:
    """Return whether the controls of today let an account of these roles and places approve."""
    wanted = controls_on(date_in_china(datetime.now(tz=UTC))).approver_roles
    return "" in places and not wanted.isdisjoint(roles)


def _waiting(connection: Connection, wanted: KeyOrder) -> KeyOrder | None:
    """Return the same order of the same person that waits for an approval; None without one."""

    def is_same(order: KeyOrder) -> bool:
        return all(getattr(order, name) == getattr(wanted, name) for name in _SAME)

    now = datetime.now(tz=UTC)
    waiting = (each for each in _read(connection).values() if each.is_open(now))
    return next((each for each in waiting if not each.is_approved and is_same(each)), None)


def _open(connection: Connection, order_id: str) -> KeyOrder:
    order = _read(connection).get(order_id)
    if order is None:
        raise OrderRefusedError(UNKNOWN_ORDER)
    if not order.is_open(datetime.now(tz=UTC)):
        raise OrderRefusedError(ORDER_NOT_OPEN)
    return order


def _read(connection: Connection) -> dict[str, KeyOrder]:
    orders: dict[str, KeyOrder] = {}
    statement = select(accesses).where(accesses.c.route.in_((_ORDERED, _APPROVED, _DONE)))
    for row in connection.execute(statement.order_by(accesses.c.number)).mappings():
        detail = json.loads(row["detail"])
        if row["route"] == _ORDERED:
            placed = {"ordered_at": row["accessed_at"], "ordered_by": row["actor"]}
            orders[detail["id"]] = KeyOrder(**detail, **placed, rows=(row["number"],))
        elif (order := orders.get(detail["order"])) is not None:
            orders[order.id] = _followed(order, row["route"], row["actor"], row["number"])
    return orders


def _followed(order: KeyOrder, route: str, actor: str, number: int) -> KeyOrder:
    rows = (*order.rows, number)
    if route == _DONE:
        return replace(order, is_done=True, rows=rows)
    return replace(order, approved_by=(*order.approved_by, actor), rows=rows)
