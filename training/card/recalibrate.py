"""Move a card's PDs to a portfolio's long-run bad rate: a separate, dated step.

Points, and with them ranks, tiers' cut-offs and reasons, stay what they are; only the points → PD
table moves, by one shift of the log odds (Elkan 2001, *IJCAI*, theorem 2; Siddiqi 2006, ch. 10),
chosen so that the mean PD over the portfolio is the target. Grades follow the PDs.

A recalibrated card as a folder that can be promoted: card, evidence and verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from data.storage.flat_table import numbers, read_flat_table
from model.card.bins import Floats, Ints
from model.card.card_file import CardFile, write_card
from model.card.scorecard import Card
from model.errors import TrainingError
from training.gates.evidence import read_evidence, write_evidence
from training.gates.judge import judge, write_verdicts
from training.gates.verdict import GATE_LIMITS, GateVerdicts

_DIGITS = 6
#: Log odds further than this from where they were would be another card.
_MOST_SHIFT = 5.0


@dataclass(frozen=True)
class LongRun:
    """What a card is recalibrated to.

    Attributes
    ----------
    bad_rate : float
        The long-run average bad rate of the portfolio.
    source : str
        Where that rate is from, in words: which vintages, who settled it.
    on : date
        The day of the recalibration.
    portfolio : str
        Whose points the mean is taken over.
    """

    bad_rate: float
    source: str
    on: date
    portfolio: str


def recalibrated(card: Card, digest: str, totals: Ints, target: LongRun) -> Card:
    """Return `card` with a mean PD of ``target.bad_rate`` over a portfolio with points `totals`.

    The provenance says from what, to what, when and why; `digest` is the card's own.

    Raises
    ------
    TrainingError
        If the rate is none, nobody is named as its source, or it lies implausibly far away.
    """
    if not 0 < target.bad_rate < 1 or not target.source.strip():
        raise TrainingError(
            "a long-run bad rate lies between 0 and 1 (0.03 is 3 %) and has a source in words"
        )
    shift = _shift(card.pd(totals), target.bad_rate)
    pd_values = np.round(_shifted(card.pd_values, shift), _DIGITS)
    first = np.concatenate([[True], np.diff(pd_values) != 0])
    stated = {
        "recalibrated_from": digest,
        "recalibrated_on": target.on.isoformat(),
        "recalibrated_to": f"{target.bad_rate:.6f}",
        "recalibration_source": target.source.strip(),
        "recalibration_portfolio": target.portfolio,
        "recalibration_shift": f"{shift:.6f}",
    }
    return replace(
        card, pd_points=card.pd_points[first], pd_values=pd_values[first],
        provenance={**card.provenance, **stated},
    )  # fmt: skip


def _shift(pd: Floats, bad_rate: float) -> float:
    """Return the shift of log odds bad:good that brings the mean of `pd` to `bad_rate`."""

    def gap(shift: float) -> float:
        return float(_shifted(pd, shift).mean()) - bad_rate

    if gap(-_MOST_SHIFT) > 0 or gap(_MOST_SHIFT) < 0:
        raise TrainingError(
            f"the card's mean PD is {pd.mean():.4f}, too far from {bad_rate:.4f} to be the same"
            " portfolio; check the rate, or train a card on this portfolio"
        )
    return float(brentq(gap, -_MOST_SHIFT, _MOST_SHIFT, xtol=1e-12))


def _shifted(pd: Floats, shift: float) -> Floats:
    odds = pd * np.exp(shift)
    found: Floats = odds / (1 - pd + odds)
    return found


_POINTS = "points"


def write_recalibrated(
    source: Path, out: Path, target: LongRun, portfolio: Path | None, champion: CardFile | None
) -> tuple[str, GateVerdicts]:
    """Write the card in `source`, recalibrated, into `out` with its evidence; judge it anew.

    Parameters
    ----------
    portfolio : Path or None
        A table with a column ``points``, as ``rongzi whitelist`` and ``rongzi score`` write it;
        None: the card's own validation rows.

    Returns
    -------
    tuple
        The new card's digest, and what the gates say of it.

    Raises
    ------
    TrainingError
        If `source` has no evidence, the portfolio no points, or the rate cannot be reached.
    """
    evidence = read_evidence(source)
    totals = evidence.totals() if portfolio is None else _points(portfolio)
    card = recalibrated(evidence.card, evidence.digest, totals, target)
    digest = write_card(out, card)
    noted = replace(evidence.noted, card_digest=digest, recalibrated=True)
    write_evidence(out, noted, evidence.rows)
    verdicts = judge(replace(evidence, card=card, digest=digest, noted=noted), champion,
                     GATE_LIMITS.on(target.on))  # fmt: skip
    write_verdicts(verdicts, out)
    return digest, verdicts


def _points(portfolio: Path) -> Ints:
    table = read_flat_table(portfolio)
    if _POINTS not in table.column_names:
        raise TrainingError(
            f"{portfolio}: no column {_POINTS!r}; give a table that rongzi score or rongzi"
            " whitelist wrote with this card"
        )
    found = numbers(table[_POINTS])
    scored = found[np.isfinite(found)]
    if not len(scored):
        raise TrainingError(f"{portfolio}: nobody in it has points")
    return scored.astype(np.int64)
