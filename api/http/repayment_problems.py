"""The kinds of problem that concern lines of credit, repayments and the bank's books."""

from __future__ import annotations

from api.http.problems import Kind
from model.profile.dictionary import Text

LINES_NOT_OFFERED = Kind(
    "lines-not-offered",
    409,
    Text("现行政策没有循环额度", "The policy in use offers no lines of credit"),
    Text("请按单笔贷款申请。", "Ask for a loan."),
)
DRAW_PAST_DUE = Kind(
    "draw-past-due",
    409,
    Text("会员有到期未还的放款", "A payment to the member is past due"),
    Text(
        "到期部分还清并登记还款后方可放款。",
        "What is due must be repaid, and the repayment recorded, before money is disbursed.",
    ),
)
ABOVE_OUTSTANDING = Kind(
    "above-outstanding",
    409,
    Text("还款金额超过未还本金", "The repayment exceeds the principal that is outstanding"),
    Text(
        "请核对该笔放款的未还本金；利息不在此登记。",
        "Check what is outstanding of the payment. Interest is not recorded here.",
    ),
)
UNKNOWN_REPAYMENT = Kind(
    "unknown-repayment",
    404,
    Text("该笔放款没有这笔还款", "The disbursement has no such repayment"),
    Text("请核对还款序号。", "Check the repayment number."),
)
ALREADY_REPAID = Kind(
    "already-repaid",
    409,
    Text("该笔放款已有还款，不能撤销", "Some of the disbursement is repaid, so it stays"),
    Text("请先撤销还款记录。", "Cancel the record of the repayment first."),
)

UNKNOWN_DIFFERENCE = Kind(
    "unknown-difference",
    404,
    Text("该会员没有这项对账差异", "The member has no such difference with the bank's books"),
    Text(
        "差异可能已随新的导入或还款记录消失；请重新查看 /v1/differences。",
        "It may have ended with an import or a repayment. List /v1/differences again.",
    ),
)
DIFFERENCE_CHANGED = Kind(
    "difference-changed",
    409,
    Text("差异的金额已经变化", "The figures of the difference have changed"),
    Text(
        "请重新查看 /v1/differences，按现在的两个金额处理。",
        "List /v1/differences again and settle the figures as they are now.",
    ),
)
ALREADY_SETTLED = Kind(
    "already-settled",
    409,
    Text("该差异已如此处理", "The difference is settled this way already"),
    Text("金额变化后会重新列出。", "It is listed again when a figure changes."),
)

REPAYMENT_KINDS = (
    LINES_NOT_OFFERED, DRAW_PAST_DUE, ABOVE_OUTSTANDING, UNKNOWN_REPAYMENT, ALREADY_REPAID,
    UNKNOWN_DIFFERENCE, DIFFERENCE_CHANGED, ALREADY_SETTLED,
)  # fmt: skip
