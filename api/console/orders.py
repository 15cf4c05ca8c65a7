"""What pages of orders share: where an order stands, and approving one."""

from __future__ import annotations

from typing import Literal, Protocol, TypeVar, get_args

from pydantic import BaseModel

from api.console.calls import RefusedError
from api.console.page import Page

OrderState = Literal["WAITING", "APPROVED", "DONE", "LAPSED"]
ORDER_STATES: tuple[OrderState, ...] = get_args(OrderState)
Shape = TypeVar("Shape", bound=BaseModel)


class Progress(Protocol):
    """What tells where an order stands."""

    is_done: bool
    is_open: bool


def state_of(order: Progress, *, is_approved: bool) -> OrderState:
    """Return where an order stands."""
    if order.is_done:
        return "DONE"
    if not order.is_open:
        return "LAPSED"
    return "APPROVED" if is_approved else "WAITING"


async def approve(page: Page, route: str, shape: type[Shape], approvals: str) -> None:
    """Approve the order of the page's path; a second press finds the first one's approval.

    Parameters
    ----------
    approvals
        The route that lists the orders.

    Raises
    ------
    RefusedError
        If the route refuses, unless the caller approved the order before.
    """
    order_id = page.named("order_id")
    try:
        await page.calls.post(route, shape, order_id=order_id)
    except RefusedError as refusal:
        if refusal.kind != "order-not-open" or not await _is_mine(page, approvals, order_id):
            raise


class _Approved(BaseModel):
    """What tells who approved an order, of either kind."""

    id: str
    approved_by: list[str] | str | None


async def _is_mine(page: Page, route: str, order_id: str) -> bool:
    orders = await page.calls.read_list(route, _Approved)
    (order,) = (each for each in orders if each.id == order_id)
    names = order.approved_by if isinstance(order.approved_by, list) else [order.approved_by]
    return page.account in names
