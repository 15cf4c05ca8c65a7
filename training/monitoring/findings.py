"""Everything one monitoring run found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from model.profile.dictionary import Text
from training.measures.baseline import Baseline
from training.monitoring.book import VintageCurve
from training.monitoring.early import EarlyRow
from training.monitoring.outcomes import OutcomeRow
from training.monitoring.shift import Migration, Shift
from training.samples.limits import Limits

#: ``none``: there was too little to judge.
Level = Literal["ok", "watch", "act", "none"]


@dataclass(frozen=True)
class Alert:
    """One watched thing: what was measured, what policy allows, what to do.

    Attributes
    ----------
    code : str
        Stable, such as ``POINTS_SHIFT``.
    where : str
        The attribute or place it is about; empty for the whole.
    """

    code: str
    level: Level
    where: str
    value: float | None
    limit: float | None
    told: Text
    remedy: Text


@dataclass(frozen=True)
class Outcomes:
    """Actual against expected of ripe loans.

    Attributes
    ----------
    fresh : OutcomeRow or None
        Loans whose outcome the card's training could not know; None if there is none yet.
    quarters, counties, villages : tuple of OutcomeRow
        Of all ripe loans; the card saw those that were ripe when it was trained.
    """

    trained_as_of: str
    fresh: OutcomeRow | None
    quarters: tuple[OutcomeRow, ...]
    counties: tuple[OutcomeRow, ...]
    villages: tuple[OutcomeRow, ...]


@dataclass(frozen=True)
class Findings:
    """One monitoring run; `shift` is None if nobody borrowed lately."""

    as_of: date
    since: date
    archive_digest: str
    baseline: Baseline
    limits: Limits
    shift: Shift | None
    migration: Migration
    curves: tuple[VintageCurve, ...]
    outcomes: Outcomes
    early: tuple[EarlyRow, ...]
    alerts: tuple[Alert, ...] = ()
