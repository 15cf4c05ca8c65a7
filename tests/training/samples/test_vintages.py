"""Labels of loans in their performance windows, as known on the training date."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import archive_tables
from training.samples.sample import out_of_time
from training.samples.vintages import labelled_loans, vintage_rows
from training.settings import Settings

SETTINGS = Settings()
#: The archive keeps wall-clock times without a zone.
EARLY = datetime.fromisoformat("2021-01-01")


def store(archive, table, rows):
    """Append `rows` of `table`, columns left out being blank."""
    schema = arrow_schema(archive_tables()[table])
    names = [name for name in schema.names if name != "event_on"]
    columns = {
        name: pa.array([row.get(name) for row in rows], schema.field(name).type) for name in names
    }
    archive.append(table, pa.table(columns))


def month(start, later):
    """Return the first day of the month `later` months after `start`'s."""
    number = start.year * 12 + start.month - 1 + later
    return date(number // 12, number % 12 + 1, 1)


def known_after(first_day, days=5):
    following = month(first_day, 1)
    return datetime.fromisoformat(f"{following:%Y-%m}-{days:02d}")


class Book:
    """An archive of loans, written as a branch would report them."""

    def __init__(self, folder):
        self.archive = Archive(folder)

    def loan(self, loan_id, disbursed, months=12, repayment="equal_instalments", **more):
        row = {
            "loan_id": loan_id, "member_id": f"M-{loan_id}", "applied_on": disbursed,
            "decision": "approved", "disbursed_on": disbursed, "amount": 10_000, "months": months,
            "repayment": repayment, "recorded_at": EARLY,
        }  # fmt: skip
        store(self.archive, "loans", [row | more])

    def pay(self, loan_id, disbursed, arrears, closed=False):
        """Report `arrears`, days past due by month on book; `closed` leaves nothing to pay."""
        rows = []
        for at, days in enumerate(arrears):
            on = month(disbursed, 1 + at)
            left = 0 if closed and at == len(arrears) - 1 else 5_000
            rows.append(self.report(loan_id, on, days, left))
        store(self.archive, "repayments", rows)

    @staticmethod
    def report(loan_id, on, days, left=5_000, known=None):
        return {
            "loan_id": loan_id, "month": on, "due": 900, "paid": 900, "days_past_due": days,
            "balance": left, "recorded_at": known or known_after(on),
        }  # fmt: skip

    def label(self, as_of, loan_id="L1", settings=SETTINGS):
        loans = labelled_loans(self.archive, as_of, settings)
        return dict(zip(loans.loan_id, loans.label, strict=True)).get(loan_id)


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


MARCH = date(2021, 3, 15)
RIPE = date(2022, 5, 1)


def test_ninety_days_within_twelve_months_on_book_is_bad(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0] * 11 + [90])
    assert book.label(RIPE) == "bad"


def test_ninety_days_in_the_thirteenth_month_is_too_late_to_be_bad(book):
    book.loan("L1", MARCH, months=24)
    book.pay("L1", MARCH, [0] * 11 + [29, 120])
    assert book.label(date(2022, 6, 1)) == "good"


def test_thirty_to_eighty_nine_days_is_indeterminate(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0, 30, 89] + [0] * 9)
    assert book.label(RIPE) == "indeterminate"


def test_a_loan_repaid_early_and_on_time_is_good(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0, 0, 29], closed=True)
    assert book.label(RIPE) == "good"


def test_a_loan_enters_by_the_calendar_even_if_it_is_bad_already(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0] * 4 + [30, 60, 90, 120])
    assert book.label(date(2022, 1, 1)) == "unripe"


def test_the_first_day_after_the_window_is_soon_enough_if_all_is_recorded(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0] * 11)
    last = Book.report("L1", month(MARCH, 12), 0, known=datetime.fromisoformat("2022-03-31T23"))
    store(book.archive, "repayments", [last])
    assert book.label(date(2022, 3, 31)) == "unripe"
    assert book.label(date(2022, 4, 1)) == "good"


def test_a_loan_whose_last_report_has_not_arrived_is_unrecorded(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0] * 12)
    assert book.label(date(2022, 4, 5)) == "unrecorded"
    assert book.label(date(2022, 4, 6)) == "good"


def test_a_correction_counts_from_the_day_after_it_is_recorded(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0] * 12)
    wrong = month(MARCH, 10)
    mended = Book.report("L1", wrong, 95, known=datetime.fromisoformat("2022-08-01T09"))
    store(book.archive, "repayments", [mended])
    assert book.label(date(2022, 8, 1)) == "good"
    assert book.label(date(2022, 8, 2)) == "bad"


def test_a_bullet_loan_is_judged_from_its_maturity(book):
    book.loan("L1", MARCH, months=8, repayment="harvest_bullet")
    # Due in November 2021; nothing can be overdue before, ninety days have passed by February.
    book.pay("L1", MARCH, [0] * 8 + [20, 50, 80, 110, 140])
    assert book.label(date(2022, 3, 1)) == "unripe"
    assert book.label(date(2022, 5, 1)) == "bad"


@pytest.mark.parametrize("kind", ["interest_first", "quarterly_interest", "revolving"])
def test_a_loan_whose_principal_falls_due_at_the_end_is_judged_by_its_maturity(book, kind):
    book.loan("L1", MARCH, months=12, repayment=kind)
    # Interest is paid; the principal, due in March 2022, is not.
    book.pay("L1", MARCH, [0] * 12 + [16, 46, 76, 107])
    assert book.label(RIPE) == "unripe"
    assert book.label(date(2022, 7, 1)) == "unripe"
    assert book.label(date(2022, 9, 1)) == "bad"


def test_what_happens_later_than_four_months_after_maturity_is_too_late_to_be_bad(book):
    book.loan("L1", MARCH, months=12, repayment="interest_first")
    book.pay("L1", MARCH, [0] * 16 + [95])
    assert book.label(date(2022, 9, 1)) == "good"


def test_a_bullet_loan_paid_at_maturity_is_good_once_ninety_days_have_passed(book):
    book.loan("L1", MARCH, months=8, repayment="harvest_bullet")
    book.pay("L1", MARCH, [0] * 8, closed=True)
    assert book.label(date(2022, 3, 1)) == "unripe"
    assert book.label(date(2022, 4, 1)) == "good"


@pytest.mark.parametrize("kind", ["restructured", "written_off"])
def test_a_restructured_or_written_off_loan_is_bad_on_that_day(book, kind):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0] * 12)
    event = {"loan_id": "L1", "happened_on": date(2021, 9, 20), "kind": kind}
    store(book.archive, "loan_events", [event | {"recorded_at": known_after(MARCH)}])
    assert book.label(RIPE) == "bad"


def test_a_loan_restructured_after_its_window_or_extended_is_judged_by_its_days(book):
    book.loan("L1", MARCH, months=24)
    book.pay("L1", MARCH, [0] * 14)
    for day, kind in ((date(2022, 4, 20), "restructured"), (date(2021, 9, 20), "extended")):
        event = {"loan_id": "L1", "happened_on": day, "kind": kind}
        store(book.archive, "loan_events", [event | {"recorded_at": known_after(MARCH)}])
    assert book.label(date(2022, 7, 1)) == "good"


@pytest.mark.parametrize(
    "never", [{"decision": "declined", "disbursed_on": None}, {"disbursed_on": None}]
)
def test_a_loan_never_disbursed_has_no_label(book, never):
    book.loan("L1", MARCH, **never)
    assert book.label(RIPE) is None


def test_a_loan_recorded_or_disbursed_later_is_not_known_yet(book):
    book.loan("L1", MARCH, recorded_at=datetime.fromisoformat("2022-06-01"))
    assert book.label(RIPE) is None
    book.loan("L2", date(2022, 7, 1), applied_on=MARCH)
    assert book.label(RIPE, "L2") is None


def test_loans_applied_for_before_the_archive_had_history_are_not_in_the_sample(book):
    cashflow = {
        "member_id": "M-L1", "month": date(2021, 2, 1), "average_balance": 1, "recorded_at": EARLY,
    }  # fmt: skip
    store(book.archive, "cashflow", [cashflow])
    for name, start in (("L1", MARCH), ("L2", date(2021, 5, 3))):
        book.loan(name, start)
        book.pay(name, start, [0] * 12)
    as_of = date(2023, 1, 1)
    assert (book.label(as_of), book.label(as_of, "L2")) == ("run_in", "good")


def test_another_definition_of_bad_is_a_setting(book):
    book.loan("L1", MARCH)
    book.pay("L1", MARCH, [0, 0, 45, 0])
    quick = Settings(window_months=3, bad_days=30, indeterminate_days=10)
    assert book.label(date(2021, 8, 1), settings=quick) == "bad"


def test_counts_by_vintage_add_up(book):
    starts = [date(2021, 3, 1), date(2021, 3, 20), date(2021, 4, 2), date(2022, 3, 1)]
    for number, start in enumerate(starts):
        book.loan(f"L{number}", start)
        book.pay(f"L{number}", start, [0, 95] if number == 1 else [0] * 12)
    rows = vintage_rows(labelled_loans(book.archive, date(2022, 5, 6), SETTINGS))
    assert [(r.vintage, r.loans, r.good, r.bad, r.unripe) for r in rows] == [
        ("2021-03", 2, 1, 1, 0), ("2021-04", 1, 1, 0, 0), ("2022-03", 1, 0, 0, 1),
    ]  # fmt: skip


def test_the_latest_vintages_are_held_out_until_loans_and_bads_suffice():
    vintage = np.repeat(np.arange("2021-01", "2021-11", dtype="datetime64[M]"), 100)
    bad = np.arange(1000) % 20 == 0
    held = out_of_time(vintage, bad, SETTINGS)
    assert held.sum() == 300
    assert vintage[held].min() == np.datetime64("2021-08")
    few = out_of_time(vintage, bad & (vintage < np.datetime64("2021-07")), SETTINGS)
    assert vintage[few].min() == np.datetime64("2021-04")
