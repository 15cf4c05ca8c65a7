"""The bank's books of rongzi_e in an archive: what is owed, to the day, and as of when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.storage.archive import Archive
from data.storage.bank_books import BankBooks, bank_books
from data.storage.profiles import loan_months_as_of
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, archive_tables
from tests.support.bank import moment, rows_of_loans

AS_OF = date(2023, 11, 1)
VILLAGES = {"M1": "371502001001", "M2": "371503001001"}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of two members in two counties, without a loan."""
    stored = Archive(tmp_path / "archive")
    members = [
        {"member_id": member, "village_code": village, "recorded_at": moment(date(2023, 1, 1))}
        for member, village in VILLAGES.items()
    ]
    append(stored, "members", members)
    return stored


def append(archive: Archive, table: str, rows: list[dict[str, Any]]) -> None:
    schema = arrow_schema(archive_tables()[table])
    fields = pa.schema([each for each in schema if each.name != EVENT_ON])
    wanted = [{f.name: row.get(f.name, _blank(f)) for f in fields} for row in rows]
    archive.append(table, pa.Table.from_pylist(wanted, fields))


def _blank(field: pa.Field) -> Any:
    """Return a value for a column that a test does not care about."""
    if field.nullable:
        return None
    if pa.types.is_date(field.type):
        return date(2020, 1, 1)
    if pa.types.is_string(field.type):
        return "other"
    return 0


def lend(archive: Archive, **loan: Any) -> None:
    for table, rows in rows_of_loans(**loan).items():
        append(archive, table, rows)


def owed(books: BankBooks) -> dict[str, tuple[int, int]]:
    return {
        loan.loan_id: (loan.outstanding_yuan, loan.days_past_due)
        for loans in books.loans.values()
        for loan in loans
    }


def test_what_is_owed_follows_the_instalments_to_the_day(archive: Archive) -> None:
    lend(archive, loan_id="A", member_id="M1", yuan=6_000, on=date(2023, 8, 1),
         paid={1: date(2023, 9, 1)}, instalments=3, recorded=date(2023, 10, 20))  # fmt: skip
    books = bank_books(archive, AS_OF)
    assert books.day_of_county == {"371502": date(2023, 10, 20)}
    (loan,) = books.loans["M1"]
    assert (loan.lent_on, loan.lent_yuan, loan.known_on) == (
        date(2023, 8, 1), 6_000, date(2023, 10, 20),
    )  # fmt: skip
    # The second instalment fell due on 1 October and is not paid.
    assert owed(books) == {"A": (4_000, 19)}
    assert owed(bank_books(archive, date(2023, 10, 1))) == {}, "nothing was recorded before"


def test_a_loan_without_instalments_is_read_from_its_last_month(archive: Archive) -> None:
    lend(archive, loan_id="A", member_id="M1", yuan=6_000, on=date(2023, 8, 1), instalments=0,
         recorded=date(2023, 10, 20))  # fmt: skip
    append(archive, "repayments", [
        {"loan_id": "A", "month": date(2023, month, 1), "balance": balance,
         "days_past_due": late, "recorded_at": moment(date(2023, 10, 20))}
        for month, balance, late in ((8, 6_000, 0), (9, Decimal("4500.01"), 7))
    ])  # fmt: skip
    (loan,) = bank_books(archive, AS_OF).loans["M1"]
    assert (loan.outstanding_yuan, loan.days_past_due) == (4_501, 7), "a fen owed is owed"
    assert loan.known_on == date(2023, 9, 30)


def test_only_what_was_lent_of_the_product_counts(archive: Archive) -> None:
    for loan_id, product in (("A", "rongzi_e"), ("B", "micro_loan")):
        lend(archive, loan_id=loan_id, member_id="M1", yuan=6_000, on=date(2023, 8, 1),
             product=product)  # fmt: skip
    lend(archive, loan_id="C", member_id="M1", yuan=6_000, on=date(2023, 8, 1),
         decision="declined")  # fmt: skip
    assert owed(bank_books(archive, AS_OF)).keys() == {"A"}


def test_each_county_has_books_of_its_own_day(archive: Archive) -> None:
    for member, day in (("M1", date(2023, 9, 2)), ("M2", date(2023, 10, 30))):
        lend(archive, loan_id=member, member_id=member, yuan=6_000, on=date(2023, 8, 1),
             recorded=day)  # fmt: skip
    books = bank_books(archive, AS_OF)
    assert books.day_of_county == {"371502": date(2023, 9, 2), "371503": date(2023, 10, 30)}
    assert [loans[0].known_on for loans in books.loans.values()] == [
        date(2023, 9, 2), date(2023, 10, 30),
    ]  # fmt: skip


def test_an_archive_without_loans_has_no_books(archive: Archive) -> None:
    assert bank_books(archive, AS_OF) == BankBooks({}, {})


@pytest.fixture(scope="module")
def books_of_simulation(simulated_archive: Archive) -> BankBooks:
    return bank_books(simulated_archive, date(2023, 10, 1))


def test_at_a_months_end_the_books_agree_with_the_months_that_profiles_read(
    books_of_simulation: BankBooks, simulated_archive: Archive
) -> None:
    months = {row["loan_id"]: row for row in loan_months_as_of(
        simulated_archive, date(2023, 10, 1)).to_pylist()}  # fmt: skip
    loans = [loan for each in books_of_simulation.loans.values() for loan in each]
    assert len(loans) > 200
    known = [loan for loan in loans if loan.loan_id in months]
    assert len(known) > 200
    for loan in known:
        fen = months[loan.loan_id]["balance"]
        assert loan.outstanding_yuan == -(-fen // 100), loan
