"""What households ask for: amount, kind of repayment, term, purpose."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import (
    COOPERATIVE,
    GROWER,
    LIVESTOCK,
    SERVICES,
    TRADER,
    Floats,
    Ints,
    fen,
)
from data.simulator.dated import value_on
from data.simulator.economy.schedule import (
    ANNUITY,
    BULLET,
    DRAW,
    INTEREST_FIRST,
    LINEAR,
    QUARTERLY,
)
from data.simulator.economy.state import E_LOAN, State
from data.simulator.world.world import World

PURPOSES = ("inputs", "livestock", "equipment", "trade", "land", "other")
_INPUTS, _LIVESTOCK, _EQUIPMENT, _TRADE, _LAND, _OTHER = range(6)
#: Relative need for money by month of the year, of growers and of other households.
_FARM_NEED = (0.9, 1.5, 1.5, 1.0, 1.1, 0.9, 0.6, 0.9, 1.5, 1.3, 0.6, 0.5)
_TRADE_NEED = (0.9, 0.7, 0.9, 1.0, 1.0, 0.9, 0.9, 1.0, 1.1, 1.1, 1.3, 1.4)
#: Months of the year after the sale of a harvest, by special crop; last without a special crop.
_AFTER_HARVEST = ((), (), (6, 7), (11, 12), (7,), (12, 1), (7, 10), (11,), (8, 9, 12, 1))
_BULLET_TERMS = np.arange(6, 13)
_BULLET_WEIGHTS = np.array([0.26, 0.14, 0.20, 0.14, 0.08, 0.05, 0.13])
#: Kinds in the order of the shares below; a revolving line is 融资E only.
_KINDS = np.array([DRAW, BULLET, INTEREST_FIRST, QUARTERLY, ANNUITY, LINEAR])
_FARM_KINDS = (0.12, 0.50, 0.12, 0.08, 0.11, 0.07)
_TRADE_KINDS = (0.28, 0.16, 0.17, 0.10, 0.19, 0.10)


def need(world: World, month: int) -> Floats:
    """Return the relative need for money of each household, by land and season, or by trade."""
    homes, of_year = world.homes, months.month_of_year(month)
    grower = homes.works_as(GROWER)
    land = homes.own_mu + homes.leased_mu + 8 * homes.special_mu
    scale = np.where(grower, 0.5 + 0.04 * np.minimum(land, 50.0), 1.3)
    return scale * np.where(grower, _FARM_NEED[of_year - 1], _TRADE_NEED[of_year - 1])


def requests(
    world: World, state: State, product: int, month: int, household: Ints
) -> dict[str, Ints]:
    """Return amount (fen), kind, term and purpose of the households' applications."""
    homes, rng = world.homes, world.luck.own(f"request {product}", month)
    kind = _kinds(rng, homes.occupation[household], product)
    return {
        "amount": fen(_amounts(world, state, product, month, household)),
        "kind": kind,
        "term": _terms(rng, kind, homes.special[household], month),
        "purpose": _purposes(rng, homes.occupation[household]),
    }


def draw_requests(world: World, state: State, month: int, household: Ints) -> dict[str, Ints]:
    """Return the requests for draws on open lines: a part of the limit for a few months."""
    rng = world.luck.own("draw request", month)
    part = np.rint(state.line_limit[household] / 1e5 * rng.uniform(0.35, 1.0, len(household)))
    return {
        "amount": np.maximum(part, 2.0).astype(np.int64) * 100_000,
        "kind": np.full(len(household), DRAW),
        "term": rng.integers(2, 7, len(household)),
        "purpose": _purposes(rng, world.homes.occupation[household]),
    }


def _amounts(world: World, state: State, product: int, month: int, household: Ints) -> Floats:
    """Return the requested yuan: a share of a year's income, at most the ceiling of the month."""
    rule, number = world.scenario.lending, len(household)
    rng = world.luck.own(f"amount {product}", month)
    yearly = 12.0 * np.maximum(state.income_level[household], 1500.0)
    keenness = rng.normal(0, 0.4, number) + 0.25 * world.homes.traits.ambition[household]
    cap = rule.cap if product == E_LOAN else rule.earlier_cap
    ceiling = value_on(cap, month) * rng.uniform(0.8, 1.0, number)
    wish = np.minimum(rule.request_of_income * yearly * np.exp(keenness), ceiling)
    return np.maximum(np.round(wish / 1000.0), 3.0) * 1000.0


def _kinds(rng: np.random.Generator, occupation: Ints, product: int) -> Ints:
    """Return the kinds: growers mostly repay after harvest, traders in instalments or by a line."""
    drawn, trades = (
        rng.random(len(occupation)),
        np.isin(occupation, (TRADER, SERVICES, LIVESTOCK, COOPERATIVE)),
    )
    shares = np.where(trades[:, None], _TRADE_KINDS, _FARM_KINDS)
    shares[:, 0] *= product == E_LOAN
    edges = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    return np.asarray(_KINDS[np.minimum((drawn[:, None] > edges).sum(axis=1), len(_KINDS) - 1)])


def _terms(rng: np.random.Generator, kind: Ints, special: Ints, month: int) -> Ints:
    """Return the terms: bullets mostly fall due after the borrower's harvest is sold."""
    number = len(kind)
    cumulated = np.cumsum(_bullet_weights(month), axis=1)[special]
    index = (rng.random(number)[:, None] > cumulated).sum(axis=1)
    other = rng.choice(np.array([12, 18, 24]), number, p=[0.72, 0.14, 0.14])
    quarters = rng.choice(np.array([6, 12, 24]), number, p=[0.2, 0.65, 0.15])
    draw = rng.integers(2, 7, number)
    bullet = _BULLET_TERMS[np.minimum(index, 6)]
    return np.select(
        [kind == BULLET, kind == DRAW, kind == QUARTERLY], [bullet, draw, quarters], other
    )


def _bullet_weights(month: int) -> Floats:
    """Return the probability of each bullet term, by special crop; last row without one."""
    due = months.month_of_year(month + _BULLET_TERMS)
    fits = np.array([np.isin(due, sold) for sold in _AFTER_HARVEST])
    weights = _BULLET_WEIGHTS * np.where(fits, 1.0, 0.06)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _purposes(rng: np.random.Generator, occupation: Ints) -> Ints:
    drawn = rng.random(len(occupation))
    farm = np.select(
        [drawn < 0.62, drawn < 0.8, drawn < 0.92], [_INPUTS, _EQUIPMENT, _LAND], _OTHER
    )
    herd = np.where(drawn < 0.85, _LIVESTOCK, _EQUIPMENT)
    trade = np.where(drawn < 0.88, _TRADE, _OTHER)
    traders = (occupation == TRADER) | (occupation == SERVICES)
    return np.select([traders, occupation == LIVESTOCK], [trade, herd], farm).astype(np.int64)
