"""Farming: inputs before a season, yields at harvest, sales in the market months of a crop."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import CROPS, NO_CROP, Floats, Ints
from data.simulator.economy.state import State
from data.simulator.world.world import World

WHEAT, MAIZE = 0, 1
#: Season of the archive contract in which each crop is harvested.
SEASON_OF = {"wheat": "S", "maize": "A", "melon": "G", "pear": "A", "cherry": "S", "jujube": "A",
             "vegetable": "G", "other": "A"}  # fmt: skip
#: Month in which each crop's inputs are bought, and the share of each crop sold by month.
_INPUT_MONTH = (10, 6, 1, 3, 2, 3, 1, 4)
_MARKET: tuple[dict[int, float], ...] = (
    {6: 0.5, 7: 0.3, 8: 0.2},
    {10: 0.5, 11: 0.3, 12: 0.2},
    {3: 0.15, 4: 0.35, 5: 0.35, 6: 0.15},
    {9: 0.4, 10: 0.3, 11: 0.15, 12: 0.1, 1: 0.05},
    {5: 0.6, 6: 0.4},
    {10: 0.4, 11: 0.2, 12: 0.2, 1: 0.2},
    {3: 0.15, 4: 0.2, 5: 0.2, 6: 0.15, 7: 0.1, 8: 0.05, 9: 0.05, 10: 0.1},
    {9: 0.6, 10: 0.4},
)
_FIRST_MARKET = (6, 10, 3, 9, 5, 10, 3, 9)
_RENT_MONTH = 10
_SUBSIDY_MONTH = 7


def _market_share(month: int) -> Floats:
    """Return the share of each crop's harvest that is sold in `month`."""
    of_year = months.month_of_year(month)
    return np.array([market.get(of_year, 0.0) for market in _MARKET])


def _grain_mu(world: World) -> Floats:
    """Return the land under wheat and maize."""
    return world.homes.own_mu + world.homes.leased_mu


def input_costs(world: World, month: int) -> Floats:
    """Return the cost of seed, fertiliser, film and rent in `month`, per household."""
    homes, farming, of_year = world.homes, world.scenario.farming, months.month_of_year(month)
    bought_now = np.asarray(_INPUT_MONTH) == of_year
    due = np.where(bought_now, np.asarray(farming.input_cost, dtype=np.float64), 0.0)
    cost = _grain_mu(world) * (due[WHEAT] + due[MAIZE]) + homes.special_mu * _of_special(world, due)
    if of_year == _RENT_MONTH:
        cost = cost + homes.leased_mu * farming.rent_per_mu
    return np.asarray(cost)


def reap(world: World, state: State, month: int) -> None:
    """Set the yields of the crops whose market opens in `month`."""
    of_year = months.month_of_year(month)
    for crop, opens in enumerate(_FIRST_MARKET):
        if opens == of_year:
            _reap_crop(world, state, crop, month)


def farm_sales(world: World, state: State, month: int) -> tuple[Floats, Floats]:
    """Return the sales of grain and of the special crop in `month`, in yuan."""
    farming = world.scenario.farming
    price = np.asarray(farming.price) * np.exp(world.shocks.prices(month)) * _market_share(month)
    wheat = _grain_mu(world) * state.wheat * price[WHEAT]
    maize = _grain_mu(world) * state.maize * price[MAIZE]
    special = world.homes.special_mu * state.special * _of_special(world, price)
    quality = np.exp(world.luck.own("quality", month).normal(-0.01, 0.12, len(world.homes)))
    # A cooperative sells its members' crop at a better price.
    together = 1.0 + farming.cooperative_price * world.cooperatives.is_member_home
    return wheat + maize, special * quality * together


def subsidy(world: World, month: int) -> Floats:
    """Return the grain subsidy, paid once a year on own land."""
    if months.month_of_year(month) != _SUBSIDY_MONTH:
        return np.zeros(len(world.homes))
    return world.homes.own_mu * world.scenario.farming.subsidy_per_mu


def insured_value(world: World, month: int) -> Floats:
    """Return the value that policies of `month` insure: grain in October, other crops in March."""
    farming, homes, of_year = world.scenario.farming, world.homes, months.month_of_year(month)
    grain = _grain_mu(world) * farming.yield_kg[WHEAT] * farming.price[WHEAT] * (of_year == 10)
    normal = np.asarray(farming.yield_kg) * np.asarray(farming.price) * (of_year == 3)
    return np.where(homes.insured, grain + homes.special_mu * _of_special(world, normal), 0.0)


def payout(world: World, state: State, month: int) -> Floats:
    """Return the insurance paid for crops of `month` with a yield below the trigger."""
    farming, homes, of_year = world.scenario.farming, world.homes, months.month_of_year(month)
    paid = np.zeros(len(homes))
    if of_year == _FIRST_MARKET[WHEAT]:
        paid += _grain_mu(world) * _loss_value(world, state.wheat, np.full(len(homes), WHEAT))
    opens = np.asarray(_FIRST_MARKET)[homes.special] == of_year
    lost = homes.special_mu * _loss_value(world, state.special, homes.special)
    paid += np.where(opens & (homes.special != NO_CROP), lost, 0.0)
    return np.where(homes.insured, paid * farming.payout_share, 0.0)


def _loss_value(world: World, reaped: Floats, crop: Ints) -> Floats:
    farming = world.scenario.farming
    normal = np.asarray(farming.yield_kg, dtype=np.float64)[crop]
    lost = np.where(reaped < (1 - farming.payout_trigger) * normal, normal - reaped, 0.0)
    return np.asarray(lost * np.asarray(farming.price)[crop])


def _reap_crop(world: World, state: State, crop: int, month: int) -> None:
    reaped = _yield_per_mu(world, state, crop, month)
    if crop == WHEAT:
        state.wheat = reaped
    elif crop == MAIZE:
        state.maize = reaped
    else:
        state.special = np.where(world.homes.special == crop, reaped, state.special)


def _yield_per_mu(world: World, state: State, crop: int, month: int) -> Floats:
    homes, farming = world.homes, world.scenario.farming
    season = SEASON_OF[CROPS[crop]]
    rng = world.luck.own(f"yield {CROPS[crop]}", month)
    effect = world.shocks.weather(season, months.year_of(month))[homes.township]
    effect += rng.normal(-0.005, farming.idiosyncratic, len(homes))
    effect += (
        farming.ability_effect * homes.traits.ability + farming.trusteeship_gain * homes.trusteeship
    )
    effect -= farming.unfunded_loss * (1.0 - state.funded)
    spoilt = np.where(rng.random(len(homes)) < farming.pest, 1 - farming.pest_loss, 1.0)
    reaped = farming.yield_kg[crop] * np.exp(effect) * spoilt
    return np.asarray(reaped + farming.demonstration_gain_kg * (homes.demonstration_since < month))


def _of_special(world: World, by_crop: Floats) -> Floats:
    """Return the value of each household's special crop from an array by crop; 0 without one."""
    picked = by_crop[world.homes.special]
    return np.where(world.homes.special == NO_CROP, 0.0, picked)
