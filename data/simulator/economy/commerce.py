"""Commerce and logistics that the post sees: sales by channel, QR receipts, parcels."""

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
)
from data.simulator.economy.economy import MonthResult
from data.simulator.economy.state import State
from data.simulator.world.world import World

#: Crops sent by fresh express.
_FRESH = (2, 3, 4, 6)


@dataclass(frozen=True)
class Habits:
    """Selling habits per household: first month on each channel, QR code, grain at stations."""

    adopted: Ints
    takes_qr: Bools
    grain_at_station: Bools


@dataclass(frozen=True)
class Trade:
    """Observed trade of a month, per household: yuan by channel, QR receipts, share sent fresh."""

    amounts: Floats
    qr: Floats
    fresh_share: Floats
    station: Bools


def build_habits(world: World) -> Habits:
    """Draw the selling habits of the households."""
    rng, homes, number = world.luck.shared("habits"), world.homes, len(world.homes)
    wait = rng.exponential(30.0, (number, 3)) * np.exp(-0.5 * homes.digital)[:, None]
    merchant = np.isin(homes.occupation, (LIVESTOCK, TRADER, COOPERATIVE, SERVICES))
    return Habits(
        adopted=(world.start - 18 + wait).astype(np.int64),
        takes_qr=rng.random(number) < np.where(merchant, 0.85, 0.22),
        grain_at_station=rng.random(number) < 0.3,
    )


def observed_trade(world: World, habits: Habits, result: MonthResult) -> Trade:
    """Return the part of a month's turnover that uses the channels of the post."""
    homes, earned = world.homes, result.earnings
    station = world.villages.station_opened[homes.village] <= months.first_day(result.month)
    roads = world.shocks.roads(result.month)[homes.county]
    skilled = np.exp(0.6 * homes.digital)
    fresh = result.special * np.clip(0.20 * skilled, 0, 0.7)
    other = earned.trade * np.clip(0.10 * skilled, 0, 0.4) + 0.12 * earned.herds
    adopted = habits.adopted <= result.month
    online = ((fresh + other) * roads)[:, None] * homes.channel_weights * adopted
    counter = (
        0.22 * result.special + 0.35 * result.grain * habits.grain_at_station + 0.12 * earned.trade
    )
    amounts = np.column_stack([online, counter * station])
    qr = 0.6 * earned.trade + 0.7 * earned.services + 0.35 * earned.herds + 0.06 * result.special
    share = np.divide(fresh, fresh + other, out=np.zeros_like(fresh), where=fresh + other > 0)
    fresh_crop = np.isin(homes.special, _FRESH)
    return Trade(
        amounts, np.where(habits.takes_qr, qr, 0.0), np.where(fresh_crop, share, 0.0), station
    )


def expected_parcels(world: World, state: State, station: Bools) -> Floats:
    """Return the expected number of parcels that each household receives in a month."""
    means = np.sqrt(np.clip(state.income_level, 300.0, 20000.0) / 4000.0)
    return np.asarray(
        0.75 * np.exp(0.45 * world.homes.digital) * means * np.where(station, 1.2, 0.6)
    )
