"""Routes of orders for whoever holds a signing key: give, list and approve; a command executes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self, TypeVar

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from api.access.access_control import AccessControl, access_control_of
from api.access.dependencies import BODY, Caller
from api.access.key_orders import SUBJECT, Act, KeyOrder, KeyOrders
from api.access.order_rows import MIN_REASON, MOST_REASON
from api.access.strict_route import StrictRoute
from api.access.threads import on_thread, order_on_thread
from api.http.access_problems import NO_APPROVER, ORDER_NOT_OPEN, OWN_ORDER, UNKNOWN_ORDER
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY
from api.http.schemas import strict_with_example

T = TypeVar("T")

router = APIRouter(prefix="/v1/key-orders", route_class=StrictRoute, tags=["signing"])

OrderId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$", description=EXPECTED["order_id"].en)]


class KeyOrderRequest(BaseModel):
    """What is to be signed, exactly, and why."""

    model_config = strict_with_example(
        act="promote",
        subject="9f2c1e0d5b7a4c38e6d1f0a92b4c7d8e1f3a5b6c7d8e9f0a1b2c3d4e5f60718a",
        because="the card of October, judged by the gates on the 2nd",
    )

    act: Annotated[Act, Field(description=EXPECTED["act"].en)]
    subject: Annotated[
        str, Field(pattern=f"^(?:{SUBJECT.pattern})$", description=EXPECTED["subject"].en)
    ]
    because: Annotated[
        str,
        Field(min_length=MIN_REASON, max_length=MOST_REASON, description=EXPECTED["because"].en),
    ]


class KeyOrderShape(BaseModel):
    """An order for whoever holds a signing key."""

    id: str
    ordered_at: str
    ordered_by: str
    act: Act
    subject: str
    because: str
    approved_by: list[str]
    is_approved: bool = Field(description="whether as many people approved as the act needs")
    is_done: bool = Field(description="whether the command that holds the key executed it")
    is_open: bool = Field(description="whether it was neither executed nor has lapsed")

    @classmethod
    def of(cls, order: KeyOrder) -> Self:
        """Return the shape of `order`."""
        told = {name: getattr(order, name) for name in cls.model_fields if name != "is_open"}
        is_open = order.is_open(datetime.now(tz=UTC))
        return cls(**{**told, "approved_by": [*order.approved_by], "is_open": is_open})


async def _key_orders_of(
    access: Annotated[AccessControl, Depends(access_control_of)],
) -> KeyOrders:
    return access.key_orders


KeyOrdersInUse = Annotated[KeyOrders, Depends(_key_orders_of)]


@router.post(
    "",
    status_code=201,
    summary="Order what the holder of a signing key executes",
    responses=refusals(LEDGER_AWAY, *BODY),
)
async def post_key_order(
    body: KeyOrderRequest, caller: Caller, orders: KeyOrdersInUse
) -> KeyOrderShape:
    """Record who wants which card, edition or policy signed, and why; nothing happens yet.

    The same order again, before its approval, is answered with the first.
    """
    placed = await order_on_thread(
        lambda: orders.place(body.act, body.subject, body.because, caller.subject), "because"
    )
    return KeyOrderShape.of(placed)


@router.get("", summary="List orders for the holder of a key", responses=refusals(LEDGER_AWAY))
async def get_key_orders(orders: KeyOrdersInUse) -> list[KeyOrderShape]:
    """Return every order, oldest first."""
    return [KeyOrderShape.of(each) for each in await on_thread(orders.all)]


@router.post(
    "/{order_id}/approval",
    status_code=201,
    summary="Approve the order of somebody else",
    responses=refusals(UNKNOWN_ORDER, ORDER_NOT_OPEN, OWN_ORDER, NO_APPROVER, LEDGER_AWAY),
)
async def post_key_order_approval(
    order_id: OrderId, caller: Caller, orders: KeyOrdersInUse
) -> KeyOrderShape:
    """Approve an order; a policy needs two approvals. The command with the key then executes it."""
    return KeyOrderShape.of(
        await order_on_thread(lambda: orders.approve(order_id, caller), "because")
    )
