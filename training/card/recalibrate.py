"""Move a card's PDs to a portfolio's long-run bad rate: a separate, dated step.

Points stay the same, and so do ranks, the tiers' cut-offs and reasons. Only the points → PD table
moves, by one shift of the log odds (Elkan 2001, *IJCAI*, theorem 2; Siddiqi 2006, ch. 10), so that
the mean PD over the portfolio is the target. Grades follow the PDs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from data.importing.table_file import read_table_file
from data.storage.flat_table import numbers
from data.storage.score_columns import points_column
from model.card.bins import Floats, Ints
from model.card.card_file import CardFile, write_card
from model.card.card_json import card_to_json
from model.card.scorecard import Card
from model.errors import TrainingError
from training.card.calibrate import distinct_pds
from training.gates.evidence import Evidence, read_evidence, write_evidence
from training.gates.judge import judge, write_verdicts
from training.gates.verdict import GATE_LIMITS, GateVerdicts

#: A larger shift of the log odds would make another card.
_MAX_SHIFT = 5.0


@dataclass(frozen=True)
class LongRun:
    """The target of a recalibration.

    Attributes
    ----------
    bad_rate : float
        The long-run average bad rate of the portfolio.
    source : str
        Where that rate comes from, in words: which vintages, and who set it.
    on : date
        The day of the recalibration.
    portfolio : str
        The portfolio that the mean PD is taken over, in words.
    """

    bad_rate: float
    source: str
    on: date
    portfolio: str


def write_recalibrated(
    source: Path, out: Path, target: LongRun, portfolio: Path | None, champion: CardFile | None
) -> tuple[str, GateVerdicts]:
    """Write the card in `source`, recalibrated, into `out` with evidence and new verdicts.

    Parameters
    ----------
    portfolio : Path or None
        A table with a column ``points``, as ``rongzi whitelist`` and ``rongzi score`` write it, or
        ``points_card`` where it had its own; None: the card's own validation rows.

    Returns
    -------
    tuple
        The new card's digest, and the gates' verdicts on it.

    Raises
    ------
    TrainingError
        If `source` has no evidence, the portfolio no points, or the rate cannot be reached.
    """
    evidence = read_evidence(source)
    totals = evidence.totals(evidence.card) if portfolio is None else _points(portfolio)
    card = recalibrate(evidence.card, evidence.digest, totals, target)
    digest = write_card(out, card)
    moved = _with_judged(replace(evidence, card=card, digest=digest), totals, target)
    write_evidence(out, moved)
    verdicts = judge(moved, champion, GATE_LIMITS.on(target.on))
    write_verdicts(verdicts, out)
    return digest, verdicts


def _with_judged(evidence: Evidence, totals: Ints, target: LongRun) -> Evidence:
    """Return `evidence` of the recalibrated card, with the judged card recalibrated alike."""
    notes = replace(evidence.notes, card_digest=evidence.digest, recalibrated=True)
    if evidence.first_fit is None or notes.judged_digest is None:
        return replace(evidence, notes=notes)
    first = recalibrate(evidence.first_fit, notes.judged_digest, totals, target)
    digest = hashlib.sha256(card_to_json(first)).hexdigest()
    return replace(evidence, first_fit=first, notes=replace(notes, judged_digest=digest))


def recalibrate(card: Card, digest: str, totals: Ints, target: LongRun) -> Card:
    """Return `card` with a mean PD of ``target.bad_rate`` over a portfolio with points `totals`.

    The provenance says from what, to what, when and why; `digest` is that of `card`.

    Raises
    ------
    TrainingError
        If the rate is no rate, has no source, or is implausibly far from the card's mean PD.
    """
    if not 0 < target.bad_rate < 1 or not target.source.strip():
        raise TrainingError(
            "a long-run bad rate lies between 0 and 1 (0.03 is 3 %) and has a source in words"
        )
    shift = _find_shift(card.pd(totals), target.bad_rate)
    pd_points, pd_values = distinct_pds(card.pd_points, _shift_pd(card.pd_values, shift))
    provenance = {
        **card.provenance,
        "recalibrated_from": digest,
        "recalibrated_on": target.on.isoformat(),
        "recalibrated_to": f"{target.bad_rate:.6f}",
        "recalibration_source": target.source.strip(),
        "recalibration_portfolio": target.portfolio,
        "recalibration_shift": f"{shift:.6f}",
    }
    return replace(card, pd_points=pd_points, pd_values=pd_values, provenance=provenance)


def _find_shift(pd: Floats, bad_rate: float) -> float:
    """Return the shift of log odds bad:good that brings the mean of `pd` to `bad_rate`."""

    def gap(shift: float) -> float:
        return float(_shift_pd(pd, shift).mean()) - bad_rate

    if gap(-_MAX_SHIFT) > 0 or gap(_MAX_SHIFT) < 0:
        raise TrainingError(
            f"the card's mean PD is {pd.mean():.4f}, too far from {bad_rate:.4f} to be the same"
            " portfolio; check the rate, or train a card on this portfolio"
        )
    return float(brentq(gap, -_MAX_SHIFT, _MAX_SHIFT, xtol=1e-12))


def _shift_pd(pd: Floats, shift: float) -> Floats:
    odds = pd * np.exp(shift)
    shifted: Floats = odds / (1 - pd + odds)
    return shifted


def _points(portfolio: Path) -> Ints:
    table = read_table_file(portfolio)
    name = points_column(table.column_names)
    if name is None:
        raise TrainingError(
            f"{portfolio}: no column 'points'; give a table that rongzi score or rongzi"
            " whitelist wrote with this card"
        )
    points = numbers(table[name])
    scored = points[np.isfinite(points)]
    if not len(scored):
        raise TrainingError(f"{portfolio}: no row has points")
    return scored.astype(np.int64)
