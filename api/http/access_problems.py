"""The kinds of problem that concern orders to change an account."""

from __future__ import annotations

from api.http.problems import Kind
from model.profile.dictionary import Text

UNKNOWN_ORDER = Kind(
    "unknown-order",
    404,
    Text("没有该账号变更申请", "There is no such order"),
    Text("请核对编号（GET /v1/account-orders）。", "GET /v1/account-orders lists the orders."),
)
ORDER_NOT_OPEN = Kind(
    "order-not-open",
    409,
    Text("该账号变更申请不能再办理", "The order cannot be approved or carried out now"),
    Text(
        "可能尚未批准、已批准、已执行或已过期。",
        "It is not approved yet, approved or done already, or has lapsed.",
    ),
)
OWN_ORDER = Kind(
    "own-order",
    403,
    Text("账号变更须由另一位管理员批准", "Another administrator must do this"),
    Text(
        "不得批准自己提交的申请，也不得申请或批准对自己账号的变更。",
        "Nobody approves an order of their own, nor orders or approves a change of their own"
        " account.",
    ),
)

ACCESS_KINDS = (UNKNOWN_ORDER, ORDER_NOT_OPEN, OWN_ORDER)
