"""What a scikit-learn estimator with a card predicts: probabilities, points, reasons."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from data.storage.flat_table import card_columns
from data.storage.placement import beyond_limits, placements
from model.card.bins import Columns, Floats, Ints
from model.card.reasons import MAX_REASONS, points_lost, ranked, reason, reason_codes
from model.card.scorecard import Card
from training.analyst.fitted_card import FittedCard
from training.analyst.frames import table_of

#: Ends of the PDs whose log odds are finite: half a hundredth of a basis point, the table's step.
_LEAST_PD = 5e-7


class UnplacedWarning(UserWarning):
    """So many values of a column are unreadable, out of range or unseen that it is another one."""


class CardPredictor(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped library
    """The predictions of a card.

    Attributes
    ----------
    card_, classes_, bad_class_
        See `training.analyst.classifier.CardClassifier`, which sets them.
    """

    card_: FittedCard
    classes_: NDArray[Any]
    bad_class_: Any

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """Return the probability of each of `classes_`, shape (n, 2)."""
        pd_bad = self._fitted.pd(self.score_points(X))
        bad_first = self.classes_[0] == self.bad_class_
        return np.column_stack([pd_bad, 1 - pd_bad] if bad_first else [1 - pd_bad, pd_bad])

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the more probable class of each row, shape (n,)."""
        check_is_fitted(self, "card_")
        return np.asarray(self.classes_[(self.decision_function(X) > 0).astype(int)])

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """Return the log odds of ``classes_[1]``, shape (n,)."""
        second = np.clip(self.predict_proba(X)[:, 1], _LEAST_PD, 1 - _LEAST_PD)
        return np.asarray(np.log(second / (1 - second)))

    def score_points(self, X: Any) -> Ints:  # noqa: N803
        """Return the card's points of each row, shape (n,); more are safer."""
        card = self._fitted
        return card.total(card.points_by_attribute(card.codes(self._columns(X))))

    def reasons(self, X: Any, language: str | None = None) -> pd.DataFrame:  # noqa: N803
        """Return up to four reasons of each row, the largest loss of points first.

        Parameters
        ----------
        language : {"zh", "en"} or None
            Sentences in that language; None: codes, as ``rongzi score`` writes them.

        Returns
        -------
        DataFrame
            Columns ``reason_1`` to ``reason_4``, with the index of `X`; None where there is none.
        """
        if language not in (None, "zh", "en"):
            raise ValueError(f"reasons are told in zh or en, not in {language!r}")
        card = self._fitted
        codes = card.codes(self._columns(X))
        lost = points_lost(card, codes, card.points_by_factor(codes))
        found = reason_codes(card, codes, ranked(lost))
        if language is not None:
            told = {str(code) for code in found.flat if code is not None}
            text = {code: getattr(reason(card, code, 0), language) for code in told}
            found = np.array([[text.get(code) for code in row] for row in found], dtype=object)
        names = [f"reason_{place + 1}" for place in range(MAX_REASONS)]
        return pd.DataFrame(found, columns=names, index=getattr(X, "index", None), dtype=object)

    @property
    def _fitted(self) -> Card:
        check_is_fitted(self, "card_")
        return self.card_.card

    def _columns(self, X: Any) -> Columns:  # noqa: N803
        card = self._fitted
        table = table_of(self, X, reset=False)
        columns = card_columns(table, card)
        if beyond := beyond_limits(placements(table, columns, card)):
            named = "; ".join(f"{each.column}: {each.counts()}" for each in beyond)
            warnings.warn(f"values score as out of range: {named}", UnplacedWarning, stacklevel=3)
        return columns

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may expect of the estimator."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags
