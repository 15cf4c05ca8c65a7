"""The kinds of problem that concern orders to change an account, sessions and second factors."""

from __future__ import annotations

from api.http.problems import Kind
from model.profile.dictionary import Text

UNKNOWN_ORDER = Kind(
    "unknown-order",
    404,
    Text("没有该申请", "There is no such order"),
    Text(
        "请核对编号（GET /v1/account-orders、GET /v1/key-orders）。",
        "GET /v1/account-orders and GET /v1/key-orders list the orders.",
    ),
)
ORDER_NOT_OPEN = Kind(
    "order-not-open",
    409,
    Text("该申请不能再办理", "The order cannot be approved or carried out now"),
    Text(
        "可能尚未批准、已批准、已执行或已过期。",
        "It is not approved yet, approved or done already, or has lapsed.",
    ),
)
OWN_ORDER = Kind(
    "own-order",
    403,
    Text("须由另一人办理", "Somebody else must do this"),
    Text(
        "不得批准自己提交的申请，也不得申请或批准对自己账号的变更。",
        "Nobody approves an order of their own, nor orders or approves a change of their own"
        " account.",
    ),
)
NO_APPROVER = Kind(
    "no-approver",
    403,
    Text("该账号无权批准", "This account does not approve such orders"),
    Text(
        "只有政策指定角色（approver_roles）且辖区为全部的账号可以批准。",
        "Only accounts of the roles in the control approver_roles, with all places, approve.",
    ),
)
SESSION_OVER = Kind(
    "session-over",
    400,
    Text("会话已结束", "The session is over"),
    Text(
        "刷新令牌已过期、已使用过或已被注销，请重新登录。",
        "The refresh token has expired, was used before, or was withdrawn. Sign in again.",
    ),
    oauth="invalid_grant",
)
UNKNOWN_SESSION = Kind(
    "unknown-session",
    404,
    Text("没有该会话", "There is no such session"),
    Text("请核对编号（GET /v1/sessions）。", "GET /v1/sessions lists your own."),
)
SECOND_FACTOR_NEEDED = Kind(
    "second-factor-needed",
    400,
    Text("请输入动态验证码", "A one-time code is needed"),
    Text(
        "请同时提交身份验证器当前显示的 6 位验证码（code）。",
        "Send the six digits that your authenticator shows now, as code.",
    ),
    oauth="invalid_grant",
)
SECOND_FACTOR_MISSING = Kind(
    "second-factor-missing",
    403,
    Text("该账号须先绑定身份验证器", "This account must enrol a second factor first"),
    Text(
        "请先用账号和密码绑定（POST /v1/second-factor），再登录。",
        "Enrol it with account and password (POST /v1/second-factor), then sign in.",
    ),
    oauth="invalid_grant",
)
SECOND_FACTOR_EXISTS = Kind(
    "second-factor-exists",
    409,
    Text("该账号已绑定身份验证器", "This account has a second factor"),
    Text(
        "须由两位管理员解除后才能重新绑定（rongzi users reset-factor）。",
        "Two administrators must remove it before another can be enrolled (rongzi users"
        " reset-factor).",
    ),
)
SECOND_FACTOR_DIFFERS = Kind(
    "second-factor-differs",
    403,
    Text("身份验证器与审计记录不符", "The second factor differs from the audit"),
    Text(
        "请通知管理员：数据库可能被改动（rongzi verify-ledger）。",
        "Tell an administrator: the database may have been changed (rongzi verify-ledger).",
    ),
    oauth="invalid_grant",
)

ACCESS_KINDS = (
    UNKNOWN_ORDER, ORDER_NOT_OPEN, OWN_ORDER, NO_APPROVER, SESSION_OVER, UNKNOWN_SESSION,
    SECOND_FACTOR_NEEDED, SECOND_FACTOR_MISSING, SECOND_FACTOR_EXISTS, SECOND_FACTOR_DIFFERS,
)  # fmt: skip
