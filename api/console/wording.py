"""The words of the console for the codes that routes answer with, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from model.profile.dictionary import Text

WORDS: Mapping[str, Mapping[str, Text]] = {
    "tier": {
        "FIRST": Text("一级 · 预授信", "First · pre-approved"),
        "SECOND": Text("二级 · 核实后", "Second · after a visit"),
        "THIRD": Text("三级 · 培育", "Third · nurtured"),
        "NONE": Text("不符合条件", "Not eligible"),
    },
    "tier_short": {
        "FIRST": Text("一级", "First"),
        "SECOND": Text("二级", "Second"),
        "THIRD": Text("三级", "Third"),
        "NONE": Text("无", "None"),
    },
    "outcome": {
        "APPROVE": Text("同意", "Approved"),
        "REFER": Text("转人工审核", "Referred to a person"),
        "DECLINE": Text("未同意", "Declined"),
    },
    "status": {
        "APPROVED": Text("已同意", "Approved"),
        "WAITING": Text("待审核", "Waiting for a review"),
        "CLAIMED": Text("审核中", "Under review"),
        "WAITING_FOR_SECOND": Text("待第二人审核", "Waiting for a second reviewer"),
        "APPROVED_AFTER_REVIEW": Text("审核同意", "Approved after review"),
        "APPROVED_BY_OVERRIDE": Text("改判同意", "Approved by override"),
        "DECLINED": Text("未同意", "Declined"),
        "DECLINED_AFTER_REVIEW": Text("审核未同意", "Declined after review"),
        "DECLINED_BY_OVERRIDE": Text("改判未同意", "Declined by override"),
        "EXPIRED": Text("已过期", "Expired"),
    },
    "change": {
        "ENTERS": Text("进入一级", "Entered the first tier"),
        "LEAVES": Text("退出一级", "Left the first tier"),
        "RISES": Text("上升", "Rose"),
        "FALLS": Text("下降", "Fell"),
    },
    "bound": {
        "PRODUCT_CAP": Text("产品最高额", "the product's cap"),
        "REPAYMENT_CAPACITY": Text("还款能力", "what the household can repay"),
        "GRADE_CAP": Text("风险等级最高额", "the cap of the risk grade"),
    },
    "repayment": {
        "harvest_bullet": Text("收获后一次还清", "once, after the harvest"),
        "equal_instalments": Text("按月等额还款", "equal monthly instalments"),
        "interest_first": Text("按月付息、到期还本", "interest monthly, principal at the end"),
        "revolving": Text("额度内随借随还", "drawn and repaid within the limit"),
    },
    "purpose": {
        "inputs": Text("农资（种子、化肥、农药）", "inputs: seed, fertiliser, pesticide"),
        "livestock": Text("养殖", "livestock"),
        "equipment": Text("农机具", "equipment"),
        "trade": Text("收购和经营", "trade"),
        "land": Text("土地租金和整治", "land: rent and improvement"),
        "other": Text("其他", "other"),
    },
    "consent": {
        "personal_information": Text("个人信息", "personal information"),
        "credit_bureau": Text("查询征信", "credit bureau"),
        "data_sharing": Text("数据共享", "sharing of data"),
    },
    "evidence": {
        "paper": Text("纸质签字", "signed on paper"),
        "electronic": Text("电子签名", "signed electronically"),
        "voice": Text("录音", "recorded voice"),
    },
    "role": {
        "officer": Text("客户经理", "Officer"),
        "reviewer": Text("审核人", "Reviewer"),
        "head": Text("审核负责人", "Head of reviewers"),
        "manager": Text("管理者", "Manager"),
        "analyst": Text("分析师", "Analyst"),
        "auditor": Text("审计员", "Auditor"),
        "operator": Text("运维", "Operator"),
        "admin": Text("管理员", "Administrator"),
    },
    "act": {
        "promote": Text("启用评分卡", "Put a card in use"),
        "publish": Text("发布名单", "Publish an edition"),
        "rollback": Text("退回前一期名单", "Go back to an earlier edition"),
        "adopt": Text("采用政策", "Adopt a policy"),
    },
    "action": {
        "add": Text("新增账号", "Add an account"),
        "grant": Text("调整角色和辖区", "Change roles and places"),
        "reset": Text("重置密码", "Reset the password"),
        "enable": Text("重新启用", "Enable again"),
        "reset-factor": Text("解除身份验证器", "Remove the authenticator"),
    },
    "order": {
        "WAITING": Text("待批准", "Waiting for approval"),
        "APPROVED": Text("已批准，待执行", "Approved, to be carried out"),
        "DONE": Text("已执行", "Carried out"),
        "LAPSED": Text("已失效", "Lapsed"),
    },
    "factor": {
        "CONFIRMED": Text("已绑定", "enrolled"),
        "NONE": Text("未绑定", "none"),
        "DIFFERS": Text("与审计记录不符", "differs from the audit"),
    },
    "event": {
        "DECISION": Text("作出决策", "Decision made"),
        "REPEATED": Text("再次询问，答复不变", "Asked again, same answer"),
        "REVIEW_REQUESTED": Text("申请人工复核", "Review requested"),
        "REVIEW_CLAIMED": Text("领取审核", "Review claimed"),
        "REVIEW_ASSIGNED": Text("分派审核", "Review assigned"),
        "REVIEW_DECIDED": Text("审核结论", "Verdict"),
        "OVERRIDDEN": Text("改判", "Overridden"),
        "DISBURSEMENT_PROPOSED": Text("提出放款", "Payment proposed"),
        "DISBURSED": Text("放款", "Paid out"),
        "CANCELLATION_PROPOSED": Text("提出撤销", "Cancellation proposed"),
        "DISBURSEMENT_CANCELLED": Text("撤销放款", "Payment cancelled"),
        "REPAID": Text("登记还款", "Repayment recorded"),
        "REPAYMENT_CANCELLED": Text("撤销还款记录", "Repayment cancelled"),
        "CONSENT_GIVEN": Text("给予授权", "Consent given"),
        "CONSENT_WITHDRAWN": Text("撤回授权", "Consent withdrawn"),
        "VISITED": Text("登记走访", "Visit recorded"),
        "VISIT_WITHDRAWN": Text("撤回走访", "Visit withdrawn"),
        "EXPORTED": Text("向本人提供资料", "Copy given to the person"),
        "ERASED": Text("删除身份信息", "Identity erased"),
    },
}
