"""The sections of ``scenario.yaml`` about the world as types; the file states units and sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """When the recorded months end."""

    end: str
    run_up_months: int


@dataclass(frozen=True)
class Network:
    """Counts of the delivery network and of the staff at full size."""

    county_warehouses: int
    routes: int
    sections: int
    trunk_routes: int
    trunk_trips: int
    trunk_items: int
    managers: int
    specialists: int
    begins: str


@dataclass(frozen=True)
class Places:
    """Counts of places at full size."""

    townships: int
    villages: int
    stations: int
    villages_with_station: int
    visits_a_month: float
    stations_at_start: float
    credit_villages: float
    full_members: int


@dataclass(frozen=True)
class People:
    """Who the members are."""

    second_member: float
    third_member: float
    joined_before_window: float
    with_account: float
    account_before_window: float
    account_years: float
    in_cooperative: float
    consent: float
    consent_withdrawn: float
    occupations: Sequence[float]


@dataclass(frozen=True)
class Traits:
    """Hidden traits and the groups they depend on."""

    ability_prudence: float
    prudence_honesty: float
    ability_digital: float
    women: float
    prudence_of_women: float
    prudence_of_young: float
    wealth_spread: float
    wealth_median: float
    bank_logit: Sequence[float]


@dataclass(frozen=True)
class Habits:
    """On which day households pay."""

    days: float
    days_by_conduct: float
    days_own: float
    spread: float
    slip: float
    slip_by_conduct: float
    slip_days: float
    early: float
    early_cash: float


@dataclass(frozen=True)
class Farming:
    """Crops, land, yields and costs."""

    yield_kg: Sequence[int]
    price: Sequence[float]
    input_cost: Sequence[int]
    own_mu: float
    leasing: float
    leased_mu: float
    rent_per_mu: float
    special_mu: float
    ability_effect: float
    idiosyncratic: float
    pest: float
    pest_loss: float
    unfunded_loss: float
    demonstration: float
    demonstration_begins: str
    cooperative_price: float
    demonstration_gain_kg: float
    trusteeship: float
    trusteeship_gain: float
    insured: float
    premium_rate: float
    payout_trigger: float
    payout_share: float
    subsidy_per_mu: float


@dataclass(frozen=True)
class Shocks:
    """Events that concern many households."""

    weather: float
    weather_county: float
    disaster: float
    disaster_loss: float
    price: Sequence[float]
    herd_price: float
    disease: float
    lockdown: float
    lockdown_loss: float
    lockdown_years: Sequence[int]
    jobs: float
