"""The explanation: plain, exact, complete, and honest where nothing would help."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.decision import Request
from model.explanation.answers import Since
from model.profile.dictionary import Text, member_dictionary
from tests.support.explaining.decide_and_explain import CARD, decide_and_explain

law = settings(deadline=None, max_examples=25)


members = st.fixed_dictionaries(
    {},
    optional={
        "operating_years": st.sampled_from([1.0, 5.0, np.nan]),
        "bills_on_time_share_12m": st.sampled_from([0.2, 0.6, 0.9, np.nan, 7.0]),
        "worst_days_past_due_24m": st.sampled_from([0.0, 10.0, 45.0, 90.0, np.nan]),
        "peer_review_grade_24m": st.sampled_from([1.0, 3.0, np.nan]),
        "days_past_due_now": st.sampled_from([0.0, 12.0]),
        "bureau_queries_6m": st.sampled_from([0.0, 5.0]),
        "household_borrower": st.sampled_from([1.0, 0.0, np.nan]),
        "consent_in_force": st.sampled_from([1.0, 1.0, 0.0]),
        "harvest_melon_mu": st.sampled_from([0.0, 3.0]),
    },
)


def sentences(explanation, lang):
    texts = [explanation.answer, explanation.standing, explanation.no_proposal, explanation.rights,
             *(each.text for each in (*explanation.counted, *explanation.proposals)),
             *explanation.missing, *explanation.rules]  # fmt: skip
    return [getattr(text, lang) for text in texts if text]


@law
@given(members)
def test_what_counted_adds_up_to_the_whole_difference_from_the_mean(member):
    decision, explanation = decide_and_explain(**member)
    if decision.points is not None:
        mean = CARD.base + int(CARD.references.sum())
        rest = explanation.rest.points if explanation.rest else 0
        told = sum(each.points for each in explanation.counted)
        assert told + rest == decision.points - mean
    else:
        assert (explanation.counted, explanation.standing, explanation.missing) == ((), None, ())


@law
@given(members)
def test_it_never_says_that_the_score_is_too_low_and_never_leaves_a_gap(member):
    _, explanation = decide_and_explain(**member)
    for lang in ("zh", "en"):
        for sentence in sentences(explanation, lang):
            assert sentence
            assert not re.search(r"too low|评分过低|分数不足|nan|None|[{}]", sentence)
    assert bool(explanation.proposals) != bool(explanation.no_proposal)


@law
@given(members)
def test_both_languages_name_the_same_numbers(member):
    _, explanation = decide_and_explain(**member)
    for each in explanation.counted:
        assert str(abs(each.points)) in each.text.zh
        assert str(abs(each.points)) in each.text.en


@law
@given(members)
def test_no_attribute_for_audits_alone_is_in_an_explanation(member):
    _, explanation = decide_and_explain(**member)
    named = {name for each in explanation.counted for name in each.attributes}
    roles = {member_dictionary()[name].role for name in named}
    assert roles <= {"scored"}


def test_a_decline_names_the_right_to_a_person():
    decision, explanation = decide_and_explain(bills_on_time_share_12m=0.2, operating_years=1)
    assert decision.outcome == "DECLINE"
    assert "工作人员重新审核" in explanation.rights.zh
    assert "a person review it" in explanation.rights.en


def test_an_overdue_debt_comes_with_a_proposal_and_its_time():
    _, explanation = decide_and_explain(days_past_due_now=12)
    (proposal,) = explanation.proposals
    assert "若 1 个月内还清逾期的欠款" in proposal.text.zh
    assert "the overdue amount is paid within 1 month" in proposal.text.en
    assert "after about 1 month" in proposal.text.en


def test_a_missing_value_is_named_once():
    for names in (["peer_review_grade_24m"], ["peer_review_grade_24m", "leased_area_share"]):
        _, explanation = decide_and_explain(**dict.fromkeys(names, np.nan))
        told = [each.text.zh for each in (*explanation.counted,)] + [
            text.zh for text in explanation.missing
        ]
        for name in names:
            cause = member_dictionary()[name].missing.zh
            assert sum(cause in sentence for sentence in told) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [("没有结清过贷款", "近两年没有结清过贷款"), ("还没有结清过贷款", "没有结清过贷款")],
)
def test_what_a_line_says_is_not_said_again_for_two_years_or_without_yet(first, second):
    known = member_dictionary()
    names = {"operating_years": first, "crop_kinds": second}  # a line, and one that is not
    said = {n: replace(known[n], missing=Text(zh, n)) for n, zh in names.items()}
    _, explanation = decide_and_explain(
        dictionary=replace(known, attributes={**known.attributes, **said}),
        **dict.fromkeys(names, np.nan),
    )
    told = [each.text.zh for each in explanation.counted] + [
        text.zh for text in explanation.missing
    ]
    assert sum("没有结清过贷款" in each for each in told) == 1


def test_who_works_no_fields_is_not_told_that_fields_are_missing():
    nothing = {"leased_area_share": np.nan, "crop_kinds": np.nan, "area_total_mu": 0.0}
    for occupation in ("livestock", "grower"):
        _, explanation = decide_and_explain(**nothing, occupation=occupation)
        losses = [each.text for each in explanation.counted if each.points < 0]
        said = any("种植" in x.zh or "地块" in x.zh for x in (*explanation.missing, *losses))
        assert said == (occupation == "grower")


def test_a_sentence_names_the_members_own_value_and_reads_as_one():
    _, explanation = decide_and_explain(bills_on_time_share_12m=0.62, crop_kinds=1)
    (bills,) = (c for c in explanation.counted if c.attributes == ("bills_on_time_share_12m",))
    assert re.search(r"（62%，最有利的是 \d+%.*）：比一般会员少 \d+ 分。", bills.text.zh)
    assert re.match(r"The share of .* \(62%; best: .*\): \d+ points fewer than", bills.text.en)
    assert all(not each.text.en[0].islower() for each in explanation.counted)
    assert not any(": 1 points" in each.text.en for each in explanation.counted)


def test_a_farmer_reads_five_lines_and_one_that_sums_the_rest():
    _, explanation = decide_and_explain(
        bills_on_time_share_12m=0.3, operating_years=1, peer_review_grade_24m=2, crop_kinds=1,
        leased_area_share=0.6, worst_days_past_due_24m=10,
    )  # fmt: skip
    assert len(explanation.counted) <= 5
    sizes = [abs(each.points) for each in explanation.counted]
    assert sizes == sorted(sizes, reverse=True)
    assert explanation.rest.text.zh.startswith(f"其余 {explanation.rest.count} 项合计")


def test_a_term_that_works_is_named_where_the_one_asked_for_does_not():
    columns = {"age_years": 63.0}
    decision, explanation = decide_and_explain(request=Request(3_000, 24, "x"), **columns)
    if decision.tier not in ("NONE", "THIRD"):
        assert "AGE_AT_MATURITY_ASKED" not in {each.code for each in decision.knock_outs}
    decision, explanation = decide_and_explain(request=Request(3_000, 30, "x"))
    assert "TERM_TOO_LONG" in {each.code for each in decision.knock_outs}
    (alternative,) = explanation.alternatives
    assert "若期限改为 24 个月" in alternative.zh
    assert "With a term of 24 months" in alternative.en


def test_an_amount_that_works_is_named_where_the_one_asked_for_is_above_the_limit():
    decision, explanation = decide_and_explain(request=Request(900_000, 12, "x"))
    assert decision.outcome == "REFER"
    assert any(f"不超过 {decision.limit_yuan:,} 元" in x.zh for x in explanation.alternatives)


def test_where_nobody_asked_no_other_request_is_named_and_all_else_is_the_same():
    request = Request(3_000, 30, "x")
    _, asked = decide_and_explain(request=request)
    _, unasked = decide_and_explain(request=request, is_asked=False)
    assert asked.alternatives
    assert unasked == replace(asked, alternatives=())


@pytest.mark.parametrize(
    ("standing", "says", "never"),
    [
        ("REVIEWED_DECLINE", "不予发放", "可以发放"),
        ("REVIEWED_APPROVE", "同意发放 8,000 元", "可贷额度"),
        ("EXPIRED", "已过有效期", "可以发放"),
        ("IN_REVIEW", "正在由工作人员审核", "可以发放"),
    ],
)
def test_the_answer_is_the_one_that_stands_now(standing, says, never):
    reason = Text("收入无法核实", "income could not be verified")
    decision, explanation = decide_and_explain(Since(standing, 8_000, reason))
    assert decision.outcome == "APPROVE"
    assert says in explanation.answer.zh
    assert never not in explanation.answer.zh
    assert "理由：收入无法核实。" in explanation.answer.zh
    assert "can pay out" not in explanation.answer.en


def test_who_never_borrowed_hears_it_once_instead_of_each_record_that_loans_would_leave():
    def missing(**member):
        found = decide_and_explain(worst_days_past_due_24m=np.nan, **member)[1]
        return [text.zh for text in found.missing] + [c.text.zh for c in found.counted]

    never = missing(months_since_last_loan=np.nan, loans_open=0.0)
    assert sum("没有贷过款" in each for each in never) == 1
    assert not any("没有贷过款" in each for each in missing(months_since_last_loan=7.0))
    # Without any record of loans nothing is said of whether there were some.
    assert not any("没有贷过款" in each for each in missing(loans_open=np.nan))


def test_a_line_of_credit_is_granted_and_no_loan_that_is_paid_out():
    line = Request(8_000, 10, "inputs", revolving=True)
    for since in (None, *(Since(each, 5_000) for each in ("REVIEWED_APPROVE", "EXPIRED"))):
        _, explanation = decide_and_explain(since, request=line)
        assert "8,000 元、10 个月的循环额度" in explanation.answer.zh
        assert "核给" in explanation.answer.zh
        assert "the line of credit of 8,000 yuan over 10 months" in explanation.answer.en
        assert "发放" not in explanation.answer.zh
    _, declined = decide_and_explain(request=line, court_unresolved=1)
    assert declined.answer.zh.endswith("的循环额度目前不能核给。")
    assert declined.answer.en.startswith("We cannot grant the line of credit")


def test_who_lacks_income_with_evidence_reads_what_debts_elsewhere_take_of_it():
    poor = {**dict.fromkeys(("harvest_wheat_mu", "harvest_maize_mu", "harvest_melon_mu"), 0.0),
            "net_sales_12m": 0.0, "wages_credited_12m": 9_000.0}  # fmt: skip
    _, free = decide_and_explain(**poor)
    _, owing = decide_and_explain(**poor, bureau_monthly_payment=400.0, bureau_balance=20_000.0)
    (clear,), (taken,) = free.rules, owing.rules
    assert taken.zh == f"{clear.zh[:-1]}；一年要还他行和担保的 4,800 元先从中扣除。"
    assert "; the 4,800 yuan a year that go to other lenders" in taken.en
    assert owing.no_proposal == free.no_proposal
