"""Commerce and logistics that the post sees: sales by channel, QR receipts, parcels.

Conduct shows here too: the careful sell and pack with fewer refunds and claims, month after month;
a household in distress sells, sends and receives less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import months
from data.simulator.arrays import (
    COOPERATIVE,
    LIVESTOCK,
    SERVICES,
    TRADER,
    Bools,
    Floats,
    Ints,
    logistic,
)
from data.simulator.economy.economy import MonthResult
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: Crops sent by fresh express.
_FRESH = (2, 3, 4, 6)


@dataclass(frozen=True)
class SellingHabits:
    """Selling habits per household: first month on each channel, QR code, grain at stations."""

    adopted: Ints
    takes_qr: Bools
    grain_at_station: Bools


@dataclass(frozen=True)
class Trade:
    """Observed trade of a month, per household.

    Attributes
    ----------
    amounts : Floats
        Shape (households, channels), yuan.
    refund_share, claim_share : Floats
        Expected shares of sales refunded and of fresh parcels claimed as damaged.
    received : Floats
        Expected number of parcels received.
    next_morning : Floats
        Share of parcels sent by next-morning delivery.
    """

    amounts: Floats
    qr: Floats
    fresh_share: Floats
    refund_share: Floats
    claim_share: Floats
    received: Floats
    next_morning: Floats


def build_habits(world: World) -> SellingHabits:
    """Draw the selling habits of the households."""
    rng, homes, number = world.luck.shared("habits"), world.homes, len(world.homes)
    wait = rng.exponential(30.0, (number, 3)) * np.exp(-0.5 * homes.traits.digital)[:, None]
    merchant = np.isin(homes.occupation, (LIVESTOCK, TRADER, COOPERATIVE, SERVICES))
    return SellingHabits(
        adopted=(world.start - 18 + wait).astype(np.int64),
        takes_qr=rng.random(number) < np.where(merchant, 0.85, 0.22),
        grain_at_station=rng.random(number) < 0.3,
    )


def observed_trade(world: World, state: State, habits: SellingHabits, result: MonthResult) -> Trade:
    """Return the part of a month's turnover that uses the channels of the post."""
    homes, earned, rule = world.homes, result.earnings, world.scenario.conduct
    traits, tight = homes.traits, result.tightness
    station = world.villages.station_opened[homes.village] <= months.first_day(result.month)
    skilled, steady = np.exp(0.6 * traits.digital), _steady(world, result)
    fresh = result.special * np.clip(0.20 * skilled, 0, 0.7)
    other = earned.trade * np.clip(0.10 * skilled, 0, 0.4) + 0.12 * earned.herds
    other = other + rule.produce * np.where(homes.own_mu > 0, skilled, 0.0) * np.exp(state.trade)
    counter = (
        0.22 * result.special + 0.35 * result.grain * habits.grain_at_station + 0.12 * earned.trade
    )
    qr = 0.6 * earned.trade + 0.7 * earned.services + 0.35 * earned.herds + 0.06 * result.special
    share = np.divide(fresh, fresh + other, out=np.zeros_like(fresh), where=fresh + other > 0)
    care = np.exp(-rule.care * traits.conduct + 0.4 * np.minimum(tight, 2.0))
    roads = world.shocks.roads(result.month)[homes.county]
    online = ((fresh + other) * roads)[:, None] * homes.channel_weights
    online = online * (habits.adopted <= result.month)
    return Trade(
        amounts=np.column_stack([online, counter * station]) * steady[:, None],
        qr=np.where(habits.takes_qr, qr, 0.0),
        fresh_share=np.where(np.isin(homes.special, _FRESH), share, 0.15),
        refund_share=np.clip(rule.refunds * care, 0.0, 0.5),
        claim_share=np.clip(rule.claims * care, 0.0, 0.5),
        received=_received(world, state, result, station),
        next_morning=logistic(-2.2 + 0.5 * traits.digital + 0.6 * traits.conduct),
    )


def _steady(world: World, result: MonthResult) -> Floats:
    """Return 0 in the months in which a household does not get round to selling, else 1."""
    rule, traits = world.scenario.conduct, world.homes.traits
    odds = rule.idle - rule.idle_by_conduct * traits.conduct - 0.3 * traits.ability
    idle = logistic(odds + rule.idle_by_need * np.minimum(result.tightness, 2.0))
    drawn = world.luck.own("steady", result.month).random(len(world.homes))
    return (drawn >= idle).astype(np.float64)


def _received(world: World, state: State, result: MonthResult, station: Bools) -> Floats:
    """Return the expected number of parcels that each household receives in a month."""
    means = np.sqrt(np.clip(state.income_level, 300.0, 20000.0) / 4000.0)
    pinch = np.exp(-world.scenario.conduct.parcels_by_need * np.minimum(result.tightness, 2.0))
    often = 0.75 * np.exp(0.45 * world.homes.traits.digital) * np.where(station, 1.2, 0.6)
    return np.asarray(often * means * pinch)
