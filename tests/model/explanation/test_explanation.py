"""The explanation: plain, exact, complete, and honest where nothing would help."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.decision import Request, decide
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis
from model.explanation.own_power import Change
from model.explanation.texts import UNITS, change_text, value_text
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


def decide_and_explain(**member):
    columns = {
        name: np.array([value], dtype=object if name in ("occupation", "household_id") else float)
        for name, value in {**CASES["member"], **member}.items()
    }
    decision = decide(columns, REQUEST, BASIS.as_of, BASIS.policy, CARD)
    return decision, explain(columns, decision, REQUEST, BASIS)


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
        assert sum(each.points for each in explanation.counted) == decision.points - mean
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
    roles = {member_dictionary()[each.attribute].role for each in explanation.counted}
    assert roles <= {"scored"}


def test_a_decline_names_the_right_to_a_person():
    decision, explanation = decide_and_explain(bills_on_time_share_12m=0.2, operating_years=1)
    assert decision.outcome == "DECLINE"
    assert "工作人员重新审核" in explanation.rights.zh
    assert "a person review it" in explanation.rights.en


def test_an_overdue_debt_comes_with_a_proposal():
    _, explanation = decide_and_explain(days_past_due_now=12)
    (proposal,) = explanation.proposals
    assert "at most 0 days (now 12 days)" in proposal.text.en
    assert "不超过 0 天（现为 12 天）" in proposal.text.zh


def test_a_missing_value_is_named_as_missing():
    _, explanation = decide_and_explain(peer_review_grade_24m=np.nan)
    assert CARD.wording["peer_review_grade_24m"].missing in explanation.missing


def test_a_missing_value_names_its_attribute_and_its_reason_only_once():
    nothing = {"leased_area_share": np.nan, "peer_review_grade_24m": np.nan}
    _, explanation = decide_and_explain(**nothing)
    texts = {each.attribute: each.text for each in explanation.counted if each.is_missing}
    for name, text in texts.items():
        wording = CARD.wording[name]
        assert wording.missing.zh in text.zh
        assert f"“{wording.label.zh}”" in text.zh
    assert len(explanation.missing) == len(set(explanation.missing))


def test_a_sentence_names_the_members_own_value_and_reads_as_one():
    _, explanation = decide_and_explain(bills_on_time_share_12m=0.62, crop_kinds=1)
    (bills,) = (c for c in explanation.counted if c.attribute == "bills_on_time_share_12m")
    assert "（62%）：比一般会员少" in bills.text.zh
    assert re.match(r"[A-Z“].* \(62%\): \d+ points fewer than the average, ", bills.text.en)
    assert all(not each.text.en[0].islower() for each in explanation.counted)
    assert not any(": 1 points" in each.text.en for each in explanation.counted)


@pytest.mark.parametrize(
    ("unit", "bound", "at_least", "below"),
    [("share", 0.0021, "at least 0.21%", "below 0.21%"), ("mu", 19.3, "at least 19.3 mu", "below")],
)
def test_a_bound_is_written_as_on_the_card(unit, bound, at_least, below):
    up = Change("x", bound, None, bound, 1)
    down = Change("x", None, bound, 0.0, 1)
    assert at_least in change_text(number_of(unit, "down"), up, 0.0).en
    assert below in change_text(number_of(unit, "up"), down, bound * 2).en


def test_the_text_of_a_maximum_does_not_ask_for_more():
    whole = replace(number_of("share", "down"), maximum=1.0)
    text = change_text(whole, Change("x", 1.0, math.nextafter(1.0, 2.0), 1.0, 1), 0.0)
    assert text == Text("“数”达到 100%（现为 0%）", "“number” at least 100% (now 0%)")


def test_an_explanation_names_what_the_member_cannot_change():
    _, explanation = decide_and_explain(household_borrower=0)
    assert "You cannot change" in explanation.no_proposal.en


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
    st.sampled_from(["yuan", "share", "days", "ratio"]),
)
def test_every_value_that_fits_the_words_is_in_the_range(bound, unit):
    scale = 100 if unit == "share" else 1
    up = change_text(number_of(unit, "down"), Change("x", bound, None, bound, 1), 0.0).en
    down = change_text(number_of(unit, "up"), Change("x", None, bound, 0.0, 1), bound * 2).en
    least = float(re.search(r"(?:at least|above) ([\d,.]+)", up)[1].replace(",", ""))
    below = float(re.search(r"(?:below|at most) ([\d,.]+)", down)[1].replace(",", ""))
    assert least >= bound * scale or math.isclose(least, bound * scale, rel_tol=1e-12)
    assert below <= bound * scale or math.isclose(below, bound * scale, rel_tol=1e-12)
    assert math.isclose(least, bound * scale, rel_tol=2e-3)


@pytest.mark.parametrize(
    ("unit", "value", "zh", "en"),
    [
        ("share", 0.834, "83.4%", "83.4%"),
        ("yuan", 12_000.0, "12,000 元", "12,000 yuan"),
        ("months", 3.0, "3 个月", "3 months"),
        ("ratio", 0.5, "0.5", "0.5"),
        ("yuan", 0.0, "0 元", "0 yuan"),
        ("yuan", math.nan, "没有记录", "no record"),
    ],
)
def test_a_value_reads_as_people_write_it(unit, value, zh, en):
    assert value_text(number_of(unit, "up"), value) == Text(zh, en)
