"""Orders for the holder of a signing key: ordered, approved by others, executed once, on record."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access import key_orders as key_orders_module
from api.access.account import Account
from api.access.accounts import Accounts
from api.access.key_orders import KeyOrder, KeyOrders
from api.access.order_rows import VALID_DAYS, OrderRefusedError
from api.access.orders import Order, Orders
from api.core.principal import Principal, Role
from api.core.settings import Settings
from api.ledger.chain import append_audit_rows
from api.ledger.database import Location
from api.ledger.tables import accesses
from api.server.app import create_app
from api.verify.verify import verify_ledger
from model.errors import AccessError
from tests.support.tampering.rows import without_triggers
from tests.support.tampering.tables import rows_in

DIGEST, OTHER = "ab" * 32, "cd" * 32
BECAUSE = "the card of October"


def person(name: str, *roles: Role, places: tuple[str, ...] = ("",)) -> Principal:
    return Principal(name, frozenset(roles), places)


HEAD, MANAGER = person("head", "head"), person("manager", "manager")


@pytest.fixture
def orders(accounts: Accounts, ledger_settings: Settings) -> Iterator[KeyOrders]:
    with closing(KeyOrders(Location.of(ledger_settings))) as opened:
        yield opened


@pytest.fixture
def promotion(orders: KeyOrders) -> KeyOrder:
    return orders.place("promote", DIGEST, BECAUSE, "analyst")


def refused(step: Callable[[], object]) -> str:
    with pytest.raises(OrderRefusedError) as refusal:
        step()
    return refusal.value.kind.name


def test_an_order_is_executed_once_after_somebody_else_approved_it(
    orders: KeyOrders, promotion: KeyOrder, ledger_settings: Settings
) -> None:
    def execute() -> KeyOrder:
        return orders.execute(promotion.id, "promote", DIGEST, "console:key")

    assert refused(execute) == "order-not-open"
    orders.approve(promotion.id, HEAD)
    assert execute().approved_by == ("head",)
    assert refused(execute) == "order-not-open"
    assert refused(lambda: orders.approve(promotion.id, MANAGER)) == "order-not-open"
    (done,) = orders.all()
    assert (done.ordered_by, done.is_done, len(done.rows)) == ("analyst", True, 3)
    report = verify_ledger(Location.of(ledger_settings))
    assert report.is_sound, report.findings


def test_nobody_approves_an_order_of_their_own(orders: KeyOrders) -> None:
    order = orders.place("promote", DIGEST, BECAUSE, "head")
    assert refused(lambda: orders.approve(order.id, HEAD)) == "own-order"


@pytest.mark.parametrize(
    "approver",
    [
        person("operator", "operator"),
        person("officer", "officer", "reviewer"),
        person("county", "head", places=("371502",)),
        person("nobody"),
    ],
)
def test_only_the_roles_of_the_controls_approve_and_only_with_all_places(
    orders: KeyOrders, promotion: KeyOrder, approver: Principal
) -> None:
    assert refused(lambda: orders.approve(promotion.id, approver)) == "no-approver"


def test_a_policy_needs_two_who_are_neither_the_same_nor_the_orderer(orders: KeyOrders) -> None:
    order = orders.place("adopt", DIGEST, BECAUSE, "operator")
    orders.approve(order.id, HEAD)
    early = refused(lambda: orders.execute(order.id, "adopt", DIGEST, "console:key"))
    assert early == "order-not-open"
    assert refused(lambda: orders.approve(order.id, HEAD)) == "order-not-open"
    orders.approve(order.id, MANAGER)
    assert orders.execute(order.id, "adopt", DIGEST, "console:key").approved_by == (
        "head", "manager",
    )  # fmt: skip


@pytest.mark.parametrize(("act", "subject"), [("promote", OTHER), ("adopt", DIGEST)])
def test_an_order_approves_nothing_but_its_subject(
    orders: KeyOrders, promotion: KeyOrder, act: Any, subject: str
) -> None:
    orders.approve(promotion.id, HEAD)
    with pytest.raises(AccessError, match="approves promote"):
        orders.execute(promotion.id, act, subject, "console:key")
    assert not orders.all()[0].is_done


def test_an_order_lapses(
    orders: KeyOrders, promotion: KeyOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.approve(promotion.id, HEAD)
    later = datetime.now(tz=UTC) + timedelta(days=VALID_DAYS)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return later

    monkeypatch.setattr(key_orders_module, "datetime", Later)
    lapsed = refused(lambda: orders.execute(promotion.id, "promote", DIGEST, "console:key"))
    assert lapsed == "order-not-open"
    assert refused(lambda: orders.approve("0" * 8, HEAD)) == "unknown-order"


@pytest.mark.parametrize(
    ("subject", "because"),
    [("", BECAUSE), ("../card", BECAUSE), ("AB" * 32, BECAUSE), (DIGEST, "no"),
     (DIGEST, "two\nlines here"), (DIGEST, "x" * 501),
     (DIGEST, "for 199-0000-0000")],
)  # fmt: skip
def test_an_order_that_is_not_as_expected_is_refused(
    orders: KeyOrders, subject: str, because: str
) -> None:
    with pytest.raises(AccessError):
        orders.place("promote", subject, because, "analyst")
    assert orders.all() == []


def _forged_approval(settings: Settings, route: str, order_id: str) -> None:
    """Append an approval in the name of `head`, as somebody who can write the database."""
    with without_triggers(Location.of(settings).url) as connection:
        row = rows_in(connection, accesses)[-1]
        detail = f'{{"order":"{order_id}"}}'
        forged = row | {"actor": "head", "route": route, "detail": detail}
        append_audit_rows(connection, [forged])


def test_an_approval_written_into_the_database_opens_nothing(
    orders: KeyOrders, promotion: KeyOrder, ledger_settings: Settings
) -> None:
    _forged_approval(ledger_settings, "key_order_approved", promotion.id)
    assert orders.all()[0].is_approved
    with pytest.raises(AccessError, match="somebody else"):
        orders.execute(promotion.id, "promote", DIGEST, "console:key")


def test_an_account_order_written_into_the_database_makes_no_account(
    accounts: Accounts, ledger_settings: Settings
) -> None:
    """The same holds for orders to change an account."""
    accounts.add([Account("admin", "none", frozenset({"admin"}), ("",))], "tests")
    orders = Orders(accounts)
    wanted = Order("", "", "admin", "add", "li.wei", ("admin",), ("",), "starts on Monday")
    order = orders.place(wanted)
    _forged_approval(ledger_settings, "account_order_approved", order.id)
    with pytest.raises(AccessError, match="somebody else"):
        orders.carry_out(order.id)
    assert accounts.find("li.wei") is None


def test_over_http_an_order_is_given_approved_and_listed(
    published_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    analyst, head, manager, officer = (
        bearer(home, role, subject=role) for role in ("analyst", "head", "manager", "officer")
    )
    county = bearer(home, "head", subject="head-371502", places=("371502",))
    body = {"act": "adopt", "subject": DIGEST, "because": BECAUSE}

    async def asked() -> None:
        app = create_app(Settings(home))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client,
        ):
            address = "/v1/key-orders"
            assert (await client.post(address, json=body, headers=officer)).status_code == 403
            for wrong in (
                {**body, "act": "sign"},
                {**body, "subject": "x"},
                {**body, "because": "a\nb c d"},
                {**body, "approved_by": ["head"]},
            ):
                answer = await client.post(address, json=wrong, headers=analyst)
                assert answer.status_code == 422, wrong
            placed = await client.post(address, json=body, headers=analyst)
            assert placed.status_code == 201, placed.text
            approval = f"{address}/{placed.json()['id']}/approval"
            assert (await client.post(approval, headers=analyst)).status_code == 403
            assert (await client.post(approval, headers=county)).status_code == 403
            one = await client.post(approval, headers=head)
            assert (one.status_code, one.json()["is_approved"]) == (201, False)
            assert (await client.post(approval, headers=head)).status_code == 409
            two = await client.post(approval, headers=manager)
            assert (two.json()["approved_by"], two.json()["is_approved"]) == (
                ["head", "manager"], True,
            )  # fmt: skip
            (listed,) = (await client.get(address, headers=analyst)).json()
            assert listed == two.json()

    asyncio.run(asked())
