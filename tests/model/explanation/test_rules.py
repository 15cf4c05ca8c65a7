"""The rules that matched, as the member reads them: the fact, the figure, the date, the wait."""

from datetime import date

import numpy as np

from model.decision.consent import day_number
from model.decision.decision import Request
from model.explanation.room import limit_once_repaid
from tests.support.explaining.decide_and_explain import BASIS, CASES, decide_and_explain

FIELDS = ("harvest_wheat_mu", "harvest_maize_mu", "harvest_melon_mu", "net_sales_12m")


def test_who_asks_above_the_limit_reads_the_limit_and_the_term_it_is_for():
    decision, explanation = decide_and_explain(request=Request(900_000, 12, "x"))
    assert decision.limit_yuan > 0
    (text,) = explanation.rules
    assert text.zh == f"申请金额超过可贷额度（期限 12 个月时为 {decision.limit_yuan:,} 元）。"
    assert f"which is {decision.limit_yuan:,} yuan over 12 months." in text.en


def test_who_has_no_room_beside_a_running_loan_reads_what_is_still_owed():
    decision, explanation = decide_and_explain(balance_outstanding=400_000.4)
    assert (decision.outcome, decision.limit_yuan) == ("REFER", 0)
    (text,) = explanation.rules
    assert text.zh.startswith("您的贷款还有 400,000 元未还清，目前没有可再贷的额度")
    assert text.en.startswith("400,000 yuan of your loans are still owed")


def test_who_owes_reads_the_limit_once_the_loan_is_repaid_as_it_is_then_decided():
    owing = {"balance_outstanding": 45_000.0, "debt_service_12m": 46_500.0}
    decision, explanation = decide_and_explain(request=Request(9_000, 10, "x"), **owing)
    (text,) = explanation.rules
    assert (decision.outcome, decision.limit_yuan) == ("REFER", 0)
    free, _ = decide_and_explain(request=Request(9_000, 10, "x"))
    assert free.grade == decision.grade
    assert (
        f"；还清后即可再申请，若其他情况不变，10 个月的额度约为 {free.limit_yuan:,} 元。" in text.zh
    )
    assert "you may apply again as soon as they are repaid" in text.en
    assert f"the limit over 10 months would be about {free.limit_yuan:,} yuan." in text.en


def test_who_is_in_arrears_or_earns_nothing_reads_of_no_limit_after_repayment():
    for member in ({"days_past_due_now": 40.0}, dict.fromkeys(FIELDS, 0.0)):
        decision, _ = decide_and_explain(balance_outstanding=45_000.0, **member)
        columns = {name: np.array([each]) for name, each in {**CASES["member"], **member}.items()}
        assert limit_once_repaid(columns, Request(9_000, 10, "x"), BASIS) == 0
        assert decision.limit_yuan == 0


def test_a_term_beyond_the_longest_is_told_the_limit_of_the_longest():
    decision, explanation = decide_and_explain(request=Request(900_000, 36, "x"))
    limit = f"（期限 24 个月时为 {decision.limit_yuan:,} 元）"
    assert any(limit in text.zh for text in explanation.rules)
    assert not any("36" in text.zh for text in explanation.rules)


def test_who_is_not_scored_is_not_told_that_points_gave_the_answer():
    _, unscored = decide_and_explain(consent_in_force=0)
    assert "没有为您评分" in unscored.rights.zh
    assert "rules alone" in unscored.rights.en
    _, scored = decide_and_explain(court_unresolved=1)
    assert "由规则和评分自动得出" in scored.rights.zh


def test_who_has_no_limit_over_the_term_asked_for_reads_that_and_no_limit_of_0_yuan():
    for owed in (0.0, 20_000.0):
        decision, explanation = decide_and_explain(
            request=Request(10_000, 3, "inputs"), balance_outstanding=owed
        )
        assert (decision.outcome, decision.limit_yuan) == ("REFER", 0)
        (text,) = explanation.rules
        assert text.zh == "按 3 个月的期限，目前没有可贷的额度。"
        assert text.en == "There is no limit over 3 months at present."


def test_a_rule_names_the_days_that_the_decision_named():
    days = {"adverse_resolved_on": date(2022, 9, 25), "adverse_lapses_on": date(2027, 9, 25)}
    numbers = {name: day_number(day) for name, day in days.items()}
    _, explanation = decide_and_explain(adverse_resolved_60m=1.0, **numbers)
    (text,) = explanation.rules
    assert text.zh.endswith("（最近一条于2022年9月25日解除），保留至2027年9月25日。")
    assert text.en.endswith("(the last on 25 September 2022); it lapses on 25 September 2027.")


def test_a_blank_birth_date_is_told_as_blank_and_not_as_an_age():
    for day in (date(2023, 9, 30), BASIS.as_of):
        _, explanation = decide_and_explain(on=day, age_years=np.nan)
        rules = [text.zh for text in explanation.rules]
        assert rules.count("没有登记出生日期。") == 1
        assert not any("周岁" in rule for rule in rules)


def test_who_is_too_old_is_told_that_and_not_that_a_deed_would_not_do():
    _, explanation = decide_and_explain(on=date(2023, 9, 30), age_years=65)
    assert "超过65周岁" in explanation.no_proposal.zh


def test_who_lacks_a_record_is_told_to_bring_it_and_who_must_wait_how_long():
    _, unknown = decide_and_explain(on=date(2023, 9, 30), resident_years=np.nan)
    assert unknown.no_proposal.zh == "请补充登记，登记后重新评定：没有登记居住起始日期。"
    assert "is not on record" in unknown.no_proposal.en
    _, recent = decide_and_explain(on=date(2023, 9, 30), resident_years=0.5)
    assert "约 6 个月后满" in recent.no_proposal.zh
    assert "until about 6 months from now" in recent.no_proposal.en


def test_an_explanation_names_what_the_member_cannot_change():
    _, explanation = decide_and_explain(household_borrower=0)
    assert "What keeps the tier" in explanation.no_proposal.en
    assert "Besides" not in explanation.no_proposal.en


def test_an_explanation_names_beside_it_what_the_member_could_settle():
    """Or it would read as if waiting were enough."""
    _, explanation = decide_and_explain(on=date(2023, 9, 30), age_years=17, court_unresolved=1)
    told = explanation.no_proposal
    assert "未满18周岁" in told.zh
    assert "此外，您自己可以设法解决的：有未结清的法院执行记录。" in told.zh
    assert told.en.endswith("Besides, what you can see to yourself: an unresolved court record.")


def test_who_could_clear_a_record_reads_the_deed_and_the_two_years_after_it():
    """A loan is kept away for 24 months after a record is resolved, so that no deed alone helps."""
    for record, deed in (
        ("court_unresolved", "6 个月内了结法院执行案件并解除记录"),
        ("overdue_elsewhere_unresolved", "6 个月内结清其他机构的逾期"),
    ):
        _, told = decide_and_explain(**{record: 1.0})
        assert told.no_proposal.zh == (f"若 {deed}，从办结之日起还要满 24 个月，才能重新评定贷款。")
        assert "another 24 months must pass" in told.no_proposal.en


def test_who_is_in_arrears_reads_what_the_loans_with_us_take_of_the_income():
    poor = {**dict.fromkeys(FIELDS, 0.0), "wages_credited_12m": 12_000.0}
    owing = {**poor, "balance_outstanding": 15_000.0, "debt_service_12m": 15_765.0}
    _, late = decide_and_explain(days_past_due_now=10.0, **owing)
    assert any("一年要还本行贷款的 15,765 元先从中扣除" in text.zh for text in late.rules)
    assert any("the 15,765 yuan that loans with us take" in text.en for text in late.rules)
    _, in_time = decide_and_explain(**owing)
    assert not any("本行贷款的" in text.zh for text in in_time.rules)


def test_a_tenant_whose_lease_ends_before_the_harvest_reads_why_the_land_brings_nothing():
    _, ended = decide_and_explain(**dict.fromkeys(FIELDS, 0.0))
    (text,) = ended.rules
    assert "租期登记不到下一次收获的土地未计收入，已续租的请带合同登记" in text.zh
    assert "where it is renewed, bring the contract" in text.en
    landless = {**dict.fromkeys(FIELDS, 0.0), **{
        f"area_{crop}_mu": 0.0 for crop in ("wheat", "maize", "melon")
    }}  # fmt: skip
    _, without = decide_and_explain(**landless)
    assert not any("租期" in text.zh for text in without.rules)


def test_whose_income_goes_to_others_reads_that_and_not_that_income_is_missing():
    _, told = decide_and_explain(
        bureau_balance=260_000.0, bureau_monthly_payment=9_000.0, bureau_guarantees=0.0
    )
    assert "收入要先还他行贷款、承担对外担保" in told.no_proposal.zh
    assert "loans and guarantees elsewhere" in told.no_proposal.en
