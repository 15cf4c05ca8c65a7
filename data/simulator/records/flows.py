"""Records of monthly flows by member: parcels, sales, cash flow; and of repayments."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import STATION, Bools, Floats, Ints, fen
from data.simulator.economy.commerce import SellingHabits, Trade, observed_trade
from data.simulator.economy.economy import MonthResult
from data.simulator.economy.state import State
from data.simulator.records.cooperatives import (
    JOINT_CHANNEL,
    cooperative_of,
    record_joint_sales,
)
from data.simulator.records.frames import NULL, Frame, blank_where
from data.simulator.records.lateness import record_versions
from data.simulator.world.world import World

_SMALLEST_SALE = 200.0
#: Shares of wages and of money sent home that pass through accounts at this bank.
_WAGES_SEEN, _SENT_SEEN = 0.45, 0.6
_TICKET = np.array([90.0, 75.0, 85.0, 160.0])


def record_flows(
    world: World, state: State, habits: SellingHabits, result: MonthResult
) -> dict[str, Frame]:
    """Return the month's rows of parcels, sales and cash flow, all versions."""
    trade = observed_trade(world, state, habits, result)
    members = np.flatnonzero(world.people.flows_month <= result.month)
    orders, sold = _sales(world, result.month, members, trade)
    return {
        "sales": _versions(world, "sales", result.month, sold, "amount", 10),
        "cooperative_sales": record_joint_sales(world, result.month, sold),
        "parcels": _parcels(world, result.month, members, trade, orders),
        "cashflow": _cashflow(world, habits, result, trade),
    }


def _sales(world: World, month: int, members: Ints, trade: Trade) -> tuple[Ints, Frame]:
    """Return the online orders of each member and the rows of the month's sales."""
    people, rng = world.people, world.luck.shared("sales", month)
    amounts = trade.amounts[people.household[members]] * people.share[members][:, None]
    amounts = np.where(amounts >= _SMALLEST_SALE, np.round(amounts, 1), 0.0)
    orders = np.where(amounts > 0, np.maximum(rng.poisson(amounts / _TICKET), 1), 0)
    refunded = _refund_shares(rng, orders, trade.refund_share[people.household[members]])
    who, channel = np.nonzero(amounts)
    rows = Frame(
        {
            "member_id": members[who],
            "month": np.full(len(who), month),
            "channel": channel,
            "cooperative_id": np.where(
                channel == JOINT_CHANNEL,
                cooperative_of(world, month)[people.household[members[who]]],
                NULL,
            ),
            "orders": orders[who, channel],
            "amount": fen(amounts[who, channel]),
            "refunds": fen(np.round(amounts * refunded, 1)[who, channel]),
        }
    )
    online = np.delete(orders, STATION, axis=1).sum(axis=1)
    return online, rows


def _refund_shares(rng: np.random.Generator, orders: Ints, expected: Floats) -> Floats:
    """Return the refunded share of each member's sales by channel: whole orders are refunded."""
    refunded = rng.binomial(orders, expected[:, None])
    return np.asarray(refunded / np.maximum(orders, 1))


def _parcels(world: World, month: int, members: Ints, trade: Trade, orders: Ints) -> Frame:
    people, rng = world.people, world.luck.shared("parcels", month)
    home, share = people.household[members], people.share[members]
    sent = orders + rng.poisson(0.08, len(members))
    fresh = rng.binomial(orders, trade.fresh_share[home])
    received = rng.poisson(trade.received[home] * share * 0.65)
    active = np.flatnonzero(sent + received > 0)
    rows = Frame(
        {
            "member_id": members[active],
            "month": np.full(len(active), month),
            "sent": sent[active],
            "received": received[active],
            "fresh_sent": fresh[active],
            "next_morning_sent": rng.binomial(sent, trade.next_morning[home])[active],
            "damage_claims": rng.binomial(fresh, trade.claim_share[home])[active],
        }
    )
    return _versions(world, "parcels", month, rows, "received", 10)


def _cashflow(world: World, habits: SellingHabits, result: MonthResult, trade: Trade) -> Frame:
    people = world.people
    members = np.flatnonzero(people.account_month <= result.month)
    home, share = people.household[members], people.share[members]
    first = people.principal[members]
    rng = world.luck.shared("cashflow", result.month)
    receipts = trade.qr[home] * share
    bills = np.where(first, world.homes.bills[home], 0)
    pays = bills > 0
    # One bill a month is for electricity; the others are counted apart from it.
    power = np.minimum(result.bills_on_time[home], rng.binomial(1, 0.5, len(home)))
    power = np.where(result.bills_on_time[home] >= bills, 1, power)
    rows = Frame(
        {
            "member_id": members,
            "month": np.full(len(members), result.month),
            "average_balance": fen(result.balance[home] * share),
            "qr_receipts": blank_where(fen(np.round(receipts, 1)), ~habits.takes_qr[home]),
            "qr_payers": blank_where(rng.poisson(receipts / 60.0), ~habits.takes_qr[home]),
            "wages_credited": fen(np.round(result.earnings.wages[home] * _WAGES_SEEN * share)),
            "remittances": fen(np.round(result.earnings.remittances[home] * _SENT_SEEN * share)),
            "bills_due": blank_where(bills, ~pays),
            "bills_paid_on_time": blank_where(result.bills_on_time[home], ~pays),
            "electricity_bills_due": blank_where(np.minimum(bills, 1), ~pays),
            "electricity_bills_paid_on_time": blank_where(power, ~pays),
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
