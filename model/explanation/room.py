"""The room for a loan, in a sentence: the limit that an amount exceeds, or that there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from model.card.bins import Columns
from model.decision.capacity import finances, for_the_loan_that_follows, loan_terms
from model.decision.cooperative import household_alone
from model.decision.decision import Decision, Request
from model.decision.offer import offer
from model.decision.whitelist import assess, in_arrears
from model.explanation.nearest_changes import Basis
from model.profile.dictionary import Text


def above_limit(columns: Columns, decision: Decision, request: Request, basis: Basis) -> Text:
    """Return the limit that the amount exceeds, or that there is none and why, as a clause.

    The limit is that of the term granted, which is the product's longest for a longer one.
    """
    granted = replace(request, months=decision.months or request.months)
    limit, months = decision.limit_yuan, granted.months
    owed = float(columns["balance_outstanding"][0])
    if limit == 0 and owed > 0 and not _has_room(columns, basis):
        return _owed(owed, limit_once_repaid(columns, granted, basis), months)
    term = "1 month" if months == 1 else f"{months} months"
    if limit == 0:
        return Text(
            f"按 {months} 个月的期限，目前没有可贷的额度",
            f"there is no limit over {term} at present",
        )
    return Text(
        f"申请金额超过可贷额度（期限 {months} 个月时为 {limit:,} 元）",
        f"the amount asked for is above the limit, which is {limit:,} yuan over {term}",
    )


def limit_once_repaid(columns: Columns, request: Request, basis: Basis) -> int:
    """Return the limit in yuan once the loans that run with us are repaid, all else as it is.

    It is 0 where the member is in arrears, and under a policy that does not judge the loan that
    follows.
    """
    policy, as_of = basis.policy, basis.as_of
    household = finances(household_alone(columns, policy), as_of, policy)
    following = for_the_loan_that_follows(household, in_arrears(columns))
    if following is household or in_arrears(columns)[0]:
        return 0
    now = assess(columns, as_of, policy, basis.card)
    months, line = np.array([request.months]), np.array([request.revolving])
    terms = loan_terms(following, policy, months, line)
    repaid = {**columns, "balance_outstanding": np.zeros(1)}
    found = offer(repaid, terms.capacity_yuan, now.pd, now.grade, policy)
    return int(found.limit_yuan[0]) if now.offered[0] else 0


def with_what_keeps_it(clause: Text, columns: Columns, basis: Basis) -> Text:
    """Return the `clause` on too little capacity, with what debts take and which land brings none.

    Loans with us count here in arrears alone: else the loan that follows them is judged. Under a
    policy that does not weigh evidence the clause stays as it is.
    """
    policy = basis.policy
    costs = finances(household_alone(columns, policy), basis.as_of, policy).costs
    if costs is None:
        return clause
    own, owed = int(costs.debt_service[0]), int(costs.other_debts[0])
    zh, en = clause.zh, clause.en
    if _has_land_without_harvest(columns, basis):
        zh += "；租期登记不到下一次收获的土地未计收入，已续租的请带合同登记"
        en += "; land whose lease on record ends before its next harvest counts for no income:"
        en += " where it is renewed, bring the contract"
    if own and in_arrears(columns)[0]:
        zh += f"；一年要还本行贷款的 {own:,} 元先从中扣除"
        en += f"; the {own:,} yuan that loans with us take within a year are deducted first"
    if owed:
        zh += f"；一年要还他行和担保的 {owed:,} 元先从中扣除"
        en += f"; the {owed:,} yuan a year that go to other lenders and for guarantees are"
        en += " deducted first"
    return Text(zh, en)


def _has_land_without_harvest(columns: Columns, basis: Basis) -> bool:
    """Return whether some crop stands on land that is not held until its next harvest."""
    alone = household_alone(columns, basis.policy)
    areas = ((f"area_{crop}_mu", f"harvest_{crop}_mu") for crop in basis.policy.crops)
    return any(
        float(alone[held][0]) < float(alone[cropped][0]) for cropped, held in areas if held in alone
    )


def _owed(owed: float, later: int, months: int) -> Text:
    zh = f"您的贷款还有 {owed:,.0f} 元未还清，目前没有可再贷的额度"
    en = f"{owed:,.0f} yuan of your loans are still owed, and leave no room for another at present"
    if not later:
        return Text(zh, en)
    term = "1 month" if months == 1 else f"{months} months"
    return Text(
        f"{zh}；还清后即可再申请，若其他情况不变，{months} 个月的额度约为 {later:,} 元",
        f"{en}; you may apply again as soon as they are repaid, and if nothing else changes, the"
        f" limit over {term} would be about {later:,} yuan",
    )


def _has_room(columns: Columns, basis: Basis) -> bool:
    """Return whether some term of the product has a limit."""
    policy = basis.policy
    terms = np.arange(policy["minimum_months"], policy["maximum_months"] + 1)
    rows: dict[str, Any] = {name: np.repeat(x, len(terms)) for name, x in columns.items()}
    return bool((assess(rows, basis.as_of, policy, basis.card, terms).limit_yuan > 0).any())
