"""The sections of ``scenario.yaml`` as types; the file states units and sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """When the recorded months end."""

    end: str
    run_up_months: int


@dataclass(frozen=True)
class Places:
    """Counts of places at full size."""

    townships: int
    villages: int
    stations: int
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
    consent: float
    consent_withdrawn: float
    occupations: Sequence[float]


@dataclass(frozen=True)
class Traits:
    """Hidden traits."""

    ability_prudence: float
    wealth_spread: float
    wealth_median: float
    bank_share: Sequence[float]


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


@dataclass(frozen=True)
class Livelihood:
    """Wages, trade, services and herds."""

    wage: float
    workers: float
    absent_worker: float
    odd_jobs: float
    job_lost: float
    job_found: float
    turnover: float
    margin: float
    fixed_cost: float
    trade_persistence: float
    trade_shock: float
    service_turnover: float
    service_margin: float
    herd: float
    head_sold: float
    head_price: float
    head_feed: float
    head_disease_loss: float


@dataclass(frozen=True)
class Money:
    """Living costs, savings, mishaps and debts outside the bank."""

    living_per_head: float
    surplus_spent: float
    surplus_by_prudence: float
    saving_up: float
    buffer_months: float
    sweep: float
    reserve_liquid: float
    kin_limit: float
    illness: float
    illness_cost: float
    illness_spread: float
    ceremony: float
    ceremony_share: float
    other_debt: float
    other_service: float
    bills: float


@dataclass(frozen=True)
class Lending:
    """Quotas, rates, invitations and applications."""

    quota: Mapping[str, Sequence[float]]
    cap: Mapping[str, float]
    prime_rate: Mapping[str, float]
    spread: float
    invite_bar: float
    invite_noise: float
    invitation_lasts: int
    apply: float
    again: float
    decline_noise: float
    decline_bar: float
    not_taken_up: float
    request_of_income: float


@dataclass(frozen=True)
class Repayment:
    """What decides whether a due amount is paid."""

    subsistence_months: float
    forget: float
    strategic: float
    strategic_by_prudence: float
    invested: float
    project_margin: float
    project_spread: float
    kin_for_loan: float


@dataclass(frozen=True)
class Distress:
    """How hidden distress becomes an adverse record."""

    overdue_after: int
    court: float
    court_after: int
    blacklist: float
    query: float


@dataclass(frozen=True)
class Assessments:
    """Peer reviews, training and visits."""

    peer_review: float
    peer_noise: float
    training: float
    field_visit: float


@dataclass(frozen=True)
class Records:
    """Rows that are recorded late, wrongly or never."""

    late: float
    late_days: Sequence[int]
    corrected: float
    corrected_days: Sequence[int]
    missing: float
    plots_registered: float
    yield_reported: float
    members_corrected: float
    without_flows: float


@dataclass(frozen=True)
class Dirt:
    """Rows made dirty on purpose in exported files."""

    rate: float
    replaced: float


@dataclass(frozen=True)
class Target:
    """A published figure and the tolerance of the simulated one, as a share of it."""

    value: float
    tolerance: float
    grows: bool
    source: str
