"""What differs between the bank's books and the ledger, and what counts as out meanwhile."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from api.cases.case import case_of
from api.cases.exposure import exposure_with
from api.core.calendar import date_in_china
from api.payments.commands import CancelDisbursement, Disburse
from api.payments.repayments import Repay
from tests.conftest import Desk
from tests.support.bank import Bank

Member = dict[str, Any]
PAID = date(2023, 10, 9)


def pay(desk: Desk, line: str, yuan: int) -> None:
    desk.do(Disburse(None, "o-2", line, yuan, desk.resources))


def repay(desk: Desk, line: str, yuan: int, on: date | None = None) -> None:
    desk.do(Repay(None, "o-3", line, 1, yuan, on or date_in_china(desk.now)))


def exposure(desk: Desk, line: str) -> int:
    """What counts as out on the line, without what may still be drawn."""
    with desk.ledger.read() as view:
        return case_of(view, line).exposure_yuan


def left(desk: Desk, line: str) -> int:
    with desk.ledger.read() as view:
        return case_of(view, line).left_yuan


def kinds(bank: Bank) -> list[list[str]]:
    return [each["kinds"] for each in bank.differences()]


def after(desk: Desk, days: int) -> date:
    """Let days pass and return the day before the new today."""
    desk.now += timedelta(days=days)
    return date_in_china(desk.now) - timedelta(days=1)


def test_a_payment_that_the_bank_lent_the_same_day_is_matched_without_a_difference(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    answer = bank.arrives(after(desk, 60))
    assert (answer["written"], answer["differences"]) == (1, 0)
    assert bank.differences() == []
    assert bank.arrives(after(desk, 1))["written"] == 0
    assert (exposure(desk, line), left(desk, line)) == (5_000, 5_000)


def test_the_bank_may_post_a_payment_some_days_later_and_round_to_fen(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_001, PAID + timedelta(days=5))
    bank.arrives(after(desk, 60))
    assert bank.differences() == []


def test_a_payment_without_a_loan_is_told_after_the_lag_only(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.arrives(PAID + timedelta(days=30), member["member_id"])
    assert bank.differences() == []
    after(desk, 40)
    bank.arrives(PAID + timedelta(days=31), member["member_id"])
    (found,) = bank.differences()
    assert found["kinds"] == ["PAYMENT_WITHOUT_LOAN"]
    assert (found["bank_yuan"], found["ledger_yuan"], found["exposure_yuan"]) == (0, 5_000, 5_000)
    assert (found["decision_id"], found["number"]) == (line, 1)


def test_a_payment_of_yesterday_is_not_missing_from_month_old_books(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    after(desk, 90)
    pay(desk, line, 5_000)
    after(desk, 1)
    bank.arrives(date_in_china(desk.now) - timedelta(days=30), member["member_id"])
    assert bank.differences() == []


def test_a_county_whose_books_did_not_arrive_is_not_compared(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    from dataclasses import replace

    from api.reconciliation.recording import RecordBooks

    pay(desk, line, 5_000)
    books = bank.books(after(desk, 90), member["member_id"])
    elsewhere = replace(books, day_of_county={"999999": date_in_china(desk.now)})
    desk.do(RecordBooks("console:operator", elsewhere, desk.resources.edition))
    assert bank.differences() == []


def test_a_loan_without_a_payment_is_told_and_counts(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    bank.lends("L9", member["member_id"], 4_000, date(2023, 11, 1))
    bank.arrives(after(desk, 60))
    (found,) = bank.differences()
    assert found["kinds"] == ["LOAN_WITHOUT_PAYMENT"]
    assert (found["decision_id"], found["member_id"]) == (None, member["member_id"])
    assert found["exposure_yuan"] == 4_000
    with desk.ledger.read() as view:
        state = case_of(view, line)
        assert exposure_with(view, state, 10_000, desk.resources.edition) >= 14_000


def test_a_loan_of_before_adoption_is_no_difference(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    bank.lends("OLD", member["member_id"], 4_000, date(2023, 9, 30))
    assert bank.arrives(after(desk, 60))["written"] == 0
    bank.lends("YOUNGER", member["member_id"], 3_000, date(2023, 11, 1))
    assert bank.arrives(after(desk, 1), since=date(2023, 12, 1))["written"] == 0
    assert bank.differences() == []


def test_a_loan_for_which_a_payment_is_recorded_later_is_no_difference_any_more(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    bank.lends("L1", member["member_id"], 5_000, PAID)
    bank.arrives(PAID)
    assert kinds(bank) == [["LOAN_WITHOUT_PAYMENT"]]
    desk.now += timedelta(days=1)
    pay(desk, line, 5_000)
    bank.arrives(after(desk, 2))
    assert bank.differences() == []
    assert exposure(desk, line) == 5_000
    with desk.ledger.read() as view:
        state = case_of(view, line)
        assert exposure_with(view, state, 10_000, desk.resources.edition) == 10_000


def test_amounts_that_differ_are_told_and_the_larger_counts(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 8_000)
    bank.arrives(after(desk, 60))
    (found,) = bank.differences()
    assert found["kinds"] == ["AMOUNTS_DIFFER", "OUTSTANDING_DIFFERS"]
    assert (found["bank_lent_yuan"], found["ledger_paid_yuan"]) == (8_000, 5_000)
    assert (exposure(desk, line), left(desk, line)) == (8_000, 2_000)


def test_the_banks_surplus_is_not_left_to_draw(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 8_000)
    bank.arrives(after(desk, 60))
    assert desk.refusal(Disburse(None, "o-2", line, 2_001, desk.resources)) == "above-approved"
    bank.lends("L9", member["member_id"], 1_500, date(2023, 11, 20))
    bank.arrives(after(desk, 1))
    ceiling = max(member["limit_yuan"], 10_000)
    allowed = min(2_000, ceiling - 8_000 - 1_500)
    if allowed < 2_000:
        refused = Disburse(None, "o-2", line, allowed + 1, desk.resources)
        assert desk.refusal(refused) == "above-approved"


def test_a_repayment_that_only_the_bank_knows_lowers_nothing(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    bank.changes("L1", outstanding_yuan=0)
    bank.arrives(after(desk, 60))
    (found,) = bank.differences()
    assert found["kinds"] == ["REPAID_AT_BANK_ONLY"]
    assert exposure(desk, line) == 5_000


def test_a_repayment_that_only_the_ledger_knows_stays_out(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    after(desk, 10)
    repay(desk, line, 5_000)
    bank.arrives(after(desk, 60))
    (found,) = bank.differences()
    assert found["kinds"] == ["REPAID_IN_LEDGER_ONLY"]
    assert (found["outstanding_yuan"], found["exposure_yuan"]) == (0, 5_000)
    assert (exposure(desk, line), left(desk, line)) == (5_000, 5_000)


def test_a_draw_repaid_yesterday_is_not_outstanding_by_month_old_books(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    after(desk, 90)
    repay(desk, line, 5_000)
    after(desk, 1)
    bank.arrives(date_in_china(desk.now) - timedelta(days=30))
    assert bank.differences() == []
    assert (exposure(desk, line), left(desk, line)) == (0, 10_000)


def test_a_repayment_within_the_lag_may_be_in_the_books_or_not(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    day = after(desk, 60)
    repay(desk, line, 2_000, on=day - timedelta(days=3))
    for owed in (5_000, 3_000):
        bank.changes("L1", outstanding_yuan=owed)
        bank.arrives(day)
        assert bank.differences() == []
        assert exposure(desk, line) == 3_000
    bank.changes("L1", outstanding_yuan=6_000)
    bank.arrives(day)
    assert kinds(bank) == [["OUTSTANDING_DIFFERS"]]
    assert exposure(desk, line) == 4_000


def test_arrears_that_only_the_bank_sees_are_told_and_stop_draws(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    bank.changes("L1", days_past_due=5)
    bank.arrives(after(desk, 60))
    assert bank.differences() == []
    bank.changes("L1", days_past_due=6)
    bank.arrives(after(desk, 1))
    assert kinds(bank) == [["ARREARS_AT_BANK_ONLY"]]
    refused = Disburse(None, "o-2", line, 1_000, desk.resources)
    assert desk.refusal(refused) == "draw-past-due"


def test_a_loan_that_vanished_from_a_later_import_is_told(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 8_000)
    bank.arrives(after(desk, 60))
    bank.loses("L1")
    bank.arrives(after(desk, 1))
    (found,) = bank.differences()
    assert found["kinds"] == ["LOAN_VANISHED"]
    assert exposure(desk, line) == 8_000, "what vanished is not repaid"
    bank.lends("L1", member["member_id"], 5_000, PAID)
    bank.arrives(after(desk, 1))
    assert bank.differences() == []
    assert exposure(desk, line) == 5_000


def test_a_loan_without_payment_that_vanished_still_counts(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    bank.lends("L9", member["member_id"], 4_000, date(2023, 11, 1))
    bank.arrives(after(desk, 60))
    bank.loses("L9")
    bank.arrives(after(desk, 1), member["member_id"])
    (found,) = bank.differences()
    assert (found["kinds"], found["exposure_yuan"]) == (["LOAN_VANISHED"], 4_000)


def test_a_renumbered_loan_takes_the_place_of_the_one_that_vanished(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    bank.arrives(after(desk, 60))
    bank.loses("L1")
    bank.lends("N1", member["member_id"], 5_000, PAID)
    bank.arrives(after(desk, 1))
    assert bank.differences() == []


def test_books_older_than_those_compared_before_say_nothing(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    newest = after(desk, 60)
    bank.arrives(newest)
    bank.changes("L1", outstanding_yuan=9_000)
    assert bank.arrives(newest - timedelta(days=1))["written"] == 0
    bank.loses("L1")
    assert bank.arrives(newest - timedelta(days=1))["written"] == 0


def test_a_cancelled_payment_whose_loan_runs_at_the_bank_counts(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 5_000)
    bank.lends("L1", member["member_id"], 5_000)
    bank.arrives(after(desk, 5))
    desk.do(CancelDisbursement(None, "o-4", line, 1))
    bank.arrives(after(desk, 5))
    assert bank.differences() == []
    bank.arrives(after(desk, 60))
    assert kinds(bank) == [["LOAN_WITHOUT_PAYMENT"]]
    assert exposure(desk, line) == 5_000


def test_two_draws_of_one_day_and_two_loans_are_two_pairs(
    desk: Desk, bank: Bank, member: Member, line: str
) -> None:
    pay(desk, line, 2_000)
    pay(desk, line, 3_000)
    bank.lends("B", member["member_id"], 3_000)
    bank.lends("A", member["member_id"], 2_000)
    bank.arrives(after(desk, 60))
    assert bank.differences() == []
    bank.changes("A", outstanding_yuan=0)
    bank.arrives(after(desk, 1))
    (found,) = bank.differences()
    assert (found["number"], found["kinds"]) == (1, ["REPAID_AT_BANK_ONLY"])
