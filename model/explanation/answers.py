"""The answer to a request in a sentence, as it stands now, and the rights that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from model.decision.decision import Decision, Request
from model.profile.dictionary import Text

Standing = Literal[
    "REVIEWED_APPROVE", "REVIEWED_DECLINE", "IN_REVIEW", "EXPIRED", "RULED_SINCE"
]  # fmt: skip


@dataclass(frozen=True)
class Since:
    """What has become of the automatic answer since it was given.

    Attributes
    ----------
    standing : str
        A person approved or declined, is reviewing, or has ruled on another request of the member
        since; or the answer has expired.
    amount_yuan : int
        What a person approved.
    because : Text or None
        The reason that the person named.
    """

    standing: Standing
    amount_yuan: int = 0
    because: Text | None = None


_REQUEST = Text(
    "您申请的 {amount} 元、{months} 个月的贷款", "the loan of {amount} yuan over {months} months"
)
_LINE = Text(
    "您申请的 {amount} 元、{months} 个月的循环额度",
    "the line of credit of {amount} yuan over {months} months",
)
#: What is done with what was asked for: a loan is paid out, a line is granted.
_PAY, _GRANT = Text("发放", "pay out"), Text("核给", "grant")
_ANSWERS: Mapping[str, Text] = {
    "APPROVE": Text(
        "{asked}可以{give}，您的可贷额度为 {limit} 元。",
        "We can {give} {asked} that you applied for. Your credit limit is {limit} yuan.",
    ),
    "REFER": Text(
        "{asked}需由工作人员当面核实后答复。",
        "A member of our staff will review your application for {asked} before we answer it.",
    ),
    "DECLINE": Text(
        "{asked}目前不能{give}。",
        "We cannot {give} {asked} that you applied for at present.",
    ),
    "REVIEWED_APPROVE": Text(
        "{asked}，经工作人员审核，同意{give} {approved} 元。",
        "Our staff reviewed your application for {asked} and approved {approved} yuan.",
    ),
    "REVIEWED_DECLINE": Text(
        "{asked}，经工作人员审核，不予{give}。",
        "Our staff reviewed your application for {asked} and declined it.",
    ),
    "IN_REVIEW": Text(
        "{asked}正在由工作人员审核，审核后答复。",
        "Our staff are reviewing your application for {asked} and will answer it then.",
    ),
    "EXPIRED": Text(
        "对{asked}的答复已过有效期，不能再据此{give}；如仍需要，请重新申请。",
        "Our answer on {asked} has expired and no money is paid out on it; please apply again if"
        " you still need one.",
    ),
    "RULED_SINCE": Text(
        "我们答复{asked}之后，工作人员对您的另一笔申请作出了结论，不能再据此{give}；如仍需要，请重新申请。",
        "Since our answer on {asked}, a member of our staff has ruled on another application of"
        " yours, and no money is paid out on it; please apply again if you still need one.",
    ),
}
#: The answer once consent is withdrawn: what was approved is not paid, and no value is told.
WITHDRAWN = Text(
    "您已撤回授权，这笔申请不再发放，其他内容不再说明。",
    "You have withdrawn your consent: no money is paid out on this application, and nothing else is"
    " told.",
)
_BECAUSE = Text("理由：{reason}。", "The reason: {reason}.")

_ASK_REVIEW = Text(
    "这是由规则和评分自动得出的答复。您有权要求由工作人员重新审核，也可以要求更正有误的记录。",
    "This answer came from rules and points alone. You have the right to have a person review it,"
    " and to have wrong records corrected.",
)
_ASK_REVIEW_UNSCORED = Text(
    "这是由规则自动得出的答复，没有为您评分。您有权要求由工作人员重新审核，也可以要求更正有误的记录。",
    "This answer came from rules alone; you were not scored. You have the right to have a person"
    " review it, and to have wrong records corrected.",
)
_VIEW = Text(
    "您可以随时查看、更正您的记录，或撤回授权。",
    "You may view and correct your records, or withdraw your consent, at any time.",
)
_ASK_PERSON = Text(
    "这一答复由工作人员作出。您可以要求说明理由、更正有误的记录，也可以投诉。",
    "A person gave this answer. You may ask for the reasons, have wrong records corrected, or file"
    " a complaint.",
)
_RIGHTS: Mapping[str, Text] = {
    "APPROVE": _VIEW,
    "REFER": _ASK_REVIEW,
    "DECLINE": _ASK_REVIEW,
    "REVIEWED_APPROVE": _VIEW,
    "REVIEWED_DECLINE": _ASK_PERSON,
    "IN_REVIEW": _VIEW,
    "EXPIRED": _VIEW,
    "RULED_SINCE": _ASK_PERSON,
}


def answer_text(decision: Decision, request: Request, since: Since | None) -> Text:
    """Return the answer as it stands: a person's word replaces the automatic one."""
    answer = _ANSWERS[since.standing if since else decision.outcome]
    asked, give = (_LINE, _GRANT) if request.revolving else (_REQUEST, _PAY)
    numbers = {"amount": f"{request.amount_yuan:,}", "months": request.months}
    fields = {
        "limit": f"{decision.limit_yuan:,}", "approved": f"{since.amount_yuan if since else 0:,}",
    }  # fmt: skip
    text = Text(
        answer.zh.format(asked=asked.zh.format(**numbers), give=give.zh, **fields),
        answer.en.format(asked=asked.en.format(**numbers), give=give.en, **fields),
    )
    if since is None or since.because is None:
        return text
    zh = _BECAUSE.zh.format(reason=since.because.zh)
    return Text(f"{text.zh}{zh}", f"{text.en} {_BECAUSE.en.format(reason=since.because.en)}")


def rights_text(decision: Decision, since: Since | None) -> Text:
    """Return what the member may do about the answer."""
    rights = _RIGHTS[since.standing if since else decision.outcome]
    return _ASK_REVIEW_UNSCORED if rights is _ASK_REVIEW and decision.points is None else rights
