"""The findings of one monitoring run, and its alerts."""

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

#: ``none``: there were too few data to judge.
Level = Literal["ok", "watch", "act", "none"]


@dataclass(frozen=True)
class Alert:
    """One monitored quantity: its value, its limit, what was found and what to do.

    Attributes
    ----------
    code : str
        Stable, such as ``POINTS_SHIFT``.
    where : str
        The attribute or place; empty for the portfolio.
    finding, remedy : Text
        What was found, and what to do now. `finding` is written to JSON as ``told``.
    """

    code: str
    level: Level
    where: str
    value: float | None
    limit: float | None
    finding: Text
    remedy: Text


@dataclass(frozen=True)
class Outcomes:
    """Actual against expected of ripe loans.

    Attributes
    ----------
    fresh : OutcomeRow or None
        Loans whose outcome was unknown when the card was trained; None if there are none yet.
    quarters, counties, villages : tuple of OutcomeRow
        Of all ripe loans, those included that the card was trained on.
    """

    trained_as_of: str
    fresh: OutcomeRow | None
    quarters: tuple[OutcomeRow, ...]
    counties: tuple[OutcomeRow, ...]
    villages: tuple[OutcomeRow, ...]


@dataclass(frozen=True)
class Findings:
    """All findings of one monitoring run; `shift` is None if no loan is recent."""

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
