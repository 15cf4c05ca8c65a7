"""Routes of orders to change an account: give, list and approve; the console carries them out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from api.access.access_control import AccessControl, access_control_of
from api.access.dependencies import Caller
from api.access.order_rows import MIN_REASON, MOST_REASON
from api.access.orders import Order, Orders
from api.access.strict_route import StrictRoute
from api.access.threads import on_thread, order_on_thread
from api.core.principal import Role
from api.http.access_problems import ORDER_NOT_OPEN, OWN_ORDER, UNKNOWN_ORDER
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    INVALID_BODY,
    LEDGER_AWAY,
    MALFORMED_BODY,
    NO_ACCOUNTS_HERE,
    UNSUPPORTED_MEDIA_TYPE,
)
from api.http.problems import ProblemError

T = TypeVar("T")

router = APIRouter(prefix="/v1/account-orders", route_class=StrictRoute, tags=["signing in"])

OrderId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$", description=EXPECTED["order_id"].en)]
Action = Literal["add", "grant", "reset", "enable", "reset-factor"]
_Place = Annotated[str, Field(pattern=r"^(?:[0-9]{6}|[0-9]{9}|[0-9]{12})?$")]


class OrderRequest(BaseModel):
    """A change of an account, and its reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "action": "add", "account": "wang.li", "roles": ["officer"],
                    "places": ["371502"], "because": "starts on Monday at the county branch",
                }
            ]
        },
    )  # fmt: skip

    action: Annotated[Action, Field(description=EXPECTED["action"].en)]
    account: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$", description=EXPECTED["account"].en)
    ]
    roles: Annotated[list[Role], Field(max_length=8, description=EXPECTED["roles"].en)] = []
    places: Annotated[list[_Place], Field(max_length=100, description=EXPECTED["places"].en)] = []
    because: Annotated[
        str,
        Field(min_length=MIN_REASON, max_length=MOST_REASON, description=EXPECTED["because"].en),
    ]


class OrderShape(BaseModel):
    """An order to change an account."""

    id: str
    ordered_at: str
    ordered_by: str
    action: Action
    account: str
    roles: list[str]
    places: list[str]
    because: str
    approved_by: str | None
    is_done: bool = Field(description="whether rongzi users apply carried it out")
    is_open: bool = Field(description="whether it was neither carried out nor has lapsed")

    @classmethod
    def of(cls, order: Order) -> OrderShape:
        """Return the shape of `order`."""
        lists = {"roles": [*order.roles], "places": [*order.places]}
        return cls(**{**vars(order), **lists, "is_open": order.is_open(datetime.now(tz=UTC))})


async def _orders_of(access: Annotated[AccessControl, Depends(access_control_of)]) -> Orders:
    if access.orders is None:
        raise ProblemError(NO_ACCOUNTS_HERE)
    return access.orders


OrdersInUse = Annotated[Orders, Depends(_orders_of)]
_BODY = (MALFORMED_BODY, INVALID_BODY, BODY_TOO_LARGE, BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE)


@router.post(
    "",
    status_code=201,
    summary="Order a change of an account, which another administrator approves",
    responses=refusals(NO_ACCOUNTS_HERE, OWN_ORDER, LEDGER_AWAY, *_BODY),
)
async def post_account_order(body: OrderRequest, caller: Caller, orders: OrdersInUse) -> OrderShape:
    """Record who wants which change of an account, and why; nothing changes yet.

    The same order again, before its approval, is answered with the first.
    """
    wanted = Order(
        id="", ordered_at="", ordered_by=caller.subject, action=body.action, account=body.account,
        roles=tuple(body.roles), places=tuple(body.places), because=body.because,
    )  # fmt: skip
    return OrderShape.of(await order_on_thread(lambda: orders.place(wanted), "account"))


@router.get(
    "", summary="List orders to change accounts", responses=refusals(NO_ACCOUNTS_HERE, LEDGER_AWAY)
)
async def get_account_orders(orders: OrdersInUse) -> list[OrderShape]:
    """Return every order, oldest first."""
    return [OrderShape.of(each) for each in await on_thread(orders.all)]


@router.post(
    "/{order_id}/approval",
    status_code=201,
    summary="Approve an order of another administrator",
    responses=refusals(NO_ACCOUNTS_HERE, UNKNOWN_ORDER, ORDER_NOT_OPEN, OWN_ORDER, LEDGER_AWAY),
)
async def post_account_order_approval(
    order_id: OrderId, caller: Caller, orders: OrdersInUse
) -> OrderShape:
    """Approve an order; `rongzi users apply` then carries it out on the console."""
    approved = await order_on_thread(lambda: orders.approve(order_id, caller.subject), "account")
    return OrderShape.of(approved)
