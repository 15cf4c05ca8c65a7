"""What is named where the request does not fit: the term or the amount that the member can have."""

import re
from dataclasses import replace

import numpy as np
import pytest

from model.decision.decision import Request
from tests.support.explaining.decide_and_explain import BASIS, decide_and_explain

#: Of SECOND: a worst village review is looked at by a person.
SECOND = {"peer_review_grade_24m": 1.0}
OLD = {"age_years": 63.0, "age_months": 762.0}  # the longest term has 18 months
BAD = ("REFER", "DECLINE")
REVIEWED = "就在可贷额度之内，经工作人员核实同意后可以发放。"
PAID = "只要同户、同村等的贷款总额不超上限，就可以发放。"


def named(amount, months, *, revolving=False, **member):
    """Return the tier, and the alternatives to a request in Chinese and English."""
    request = Request(amount, months, "inputs", revolving)
    decision, explanation = decide_and_explain(request=request, **member)
    return decision.tier, [(text.zh, text.en) for text in explanation.alternatives]


@pytest.mark.parametrize(
    ("amount", "months", "member", "zh", "en"),
    [
        (10_000, 3, {}, ["若期限改为 8 个月，其他不变，"], ["With a term of 8 months"]),
        (40_000, 3, {}, ["若期限改为 10 个月、金额改为 14,000 元，"], ["With 14,000 yuan over a"]),
        (900_000, 6, {},
         ["若金额不超过 4,000 元，期限不变，", "若期限改为 10 个月、金额改为 14,000 元，"],
         ["With at most 4,000 yuan over the same term,", "With 14,000 yuan over a"]),
        (1_000, 10, {}, ["若金额改为 3,000 元，期限不变，"], ["With 3,000 yuan over the same"]),
        (10_000, 30, {}, ["若期限改为 24 个月，其他不变，"], ["With a term of 24 months"]),
        (10_000, 24, OLD, ["若期限改为 18 个月，其他不变，"], ["With a term of 18 months"]),
        (60_000, 30, OLD, ["若期限改为 11 个月、金额改为 14,000 元，"], ["With 14,000 yuan"]),
    ],
)  # fmt: skip
def test_a_member_whom_a_person_answers_reads_what_a_reviewer_can_grant(
    amount, months, member, zh, en
):
    tier, found = named(amount, months, **SECOND, **member)
    assert tier == "SECOND"
    assert [text for text, _ in found] == [f"{start}{REVIEWED}" for start in zh]
    for (_, text), start in zip(found, en, strict=True):
        assert text.startswith(start)
        assert text.endswith("could be paid out once our staff have reviewed and approved it.")


def test_the_first_tier_reads_the_same_requests_as_paid_out_at_once():
    for amount, months in ((10_000, 3), (40_000, 3), (900_000, 6), (1_000, 10), (10_000, 30)):
        tier, first = named(amount, months)
        _, second = named(amount, months, **SECOND)
        assert tier == "FIRST"
        assert [zh.replace(PAID, REVIEWED) for zh, _ in first] == [zh for zh, _ in second]


def test_no_alternative_is_promised_beyond_the_caps_that_others_may_have_filled():
    _, found = named(900_000, 6)
    assert found
    for zh, en in found:
        assert zh.endswith(PAID)
        assert "as long as the caps on all loans to a household, a village" in en


def test_a_line_that_is_too_long_is_named_the_longest_that_works():
    _, ((zh, en),) = named(10_000, 24, revolving=True, **SECOND)
    assert zh == f"若期限改为 12 个月，其他不变，{REVIEWED.replace('发放', '核给')}"
    assert "the line would be within the limit, and could be granted" in en


def test_nothing_is_named_where_the_request_fits_or_no_request_would():
    assert named(10_000, 10, **SECOND) == ("SECOND", [])
    assert named(10_000, 30, court_unresolved=1.0) == ("NONE", [])
    tier, found = named(10_000, 10, balance_outstanding=400_000.0, **SECOND)
    assert (tier, found) == ("SECOND", [])


def test_every_request_that_is_named_gets_the_answer_that_is_promised():
    rules = {rule.code for rule in BASIS.policy.request_rules}
    dice, told = np.random.default_rng(8), set()
    for _ in range(200):
        member = {
            "peer_review_grade_24m": float(dice.choice([1, 4])),
            "balance_outstanding": float(dice.choice([0, 20_000, 45_000])),
            "harvest_melon_mu": float(dice.choice([0, 3, 12])),
            "net_sales_12m": float(dice.choice([0, 20_000, 300_000])),
            "age_months": float(dice.integers(740, 780)),
        }
        asked = Request(
            int(dice.choice([1_000, 8_000, 60_000])), int(dice.integers(2, 31)), "x",
            revolving=bool(dice.random() < 0.2),
        )  # fmt: skip
        decision, explanation = decide_and_explain(request=asked, **member)
        for text in explanation.alternatives:
            found, _ = decide_and_explain(request=request_in(text.zh, asked), **member)
            said = text.zh.replace("核给", "发放")
            is_paid = said.endswith(f"，{PAID}")
            assert found.outcome == ("APPROVE" if is_paid else "REFER")
            fits = not rules & {each.code for each in found.knock_outs}
            assert fits == (is_paid or said.endswith(REVIEWED))
            assert fits or decision.outcome == "DECLINE"
            assert numbers(text.zh) == numbers(text.en)
        is_unfit = bool(rules & {each.code for each in decision.knock_outs})
        assert bool(explanation.alternatives) <= is_unfit
        told.add((decision.tier, decision.outcome, bool(explanation.alternatives)))
    whole = {(tier, outcome, True) for tier in ("FIRST", "SECOND") for outcome in BAD}
    assert whole <= told


def request_in(text, asked):
    """Return the request that a sentence names."""
    months = re.search(r"期限改为 (\d+) 个月", text)
    amount = re.search(r"金额(?:改为|不超过) ([\d,]+) 元", text)
    return replace(
        asked,
        months=int(months[1]) if months else asked.months,
        amount_yuan=int(amount[1].replace(",", "")) if amount else asked.amount_yuan,
    )


def numbers(text):
    return sorted(re.findall(r"\d[\d,]*", text))
