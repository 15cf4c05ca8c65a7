"""The models that the card is compared with; each chooses its size on an inner split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from model.card.bins import Floats
from model.profile.dictionary import Dictionary
from training.families.challengers import CHALLENGERS, SIZES, Matrix
from training.samples.sample import Sample

SEED = 1
_MISSING = "(missing)"


def _challenger(name: str) -> Callable[[Sample, Sample, Dictionary], Floats]:
    def fit_and_predict(known: Sample, unseen: Sample, dictionary: Dictionary) -> Floats:
        matrix = Matrix.of(known, dictionary)
        predict = CHALLENGERS[name](matrix.values(known.columns), known.bad, matrix, SEED, SIZES)
        return predict(matrix.values(unseen.columns))

    return fit_and_predict


def catboost_rival(known: Sample, unseen: Sample, dictionary: Dictionary) -> Floats:
    """Return the PDs of CatBoost with native categories; depth and trees by an inner split."""
    from catboost import CatBoostClassifier

    table, other = (_frame(rows, dictionary) for rows in (known, unseen))
    bad = known.bad.astype(int)
    rows = np.arange(len(known))
    fit, check = train_test_split(rows, test_size=0.2, stratify=bad, random_state=SEED)
    common = {
        "learning_rate": 0.05 if len(known) > 2_000 else 0.03, "l2_leaf_reg": 5, "verbose": False,
        "random_seed": SEED, "thread_count": 1, "allow_writing_files": False,
        "cat_features": [n for n in table.columns if dictionary[n].type == "text"],
    }  # fmt: skip
    losses = {}
    for depth in (3, 4, 6):
        candidate = CatBoostClassifier(
            depth=depth, iterations=1_500, od_type="Iter", od_wait=60, **common
        )
        candidate.fit(table.iloc[fit], bad[fit], eval_set=(table.iloc[check], bad[check]))
        loss = candidate.get_best_score()["validation"]["Logloss"]
        losses[depth] = (loss, candidate.get_best_iteration() + 1)
    depth = min(losses, key=lambda size: losses[size])
    chosen = CatBoostClassifier(depth=depth, iterations=losses[depth][1], **common)
    return np.asarray(chosen.fit(table, bad).predict_proba(other)[:, 1])


def optbinning_rival(known: Sample, unseen: Sample, dictionary: Dictionary) -> Floats:
    """Return the PDs of optbinning's own scorecard process with its defaults."""
    from optbinning import BinningProcess, Scorecard

    table, other = (_frame(rows, dictionary) for rows in (known, unseen))
    names = [name for name in table.columns if table[name].nunique(dropna=False) > 1]
    text = [name for name in names if dictionary[name].type == "text"]
    process = BinningProcess(names, categorical_variables=text)
    card = Scorecard(process, LogisticRegression(max_iter=1_000))
    card.fit(
        table[names], known.bad.astype(int), metric_missing="empirical", metric_special="empirical"
    )
    return np.asarray(card.predict_proba(other[names])[:, 1])


def _frame(rows: Sample, dictionary: Dictionary) -> pd.DataFrame:
    return pd.DataFrame({n: _column(rows, n, dictionary) for n in dictionary.named("scored")})


def _column(rows: Sample, name: str, dictionary: Dictionary) -> object:
    values = rows.columns[name]
    if dictionary[name].type == "text":
        return [_MISSING if value is None else value for value in values.tolist()]
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


RIVALS: dict[str, Callable[[Sample, Sample, Dictionary], Floats]] = {
    **{name: _challenger(name) for name in CHALLENGERS},
    "catboost": catboost_rival,
    "optbinning": optbinning_rival,
}
