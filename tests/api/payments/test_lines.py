"""Lines of credit and repayments: what is repaid may be drawn again, what is not stays out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cases.case import case_of
from api.cases.state import running_draws
from api.core.calendar import date_in_china, months_after
from api.decisions.commands import Decide
from api.decisions.replay import replay
from api.payments.commands import CancelDisbursement, Disburse
from api.payments.repayments import CancelRepayment, Repay
from api.persons.commands import Erase
from api.portfolio.tally import Tally
from api.reviews.commands import ClaimReview, GiveVerdict, RequestReview, Ruling
from model.decision.decision import Request
from tests.conftest import Desk

Member = dict[str, Any]
VERDICT = Ruling("APPROVE", 3_000, "INCOME_VERIFIED", "到场核实无误")


@pytest.fixture
def member(desk: Desk) -> Member:
    return desk.member("FIRST")


def ask(desk: Desk, member: Member, yuan: int, months: int = 12, revolving: bool = True) -> str:
    profile = desk.resources.edition.profile(member["member_id"])
    assert profile is not None
    request, today = Request(yuan, months, "inputs", revolving), date_in_china(desk.now)
    found: str = desk.do(
        Decide(None, "o-1", member["member_id"], request, profile, desk.resources, today)
    )["decision_id"]
    return found


def answer_of(desk: Desk, decision: str) -> dict[str, Any]:
    with desk.ledger.read() as view:
        found: dict[str, Any] = case_of(view, decision).answer
        return found


def pay(desk: Desk, decision: str, yuan: int) -> Disburse:
    return Disburse(None, "o-2", decision, yuan, desk.resources)


def repay(desk: Desk, decision: str, yuan: int, number: int = 1, on: date | None = None) -> Repay:
    return Repay(None, "o-3", decision, number, yuan, on or date_in_china(desk.now))


def test_a_line_is_drawn_repaid_and_drawn_again_within_its_limit(
    desk: Desk, member: Member
) -> None:
    line = ask(desk, member, 4_000)
    answer = answer_of(desk, line)
    assert (answer["outcome"], answer["repayment"]) == ("APPROVE", "revolving")
    assert answer["valid_until"] == "2024-10-09"
    assert desk.do(pay(desk, line, 4_000))["left_yuan"] == 0
    assert desk.refusal(pay(desk, line, 1_000)) == "above-approved"
    desk.now += timedelta(days=90)  # long after a loan's approval would have lapsed
    state = desk.do(repay(desk, line, 3_000))
    assert (state["left_yuan"], state["disbursements"][0]["outstanding_yuan"]) == (3_000, 1_000)
    state = desk.do(pay(desk, line, 2_500))
    assert (state["drawn_yuan"], state["left_yuan"]) == (6_500, 500)
    desk.now = datetime(2024, 10, 10, 2, tzinfo=UTC)
    assert desk.refusal(pay(desk, line, 500)) == "decision-expired"
    with desk.ledger.read() as view:
        assert replay(view, line).differences == ()


def test_a_draw_falls_due_after_its_months_or_with_the_line(desk: Desk, member: Member) -> None:
    line = ask(desk, member, 4_000)
    desk.do(pay(desk, line, 1_000))
    desk.now += timedelta(days=240)
    desk.do(repay(desk, line, 1_000))
    draws = desk.do(pay(desk, line, 1_000))["disbursements"]
    assert [draw["due_on"] for draw in draws] == ["2024-04-09", "2024-10-09"]


def test_an_unpaid_draw_never_ends_by_the_calendar(desk: Desk, member: Member) -> None:
    loan = ask(desk, member, member["limit_yuan"], member["months"], revolving=False)
    desk.do(pay(desk, loan, member["limit_yuan"]))
    desk.now += timedelta(days=31 * (member["months"] + 2))
    again = ask(desk, member, member["limit_yuan"], member["months"], revolving=False)
    assert desk.refusal(pay(desk, again, 1_000)) == "draw-past-due"
    erase = Erase(None, "reviewer-1", member["member_id"], desk.resources)
    assert desk.refusal(erase) == "loan-outstanding"
    with desk.ledger.read() as view:
        (draw,) = running_draws(case_of(view, loan), date_in_china(desk.now))
    assert draw.outstanding_yuan == member["limit_yuan"]
    desk.do(repay(desk, loan, member["limit_yuan"]))
    assert desk.do(pay(desk, again, 1_000))["drawn_yuan"] == 1_000


def test_arrears_on_a_draw_stop_further_draws_from_the_first_day(
    desk: Desk, member: Member
) -> None:
    line = ask(desk, member, 4_000)
    desk.do(pay(desk, line, 1_000))
    desk.now = datetime(2024, 4, 9, 2, tzinfo=UTC)  # the last day
    assert desk.do(pay(desk, line, 500))["drawn_yuan"] == 1_500
    desk.now += timedelta(days=1)
    assert desk.refusal(pay(desk, line, 500)) == "draw-past-due"
    desk.do(repay(desk, line, 900))
    assert desk.refusal(pay(desk, line, 500)) == "draw-past-due"
    desk.do(repay(desk, line, 100))
    assert desk.do(pay(desk, line, 500))["drawn_yuan"] == 2_000


def test_a_repayment_is_of_what_is_outstanding_and_of_a_day_since_the_payment(
    desk: Desk, member: Member
) -> None:
    line = ask(desk, member, 4_000)
    desk.do(pay(desk, line, 2_000))
    assert desk.refusal(repay(desk, line, 2_001)) == "above-outstanding"
    assert desk.refusal(repay(desk, line, 100, number=2)) == "unknown-disbursement"
    today = date_in_china(desk.now)
    for wrong in (today - timedelta(days=1), today + timedelta(days=1)):
        assert desk.refusal(repay(desk, line, 100, on=wrong)) == "invalid-body"
    desk.do(repay(desk, line, 2_000))
    assert desk.refusal(repay(desk, line, 1)) == "above-outstanding"
    cancel = CancelDisbursement(None, "o-4", line, 1)
    assert desk.refusal(cancel) == "already-repaid"


def test_a_repayment_recorded_in_error_is_cancelled_and_owed_again(
    desk: Desk, member: Member
) -> None:
    line = ask(desk, member, 4_000)
    desk.do(pay(desk, line, 4_000))
    desk.do(repay(desk, line, 4_000))
    state = desk.do(CancelRepayment(None, "o-4", line, 1, 1))
    assert (state["left_yuan"], state["disbursements"][0]["outstanding_yuan"]) == (0, 4_000)
    again = CancelRepayment(None, "o-4", line, 1, 1)
    assert desk.refusal(again) == "already-cancelled"
    assert desk.refusal(replace(again, repayment=2)) == "unknown-repayment"
    assert desk.do(CancelDisbursement(None, "o-4", line, 1))["left_yuan"] == 4_000


def test_who_paid_out_does_not_record_repayments(desk: Desk, member: Member) -> None:
    desk.now = datetime(2027, 1, 2, 2, tzinfo=UTC)
    line = ask(desk, member, 4_000)
    desk.do(pay(desk, line, 1_000))
    assert desk.refusal(replace(repay(desk, line, 500), actor="o-2")) == "duties-apart"
    desk.do(repay(desk, line, 500))
    assert desk.refusal(CancelRepayment(None, "o-3", line, 1, 1)) == "duties-apart"


def test_a_line_longer_than_the_product_allows_is_for_a_person_and_then_as_long_as_it_allows(
    desk: Desk, member: Member
) -> None:
    line = ask(desk, member, 3_000, months=18)
    answer = answer_of(desk, line)
    assert answer["outcome"] == "REFER"
    assert "LINE_TOO_LONG" in [rule["code"] for rule in answer["knock_outs"]]
    assert answer["valid_until"] == "2023-11-08"
    desk.do(ClaimReview(None, "reviewer-1", line, desk.resources.policy))
    state = desk.do(GiveVerdict(None, "reviewer-1", line, VERDICT, desk.resources))
    assert state["valid_until"] == "2024-10-09"


def test_a_declined_line_approved_by_a_person_runs_for_its_term(desk: Desk) -> None:
    third = desk.member("THIRD")
    line = ask(desk, third, 3_000, months=6)
    desk.do(RequestReview(None, "o-1", line, None))
    desk.do(ClaimReview(None, "reviewer-1", line, desk.resources.policy))
    state = desk.do(GiveVerdict(None, "reviewer-1", line, VERDICT, desk.resources))
    assert state["valid_until"] == "2024-04-09"


def test_a_line_and_a_loan_are_two_questions(desk: Desk, member: Member) -> None:
    line, loan = ask(desk, member, 3_000), ask(desk, member, 3_000, revolving=False)
    assert line != loan
    assert ask(desk, member, 3_000) == line
    with desk.ledger.read() as view:
        (entry,) = view.entries_of_decision(loan)
    assert "revolving" not in entry.body["request"]


def test_the_portfolio_counts_what_was_repaid(desk: Desk, member: Member) -> None:
    line = ask(desk, member, 4_000)
    desk.do(pay(desk, line, 4_000))
    desk.do(repay(desk, line, 3_000))
    desk.do(repay(desk, line, 500))
    desk.do(CancelRepayment(None, "o-4", line, 1, 2))
    with desk.ledger.read() as view:
        (totals,) = Tally().totals(view).values()
    assert (totals.disbursed_yuan, totals.repaid_yuan) == (4_000, 3_000)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 120))
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: date, n: int) -> None:
    later = months_after(day, n)
    counted = np.datetime64(day, "M") + n
    assert np.datetime64(later, "M") == counted
    last = (counted + 1).astype("datetime64[D]") - 1
    assert later.day == min(day.day, int(str(last)[-2:]))
