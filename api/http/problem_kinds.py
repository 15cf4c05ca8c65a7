"""Every kind of problem that the service answers; ``docs/reference/api.md`` lists the same."""

from __future__ import annotations

from api.http.access_problems import ACCESS_KINDS
from api.http.lending_problems import LENDING_KINDS
from api.http.problems import Kind
from api.http.repayment_problems import REPAYMENT_KINDS
from model.profile.dictionary import Text

MALFORMED_BODY = Kind(
    "malformed-body",
    400,
    Text("请求体不是有效的 JSON", "The body is not valid JSON"),
    Text(
        "请求体须为 UTF-8 编码的一个 JSON 对象，字段不得重复，不得含 NaN、Infinity 或非法字符。",
        "Send one JSON object in UTF-8 without duplicate names, NaN, Infinity or broken text.",
    ),
)
REPEATED_HEADER = Kind(
    "repeated-header",
    400,
    Text("请求头重复", "A header occurs twice"),
    Text("每个请求头只能出现一次。", "Send each header once."),
)
INVALID_BODY = Kind(
    "invalid-body",
    422,
    Text("请求体的内容不符合要求", "The content of the body is not as expected"),
    Text(
        "errors 列出有误的字段及其要求，请改正后重新提交。",
        "`errors` names each field and what is expected of it. Correct them and send it again.",
    ),
)
INVALID_PARAMETER = Kind(
    "invalid-parameter",
    422,
    Text("路径、查询参数或请求头不符合要求", "A path, query or header value is not as expected"),
    Text(
        "errors 列出有误的参数及其要求。",
        "`errors` names each parameter and what is expected of it.",
    ),
)
BODY_TOO_LARGE = Kind(
    "body-too-large",
    413,
    Text("请求体过大", "The body is too large"),
    Text(
        "决策请求通常不到 1 KB，请检查客户端。",
        "A decision request is smaller than 1 KB. Check the client.",
    ),
)
BODY_TOO_SLOW = Kind(
    "body-too-slow",
    408,
    Text("请求体未在时限内送达", "The body did not arrive in time"),
    Text("请检查网络后重新提交。", "Check the network and send the request again."),
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    415,
    Text("不支持的内容类型", "The content type is not supported"),
    Text(
        "请使用 Content-Type: application/json，编码为 UTF-8。",
        "Use Content-Type: application/json, in UTF-8.",
    ),
)
UNAUTHORISED = Kind(
    "unauthorised",
    401,
    Text("需要有效的令牌", "A valid token is needed"),
    Text(
        "请用 POST /v1/token 取得令牌，放在 Authorization: Bearer 请求头中；失效后请重新取得。",
        "Get a token from POST /v1/token and send it as Authorization: Bearer. Get a new one when"
        " it has expired or was revoked.",
    ),
)
FORBIDDEN = Kind(
    "forbidden",
    403,
    Text("您的角色无权进行此操作", "Your role does not allow this"),
    Text(
        "各角色的权限见 docs/reference/roles.md；需要时请管理员调整。",
        "docs/reference/roles.md lists the rights of each role; an administrator can change yours.",
    ),
)
WRONG_CREDENTIALS = Kind(
    "wrong-credentials",
    400,
    Text(
        "账号或密码不正确，或账号已停用",
        "Wrong account or password, or the account is disabled",
    ),
    Text(
        "请核对后重试；连续多次失败会暂时锁定账号。",
        "Check both and try again. Several failures in a row lock the account temporarily.",
    ),
    oauth="invalid_grant",
)
TOO_MANY_ATTEMPTS = Kind(
    "too-many-attempts",
    429,
    Text(
        "登录失败次数过多，已暂时锁定",
        "Too many failed sign-ins; temporarily locked",
    ),
    Text(
        "请按 Retry-After 响应头的秒数等待，或请管理员解锁（rongzi users unlock）。",
        "Wait the number of seconds in Retry-After, or ask the administrator to unlock the account"
        " (rongzi users unlock).",
    ),
)
TOO_MANY_REQUESTS = Kind(
    "too-many-requests",
    429,
    Text("请求过于频繁", "Too many requests from this account"),
    Text(
        "请求未被处理；请按 Retry-After 响应头的秒数等待后重试。",
        "The request was not processed. Wait the number of seconds in Retry-After, then try again.",
    ),
)
NO_ACCOUNTS_HERE = Kind(
    "no-accounts-here",
    404,
    Text("本服务不保存账号", "This service has no accounts of its own"),
    Text(
        "请向机构的身份提供方取得令牌。",
        "Get a token from your organisation's identity provider.",
    ),
)
UNKNOWN_MEMBER = Kind(
    "unknown-member",
    404,
    Text("名单中没有该会员", "No such member in the edition in use"),
    Text(
        "请核对会员编号；新入档会员在下一期名单发布后可查。",
        "Check the member id; a new member appears with the next published edition.",
    ),
)
UNKNOWN_VILLAGE = Kind(
    "unknown-village",
    404,
    Text("名单中没有该村", "No such village in the edition in use"),
    Text(
        "请核对 12 位村代码。",
        "Check the village's code of 12 digits.",
    ),
)
UNKNOWN_DECISION = Kind(
    "unknown-decision",
    404,
    Text("没有该决策", "No such decision"),
    Text(
        "请核对决策编号（decision_id）。",
        "Check the decision id (`decision_id` of the answer).",
    ),
)
UNKNOWN_EDITION = Kind(
    "unknown-edition",
    404,
    Text("没有该期名单", "There is no such edition"),
    Text(
        "请核对名称（GET /v1/editions）；旧的名单可能已清理。",
        "GET /v1/editions lists the editions; an old one may have been removed.",
    ),
)
UNREADABLE_FILE = Kind(
    "unreadable-file",
    409,
    Text("服务无法读取该文件", "The service cannot read the file"),
    Text(
        "errors 说明原因。导入若以其他账号运行，须允许服务所属组读取 imports 和 quarantine"
        " 两个文件夹。",
        "`errors` says why. Where imports run as another account, let the service's group read the"
        " folders imports and quarantine of the home.",
    ),
)
DAMAGED_EDITION = Kind(
    "damaged-edition",
    409,
    Text("有一期名单已损坏或不完整", "An edition is damaged or incomplete"),
    Text(
        "errors 指明是哪一期，以及如何恢复。请联系运维人员。",
        "`errors` names it and says how to restore it. Tell the operator.",
    ),
)
NOT_FOUND = Kind(
    "not-found",
    404,
    Text("地址不存在", "This address does not exist"),
    Text("可用地址见 /openapi.json。", "/openapi.json lists the addresses of this service."),
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    405,
    Text("该地址不支持此方法", "The address does not support this method"),
    Text("允许的方法见 Allow 响应头。", "The Allow header lists the supported methods."),
)
IN_PROGRESS = Kind(
    "in-progress",
    409,
    Text("同一请求正在处理", "The same request is being processed"),
    Text(
        "请稍候，用同一 Idempotency-Key 重新提交即可取得结果。",
        "Wait a moment, then send it again with the same Idempotency-Key to get its answer.",
    ),
)
KEY_REUSED = Kind(
    "key-reused",
    422,
    Text(
        "该 Idempotency-Key 已用于另一请求",
        "This Idempotency-Key was used for another request",
    ),
    Text(
        "重试请原样提交；新的请求请换用新的 Idempotency-Key。",
        "To retry, send the request unchanged. For another request, use a new Idempotency-Key.",
    ),
)
LEDGER_AWAY = Kind(
    "ledger-away",
    503,
    Text("账本暂时无法写入", "The ledger cannot be written at the moment"),
    Text(
        "请稍后用同一 Idempotency-Key 重试；若上次请求已记账，将返回原答复。",
        "Try again with the same Idempotency-Key. If it was recorded, you get the first answer.",
    ),
)
LEDGER_BUSY = Kind(
    "ledger-busy",
    503,
    Text("等待记账的请求过多", "Too many requests are waiting for the ledger"),
    Text(
        "请求未被处理，请稍后用同一 Idempotency-Key 重试。",
        "The request was not processed. Try again later with the same Idempotency-Key.",
    ),
)
EDITION_STALE = Kind(
    "edition-stale",
    503,
    Text("名单已过期，暂停决策与放款", "The whitelist is too old to decide or pay on"),
    Text(
        "请管理员用最新档案重新生成名单（rongzi whitelist）；"
        "期限见 docs/reference/publication.md。",
        "An operator must publish an edition of recent records (rongzi whitelist). The ages are on"
        " docs/reference/publication.md.",
    ),
)
NOT_READY = Kind(
    "not-ready",
    503,
    Text("服务尚未就绪", "The service is not ready"),
    Text(
        "errors 列出缺少的部分及处理办法；处理后重新查询 /ready。",
        "`errors` names each missing part and what to do. Check /ready again afterwards.",
    ),
)
OVERLOADED = Kind(
    "overloaded",
    503,
    Text("服务繁忙", "The service is busy"),
    Text(
        "请求未被处理；请按 Retry-After 响应头的秒数等待后，用同一 Idempotency-Key 重试。",
        "The request was not processed. Wait the number of seconds in Retry-After, then send it"
        " again with the same Idempotency-Key.",
    ),
)
PROVIDER_AWAY = Kind(
    "provider-away",
    503,
    Text("身份认证服务暂时不可用", "The identity provider cannot be reached"),
    Text(
        "无法核验令牌；请按 Retry-After 响应头的秒数等待后重试，无需重新登录。",
        "The token could not be verified. Wait the number of seconds in Retry-After, then send the"
        " request again. You need not sign in again.",
    ),
)
TIMED_OUT = Kind(
    "timed-out",
    503,
    Text("未能在时限内完成", "The request was not finished in time"),
    Text(
        "结果未知；请用同一 Idempotency-Key 重试，已作出的决策会原样返回。",
        "The result is unknown. Send the request again with the same Idempotency-Key; a decision"
        " that was made is returned unchanged.",
    ),
)
INTERNAL_ERROR = Kind(
    "internal-error",
    500,
    Text("服务内部出错", "An internal error occurred"),
    Text(
        "请求未被处理，请稍后重试；若仍出错请联系运维。",
        "The request was not processed. Try again, and contact the operator if the error persists.",
    ),
)

KINDS = {
    kind.name: kind
    for kind in (
        MALFORMED_BODY, REPEATED_HEADER, INVALID_BODY, INVALID_PARAMETER, BODY_TOO_LARGE,
        BODY_TOO_SLOW,
        UNSUPPORTED_MEDIA_TYPE, UNAUTHORISED, FORBIDDEN, WRONG_CREDENTIALS,
        TOO_MANY_ATTEMPTS, TOO_MANY_REQUESTS, NO_ACCOUNTS_HERE, UNKNOWN_MEMBER,
        UNKNOWN_VILLAGE, UNKNOWN_DECISION, UNKNOWN_EDITION, DAMAGED_EDITION, UNREADABLE_FILE,
        NOT_FOUND, METHOD_NOT_ALLOWED, NOT_READY, EDITION_STALE,
        OVERLOADED, PROVIDER_AWAY, TIMED_OUT, IN_PROGRESS, KEY_REUSED, LEDGER_AWAY, LEDGER_BUSY,
        INTERNAL_ERROR,
        *ACCESS_KINDS, *LENDING_KINDS, *REPAYMENT_KINDS,
    )
}  # fmt: skip
