"""The page of orders for whoever holds a signing key: ordered, approved by others, executed."""

from __future__ import annotations

from starlette.responses import Response

from api.access.key_order_routes import KeyOrderShape
from api.access.key_orders import ACTS, APPROVALS
from api.console.forms import given
from api.console.orders import approve, state_of
from api.console.page import Page

_HERE = "/console/key-orders"


async def show_key_orders(page: Page) -> Response:
    """Show every order, latest first, and the form of a new one."""
    orders = await page.calls.read_list("get_key_orders", KeyOrderShape)
    return page.show(
        "key_orders.html",
        orders=[(each, state_of(each, is_approved=each.is_approved)) for each in reversed(orders)],
        acts=ACTS,
        approvals=APPROVALS,
    )


async def order(page: Page) -> Response:
    """Order what the form says; nothing happens until others approve and the key's holder acts."""
    wanted = {"act": "", "subject": "", "because": ""} | given(
        page.fields, "act", "subject", "because"
    )
    await page.calls.post("post_key_order", KeyOrderShape, wanted)
    return page.go(_HERE, done="ordered")


async def approve_order(page: Page) -> Response:
    """Approve the order of somebody else."""
    await approve(page, "post_key_order_approval", KeyOrderShape, "get_key_orders")
    return page.go(_HERE, done="approved")
