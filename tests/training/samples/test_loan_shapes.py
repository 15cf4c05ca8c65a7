"""The months of a loan are the same whether a bank reports by month or sends its instalments.

Whole books are drawn by seed. Their monthly reports are worked out day by day in plain Python,
apart from the product.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data.storage.archive import Archive
from data.storage.profiles import profile_spine
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, archive_tables
from model.profile.flows import formulas
from training.samples.vintages import LABELS, labelled_loans
from training.settings import Settings

LOANS = 60
END = date(2024, 7, 1)
KINDS = ("harvest_bullet", "equal_instalments", "equal_principal", "quarterly_interest")
#: What the product reads from months of loans.
ATTRIBUTES = [name for name, each in formulas().items() if each.view.either]
DAYS = [date(2022, 3, 1), date(2023, 2, 17), date(2023, 10, 1), date(2024, 6, 30)]


@dataclass
class Instalment:
    """Amounts in yuan; `paid_on` is None while nothing is paid."""

    due_on: date
    principal: int
    interest: int
    paid_on: date | None
    paid: int

    def is_settled(self, day: date) -> bool:
        whole = self.paid >= self.principal + self.interest
        return whole and self.paid_on is not None and self.paid_on <= day


@dataclass
class Loan:
    number: int
    disbursed_on: date
    months: int
    kind: str
    instalments: list[Instalment]

    @property
    def amount(self) -> int:
        return sum(each.principal for each in self.instalments)

    def is_repaid(self, day: date) -> bool:
        return all(each.is_settled(day) for each in self.instalments)

    def report(self, end: date) -> dict[str, Any]:
        """Return the report of the month that ends with the day `end`."""
        late = [i for i in self.instalments if i.due_on <= end and not i.is_settled(end)]
        paid = [i for i in self.instalments if i.paid_on is not None and i.paid_on <= end]
        return {
            "loan_id": f"L{self.number}",
            "month": end.replace(day=1),
            "due": sum(i.principal + i.interest for i in self.instalments if _same(i.due_on, end)),
            "paid": sum(i.paid for i in paid if i.paid_on and _same(i.paid_on, end)),
            "days_past_due": max(((end - i.due_on).days for i in late), default=0),
            "balance": self.amount - sum(max(0, i.paid - i.interest) for i in paid),
            "recorded_at": datetime.combine(end, time(20)),
        }


def _same(day: date, end: date) -> bool:
    return (day.year, day.month) == (end.year, end.month)


def _later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, min(day.day, 28))


def _month_ends(loan: Loan) -> Iterator[date]:
    """Yield the month ends of which the bank reports `loan`, until it is repaid."""
    for later in range(60):
        start = _later(loan.disbursed_on, later).replace(day=1)
        end = _later(start, 1) - timedelta(days=1)
        if end >= END:
            return
        fell_due = any(i.due_on <= end for i in loan.instalments)
        if later or fell_due or loan.is_repaid(end):
            yield end
        if loan.is_repaid(end):
            return


def _loan(number: int, luck: random.Random) -> Loan:
    start = date(2021, 1, 1) + timedelta(days=luck.randrange(800))
    months, kind = luck.choice([1, 6, 12, 15]), luck.choice(KINDS)
    step = {"harvest_bullet": months, "quarterly_interest": 3}.get(kind, 1)
    habit, refuses = luck.choice([-40, -3, 0, 8, 45, 130]), luck.choice([99, 99, 99, 1, 2, 4])
    due = [_later(start, at) for at in [*range(step, months, step), months]]
    if number % 7 == 0:  # a few weeks only: it falls due in the month of payment or the next
        due = [start + timedelta(days=15)]
    rows = []
    for at, day in enumerate(due):
        paid_on = max(start, day + timedelta(days=habit + luck.randrange(6)))
        missed = at + 1 >= refuses or paid_on >= END
        part = missed and luck.random() < 0.3 and day < END
        whole = 110
        rows.append(
            Instalment(day, 100, 10, day if part else None, 60 if part else 0)
            if missed
            else Instalment(day, 100, 10, paid_on, whole)
        )
    return Loan(number, start, months, kind, rows)


def _store(archive: Archive, table: str, rows: list[dict[str, Any]]) -> None:
    schema = pa.schema([f for f in arrow_schema(archive_tables()[table]) if f.name != EVENT_ON])
    filled = [{field.name: row.get(field.name) for field in schema} for row in rows]
    archive.append(table, pa.Table.from_pylist(filled, schema))


def _book(folder: Path, loans: list[Loan], *shapes: str) -> Archive:
    archive, early = Archive(folder), datetime(2020, 1, 1)  # noqa: DTZ001
    _store(archive, "members", [
        {"member_id": f"M{each.number}", "id_number": "999901198001010015", "name": "某某",
         "village_code": "999901001001", "household_id": f"H{each.number // 2}",
         "occupation": "grower", "joined_on": date(2020, 1, 1), "recorded_at": early}
        for each in loans
    ])  # fmt: skip
    _store(archive, "loans", [
        {"loan_id": f"L{each.number}", "member_id": f"M{each.number}", "decision": "approved",
         "applied_on": each.disbursed_on, "disbursed_on": each.disbursed_on, "months": each.months,
         "amount": each.amount, "repayment": each.kind, "annual_rate": 0,
         "recorded_at": datetime.combine(each.disbursed_on, time(9))}
        for each in loans
    ])  # fmt: skip
    if "instalments" in shapes:
        _store(archive, "instalments", [row for each in loans for row in _versions(each)])
    if "repayments" in shapes:
        reports = [each.report(end) for each in loans for end in _month_ends(each)]
        _store(archive, "repayments", reports)
    return archive


def _versions(loan: Loan) -> Iterator[dict[str, Any]]:
    """Yield each instalment as agreed on the first day, and as paid on the day of payment."""
    for number, each in enumerate(loan.instalments, start=1):
        agreed = {
            "loan_id": f"L{loan.number}", "number": number, "due_on": each.due_on,
            "principal_due": each.principal, "interest_due": each.interest,
            "recorded_at": datetime.combine(loan.disbursed_on, time(9)),
        }  # fmt: skip
        yield agreed
        if each.paid_on is not None:
            known = datetime.combine(each.paid_on, time(20))
            yield {**agreed, "paid_on": each.paid_on, "paid": each.paid, "recorded_at": known}


def _labels(archive: Archive) -> list[list[str]]:
    return [labelled_loans(archive, day, Settings()).label.tolist() for day in DAYS]


def _attributes(archive: Archive) -> list[dict[str, Any]]:
    members = [f"M{number}" for number in range(LOANS)]
    spine = pa.table(
        {"member_id": members * len(DAYS), "as_of": [day for day in DAYS for _ in members]}
    )
    return profile_spine(archive, spine).select(["member_id", "as_of", *ATTRIBUTES]).to_pylist()


@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_labels_and_attributes_do_not_depend_on_the_shape_of_the_records(seed: int) -> None:
    luck = random.Random(seed)
    loans = [_loan(number, luck) for number in range(LOANS)]
    with TemporaryDirectory() as folder:
        monthly, daily, both = (
            _book(Path(folder) / "-".join(shapes), loans, *shapes)
            for shapes in (("repayments",), ("instalments",), ("repayments", "instalments"))
        )
        assert _labels(daily) == _labels(monthly) == _labels(both)
        assert _attributes(daily) == _attributes(monthly) == _attributes(both)


def test_the_books_drawn_hold_loans_of_every_outcome(tmp_path: Path) -> None:
    luck = random.Random(3)
    archive = _book(tmp_path, [_loan(number, luck) for number in range(LOANS)], "instalments")
    found = {label for labels in _labels(archive) for label in labels}
    assert found == set(LABELS) - {"unrecorded", "run_in"}
