"""Pages of accounts: who has which rights, orders to change them, and sessions to end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from starlette.responses import Response

from api.access.account_routes import AccountShape
from api.access.order_routes import Action, OrderShape
from api.access.schemas import EndedShape, SessionShape
from api.console.forms import given
from api.console.orders import approve, state_of
from api.console.page import Page
from api.core.principal import ROLES

_HERE = "/console/accounts"
#: What people write between codes of places.
_BETWEEN = re.compile(r"[\s,，、;；]+")


async def show_accounts(page: Page) -> Response:
    """Show the accounts, the orders to change them, latest first, and the form of a new one."""
    accounts = await page.calls.read_list("get_accounts", AccountShape)
    orders = await page.calls.read_list("get_account_orders", OrderShape)
    stands = ((each, each.approved_by is not None) for each in reversed(orders))
    return page.show(
        "accounts.html",
        accounts=accounts,
        orders=[(each, state_of(each, is_approved=approved)) for each, approved in stands],
        actions=get_args(Action),
        roles=ROLES,
    )


async def order(page: Page) -> Response:
    """Order what the form says; nothing changes until another administrator approves."""
    wanted = {"action": "", "account": "", "because": ""}
    wanted |= given(page.fields, "action", "account", "because")
    # Only these two give rights; elsewhere boxes that were ticked before mean nothing.
    gives = wanted["action"] in ("add", "grant")
    rights = {"roles": _roles(page.fields), "places": _places(page.fields)} if gives else {}
    await page.calls.post("post_account_order", OrderShape, wanted | rights)
    return page.go(_HERE, done="ordered")


async def approve_order(page: Page) -> Response:
    """Approve the order of another administrator."""
    await approve(page, "post_account_order_approval", OrderShape, "get_account_orders")
    return page.go(_HERE, done="approved")


async def show_account_sessions(page: Page) -> Response:
    """Show the sessions of an account that live."""
    name = page.named("account_name")
    found = await page.calls.read_list("get_account_sessions", SessionShape, account_name=name)
    return page.show("sessions.html", sessions=found, of=name)


async def end_account_sessions(page: Page) -> Response:
    """End every session of an account."""
    name = page.named("account_name")
    await page.calls.post("post_account_sessions_end", EndedShape, account_name=name)
    return page.go(f"{_HERE}/{name}/sessions", done="sessions-ended")


async def show_own_sessions(page: Page) -> Response:
    """Show the reader's own sessions that live."""
    found = await page.calls.read_list("get_sessions", SessionShape)
    return page.show("sessions.html", sessions=found, of=None)


async def end_own_session(page: Page) -> Response:
    """End one of the reader's own sessions."""
    await page.calls.call("post_session_end", {"session_id": page.named("session_id")})
    return page.go("/console/sessions", done="sessions-ended")


def _roles(fields: Mapping[str, str]) -> list[str]:
    return [role for role in ROLES if fields.get(f"role.{role}")]


def _places(fields: Mapping[str, str]) -> list[str]:
    if fields.get("everywhere"):
        return [""]
    return [code for code in _BETWEEN.split(fields.get("places", "")) if code]
