"""Every sentence of ``cases.yaml`` holds."""

import numpy as np
import pytest

from model.decision.decision import Request, decide
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

CASES = POLICY_CASES


def column(value):
    if value is None or isinstance(value, int | float):
        return np.array([np.nan if value is None else value], dtype=np.float64)
    return np.array([value], dtype=object)


def decision_on(case):
    day = case.get("as_of", CASES["as_of"])
    member = {**CASES["member"], **case.get("member", {})}
    request = Request(**{**CASES["ask"], **case.get("ask", {})}, purpose="inputs")
    columns = {name: column(value) for name, value in member.items()}
    card = CASES_CARD
    return decide(columns, request, day, policy_on(day), card)


def summary(decision):
    return {
        **vars(decision),
        "knock_outs": [found.code for found in decision.knock_outs],
        "told": [text for found in decision.knock_outs for text in (found.zh, found.en)],
        "reasons": {reason.code: reason.points_lost for reason in decision.reasons} or [],
    }


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["case"])
def test_the_policy_decides_as_its_sentences_say(case):
    answer = summary(decision_on(case))
    assert {name: answer[name] for name in case["expect"]} == case["expect"]


def test_every_rule_has_a_sentence_in_which_it_matches_and_one_in_which_it_does_not():
    policy = policy_on(CASES["as_of"])
    matched = [set(summary(decision_on(case))["knock_outs"]) for case in CASES["cases"]]
    for rule in (*policy.rules, *policy.request_rules):
        assert any(rule.code in codes for codes in matched), rule.code
        assert not all(rule.code in codes for codes in matched), rule.code


def test_every_bound_of_the_limit_has_a_sentence():
    expected = [case["expect"] for case in CASES["cases"]]
    bounds = {found.get("limit_bound_by") for found in expected}
    assert {"PRODUCT_CAP", "REPAYMENT_CAPACITY", "GRADE_CAP"} <= bounds


def test_every_case_has_its_own_sentence():
    sentences = [case["case"] for case in CASES["cases"]]
    assert len(set(sentences)) == len(sentences)


def test_the_cases_name_only_attributes_that_exist():
    known = {attribute.name for attribute in member_dictionary()} | {"household_borrower"}
    for case in [CASES, *CASES["cases"]]:
        assert set(case.get("member", {})) <= known
