"""Records of monthly flows by member: parcels, sales, cash flow; and of repayments."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import STATION, Bools, Floats, Ints, fen
from data.simulator.economy.commerce import Habits, Trade, expected_parcels, observed_trade
from data.simulator.economy.economy import MonthResult
from data.simulator.economy.state import State
from data.simulator.records.frames import Frame, blank_where
from data.simulator.records.lateness import record_versions
from data.simulator.world.world import World

_SMALLEST_SALE = 200.0
_TICKET = np.array([90.0, 75.0, 85.0, 160.0])


def record_flows(
    world: World, state: State, habits: Habits, result: MonthResult
) -> dict[str, Frame]:
    """Return the month's rows of parcels, sales and cash flow, all versions."""
    trade = observed_trade(world, habits, result)
    members = np.flatnonzero(world.people.flows_month <= result.month)
    orders, sales = _sales(world, result.month, members, trade)
    return {
        "sales": sales,
        "parcels": _parcels(world, state, result.month, members, trade, orders),
        "cashflow": _cashflow(world, habits, result, trade),
    }


def record_repayments(world: World, state: State, result: MonthResult) -> Frame:
    """Return a row per open loan: amount due, amount paid, days past due, balance."""
    loan, month = state.loan, result.month
    rows = np.flatnonzero(loan.open & (loan.start < month))
    due = np.maximum(loan.scheduled(month) - loan.scheduled(month - 1), 0)
    frame = Frame(
        {
            "loan_id": loan.number[rows],
            "month": np.full(len(rows), month),
            "due": due[rows],
            "paid": result.paid[rows],
            "days_past_due": result.days_past_due[rows],
            "balance": loan.principal_left()[rows],
        }
    )
    wrong = frame.replaced(paid=frame.columns["paid"] // 10)
    day = np.full(len(frame), int(months.last_day(month)))
    return record_versions(world, "repayments", month, frame, day, wrong, lossy=False)


def _sales(world: World, month: int, members: Ints, trade: Trade) -> tuple[Ints, Frame]:
    """Return the online orders of each member and the rows of `sales`."""
    people, rng = world.people, world.luck.shared("sales", month)
    amounts = trade.amounts[people.household[members]] * people.share[members][:, None]
    amounts = np.where(amounts >= _SMALLEST_SALE, np.round(amounts, 1), 0.0)
    orders = np.where(amounts > 0, np.maximum(rng.poisson(amounts / _TICKET), 1), 0)
    refunded = np.where(
        rng.random(amounts.shape) < 0.3, rng.uniform(0.004, 0.05, amounts.shape), 0.0
    )
    who, channel = np.nonzero(amounts)
    rows = Frame(
        {
            "member_id": members[who],
            "month": np.full(len(who), month),
            "channel": channel,
            "orders": orders[who, channel],
            "amount": fen(amounts[who, channel]),
            "refunds": fen(np.round(amounts * refunded, 1)[who, channel]),
        }
    )
    online = np.delete(orders, STATION, axis=1).sum(axis=1)
    return online, _versions(world, "sales", month, rows, "amount", 10)


def _parcels(
    world: World, state: State, month: int, members: Ints, trade: Trade, orders: Ints
) -> Frame:
    people, rng = world.people, world.luck.shared("parcels", month)
    home, share = people.household[members], people.share[members]
    sent = orders + rng.poisson(0.08, len(members))
    fresh = rng.binomial(orders, trade.fresh_share[home])
    wanted = expected_parcels(world, state, trade.station)[home] * share
    received = rng.poisson(wanted * 0.65)
    active = np.flatnonzero(sent + received > 0)
    rows = Frame(
        {
            "member_id": members[active],
            "month": np.full(len(active), month),
            "sent": sent[active],
            "received": received[active],
            "fresh_sent": fresh[active],
            "damage_claims": rng.binomial(fresh, 0.012)[active],
        }
    )
    return _versions(world, "parcels", month, rows, "received", 10)


def _cashflow(world: World, habits: Habits, result: MonthResult, trade: Trade) -> Frame:
    people = world.people
    members = np.flatnonzero(people.account_month <= result.month)
    home, share = people.household[members], people.share[members]
    first = people.principal[members]
    rng = world.luck.shared("cashflow", result.month)
    receipts = trade.qr[home] * share
    bills = np.where(first, world.homes.bills[home], 0)
    pays = bills > 0
    rows = Frame(
        {
            "member_id": members,
            "month": np.full(len(members), result.month),
            "average_balance": fen(result.balance[home] * share),
            "qr_receipts": blank_where(fen(np.round(receipts, 1)), ~habits.takes_qr[home]),
            "qr_payers": blank_where(rng.poisson(receipts / 60.0), ~habits.takes_qr[home]),
            "bills_due": blank_where(bills, ~pays),
            "bills_paid_on_time": blank_where(result.bills_on_time[home], ~pays),
            "subsidy": _fen_of_first_member(result.subsidy[home], first),
            "insurance_premium": _fen_of_first_member(result.premium[home], first),
        }
    )
    return _versions(world, "cashflow", result.month, rows, "average_balance", 10)


def _fen_of_first_member(yuan: Floats, is_first: Bools) -> Ints:
    return fen(np.where(is_first, np.round(yuan), np.zeros(len(yuan))))


def _versions(world: World, table: str, month: int, rows: Frame, column: str, factor: int) -> Frame:
    """Return the recorded versions of monthly rows; a wrong first version has a digit too many."""
    wrong = rows.replaced(**{column: rows.columns[column] * factor})
    day = np.full(len(rows), int(months.last_day(month)))
    return record_versions(world, table, month, rows, day, wrong)
