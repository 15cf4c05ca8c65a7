"""The kinds of problem that concern what follows a decision: payment, review, consent, erasure."""

from __future__ import annotations

from api.http.problems import Kind
from model.profile.dictionary import Text

UNKNOWN_DISBURSEMENT = Kind(
    "unknown-disbursement",
    404,
    Text("该决策下没有这笔放款", "The decision has no such disbursement"),
    Text("请核对放款序号。", "Check the disbursement number."),
)
NOT_APPROVED = Kind(
    "not-approved",
    409,
    Text("该决策未获批准，不能放款", "The decision is not approved, so no money can be disbursed"),
    Text(
        "转人工的须先审核通过；被拒绝的可申请人工复核。",
        "A referred decision must first be approved in review; request a review of a declined one.",
    ),
)
DECISION_EXPIRED = Kind(
    "decision-expired",
    409,
    Text("该决策已过有效期", "The decision has expired"),
    Text("请重新申请决策。", "Request a new decision."),
)
ABOVE_APPROVED = Kind(
    "above-approved",
    409,
    Text("金额超过可放款余额", "The amount exceeds what is left to disburse"),
    Text(
        "可放款余额见该决策的 left_yuan；同一会员其他决策项下未到期的放款也占用额度。",
        "See left_yuan of the decision. Running disbursements on the member's other decisions also"
        " count against the limit.",
    ),
)
ABOVE_UNCONFIRMED = Kind(
    "above-unconfirmed",
    409,
    Text(
        "金额超过余额：其余的已提出放款，待另一人确认",
        "The amount exceeds what is left beside payments that await confirmation",
    ),
    Text(
        "请减少金额，或先确认、撤回待确认的放款；该会员其他决策下的也计入。",
        "Lower the amount, or first confirm or withdraw what is proposed, also on the member's"
        " other decisions.",
    ),
)
ABOVE_CAP = Kind(
    "above-cap",
    409,
    Text("超过户内贷款合计上限", "The amount exceeds the cap on what is out to the household"),
    Text(
        "上限见 /v1/policy 的 exposure_caps_yuan；户内未到期的放款和可支取的授信都计入。",
        "See exposure_caps_yuan in /v1/policy. What runs in the household, and what may be drawn,"
        " counts.",
    ),
)
ABOVE_GROUP_CAP = Kind(
    "above-group-cap",
    409,
    Text("超过集中度上限", "The amount exceeds a cap on lending to people who belong together"),
    Text(
        "村、合作社和担保关系人的合计各有上限，由政策规定；请与信贷管理人员联系。",
        "The policy caps what is out to a village, a cooperative, and guarantors with their"
        " borrowers. Ask the credit manager.",
    ),
)
CONSENT_NOT_IN_FORCE = Kind(
    "consent-not-in-force",
    409,
    Text("会员未授权或已撤回授权", "The member has not given consent, or has withdrawn it"),
    Text("须会员授权后方可办理。", "The member must give consent first."),
)
VISITS_NOT_COUNTED = Kind(
    "visits-not-counted",
    409,
    Text("现行政策不计走访核实", "The policy in use counts no visits"),
    Text(
        "请把走访结果写入网点文件，随下次导入入档。",
        "Write what the visit found into a branch file for the next import.",
    ),
)
UNKNOWN_VISIT = Kind(
    "unknown-visit",
    404,
    Text("该会员没有这次走访记录", "The member has no such visit"),
    Text("请核对走访编号。", "Check the visit id."),
)
ALREADY_WITHDRAWN = Kind(
    "already-withdrawn",
    409,
    Text("该次走访已撤回", "The visit is already withdrawn"),
    Text("无需再次撤回。", "No further withdrawal is needed."),
)
NO_LONGER_ELIGIBLE = Kind(
    "no-longer-eligible",
    409,
    Text("会员目前已不符合条件", "The member is no longer eligible"),
    Text(
        "作出决策后会员情况发生变化；请重新申请决策，新决策的理由会说明变化。",
        "The member's data changed after the decision. Request a new decision; its reasons name the"
        " change.",
    ),
)
DUTIES_APART = Kind(
    "duties-apart",
    403,
    Text("须由另一人办理", "Another person must do this"),
    Text(
        "您已在该案件中办理过与此不相容的事项；岗位分离规定见 docs/reference/lending.md。",
        "You did something on this case that is kept apart from this. docs/reference/lending.md"
        " lists the pairs of duties.",
    ),
)
CASE_FULL = Kind(
    "case-full",
    409,
    Text("该案件的记录已达上限", "The case has as many entries as a case may have"),
    Text(
        "仍可撤销放款和给出结论；如需继续，请重新申请决策。",
        "Payments can still be cancelled and the case decided. To go on, request a new decision.",
    ),
)
UNKNOWN_PROPOSAL = Kind(
    "unknown-proposal",
    404,
    Text("没有该待复核事项，或已过期", "There is no such proposal, or it has lapsed"),
    Text("请重新提交放款或撤销。", "Propose the payment or the cancellation again."),
)
ALREADY_PROPOSED = Kind(
    "already-proposed",
    409,
    Text("该笔撤销已提交，待另一人复核", "The cancellation is proposed and awaits confirmation"),
    Text("请由另一人确认。", "Another person confirms it."),
)
CLAIMS_USED_UP = Kind(
    "claims-used-up",
    409,
    Text("您领取该案件的次数已用完", "You have claimed this case as often as one person may"),
    Text("请由审核负责人分派。", "The head of reviewers assigns the case."),
)
UNFIT_REVIEWER = Kind(
    "unfit-reviewer",
    409,
    Text("该账号不能审核此案件", "The account cannot review this case"),
    Text(
        "须为启用中的审核人账号，辖区包含该会员所在村，且未经手该案件。",
        "It must be an enabled account with the role reviewer and the member's village in its"
        " places, and may have taken no part in the case.",
    ),
)
RULED_OTHERWISE = Kind(
    "ruled-otherwise",
    409,
    Text("工作人员近期已对该会员另作结论", "A person ruled otherwise on the member since then"),
    Text(
        "请重新申请决策，由审核人参照此前的结论答复。",
        "Request a new decision. A reviewer, who sees the earlier rulings, decides it.",
    ),
)
ALREADY_CANCELLED = Kind(
    "already-cancelled",
    409,
    Text("该笔放款已撤销", "The disbursement is already cancelled"),
    Text("无需再次撤销。", "No further cancellation is needed."),
)
NOT_DECLINED = Kind(
    "not-declined",
    409,
    Text("该决策未被系统拒绝", "The service did not decline this decision"),
    Text(
        "人工复核仅适用于系统拒绝的决策；转人工的决策已在审核队列中。",
        "A review can be requested only for a declined decision; a referred one is already in the"
        " review queue.",
    ),
)
ALREADY_REVIEWED = Kind(
    "already-reviewed",
    409,
    Text("该决策已在人工审核中或已审核完毕", "The decision is under review or has been reviewed"),
    Text(
        "进展见 GET /v1/decisions/{decision_id} 的 status；如情况有变，请重新申请决策。",
        "See `status` in GET /v1/decisions/{decision_id}. If the member's situation has changed,"
        " request a new decision.",
    ),
)
NOT_OPEN = Kind(
    "not-open-for-review",
    409,
    Text("该决策不在审核队列中", "The decision is not in the review queue"),
    Text("请刷新审核队列。", "Reload the review queue."),
)
CLAIMED_BY_ANOTHER = Kind(
    "claimed-by-another",
    409,
    Text("该案件已由他人领取", "Another reviewer has claimed the case"),
    Text("领取到期后可再领取。", "It can be claimed when that claim expires."),
)
NOT_CLAIMED = Kind(
    "not-claimed",
    409,
    Text("请先领取该案件", "Claim the case first"),
    Text("领取可能已到期，请重新领取。", "The claim may have expired; claim it again."),
)
OWN_CASE = Kind(
    "own-case",
    403,
    Text("不得审核自己经手的案件", "Reviewers cannot review a case in which they took part"),
    Text(
        "申请人和第一审核人不得再审核该案件。",
        "The officer who asked, and the first of two reviewers, cannot review the case.",
    ),
)
FOUR_EYES_NEEDED = Kind(
    "four-eyes-needed",
    409,
    Text("超过限额须由两人审核", "Two reviewers must approve an amount above the limit"),
    Text(
        "请为会员申请复核，由两名审核人先后审核；限额见 /v1/policy 的 four_eyes_above_yuan。",
        "Request a review, which two reviewers decide one after the other. The limit is"
        " four_eyes_above_yuan in /v1/policy.",
    ),
)
NOT_OVERRIDABLE = Kind(
    "not-overridable",
    409,
    Text("该决策目前不能改判为此结论", "The decision cannot be overridden to this outcome now"),
    Text(
        "审核中的决策请给出审核结论；已是该结论的无需改判。",
        "If it is under review, give a verdict. If it already has this outcome, no override is"
        " needed.",
    ),
)
CONSENT_UNCHANGED = Kind(
    "consent-unchanged",
    409,
    Text("授权状态未变", "The consent already has this state"),
    Text("无需更改，未作记录。", "Nothing was recorded."),
)
PERSON_ERASED = Kind(
    "person-erased",
    409,
    Text("该会员的身份信息已删除", "The person's identity has been erased"),
    Text(
        "该决策仅为核对账本而保留。",
        "The decision remains only so that the ledger can be verified.",
    ),
)
NOTHING_HELD = Kind(
    "nothing-held",
    404,
    Text("服务没有该会员的记录", "The service has no records of the member"),
    Text(
        "会员档案须在其来源系统中删除。",
        "The member's archive must be deleted in the system that its files come from.",
    ),
)
LOAN_OUTSTANDING = Kind(
    "loan-outstanding",
    409,
    Text("贷款未结清，暂不能删除", "A loan is outstanding, so the data cannot be erased yet"),
    Text(
        "结清后可再次申请；结清前可撤回授权。",
        "Request erasure again after repayment. Consent can be withdrawn before that.",
    ),
)
RULING_BINDS = Kind(
    "ruling-binds",
    409,
    Text(
        "工作人员的结论仍在有效期内，暂不能删除",
        "A person's ruling still binds, so the data cannot be erased yet",
    ),
    Text(
        "结论失效后可再次申请；在此之前可撤回授权。",
        "Request erasure again once it has lapsed. Consent can be withdrawn before that.",
    ),
)
STILL_COUNTED = Kind(
    "still-counted",
    409,
    Text(
        "现用名单仍计入已撤回的授权，暂不能删除",
        "The edition in use still counts the consent that was withdrawn, so not yet",
    ),
    Text(
        "下一份名单发布后可再次申请；在此之前撤回继续有效。",
        "Request erasure again once the next edition is in use. Until then the withdrawal holds.",
    ),
)

LENDING_KINDS = (
    UNKNOWN_DISBURSEMENT, NOT_APPROVED, DECISION_EXPIRED, ABOVE_APPROVED, ABOVE_UNCONFIRMED,
    ABOVE_CAP, ABOVE_GROUP_CAP, CONSENT_NOT_IN_FORCE, VISITS_NOT_COUNTED, UNKNOWN_VISIT,
    ALREADY_WITHDRAWN, NO_LONGER_ELIGIBLE, RULED_OTHERWISE,
    ALREADY_CANCELLED,
    DUTIES_APART, CASE_FULL, UNKNOWN_PROPOSAL, ALREADY_PROPOSED, CLAIMS_USED_UP, UNFIT_REVIEWER,
    NOT_DECLINED, ALREADY_REVIEWED,
    NOT_OPEN, CLAIMED_BY_ANOTHER, NOT_CLAIMED, OWN_CASE, FOUR_EYES_NEEDED, NOT_OVERRIDABLE,
    CONSENT_UNCHANGED, PERSON_ERASED, NOTHING_HELD, LOAN_OUTSTANDING,
    RULING_BINDS, STILL_COUNTED,
)  # fmt: skip
PROFILE_ERASED = Kind(
    "profile-erased",
    410,
    Text("会员资料已应本人要求删除", "The person's profile was erased on request"),
    Text(
        "决策结果和拒绝理由仍在台账中；明细已无法恢复。",
        "Outcome and grounds remain in the ledger; the details cannot be restored.",
    ),
)
