"""The rows that become known of one month, by table."""

from __future__ import annotations

from data.simulator.economy.commerce import SellingHabits
from data.simulator.economy.economy import MonthResult
from data.simulator.economy.lending import Applications
from data.simulator.economy.state import State
from data.simulator.records.banking import record_bureau_reports, record_standing_payments
from data.simulator.records.events import record_adverse, record_assessments
from data.simulator.records.flows import record_flows
from data.simulator.records.frames import Frame
from data.simulator.records.loans import (
    record_loan_events,
    record_loans,
    record_payments,
    record_repayments,
    record_schedules,
)
from data.simulator.records.places import record_station_month
from data.simulator.records.plots import record_plots
from data.simulator.world.world import World


def before_lending(
    world: World, state: State, habits: SellingHabits, result: MonthResult
) -> dict[str, list[Frame]]:
    """Return what is known of the month before its new loans.

    The bank's own loans are recorded completely; other rows only in the recorded months.
    """
    rows = {
        "instalments": [record_payments(world, result)],
        "repayments": [record_repayments(world, result)],
        "loan_events": [record_loan_events(world, result.month, result.loan_events)],
    }
    if result.month >= world.start:
        flows = record_flows(world, state, habits, result)
        rows |= {name: [frame] for name, frame in flows.items()}
        rows |= {
            "station_months": [record_station_month(world, result.month)],
            "standing_payments": [record_standing_payments(world, result.month, result.standing)],
        }
    return rows


def after_lending(
    world: World, state: State, result: MonthResult, applications: Applications
) -> dict[str, list[Frame]]:
    """Return the new loans and what is recorded with them."""
    month = result.month
    rows = {
        "loans": [record_loans(world, month, applications)],
        "instalments": [record_schedules(world, month, applications)],
    }
    if month >= world.start:
        rows |= {
            "plots": record_plots(world, state, month),
            "bureau_reports": [record_bureau_reports(world, state, month, applications)],
            "assessments": [record_assessments(world, state, result, applications)],
            "adverse_records": [record_adverse(world, month, result.adverse)],
        }
    return rows
