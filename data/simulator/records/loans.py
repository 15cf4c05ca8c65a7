"""Records of loans: applications, schedules and payments to the day, monthly reports, events."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, SERVICES, TRADER, Ints
from data.simulator.economy import schedule
from data.simulator.economy.collection import LoanEvents
from data.simulator.economy.economy import LoanBook, MonthResult
from data.simulator.economy.lending import Applications
from data.simulator.economy.state import EARLIER
from data.simulator.records.frames import NULL, Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, record_versions, visible_at_end
from data.simulator.world.world import World

PRODUCTS = ("rongzi_e", "micro_loan", "guaranteed_loan", "business_loan")
_E_LOAN, _MICRO, _GUARANTEED, _BUSINESS = range(4)
_OTHER_PURPOSE = 5


def record_loans(world: World, month: int, applications: Applications) -> Frame:
    """Return the month's applications with their decisions."""
    first = int(months.first_day(month)) - 1
    millionths = np.rint(applications.rate * 1e6).astype(np.int64)
    borrower = world.people.principal_of
    guaranteed = applications.guarantor >= 0
    rows = Frame(
        {
            "loan_id": applications.number,
            "member_id": borrower[applications.household],
            "product": _products(world, applications),
            "line_id": blank_where(applications.line, applications.line < 0),
            "applied_on": first + applications.applied,
            "decision": applications.approved.astype(np.int64),
            "disbursed_on": blank_where(first + applications.day, ~applications.disbursed),
            "amount": applications.amount,
            "annual_rate": blank_where(millionths, ~applications.approved),
            "months": applications.term,
            "repayment": applications.kind,
            "purpose": applications.purpose,
            "guarantor_id": blank_where(borrower[applications.guarantor], ~guaranteed),
        }
    )
    wrong = rows.replaced(purpose=np.full(len(rows), _OTHER_PURPOSE))
    # Repayments refer to the loan, so it is recorded on its first day.
    return record_versions(
        world, "loans", month, rows, first + applications.day, wrong, lossy=False, prompt=True
    )


def record_schedules(world: World, month: int, applications: Applications) -> Frame:
    """Return every instalment of the month's new loans, as agreed and unpaid."""
    lent = np.flatnonzero(applications.disbursed)
    counts = schedule.instalment_count(applications.kind[lent], applications.term[lent])
    loan = np.repeat(lent, counts)
    number = np.arange(len(loan)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    kind, term = applications.kind[loan], applications.term[loan]
    principal, interest = schedule.instalment(
        kind, applications.amount[loan], applications.rate[loan], term, number
    )
    day = applications.day[loan]
    due_month = month + schedule.due_after(kind, term, number)
    rng = world.luck.shared("record schedules", month)
    signed = evening_times(rng, months.first_day(month) + applications.day - 1)
    return Frame(
        {
            "loan_id": applications.number[loan],
            "number": number,
            "due_on": months.first_day(due_month) + day - 1,
            "principal_due": principal,
            "interest_due": interest,
            "paid_on": np.full(len(loan), NULL),
            "paid": np.full(len(loan), NULL),
            "recorded_at": signed[loan],
        }
    )


def record_payments(world: World, result: MonthResult) -> Frame:
    """Return the instalments paid in the month: later versions of the schedules' rows."""
    rng = world.luck.shared("record payments", result.month)
    frames = []
    for book in result.books:
        paid = book.payments
        late = rng.random(len(paid.loan)) < world.scenario.records.late
        known = paid.paid_on + np.where(late, rng.integers(1, 20, len(late)), 0)
        frames.append(
            Frame(
                {
                    "loan_id": paid.loan,
                    "number": paid.number,
                    "due_on": paid.due_on,
                    "principal_due": paid.principal,
                    "interest_due": paid.interest,
                    "paid_on": paid.paid_on,
                    "paid": paid.principal + paid.interest,
                    "recorded_at": evening_times(rng, known),
                }
            )
        )
    return visible_at_end(world, concat(frames))


def record_repayments(world: World, result: MonthResult) -> Frame:
    """Return a row per open loan: amount due, amount paid, days past due, balance."""
    frame = concat([_report(book, result.month) for book in result.books])
    wrong = frame.replaced(paid=frame.columns["paid"] // 10)
    day = np.full(len(frame), int(months.last_day(result.month)))
    return record_versions(world, "repayments", result.month, frame, day, wrong, lossy=False)


def record_loan_events(world: World, month: int, events: LoanEvents) -> Frame:
    """Return extensions, restructurings, write-offs and transfers, recorded on their day."""
    rng = world.luck.shared("record loan events", month)
    return visible_at_end(
        world,
        Frame(
            {
                "loan_id": events.loan,
                "happened_on": events.on,
                "kind": events.kind,
                "new_maturity": blank_where(events.maturity, events.maturity >= NEVER),
                "recorded_at": evening_times(rng, events.on),
            }
        ),
    )


def _report(book: LoanBook, month: int) -> Frame:
    return Frame(
        {
            "loan_id": book.loan,
            "month": np.full(len(book.loan), month),
            "due": book.due,
            "paid": book.paid,
            "days_past_due": book.days_past_due,
            "balance": book.balance,
        }
    )


def _products(world: World, applications: Applications) -> Ints:
    """Return the product: the earlier loans are named by guarantor and trade."""
    trades = np.isin(world.homes.occupation[applications.household], (TRADER, SERVICES))
    earlier = np.where(
        applications.guarantor >= 0, _GUARANTEED, np.where(trades, _BUSINESS, _MICRO)
    )
    return np.where(applications.product == EARLIER, earlier, _E_LOAN)
