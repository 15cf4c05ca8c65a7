"""Loans granted to everyone by the truth: a standard one, the one asked for, or one of a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.arrays import Bools, Floats, Ints
from data.simulator.economy.lending import annual_rate
from data.simulator.economy.requests import requests
from data.simulator.economy.schedule import BULLET, REPAYMENTS
from data.simulator.economy.state import E_LOAN, State
from data.simulator.world.id_numbers import member_ids
from data.simulator.world.world import World

#: The standard loan: fen, months, annual rate; it is repaid in one sum.
_AMOUNT, _TERM, _ANNUAL_RATE = 3_000_000, 12, 0.047


@dataclass(frozen=True)
class Offers:
    """One loan per household: fen, kind, months, annual rate; `given` is False without one.

    `holder` is the member whom it is offered to, by number; -1 for any of the household.
    """

    given: Bools
    holder: Ints
    amount: Ints
    kind: Ints
    term: Ints
    rate: Floats


def standard_offers(world: World) -> Offers:
    """Return 30,000 yuan for 12 months, repaid in one sum, for every household."""
    number = len(world.homes)
    return Offers(
        given=np.ones(number, dtype=bool),
        holder=np.full(number, -1),
        amount=np.full(number, _AMOUNT),
        kind=np.full(number, BULLET),
        term=np.full(number, _TERM),
        rate=np.full(number, _ANNUAL_RATE),
    )


def asked_offers(world: World, state: State, as_of: int) -> Offers:
    """Return the loan that each household would ask for: by its income, trade and season."""
    every = np.arange(len(world.homes))
    asked = requests(world, state, E_LOAN, as_of - 1, every)
    return Offers(
        given=np.ones(len(every), dtype=bool),
        holder=np.full(len(every), -1),
        amount=asked["amount"],
        kind=asked["kind"],
        term=asked["term"],
        rate=np.full(len(every), annual_rate(world, as_of - 1)),
    )


def table_offers(world: World, table: pa.Table) -> Offers:
    """Return the offers of a table, such as an edition's rows; a household has its largest one.

    Rows without a limit are no offers. Households of members that the table lacks have none.
    """
    position = pc.index_in(table["member_id"], pa.array(member_ids(len(world.people)))).to_numpy(
        zero_copy_only=False
    )
    limit = pc.fill_null(table["limit_yuan"], 0).to_numpy().astype(np.int64)
    rows = np.flatnonzero((limit > 0) & np.isfinite(position))
    rows = rows[np.argsort(limit[rows], kind="stable")]
    home = world.people.household[position[rows].astype(np.int64)]
    base, given = standard_offers(world), np.zeros(len(world.homes), dtype=bool)
    given[home] = True
    words = pc.index_in(table["repayment"], pa.array(REPAYMENTS))
    kinds = pc.fill_null(words, BULLET).to_numpy().astype(np.int64)
    columns = {
        "holder": np.where(np.isfinite(position), position, -1).astype(np.int64),
        "amount": limit * 100,
        "kind": kinds,
        "term": pc.fill_null(table["months"], _TERM).to_numpy().astype(np.int64),
        "rate": pc.fill_null(table["annual_rate"], _ANNUAL_RATE).to_numpy().astype(np.float64),
    }
    loan = {}
    for name, values in columns.items():
        filled = getattr(base, name).copy()
        filled[home] = values[rows]
        loan[name] = filled
    return Offers(given=given, **loan)
