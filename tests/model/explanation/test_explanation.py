"""The explanation: plain, exact, complete, and honest where nothing would help."""

import math
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.decision import Request, decide
from model.explanation.answers import Since
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis
from model.explanation.texts import UNITS, Range, range_text, value_text
from model.policy.policy import policy_on
from model.profile.dictionary import Attribute, Text, member_dictionary
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

CASES = POLICY_CASES
CARD = CASES_CARD
BASIS = Basis(CASES["as_of"], policy_on(CASES["as_of"]), CARD, member_dictionary())
REQUEST = Request(10_000, 10, "inputs")
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


def decide_and_explain(since=None, request=REQUEST, on=BASIS.as_of, **member):
    columns = {
        name: np.array([value], dtype=object if name in ("occupation", "household_id") else float)
        for name, value in {**CASES["member"], **member}.items()
    }
    basis = replace(BASIS, as_of=on, policy=policy_on(on))
    decision = decide(columns, request, on, basis.policy, CARD)
    return decision, explain(columns, decision, request, basis, since)


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


def test_a_blank_birth_date_is_told_as_blank_and_not_as_an_age():
    for day in (date(2023, 9, 30), BASIS.as_of):
        _, explanation = decide_and_explain(on=day, age_years=np.nan)
        rules = [text.zh for text in explanation.rules]
        assert rules.count("没有登记出生日期。") == 1
        assert not any("周岁" in rule for rule in rules)


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


def test_every_unit_of_the_dictionary_has_its_words():
    used = {attribute.unit for attribute in member_dictionary()} - {"", "ratio"}
    used -= {"day"}  # a rule tells a day as a date
    assert used <= UNITS.keys()


def number_of(unit, direction):
    empty = Text("", "")
    label = Text("数", "number")
    return Attribute("x", label, "capital", "number", "scored", empty, empty, unit, (), direction)


@law
@given(
    st.integers(1, 10**9).map(lambda n: n * 0.007),
    st.integers(1, 10**9).map(lambda n: n * 0.007),
    st.sampled_from(["yuan", "share", "days", "ratio", "parcels"]),
)
def test_every_value_that_fits_the_words_of_a_range_is_in_it(low, width, unit):
    own, scale = number_of(unit, "down"), 100 if unit == "share" else 1
    best = Range(low, low + width)
    numbers = re.findall(r"[\d,.]*\d", range_text(own, best).en)
    least, *most = (float(number.replace(",", "")) for number in numbers)
    assert least >= low * scale * (1 - 1e-12)
    if most:
        last = most[0] + (1 if unit == "parcels" else 0)
        assert last <= (low + width) * scale * (1 + 1e-12) + (1 if unit == "parcels" else 0)


@law
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(["yuan", "share", "ratio", "change"]))
def test_the_words_of_a_value_are_in_its_bin(value, edge, unit):
    if unit == "change":
        value, edge = value / 1e6 * 0.99, edge / 1e6 * 0.99
    within = Range(edge, math.inf) if value >= edge else Range(-math.inf, edge)
    own = number_of(unit, "down")
    shown = float(re.search(r"[\d,.]*\d", value_text(own, value, within).en)[0].replace(",", ""))
    scaled = edge * 100 if unit == "share" else edge
    scaled = 200 * edge / (1 - edge) if unit == "change" else scaled
    assert shown >= scaled * (1 - 1e-9) if value >= edge else shown <= scaled * (1 + 1e-9)


@pytest.mark.parametrize(
    ("unit", "value", "zh", "en"),
    [
        ("share", 0.834, "83%", "83%"),
        ("share", 0.0154, "1.5%", "1.5%"),
        ("share", 0.0021, "0.21%", "0.21%"),
        ("yuan", 12_000.4, "12,000 元", "12,000 yuan"),
        ("months", 3.0, "3 个月", "3 months"),
        ("months", 1.0, "1 个月", "1 month"),
        ("ratio", 0.5, "0.5", "0.5"),
        ("grade", 3.0, "良", "good"),
        ("change", -1 / 3, "-50%", "-50%"),
        ("change", 1 / 3, "+100%", "+100%"),
        ("change", 1.0, "上期为零", "from nothing before"),
        ("yuan", 0.0, "0 元", "0 yuan"),
        ("yuan", math.nan, "没有记录", "no record"),
    ],
)
def test_a_value_reads_as_people_write_it(unit, value, zh, en):
    assert value_text(number_of(unit, "up"), value) == Text(zh, en)


@pytest.mark.parametrize(
    ("unit", "low", "high", "zh", "en"),
    [
        ("share", 0.95, math.inf, "95%或以上", "95% or more"),
        ("share", -math.inf, 0.02, "不到 2%", "below 2%"),
        ("share", 0.2, 0.5, "20%至不到 50%", "20% to below 50%"),
        ("parcels", -math.inf, 1.0, "0 件", "0 parcels"),
        ("parcels", 2.5, 6.0, "3 至 5 件", "3 to 5 parcels"),
        ("grade", 3.0, math.inf, "优或良", "excellent or good"),
        ("change", 0.0, math.inf, "0%或以上", "0% or more"),
        ("yuan", 12_670.2, math.inf, "12,671 元或以上", "12,671 yuan or more"),
    ],
)
def test_a_range_reads_as_people_say_it(unit, low, high, zh, en):
    own = replace(number_of(unit, "up"), minimum=-1.0 if unit == "change" else 0.0)
    assert range_text(own, Range(low, high)) == Text(zh, en)


def test_all_of_a_share_is_told_as_all_of_it():
    own = replace(number_of("share", "down"), minimum=0.0, maximum=1.0)
    assert range_text(own, Range(0.999, math.inf)) == Text("100%", "100%")


def test_who_never_borrowed_hears_it_once_instead_of_each_record_that_loans_would_leave():
    def missing(**member):
        found = decide_and_explain(worst_days_past_due_24m=np.nan, **member)[1]
        return [text.zh for text in found.missing] + [c.text.zh for c in found.counted]

    never = missing(months_since_last_loan=np.nan, loans_open=0.0)
    assert sum("没有贷过款" in each for each in never) == 1
    assert not any("没有贷过款" in each for each in missing(months_since_last_loan=7.0))
    # Without any record of loans nothing is said of whether there were some.
    assert not any("没有贷过款" in each for each in missing(loans_open=np.nan))
