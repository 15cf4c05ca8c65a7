"""A person settles whose figures hold: for these figures, and for no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.cases.case import case_of
from api.cases.exposure import caps_exceeded, exposure_with
from api.core.calendar import date_in_china
from api.decisions.replay import replay
from api.ledger.database import Location
from api.payments.commands import Disburse
from api.payments.repayments import CancelRepayment, Repay
from api.persons.commands import Erase, held_in_ledger
from api.reconciliation.settling import Seen, Settle
from api.verify.verify import verify_ledger
from model.reconciliation.comparison import Side
from tests.conftest import Desk
from tests.support.bank import Bank

Member = dict[str, Any]
PAID = date(2023, 10, 9)
# Long enough that the random bytes of a sealed text never spell it.
LOAN = "LOAN-4711-0001"


def settle(desk: Desk, found: dict[str, Any], side: Side, actor: str = "reviewer-1") -> Settle:
    seen = Seen(found["bank_yuan"], found["ledger_yuan"])
    return Settle(
        None, actor, found["member_id"], found["difference_id"], side, seen, "核对了银行回单",
        desk.resources,
    )  # fmt: skip


def exposure(desk: Desk, line: str) -> int:
    with desk.ledger.read() as view:
        return case_of(view, line).exposure_yuan


def pass_days(desk: Desk, days: int) -> date:
    desk.now += timedelta(days=days)
    return date_in_china(desk.now) - timedelta(days=1)


@pytest.fixture
def drawn(desk: Desk, bank: Bank, member: Member, line: str) -> str:
    """A line with a draw of 5,000 yuan, of which the bank's books know."""
    desk.do(Disburse(None, "o-2", line, 5_000, desk.resources))
    bank.lends(LOAN, member["member_id"], 5_000)
    pass_days(desk, 60)
    return line


def differs(desk: Desk, bank: Bank, **figures: Any) -> dict[str, Any]:
    """Let books arrive in which the loan has these figures; return the one open difference."""
    bank.changes(LOAN, **figures)
    bank.arrives(pass_days(desk, 1))
    (found,) = bank.differences()
    return found


def test_settled_for_the_bank_less_counts_than_the_ledger_has(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    found = differs(desk, bank, outstanding_yuan=2_000)
    answer = desk.do(settle(desk, found, "BANK"))
    assert (answer["is_final"], answer["exposure_yuan"]) == (True, 2_000)
    assert exposure(desk, drawn) == 2_000
    with desk.ledger.read() as view:
        assert case_of(view, drawn).left_yuan == 8_000, "a line is free of what was repaid"
    assert bank.differences() == []
    (row,) = bank.differences(settled=True)
    assert (row["side"], row["settled_by"]) == ("BANK", "reviewer-1")


def test_settled_for_the_ledger_less_counts_than_the_bank_has(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    found = differs(desk, bank, outstanding_yuan=7_000)
    assert exposure(desk, drawn) == 7_000
    desk.do(settle(desk, found, "LEDGER"))
    assert exposure(desk, drawn) == 5_000


@pytest.mark.parametrize("side", ["BANK", "LEDGER"])
def test_a_settlement_is_not_carried_over_to_another_amount_of_the_bank(
    desk: Desk, bank: Bank, drawn: str, side: Side
) -> None:
    desk.do(settle(desk, differs(desk, bank, outstanding_yuan=7_000), side))
    found = differs(desk, bank, outstanding_yuan=7_500)
    assert found["side"] is None
    assert exposure(desk, drawn) == 7_500


@pytest.mark.parametrize("side", ["BANK", "LEDGER"])
def test_a_settlement_is_not_carried_over_to_another_amount_of_the_ledger(
    desk: Desk, bank: Bank, drawn: str, side: Side
) -> None:
    desk.do(settle(desk, differs(desk, bank, outstanding_yuan=7_000), side))
    early = PAID + timedelta(days=2)
    desk.do(Repay(None, "o-3", drawn, 1, 1_000, early))
    (found,) = bank.differences()
    assert (found["ledger_yuan"], found["side"]) == (4_000, None)
    assert exposure(desk, drawn) == 7_000
    desk.do(CancelRepayment(None, "o-4", drawn, 1, 1))
    assert bank.differences() == [], "these are the figures that were settled"


def test_a_settlement_holds_for_an_import_with_the_same_figures(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    desk.do(settle(desk, differs(desk, bank, outstanding_yuan=2_000), "BANK"))
    bank.arrives(pass_days(desk, 30))
    assert bank.differences() == []
    assert exposure(desk, drawn) == 2_000


def test_figures_that_come_back_after_others_are_open_again(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    desk.do(settle(desk, differs(desk, bank, outstanding_yuan=2_000), "BANK"))
    differs(desk, bank, outstanding_yuan=1_000)
    assert differs(desk, bank, outstanding_yuan=2_000)["side"] is None
    assert exposure(desk, drawn) == 5_000


def test_what_is_repaid_after_the_books_lowers_what_was_settled(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    desk.do(settle(desk, differs(desk, bank, outstanding_yuan=2_000), "BANK"))
    desk.do(Repay(None, "o-3", drawn, 1, 1_500, date_in_china(desk.now)))
    assert exposure(desk, drawn) == 500
    desk.do(Repay(None, "o-3", drawn, 1, 3_500, date_in_china(desk.now)))
    assert exposure(desk, drawn) == 0


def test_a_settlement_of_figures_that_are_no_more_is_refused(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    old = differs(desk, bank, outstanding_yuan=7_000)
    new = differs(desk, bank, outstanding_yuan=8_000)
    assert desk.refusal(settle(desk, old, "LEDGER")) == "difference-changed"
    desk.do(settle(desk, new, "LEDGER"))
    assert desk.refusal(settle(desk, new, "LEDGER")) == "already-settled"
    assert desk.refusal(settle(desk, new | {"difference_id": "none"}, "BANK")) == (
        "unknown-difference"
    )
    desk.do(settle(desk, new, "BANK", "reviewer-2"))
    assert exposure(desk, drawn) == 8_000, "a mistake is corrected by another word"


def test_who_paid_or_recorded_the_repayment_does_not_settle(
    desk: Desk, bank: Bank, member: Member
) -> None:
    desk.now = datetime(2027, 1, 2, 2, tzinfo=UTC)
    from tests.api.payments.test_lines import ask

    line = ask(desk, member, 5_000)
    desk.do(Disburse(None, "o-2", line, 5_000, desk.resources))
    desk.do(Repay(None, "o-3", line, 1, 1_000, date_in_china(desk.now)))
    bank.lends(LOAN, member["member_id"], 5_000)
    pass_days(desk, 60)
    found = differs(desk, bank, outstanding_yuan=1_000)
    for actor in ("o-2", "o-3"):
        assert desk.refusal(settle(desk, found, "BANK", actor)) == "duties-apart"
    assert desk.do(settle(desk, found, "BANK"))["is_final"]


def test_two_people_settle_what_takes_much_out_of_the_exposure(
    desk: Desk, bank: Bank, member: Member
) -> None:
    desk.now = datetime(2026, 10, 9, 2, tzinfo=UTC)  # two people above 20,000 yuan
    bank.lends("BIG", member["member_id"], 30_000)
    bank.arrives(pass_days(desk, 60))
    (found,) = bank.differences()
    answer = desk.do(settle(desk, found, "LEDGER"))
    assert (answer["is_final"], answer["exposure_yuan"]) == (False, 30_000)
    (found,) = bank.differences()
    assert (found["first_side"], found["first_by"]) == ("LEDGER", "reviewer-1")
    assert desk.refusal(settle(desk, found, "LEDGER")) == "duties-apart"
    answer = desk.do(settle(desk, found, "LEDGER", "reviewer-2"))
    assert (answer["is_final"], answer["exposure_yuan"]) == (True, 0)
    assert bank.differences() == []


def split(desk: Desk, bank: Bank, member: Member, *amounts: int) -> list[dict[str, Any]]:
    """Return the open differences of loans of these amounts that only the bank has."""
    for number, yuan in enumerate(amounts):
        bank.lends(f"PART{number}", member["member_id"], yuan)
    bank.arrives(pass_days(desk, 60))
    return bank.differences()


def test_a_large_amount_in_several_loans_takes_two_people_as_in_one(
    desk: Desk, bank: Bank, member: Member
) -> None:
    desk.now = datetime(2027, 1, 9, 2, tzinfo=UTC)  # two people above 20,000 yuan
    first, second = split(desk, bank, member, 15_000, 15_000)
    assert desk.do(settle(desk, first, "LEDGER"))["is_final"]
    answer = desk.do(settle(desk, second, "LEDGER"))
    assert (answer["is_final"], answer["exposure_yuan"]) == (False, 15_000)
    assert desk.do(settle(desk, second, "LEDGER", "reviewer-2"))["is_final"]
    assert bank.differences() == []


def test_what_two_people_settled_and_what_was_settled_long_ago_adds_up_to_nothing(
    desk: Desk, bank: Bank, member: Member
) -> None:
    desk.now = datetime(2027, 1, 9, 2, tzinfo=UTC)
    found = split(desk, bank, member, 25_000, 15_000, 15_000)
    large = next(each for each in found if each["bank_yuan"] == 25_000)
    first, second = (each for each in found if each is not large)
    desk.do(settle(desk, large, "LEDGER", "reviewer-2"))
    assert desk.do(settle(desk, large, "LEDGER"))["is_final"], "the second of two"
    assert desk.do(settle(desk, first, "LEDGER"))["is_final"]
    pass_days(desk, 90)
    assert desk.do(settle(desk, second, "LEDGER"))["is_final"]


def test_a_settlement_that_takes_nothing_out_needs_one_person_whatever_else_was_settled(
    desk: Desk, bank: Bank, member: Member
) -> None:
    desk.now = datetime(2027, 1, 9, 2, tzinfo=UTC)
    first, second = split(desk, bank, member, 20_000, 15_000)
    assert desk.do(settle(desk, first, "LEDGER"))["is_final"]
    assert desk.do(settle(desk, second, "BANK"))["is_final"]


def test_before_its_day_the_sum_binds_nobody(desk: Desk, bank: Bank, member: Member) -> None:
    desk.now = datetime(2026, 9, 9, 2, tzinfo=UTC)
    first, second = split(desk, bank, member, 15_000, 15_000)
    assert desk.do(settle(desk, first, "LEDGER"))["is_final"]
    assert desk.do(settle(desk, second, "LEDGER"))["is_final"]


def test_two_people_who_say_different_things_have_not_settled(
    desk: Desk, bank: Bank, member: Member
) -> None:
    desk.now = datetime(2026, 10, 9, 2, tzinfo=UTC)
    bank.lends("BIG", member["member_id"], 30_000)
    bank.arrives(pass_days(desk, 60))
    (found,) = bank.differences()
    desk.do(settle(desk, found, "LEDGER"))
    desk.do(settle(desk, found, "BANK", "reviewer-2"))  # nothing is taken out: one person may
    (row,) = bank.differences(settled=True)
    assert (row["side"], row["exposure_yuan"]) == ("BANK", 30_000)


def test_settled_arrears_stop_no_draw_and_those_of_the_bank_do(
    desk: Desk, bank: Bank, drawn: str
) -> None:
    found = differs(desk, bank, days_past_due=20)
    draw = Disburse(None, "o-2", drawn, 1_000, desk.resources)
    assert desk.refusal(draw) == "draw-past-due"
    desk.do(settle(desk, found, "BANK"))
    assert desk.refusal(draw) == "draw-past-due"
    desk.do(settle(desk, found, "LEDGER", "reviewer-2"))
    assert desk.do(draw)["drawn_yuan"] == 6_000


def test_the_village_cap_counts_the_banks_side_until_it_is_settled(
    desk: Desk, bank: Bank, member: Member, drawn: str
) -> None:
    from api.editions.edition import PlaceFilter

    edition = desk.resources.edition
    neighbour = next(
        row
        for row in edition.page(PlaceFilter(village=member["village_code"]), None, None, 1_200)
        if row["member_id"] != member["member_id"]
    )
    policy = replace(desk.resources.policy, exposure_caps_yuan={"village": 20_000})
    resources = replace(desk.resources, policy=policy)

    def exceeded(yuan: int) -> tuple[str, ...]:
        with desk.ledger.read() as view:
            return caps_exceeded(view, neighbour["member_id"], yuan, resources)

    assert exceeded(10_000) == ()
    bank.lends("L9", member["member_id"], 4_000, date(2023, 11, 1))
    bank.arrives(pass_days(desk, 1))
    assert exceeded(10_000) == ("village",)
    assert exceeded(6_000) == ()
    (found,) = bank.differences()
    desk.do(settle(desk, found, "LEDGER"))
    assert exceeded(10_000) == ()


def test_of_a_loan_in_force_what_the_bank_says_is_repaid_counts_no_more_once_settled(
    desk: Desk, bank: Bank, member: Member
) -> None:
    from tests.api.payments.test_lines import ask

    loan = ask(desk, member, 5_000, member["months"], revolving=False)
    desk.do(Disburse(None, "o-2", loan, 5_000, desk.resources))
    bank.lends(LOAN, member["member_id"], 5_000)
    bank.changes(LOAN, outstanding_yuan=1_000)
    desk.now += timedelta(days=20)
    bank.limits = replace(bank.limits, books_lag_days=10)
    bank.arrives(date_in_china(desk.now) - timedelta(days=1))
    other = ask(desk, member, 1_000, member["months"], revolving=False)

    def household() -> int:
        with desk.ledger.read() as view:
            return exposure_with(view, case_of(view, other), 0, desk.resources.edition)

    before = household()
    (found,) = bank.differences()
    desk.do(settle(desk, found, "BANK"))
    assert household() == before - 4_000
    with desk.ledger.read() as view:
        assert case_of(view, loan).left_yuan == 0, "a loan is not drawn again"


def test_no_entry_tells_the_banks_number_and_erasure_forgets_it(
    desk: Desk, bank: Bank, member: Member, drawn: str
) -> None:
    bank.changes(LOAN, outstanding_yuan=0)
    bank.arrives(pass_days(desk, 1))
    (found,) = bank.differences()
    with desk.ledger.read() as view:
        said = view.entries_where(("BANK_REPORTED", "DIFFERENCE_SETTLED"))
        assert said
        assert all(LOAN not in str(entry) for entry in said)
        copy = held_in_ledger(view, member["member_id"])["entries"]
    assert [each["body"]["loan_id"] for each in copy if each["kind"] == "BANK_REPORTED"] == [LOAN]
    erase = Erase(None, "reviewer-9", member["member_id"], desk.resources)
    assert desk.refusal(erase) == "loan-outstanding"
    desk.do(settle(desk, found, "BANK"))
    no_debt = replace_balance(desk, member)
    desk.do(Erase(None, "reviewer-9", member["member_id"], no_debt))
    assert bank.differences() == bank.differences(settled=True) == []


def replace_balance(desk: Desk, member: Member) -> Any:
    """Return the resources if the archive shows no loan of the member."""
    columns = desk.resources.edition.columns(member["member_id"])
    assert columns is not None
    assert columns["balance_outstanding"][0] == 0
    return desk.resources


def test_an_erased_person_is_not_found_again_by_books_of_before(
    desk: Desk, bank: Bank, member: Member, drawn: str
) -> None:
    bank.arrives(date_in_china(desk.now) - timedelta(days=1))
    desk.do(Repay(None, "o-3", drawn, 1, 5_000, date_in_china(desk.now)))
    desk.do(Erase(None, "reviewer-9", member["member_id"], desk.resources))
    answer = bank.arrives(date_in_china(desk.now))
    assert (answer["written"], answer["held_back"]) == (0, 1)
    assert bank.differences() == []
    with desk.ledger.read() as view:
        assert view.identities.known([member["member_id"]]) == {}
    bank.changes(LOAN, outstanding_yuan=0)
    assert bank.arrives(pass_days(desk, 60))["written"] == 0


def test_erasure_waits_for_what_only_the_bank_has(
    desk: Desk, bank: Bank, member: Member, drawn: str
) -> None:
    desk.do(Repay(None, "o-3", drawn, 1, 5_000, PAID + timedelta(days=10)))
    differs(desk, bank, outstanding_yuan=5_000)
    erase = Erase(None, "reviewer-9", member["member_id"], desk.resources)
    assert desk.refusal(erase) == "loan-outstanding"
    bank.changes(LOAN, outstanding_yuan=0)
    bank.arrives(pass_days(desk, 1))
    bank.lends("L9", member["member_id"], 4_000, date(2023, 11, 1))
    bank.arrives(pass_days(desk, 1))
    assert desk.refusal(erase) == "loan-outstanding"


def test_the_ledger_verifies_and_decisions_replay(
    desk: Desk, bank: Bank, member: Member, drawn: str
) -> None:
    desk.do(settle(desk, differs(desk, bank, outstanding_yuan=2_000), "BANK"))
    differs(desk, bank, outstanding_yuan=9_000)
    bank.lends("L9", member["member_id"], 4_000, date(2023, 11, 1))
    bank.arrives(pass_days(desk, 1))
    desk.restart()
    report = verify_ledger(Location.of(desk.settings))
    assert report.is_sound, report.findings
    with desk.ledger.read() as view:
        assert replay(view, drawn).differences == ()
