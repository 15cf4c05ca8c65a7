"""The promotion gates as plain functions: a card in, a frame of verdicts out.

Each takes an estimator with its run in memory, its ``card_``, or the folder that
``rongzi train --out`` wrote, and judges by the limits in force on a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import pandas as pd

from model.card.card_file import CardFile
from model.errors import TrainingError
from training.analyst.classifier import CardClassifier
from training.analyst.fitted_card import FittedCard
from training.gates.calibration import calibration_gates, stability_gates
from training.gates.discrimination import discrimination_gates, leak_gates
from training.gates.evidence import Evidence, read_evidence
from training.gates.exactness import exactness_gates
from training.gates.fairness import fairness_gates
from training.gates.judge import judge as judge_evidence
from training.gates.verdict import GATE_LIMITS, Verdict
from training.reports.record import evidence_of
from training.samples.limits import Limits

Card = CardClassifier | FittedCard
Judged = Card | str | Path
Language = Literal["zh", "en"]


def judge(
    judged: Judged,
    champion: Card | None = None,
    on: date | None = None,
    language: Language = "en",
) -> pd.DataFrame:
    """Return the verdicts of all gates, which ``rongzi train`` prints and ``promote`` obeys.

    Parameters
    ----------
    judged : CardClassifier, FittedCard, str or Path
        An estimator or its card with the run in memory, or a folder that ``train --out`` wrote.
    champion : CardClassifier, FittedCard or None
        The card in use, than which the judged one must not rank worse.
    on : date or None
        Day whose limits are in force; None: today.
    language : {"en", "zh"}
        Of finding and remedy.

    Returns
    -------
    DataFrame
        Index: the gate's code. Columns ``status`` (``pass``, ``flag``, ``fail``, or ``none`` where
        the gate does not apply), ``value``, ``limit``, ``finding`` and ``remedy``.

    Raises
    ------
    TrainingError
        If the evidence is not in memory, or cannot be read.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> verdicts = judge(classifier, on=date(2026, 1, 1))
    >>> verdicts.loc["AUC_ABOVE_CHANCE", "status"]
    'pass'
    >>> judge(classifier, champion=classifier).loc["AUC_AGAINST_CHAMPION", "status"]
    'pass'
    """
    verdicts = judge_evidence(_evidence(judged), _file(champion), _limits(on)).verdicts
    return _frame(verdicts, language)


def discrimination(
    judged: Judged,
    champion: Card | None = None,
    on: date | None = None,
    language: Language = "en",
) -> pd.DataFrame:
    """Return whether the card ranks better than chance, as out of fold, and as the champion.

    See `judge`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> discrimination(classifier).index[0]
    'AUC_ABOVE_CHANCE'
    """
    file = _file(champion)
    evidence = _evidence(judged)
    return _frame(
        discrimination_gates(evidence, file.card if file else None, _limits(on)), language
    )


def calibration(judged: Judged, on: date | None = None, language: Language = "en") -> pd.DataFrame:
    """Return whether PDs agree with the observed bad rates.

    See `judge`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> sorted(set(calibration(classifier).status)) == ["pass"]
    True
    """
    return _frame(calibration_gates(_evidence(judged), _limits(on)), language)


def stability(judged: Judged, on: date | None = None, language: Language = "en") -> pd.DataFrame:
    """Return whether points and attributes moved from development to validation.

    See `judge`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> stability(classifier).index.tolist()
    ['POINTS_STABILITY', 'ATTRIBUTE_STABILITY']
    """
    return _frame(stability_gates(_evidence(judged), _limits(on)), language)


def exactness(judged: Judged, on: date | None = None, language: Language = "en") -> pd.DataFrame:
    """Return whether digest, directions, reasons and rounding are as they must be.

    See `judge`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> exactness(classifier).loc["REASONS_SUM", "status"]
    'pass'
    """
    return _frame(exactness_gates(_evidence(judged), _limits(on)), language)


def leaks(judged: Judged, on: date | None = None, language: Language = "en") -> pd.DataFrame:
    """Return whether an attribute is too good to have been known before the outcome.

    See `judge`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> leaks(classifier).loc["ATTRIBUTE_TOO_GOOD", "status"]
    'fail'
    """
    return _frame(leak_gates(_evidence(judged), _limits(on)), language)


def fairness(judged: Judged, on: date | None = None, language: Language = "en") -> pd.DataFrame:
    """Return whether rates differ between protected groups: columns of role ``audit``.

    See `judge`.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(2000, 4, weights=[0.8], random_state=0)
    >>> classifier = CardClassifier(family="woe", resamples=50).fit(X, y)
    >>> set(fairness(classifier).status)
    {'none'}
    """
    return _frame(fairness_gates(_evidence(judged), _limits(on)), language)


def gate_limits(on: date | None = None) -> pd.DataFrame:
    """Return the limits of the gates in force on a day, with unit and source.

    Examples
    --------
    >>> float(gate_limits(date(2026, 1, 1)).loc["auc_least", "value"])
    0.5
    """
    return pd.DataFrame.from_dict(dict(_limits(on).in_force), orient="index")


def _limits(on: date | None) -> Limits:
    return GATE_LIMITS.on(on or datetime.now().astimezone().date())


def _evidence(judged: Judged) -> Evidence:
    if isinstance(judged, str | Path):
        return read_evidence(Path(judged))
    card = judged.card_ if isinstance(judged, CardClassifier) else judged
    if card.run is None:
        raise TrainingError(
            "the evidence is not in memory, so no gate can judge the card; give the folder that"
            " write() wrote"
        )
    return evidence_of(card.run)


def _file(champion: Card | None) -> CardFile | None:
    card = champion.card_ if isinstance(champion, CardClassifier) else champion
    if card is None or card.run is None:
        return card.file if card is not None else None
    # The fit that was judged: the served one has seen the validation rows.
    return replace(card.file, card=card.run.judged)


def _frame(verdicts: Iterable[Verdict], language: Language) -> pd.DataFrame:
    rows = [
        {
            "gate": each.gate, "status": each.status, "value": each.value, "limit": each.limit,
            "finding": getattr(each.finding, language), "remedy": getattr(each.remedy, language),
        }
        for each in verdicts
    ]  # fmt: skip
    return pd.DataFrame(rows).set_index("gate")
