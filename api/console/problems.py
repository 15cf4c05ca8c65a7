"""What a page says where something is refused: a sentence that says what to do now.

The texts of the routes address programs. Where such a text names an address, a header or a file,
a person reads the sentence of this table instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.http.openapi import FieldErrorShape
from api.http.problem_kinds import KINDS
from model.profile.dictionary import Text


@dataclass(frozen=True)
class Notice:
    """A heading and what to do."""

    title: Text
    what_to_do: Text
    status: int = 422


class ConsoleError(Exception):
    """A page cannot be shown; `notice` says why and what to do."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.title.en)
        self.notice = notice


UNREADABLE_FORM = Notice(
    Text("表单无法读取", "The form could not be read"),
    Text(
        "什么都没有提交。请返回上一页，重新填写。",
        "Nothing was sent. Go back and fill it in again.",
    ),
    400,
)
STALE_FORM = Notice(
    Text("此页面来自之前的登录", "This page is from an earlier sign-in"),
    Text(
        "什么都没有提交，您填的内容还在下面。请核对后再按一次。",
        "Nothing was sent, and what you filled in is below. Check it and press the button again.",
    ),
    409,
)
SESSION_ENDED = Notice(
    Text("登录已到期", "Your session has ended"),
    Text(
        "什么都没有提交。请重新登录，您填的内容会原样带回。",
        "Nothing was sent. Sign in again; what you filled in comes back as it was.",
    ),
    401,
)
WELCOME_BACK = Notice(
    Text("已重新登录", "You are signed in again"),
    Text(
        "您填的内容还在下面。请核对后再按一次。",
        "What you filled in is below. Check it and press the button again.",
    ),
    200,
)
NO_SUCH_PAGE = Notice(
    Text("没有这个页面", "There is no such page"),
    Text(
        "请核对地址，或从首页重新进入。您辖区以外的会员和决策也显示为没有。",
        "Check the address, or start from the first page. Members and decisions outside your places"
        " are shown as absent too.",
    ),
    404,
)
FAULT = Notice(
    Text("系统出错", "Something went wrong"),
    Text(
        "请稍后再试。如果刚才提交了表单，请返回并再按一次：同一表单不会重复办理。",
        "Try again later. If you just sent a form, go back and press the button again: one form is"
        " never carried out twice.",
    ),
    500,
)

_AGAIN = Text(
    "请稍候，再按一次：同一表单不会重复办理。",
    "Wait a moment and press the button again: one form is never carried out twice.",
)
#: What a person does, by the kind of problem.
_WHAT_TO_DO: Mapping[str, Text] = {
    "malformed-body": UNREADABLE_FORM.what_to_do,
    "invalid-body": Text("请改正标出的内容。", "Correct what is marked."),
    "invalid-parameter": Text("请从首页重新进入。", "Start again from the first page."),
    "unsupported-media-type": UNREADABLE_FORM.what_to_do,
    "body-too-large": Text("请缩短填写的内容。", "Shorten what you wrote."),
    "unauthorised": SESSION_ENDED.what_to_do,
    "forbidden": Text(
        "此页面属于其他岗位。需要时请管理员调整您的角色。",
        "The page belongs to another role. An administrator can change yours.",
    ),
    "too-many-attempts": Text(
        "请 15 分钟后再试，或请管理员解锁。",
        "Try again after 15 minutes, or ask an administrator to unlock the account.",
    ),
    "too-many-requests": Text("请等几秒再试。", "Wait a few seconds and try again."),
    "no-accounts-here": Text(
        "账号由机构的身份系统管理，请从那里登录。",
        "Your organisation's identity provider manages the accounts; sign in there.",
    ),
    "unknown-village": NO_SUCH_PAGE.what_to_do,
    "unknown-decision": NO_SUCH_PAGE.what_to_do,
    "not-found": NO_SUCH_PAGE.what_to_do,
    "in-progress": _AGAIN,
    "key-reused": Text(
        "这张表单已按之前的内容提交过。如要按现在的内容再提交一次，请再按一次按钮。",
        "This form was sent before with other contents. To send it as it is now, press the button"
        " again.",
    ),
    "ledger-away": _AGAIN,
    "ledger-busy": _AGAIN,
    "overloaded": _AGAIN,
    "timed-out": _AGAIN,
    "provider-away": _AGAIN,
    "not-ready": Text(
        "服务尚未就绪，请联系运维人员。", "The service is not ready; tell the operator."
    ),
    "edition-stale": Text(
        "请联系运维人员发布新一期名单。", "Ask the operator to publish a new edition."
    ),
    "above-approved": Text(
        "请减少金额。该会员其他决策下未到期的放款也占用额度。",
        "Lower the amount. Running payments on the member's other decisions count too.",
    ),
    "above-cap": Text(
        "请减少金额。户内未到期的放款和可支取的授信都计入上限。",
        "Lower the amount. What runs in the household, and what may be drawn, counts.",
    ),
    "duties-apart": Text(
        "您已在该案件中办理过与此不相容的事项，请由同事办理。",
        "You did something on this case that is kept apart from this. A colleague must do it.",
    ),
    "already-reviewed": Text(
        "进展见该决策的时间线；如情况有变，请重新申请。",
        "The time line of the decision shows where it stands. If the member's situation has"
        " changed, ask for a new decision.",
    ),
    "four-eyes-needed": Text(
        "请为会员申请复核，由两名审核人先后审核。",
        "Request a review, which two reviewers decide one after the other.",
    ),
    "unknown-edition": Text(
        "请从名单列表重新进入；旧的名单可能已清理。",
        "Start again from the list of editions; an old one may have been removed.",
    ),
    "damaged-edition": Text(
        "请运维人员在服务器上查看各期名单，从备份恢复或重新生成。",
        "On the server, the operator lists the editions and restores the damaged one from the"
        " backup, or publishes it again.",
    ),
    "unreadable-file": Text(
        "请运维人员在服务器上查看：服务账号须有权读取导入报告和隔离文件。",
        "The operator looks on the server: the service's account must be allowed to read the"
        " reports and the quarantine files.",
    ),
    "unknown-order": Text("请核对申请编号。", "Check the order's number."),
    "no-approver": Text(
        "请由政策指定的、辖区为全部的批准人办理。",
        "An approver whom the policy names, with all places, must do this.",
    ),
    "difference-changed": Text(
        "请重新查看差异，按现在的两个金额处理。",
        "Look at the difference again, and settle it by the two amounts of now.",
    ),
    "unknown-difference": Text(
        "差异可能已随新的导入或还款记录消失，请重新查看。",
        "It may have gone with a new import or a repayment on record; look at the list again.",
    ),
    "unknown-session": Text("请刷新页面。", "Load the page again."),
    "session-over": SESSION_ENDED.what_to_do,
    "second-factor-needed": Text(
        "请填写身份验证器当前显示的 6 位验证码，并重新填写密码。",
        "Fill in the six digits that your authenticator shows now, and the password again.",
    ),
    "second-factor-missing": Text(
        "请先绑定身份验证器（登录框下方的链接），再登录。",
        "Enrol an authenticator first: the link is below the button. Then sign in.",
    ),
    "second-factor-exists": Text(
        "须由两位管理员解除后才能重新绑定。",
        "Two administrators must remove it before another can be enrolled.",
    ),
    "second-factor-differs": Text(
        "请通知管理员：数据库可能被改动。",
        "Tell an administrator: the database may have been changed.",
    ),
}


#: What a person reads instead of the title of a kind that speaks of a request.
_TITLES: Mapping[str, Text] = {
    "malformed-body": UNREADABLE_FORM.title,
    "unsupported-media-type": UNREADABLE_FORM.title,
    "body-too-large": Text("填写的内容过长", "What you wrote is too long"),
    "invalid-body": Text("有内容需要改正", "Something needs correcting"),
    "invalid-parameter": NO_SUCH_PAGE.title,
    "unauthorised": SESSION_ENDED.title,
    "not-found": NO_SUCH_PAGE.title,
    "in-progress": Text("正在办理", "It is being carried out"),
    "key-reused": Text("这张表单已经提交过", "This form was sent before"),
    "too-many-requests": Text("操作过于频繁", "Too many requests"),
}
#: What is expected of a field that people choose from a list, whose codes nobody reads.
_EXPECTED: Mapping[str, Text] = {
    "purpose": Text("请选择一项用途", "Choose a purpose"),
    "verdict": Text("请选择同意或不同意", "Choose to approve or to decline"),
    "reason_code": Text("请选择一项理由", "Choose a reason"),
    "evidence": Text("请选择授权凭证的形式", "Choose the form of the evidence"),
    "proof": Text("请选择看到了什么", "Choose what you saw"),
    "incomes": Text("请填写整数元", "Fill in whole yuan"),
    "harvests": Text(
        "请选择作物和走访前最近一次收获，填写每亩公斤数；同一作物只填一次",
        "Choose a crop and its last harvest before the visit, and fill in kilograms per mu; each"
        " crop once",
    ),
    "visited_on": Text(
        "请填写今天或此前 30 天内的一天", "Fill in today or a day of the 30 days before"
    ),
    "repaid_on": Text("请填写放款日至今天之间的一天", "Fill in a day from the payment's to today"),
    "reason": Text("请选择撤回的原因", "Choose why it is withdrawn"),
    "act": Text("请选择要办理的事项", "Choose what is to be done"),
    "action": Text("请选择要办理的变更", "Choose the change"),
    "roles": Text("请至少选择一个角色", "Choose at least one role"),
    "side": Text("请选择以谁为准", "Choose whose figure holds"),
}


def notice_of(kind: str) -> Notice:
    """Return the notice for the kind of problem of that name."""
    known = KINDS[kind]
    title = _TITLES.get(kind, known.title)
    return Notice(title, _WHAT_TO_DO.get(kind, known.detail), known.status)


def expected_of(error: FieldErrorShape) -> Text:
    """Return what is expected of the field of `error`."""
    return _EXPECTED.get(error.field, Text(error.expected_zh, error.expected))
