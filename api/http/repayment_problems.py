"""The kinds of problem that concern lines of credit and repayments."""

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

REPAYMENT_KINDS = (
    LINES_NOT_OFFERED, DRAW_PAST_DUE, ABOVE_OUTSTANDING, UNKNOWN_REPAYMENT, ALREADY_REPAID,
)  # fmt: skip
