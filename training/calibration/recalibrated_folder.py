"""A recalibrated card as a folder that can be promoted: card, evidence and verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from data.flat_table import numbers, read_flat_table
from model.card_file import CardFile, write_card
from model.errors import TrainingError
from model.scorecard import Ints
from training.calibration.recalibrate import LongRun, recalibrated
from training.gates.evidence import read_evidence, write_evidence
from training.gates.judge import judge, write_verdicts
from training.gates.limits import limits_on
from training.gates.verdicts import GateVerdicts

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
                     limits_on(target.on))  # fmt: skip
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
