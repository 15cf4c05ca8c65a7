"""The sections of ``scenario.yaml`` about what households and the bank do, as types.

The file states units and sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Livelihood:
    """Wages, trade, services and herds."""

    wage: float
    workers: float
    absent_worker: float
    sent_home: float
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
    bills_odds: float
    bills_by_conduct: float
    bank_drift: float


@dataclass(frozen=True)
class Standing:
    """Standing payments."""

    begins: float
    order: float
    ends: float
    ends_in_need: float


@dataclass(frozen=True)
class Elsewhere:
    """Debts with other lenders."""

    asks: float
    asks_in_need: float
    taken: float
    kept: float
    service: float
    months: int
    most_service: float


@dataclass(frozen=True)
class Lending:
    """Quotas, rates, the list, applications, lines and guarantors."""

    quota: Mapping[str, Sequence[float]]
    earlier_quota: Mapping[str, float]
    cap: Mapping[str, float]
    earlier_cap: Mapping[str, float]
    prime_rate: Mapping[str, float]
    spread: float
    listed: Mapping[str, float]
    list_noise: float
    apply: Sequence[float]
    unlisted: float
    again: float
    draw: float
    line_of_draw: float
    line_months: int
    decline_noise: float
    decline_bar: float
    decline_short: float
    not_taken_up: float
    request_of_income: float
    guaranteed: Sequence[float]
    guaranteed_from: int


@dataclass(frozen=True)
class Conduct:
    """How care and need show in sales and parcels."""

    produce: float
    refunds: float
    claims: float
    care: float
    idle: float
    idle_by_conduct: float
    idle_by_need: float
    parcels_by_need: float


@dataclass(frozen=True)
class Repayment:
    """What decides whether a due amount is paid."""

    subsistence_months: float
    kin_for_loan: float
    tight_days: int
    strategic: float
    strategic_by_honesty: float
    strategic_by_prudence: float
    strategic_by_stretch: float
    invested: float
    project_margin: float
    edge_by_ability: float
    edge_by_stretch: float
    project_spread: float
    project_fails: float


@dataclass(frozen=True)
class Collection:
    """What the bank does with late loans."""

    extended: float
    restructured: float
    written_off_after: int
    written_off: float
    transferred: float


@dataclass(frozen=True)
class Distress:
    """How hidden distress becomes an adverse record."""

    overdue_after: int
    court: float
    court_after: int
    blacklist: float
    query_seen: float


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
