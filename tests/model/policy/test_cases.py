"""Every sentence of ``cases.yaml`` holds."""

import numpy as np
import pytest

from model.decision.decision import Request, decide
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

BOOK = POLICY_CASES


def column(value):
    if value is None or isinstance(value, int | float):
        return np.array([np.nan if value is None else value], dtype=np.float64)
    return np.array([value], dtype=object)


def made(case):
    day = case.get("as_of", BOOK["as_of"])
    member = {**BOOK["member"], **case.get("member", {})}
    asked = Request(**{**BOOK["ask"], **case.get("ask", {})}, purpose="inputs")
    columns = {name: column(value) for name, value in member.items()}
    card = CASES_CARD
    return decide(columns, asked, day, policy_on(day), card)


def told(decision):
    return {
        **vars(decision),
        "knock_outs": [found.code for found in decision.knock_outs],
        "reasons": {reason.code: reason.points_lost for reason in decision.reasons} or [],
    }


@pytest.mark.parametrize("case", BOOK["cases"], ids=lambda case: case["case"])
def test_the_policy_decides_as_its_sentences_say(case):
    answer = told(made(case))
    assert {name: answer[name] for name in case["expect"]} == case["expect"]


def test_every_rule_has_a_sentence_in_which_it_matches_and_one_in_which_it_does_not():
    policy = policy_on(BOOK["as_of"])
    matched = [set(told(made(case))["knock_outs"]) for case in BOOK["cases"]]
    for rule in (*policy.rules, *policy.request_rules):
        assert any(rule.code in codes for codes in matched), rule.code
        assert not all(rule.code in codes for codes in matched), rule.code


def test_every_bound_of_the_limit_has_a_sentence():
    expected = [case["expect"] for case in BOOK["cases"]]
    bounds = {found.get("limit_bound_by") for found in expected}
    assert {"PRODUCT_CAP", "REPAYMENT_CAPACITY", "GRADE_CAP"} <= bounds


def test_sentences_are_told_apart():
    sentences = [case["case"] for case in BOOK["cases"]]
    assert len(set(sentences)) == len(sentences)


def test_the_book_names_only_attributes_that_exist():
    known = {attribute.name for attribute in member_dictionary()} | {"household_borrower"}
    for case in [BOOK, *BOOK["cases"]]:
        assert set(case.get("member", {})) <= known
