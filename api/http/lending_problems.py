"""What is refused after a decision, and what the caller can do now."""

from __future__ import annotations

from api.http.problems import Kind
from model.profile.dictionary import Text

UNKNOWN_DISBURSEMENT = Kind(
    "unknown-disbursement",
    404,
    Text("该决策下没有这笔放款", "The decision has no such disbursement"),
    Text("请核对放款序号。", "Check the number of the disbursement."),
)
NOT_APPROVED = Kind(
    "not-approved",
    409,
    Text("该决策未获批准，不能放款", "The decision is not approved, so nothing can be paid out"),
    Text(
        "转人工的须先审核通过；被拒绝的可申请人工复核。",
        "A referred one is reviewed first; for a declined one a review can be asked for.",
    ),
)
DECISION_EXPIRED = Kind(
    "decision-expired",
    409,
    Text("该决策已过有效期", "The decision is past its last day"),
    Text("请重新提出决策请求。", "Ask for a new decision."),
)
ABOVE_APPROVED = Kind(
    "above-approved",
    409,
    Text("金额超过可放款余额", "The amount is more than is left to draw"),
    Text(
        "请查询该决策的 left_yuan；同一会员在其他决策下未到期的放款也计入额度。",
        "See the decision's left_yuan; what runs on the member's other decisions counts against the"
        " limit too.",
    ),
)
CONSENT_NOT_IN_FORCE = Kind(
    "consent-not-in-force",
    409,
    Text("会员的授权未给予或已撤回", "The member's consent was not given or is withdrawn"),
    Text("须会员重新授权后方可放款。", "The member must give consent before money is paid out."),
)
NO_LONGER_ELIGIBLE = Kind(
    "no-longer-eligible",
    409,
    Text("会员目前不再符合条件", "The member is not eligible any more"),
    Text(
        "自决策以来情况有变；请重新提出决策请求，其理由会说明变化。",
        "Something changed since the decision; ask for a new one, its reasons name the change.",
    ),
)
ALREADY_CANCELLED = Kind(
    "already-cancelled",
    409,
    Text("该笔放款已撤销", "The disbursement is cancelled already"),
    Text("无需再次撤销。", "There is nothing left to cancel."),
)
NOT_DECLINED = Kind(
    "not-declined",
    409,
    Text("该决策未被系统拒绝", "The decision was not declined by the service"),
    Text(
        "人工复核针对系统的拒绝；转人工的已在审核队列中。",
        "A review answers the service's decline; a referred decision is in the queue already.",
    ),
)
ALREADY_REVIEWED = Kind(
    "already-reviewed",
    409,
    Text("该决策已在人工审核中或已审核完毕", "The decision is under review, or has been reviewed"),
    Text(
        "进展见 GET /v1/decisions/{decision_id} 的 status；如情况有变，请重新提出决策请求。",
        "GET /v1/decisions/{decision_id} says where it stands in status; if something has changed,"
        " ask for a new decision.",
    ),
)
NOT_OPEN = Kind(
    "not-open-for-review",
    409,
    Text("该决策不在审核队列中", "The decision is not open for review"),
    Text("请刷新审核队列。", "Read the queue again."),
)
CLAIMED_BY_ANOTHER = Kind(
    "claimed-by-another",
    409,
    Text("该案件已由他人领取", "Somebody else holds the case"),
    Text("领取到期后可再领取。", "It can be claimed once that claim has lapsed."),
)
NOT_CLAIMED = Kind(
    "not-claimed",
    409,
    Text("请先领取该案件", "Claim the case first"),
    Text("领取可能已到期，请重新领取。", "The claim may have lapsed; claim it again."),
)
OWN_CASE = Kind(
    "own-case",
    403,
    Text("不得审核自己经手的案件", "Nobody reviews a case they had a hand in"),
    Text(
        "申请人、第一审核人须与审核人不同。",
        "Whoever asked for it, and the first of two reviewers, must be another person.",
    ),
)
FOUR_EYES_NEEDED = Kind(
    "four-eyes-needed",
    409,
    Text("超过该金额须两人审核", "Above this amount two people must approve"),
    Text(
        "请为会员提出复核请求，由两名审核人先后审核；限额见 /v1/policy 的 four_eyes_above_yuan。",
        "Ask for a review, which two reviewers then decide one after the other; see"
        " four_eyes_above_yuan in /v1/policy.",
    ),
)
NOT_OVERRIDABLE = Kind(
    "not-overridable",
    409,
    Text("该决策目前不能这样改判", "The decision cannot be overridden this way now"),
    Text(
        "在审核中的请给出审核结论；已是该结论的无需改判。",
        "Give a verdict on one that is under review; one that says so already needs no override.",
    ),
)
CONSENT_UNCHANGED = Kind(
    "consent-unchanged",
    409,
    Text("授权状态本已如此", "Consent stands like that already"),
    Text("未作改动。", "Nothing was changed."),
)
PERSON_ERASED = Kind(
    "person-erased",
    409,
    Text("该会员的身份信息已删除", "The person's identity has been erased"),
    Text("该决策只供核对账本。", "The decision is kept for the ledger's sake only."),
)
NOTHING_HELD = Kind(
    "nothing-held",
    404,
    Text("服务没有该会员的记录", "The service holds nothing about the member"),
    Text(
        "会员档案由档案系统删除。", "The archive itself is deleted from where its files come from."
    ),
)
LOAN_OUTSTANDING = Kind(
    "loan-outstanding",
    409,
    Text("贷款未结清，暂不能删除", "A loan is outstanding, so nothing can be erased yet"),
    Text(
        "结清后可再次提出；在此之前可撤回授权。",
        "Ask again once it is repaid; consent can be withdrawn until then.",
    ),
)

LENDING_KINDS = (
    UNKNOWN_DISBURSEMENT, NOT_APPROVED, DECISION_EXPIRED, ABOVE_APPROVED,
    CONSENT_NOT_IN_FORCE, NO_LONGER_ELIGIBLE, ALREADY_CANCELLED, NOT_DECLINED, ALREADY_REVIEWED,
    NOT_OPEN, CLAIMED_BY_ANOTHER, NOT_CLAIMED, OWN_CASE, FOUR_EYES_NEEDED, NOT_OVERRIDABLE,
    CONSENT_UNCHANGED, PERSON_ERASED, NOTHING_HELD, LOAN_OUTSTANDING,
)  # fmt: skip
