"""Orders to change an account: a reason, two administrators, once, within seven days."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access import orders as orders_module
from api.access.account import Account
from api.access.accounts import Accounts
from api.access.order_rows import VALID_DAYS, OrderRefusedError
from api.access.orders import Order, Orders, administrators
from api.access.sign_in import SignIn
from api.core.settings import Settings
from api.ledger.database import Location
from api.server.app import create_app
from api.verify.verify import verify_ledger
from model.errors import AccessError

BECAUSE = "starts at the county branch"


def wanted(action: Any = "add", account: str = "li.wei", by: str = "admin") -> Order:
    rights: dict[str, Any] = {"roles": (), "places": ()}
    if action in ("add", "grant"):
        rights = {"roles": ("officer",), "places": ("371502",)}
    return Order("", "", by, action, account, because=BECAUSE, **rights)


@pytest.fixture
def orders(accounts: Accounts) -> Orders:
    """The orders of a home with two administrators and an auditor."""
    admin = Account("admin", "none", frozenset({"admin"}), ("",))
    auditor = replace(admin, name="auditor", roles=frozenset({"auditor"}))
    accounts.add([admin, replace(admin, name="admin-2"), auditor], "tests")
    return Orders(accounts)


def refused(step: Callable[[], object]) -> str:
    with pytest.raises(OrderRefusedError) as refusal:
        step()
    return refusal.value.kind.name


def test_an_account_comes_about_by_two_people_once(
    orders: Orders, accounts: Accounts, sign_in: SignIn
) -> None:
    order = orders.place(wanted())
    assert accounts.find("li.wei") is None
    assert refused(lambda: orders.carry_out(order.id)) == "order-not-open"
    assert refused(lambda: orders.approve(order.id, "admin")) == "own-order"
    orders.approve(order.id, "admin-2")
    assert refused(lambda: orders.approve(order.id, "admin-3")) == "order-not-open"
    password = orders.carry_out(order.id)
    assert password
    assert sign_in.account("li.wei", password, "192.0.2.1")
    assert refused(lambda: orders.carry_out(order.id)) == "order-not-open"
    (done,) = orders.all()
    assert (done.ordered_by, done.approved_by, done.is_done) == ("admin", "admin-2", True)


def test_rights_and_passwords_change_by_two_people(
    orders: Orders, accounts: Accounts, sign_in: SignIn
) -> None:
    for action in ("grant", "reset", "enable"):
        order = orders.place(wanted(action, "auditor"))
        orders.approve(order.id, "admin-2")
        password = orders.carry_out(order.id)
        assert bool(password) == (action == "reset")
    changed = accounts.find("auditor")
    assert changed is not None
    assert (changed.roles, changed.places) == ({"officer"}, ("371502",))


def test_nobody_orders_or_approves_a_change_of_their_own_account(orders: Orders) -> None:
    own = wanted("grant", "admin", by="admin")
    assert refused(lambda: orders.place(own)) == "own-order"
    order = orders.place(wanted("grant", "admin-2", by="admin"))
    assert refused(lambda: orders.approve(order.id, "admin-2")) == "own-order"


@pytest.mark.parametrize(
    "order",
    [
        wanted(account="Li Wei"),
        wanted(account="auditor"),
        wanted("reset", "nobody"),
        replace(wanted(), because="  x "),
        replace(wanted(), because="for ９９９９０１ 19700101 001４"),
        replace(wanted(), places=("3715",)),
        replace(wanted(), roles=()),
    ],
)
def test_an_order_that_is_not_as_expected_is_refused(orders: Orders, order: Order) -> None:
    with pytest.raises(AccessError):
        orders.place(order)
    assert orders.all() == []


def test_an_order_lapses(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    order = orders.place(wanted())
    later = datetime.now(tz=UTC) + timedelta(days=VALID_DAYS)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return later

    monkeypatch.setattr(orders_module, "datetime", Later)
    assert refused(lambda: orders.approve(order.id, "admin-2")) == "order-not-open"
    assert refused(lambda: orders.approve("0" * 8, "admin-2")) == "unknown-order"


def test_only_enabled_administrators_count(accounts: Accounts, orders: Orders) -> None:
    accounts.change("admin-2", "account_disabled", "t", lambda a: replace(a, is_enabled=False))
    assert administrators(accounts.all()) == ["admin"]


def test_orders_are_part_of_a_sound_audit(
    orders: Orders, ledger_settings: Settings, ledger: Any
) -> None:
    order = orders.place(wanted())
    orders.approve(order.id, "admin-2")
    orders.carry_out(order.id)
    report = verify_ledger(Location.of(ledger_settings))
    assert report.is_sound, report.findings


def test_over_http_an_order_is_given_and_approved_and_no_account_written(
    published_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    body = {"action": "add", "account": "li.wei", "roles": ["officer"], "places": ["371502"],
            "because": BECAUSE}  # fmt: skip
    one, two = (bearer(home, "admin", subject=name) for name in ("admin", "admin-2"))
    officer = bearer(home, "officer", subject="officer-1")

    async def asked() -> None:
        app = create_app(Settings(home))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client,
        ):
            address = "/v1/account-orders"
            assert (await client.post(address, json=body, headers=officer)).status_code == 403
            for wrong in ({**body, "because": "x"}, {**body, "places": ["3715"]},
                          {**body, "account": "admin"}, {**body, "actor": "x"}):  # fmt: skip
                assert (await client.post(address, json=wrong, headers=one)).status_code in (
                    403,
                    422,
                )
            placed = await client.post(address, json=body, headers=one)
            assert placed.status_code == 201, placed.text
            approval = f"{address}/{placed.json()['id']}/approval"
            own = await client.post(approval, headers=one)
            assert (own.status_code, own.json()["type"]) == (403, "/problems/own-order")
            approved = await client.post(approval, headers=two)
            assert approved.json()["approved_by"] == "admin-2"
            assert (await client.post(approval, headers=two)).status_code == 409
            listed = (await client.get(address, headers=one)).json()
            assert [(each["account"], each["is_done"]) for each in listed] == [("li.wei", False)]
            assert app.state.access_control.sign_in._accounts.find("li.wei") is None

    asyncio.run(asked())
