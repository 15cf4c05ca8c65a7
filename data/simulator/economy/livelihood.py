"""Income other than farming: wages, trade, services and herds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import LIVESTOCK, SERVICES, TRADER, Floats
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: Trade by month of the year; Spring Festival and autumn weddings are the seasons.
_TRADE_SEASON = (1.25, 1.05, 0.9, 0.92, 0.95, 0.92, 0.88, 0.92, 1.05, 1.1, 1.0, 1.06)
_HERD_SEASON = (1.3, 1.0, 0.85, 0.85, 0.85, 0.85, 0.85, 0.9, 1.0, 1.1, 1.2, 1.25)


@dataclass(frozen=True)
class Earnings:
    """The turnovers of a month, its wages and remittances, and the net income, in yuan."""

    wages: Floats
    remittances: Floats
    trade: Floats
    services: Floats
    herds: Floats
    net: Floats


def work(world: World, state: State, month: int) -> Earnings:
    """Return the earnings of a month; update jobs, the fortune of trades and the herds."""
    _fortune(world, state, month)
    wages = _wages(world, state, month)
    turnover = _turnover(world, state, month)
    trader, services = world.homes.works_as(TRADER), world.homes.works_as(SERVICES)
    sold, feed = _herds(world, state, month)
    fixed = world.scenario.livelihood.fixed_cost * world.homes.turnover
    sent_home = _remittances(world, state, month)
    net = (
        wages
        + sent_home
        + turnover * world.homes.margin
        - np.where(trader, fixed, 0.0)
        + sold
        - feed
    )
    return Earnings(
        wages=wages,
        remittances=sent_home,
        trade=np.where(trader, turnover, 0.0),
        services=np.where(services, turnover, 0.0),
        herds=sold,
        net=net,
    )


def _fortune(world: World, state: State, month: int) -> None:
    """Update the fortune of each trade and the employment of each household."""
    life, number = world.scenario.livelihood, len(world.homes)
    rng = world.luck.own("fortune", month)
    state.trade = life.trade_persistence * state.trade + rng.normal(0, life.trade_shock, number)
    drawn = rng.random(number)
    lost = drawn < life.job_lost * world.shocks.jobs(month) * np.exp(
        -0.3 * world.homes.traits.ability
    )
    state.employed = np.where(state.employed, ~lost, drawn < life.job_found)


def _wages(world: World, state: State, month: int) -> Floats:
    homes = world.homes
    able = np.where(state.sick > 0, 0.6, 1.0) * np.where(state.employed, 1.0, 0.15)
    holiday = 0.6 if months.month_of_year(month) == 2 else 1.0
    noise = world.luck.own("wages", month).lognormal(-0.01, 0.14, len(homes))
    return np.asarray(homes.workers * homes.wage * able * holiday * noise)


def _remittances(world: World, state: State, month: int) -> Floats:
    """Return what children who work in cities send home: most before Spring Festival."""
    homes, life = world.homes, world.scenario.livelihood
    noise = world.luck.own("remittances", month).gamma(2.0, 0.5, len(homes))
    season = 3.0 if months.month_of_year(month) == 1 else 0.82
    return np.asarray(homes.away * homes.wage * life.sent_home * season * noise)


def _turnover(world: World, state: State, month: int) -> Floats:
    homes = world.homes
    noise = world.luck.own("turnover", month).lognormal(-0.02, 0.18, len(homes))
    season = _TRADE_SEASON[months.month_of_year(month) - 1]
    reach = world.shocks.roads(month)[homes.county]
    able = np.where(state.sick > 0, 0.7, 1.0)
    return np.asarray(homes.turnover * np.exp(state.trade) * season * reach * able * noise)


def _herds(world: World, state: State, month: int) -> tuple[Floats, Floats]:
    """Return the sales of animals and the cost of feed; disease reduces a herd."""
    homes, life = world.homes, world.scenario.livelihood
    rng = world.luck.own("herds", month)
    ill = world.shocks.disease(month)[homes.township] | (rng.random(len(homes)) < 0.004)
    state.herd_health = np.where(
        ill, 1 - life.head_disease_loss, np.minimum(1.0, state.herd_health + 0.04)
    )
    season = _HERD_SEASON[months.month_of_year(month) - 1] * world.shocks.roads(month)[homes.county]
    heads = homes.herd * state.herd_health
    sold = rng.poisson(heads * life.head_sold * season)
    price = life.head_price * np.exp(world.shocks.herd_price(month) + 0.05 * homes.traits.ability)
    feed = np.where(homes.works_as(LIVESTOCK), heads * life.head_feed, 0.0)
    return sold * price, feed
