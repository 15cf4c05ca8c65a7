"""What a page says once a form was carried out: the line that the reader finds after the redirect.

Only the key of a sentence travels, in a cookie: no address, no log and no cookie says about whom.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.profile.dictionary import Text

DONE: Mapping[str, Text] = {
    "asked": Text("已作出决策，见下。", "The decision is made; it stands below."),
    "paid": Text("已放款，并已入账。", "Paid out, and entered in the ledger."),
    "payment-proposed": Text(
        "已提出放款，尚未付出：须由另一人确认。",
        "The payment is proposed, not made: another person must confirm it.",
    ),
    "cancelled": Text("已撤销放款。", "The payment is cancelled."),
    "cancellation-proposed": Text(
        "已提出撤销，尚未撤销：须由另一人确认。",
        "The cancellation is proposed, not made: another person must confirm it.",
    ),
    "confirmed": Text("已确认，并已入账。", "Confirmed, and entered in the ledger."),
    "proposal-withdrawn": Text(
        "已撤回待确认事项，未付出任何款项。", "The proposal is withdrawn; no money moved by it."
    ),
    "repaid": Text("已登记还款。", "The repayment is recorded."),
    "repayment-cancelled": Text("已撤销还款记录。", "The record of the repayment is cancelled."),
    "review-requested": Text(
        "已申请人工复核，案件已进入审核队列。",
        "The review is requested; the case is in the queue of reviewers.",
    ),
    "claimed": Text("已领取，请在到期前给出结论。", "You have the case; decide it in time."),
    "released": Text("已退回审核队列。", "The case is back in the queue."),
    "verdict-given": Text("已记录审核结论。", "The verdict is recorded."),
    "second-needed": Text(
        "已记录您的同意，还须第二位审核人审核。",
        "Your approval is recorded; a second reviewer must decide too.",
    ),
    "visit-recorded": Text(
        "已登记走访，从下一次决策起计入。",
        "The visit is recorded and counts from the next decision on.",
    ),
    "visit-withdrawn": Text(
        "已撤回走访，从下一次决策起不再计入。",
        "The visit is withdrawn and counts no more from the next decision on.",
    ),
    "consent-given": Text("已登记授权。", "The consent is recorded."),
    "consent-withdrawn": Text("已登记撤回授权。", "The withdrawal of consent is recorded."),
    "ordered": Text(
        "申请已提交，批准前不会有任何变更。",
        "The order is given; nothing changes until it is approved.",
    ),
    "approved": Text(
        "已批准；变更由服务器上的命令执行。",
        "Approved; a command on the server carries it out.",
    ),
    "signed-out": Text("已退出登录。", "You are signed out here."),
    "sessions-ended": Text("已结束登录。", "Signed out there."),
}
