"""The scorecard as a scikit-learn estimator, learned by the same steps as ``rongzi train``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from data.storage.archive import Archive
from data.storage.text_file import read_text_file
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, Direction, read_dictionary
from training.analyst.fitted_card import FittedCard, read_fitted_card
from training.analyst.frames import Labels, labels_of, table_of
from training.analyst.predictor import CardPredictor
from training.analyst.row_columns import weights_of, with_columns
from training.run import TrainedRun
from training.settings import CurveName, Family, Settings
from training.train import FlatRows, train_archive, train_rows

#: The file of a run that holds its estimator.
ESTIMATOR = "estimator.joblib"
_DEFAULT = Settings()


class UnfitRowsError(TrainingError, ValueError):
    """The rows cannot support a card; a ValueError too, as scikit-learn expects."""


class CardClassifier(CardPredictor):
    """A scorecard: points for each bin of each attribute, and a table from points to PD.

    The same data and seed give the card of ``rongzi train --table``, digest for digest.

    Parameters
    ----------
    family : str
        A family of cards, or ``auto``: the one with the least loss out of fold.
    bad : object or None
        The value of the target that is bad; None: found as ``rongzi train`` finds it, which asks
        where names and shares leave it open.
    positive_is_bad : bool
        Whether scikit-learn's positive class, the second of the sorted values, is the bad one where
        `bad` does not state it.
    dictionary : Dictionary, path or None
        Types, ranges, directions and roles of the columns; None: drafted from the rows.
    calibration : str
        Curve from points to PD.
    random_state : int
        The seed of splits, folds and ensembles; an int, because a card must be repeatable.
    without : sequence of str
        Columns that stay out of the card.
    directions : mapping or None
        Column to the direction of risk that the card must give it: ``up``, ``down`` or ``free``.
    folds, hold_out_share, least_bads, least_held_bads, chance_errors, most_bins, \
least_bin_share, prior_rows, least_iv, most_correlation, most_derived, most_range_share, \
resamples, refit
        See `training.settings.Settings`.

    Attributes
    ----------
    card_ : FittedCard
        The card, to write, promote and export.
    classes_ : array
        Shape (2,): the values of the target, sorted; 0 (good) and 1 (bad) for a card that was
        loaded or learned from an archive.
    bad_class_ : object
        The one of `classes_` that is bad.
    n_features_in_, feature_names_in_
        The columns that `fit` saw, or that a loaded card reads; names only if the columns had any.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"income": rng.normal(size=800), "late": rng.poisson(1, 800)})
    >>> y = pd.Series(rng.random(800) < 1 / (1 + np.exp(2 + X.income - X.late)), name="bad")
    >>> classifier = CardClassifier(family="woe").fit(X, y)
    >>> classifier.predict_proba(X).shape
    (800, 2)
    >>> person = pd.DataFrame({"income": [-2.0], "late": [0]})
    >>> classifier.reasons(person).reason_1.tolist()
    ['INCOME_BELOW']
    """

    def __init__(
        self,
        *,
        family: Family = _DEFAULT.family,
        bad: Any = None,
        positive_is_bad: bool = False,
        dictionary: Dictionary | str | Path | None = None,
        calibration: CurveName = _DEFAULT.calibration,
        folds: int = _DEFAULT.folds,
        hold_out_share: float = _DEFAULT.hold_out_share,
        least_bads: int = _DEFAULT.least_bads,
        least_held_bads: int = _DEFAULT.least_held_bads,
        chance_errors: float = _DEFAULT.chance_errors,
        most_bins: int = _DEFAULT.most_bins,
        least_bin_share: float = _DEFAULT.least_bin_share,
        prior_rows: float = _DEFAULT.prior_rows,
        least_iv: float = _DEFAULT.least_iv,
        most_correlation: float = _DEFAULT.most_correlation,
        most_derived: int = _DEFAULT.most_derived,
        most_range_share: float = _DEFAULT.most_range_share,
        resamples: int = _DEFAULT.resamples,
        refit: bool = _DEFAULT.refit,
        without: Sequence[str] = _DEFAULT.without,
        directions: Mapping[str, Direction] | None = None,
        random_state: int = _DEFAULT.seed,
    ) -> None:
        self.family = family
        self.bad = bad
        self.positive_is_bad = positive_is_bad
        self.dictionary = dictionary
        self.calibration = calibration
        self.folds = folds
        self.hold_out_share = hold_out_share
        self.least_bads = least_bads
        self.least_held_bads = least_held_bads
        self.chance_errors = chance_errors
        self.most_bins = most_bins
        self.least_bin_share = least_bin_share
        self.prior_rows = prior_rows
        self.least_iv = least_iv
        self.most_correlation = most_correlation
        self.most_derived = most_derived
        self.most_range_share = most_range_share
        self.resamples = resamples
        self.refit = refit
        self.without = without
        self.directions = directions
        self.random_state = random_state

    @classmethod
    def from_card(cls, folder: str | Path, home: str | Path | None = None) -> CardClassifier:
        """Return the estimator of the card in `folder`, ready to predict.

        A signature is verified by the trusted keys of `home` (default: ``RONGZI_HOME``, or
        ``data``).

        Raises
        ------
        CardError
            If a byte of the card differs, or no trusted key made its signature.
        """
        return cls()._adopt_loaded(read_fitted_card(folder, home))

    @classmethod
    def from_run(cls, run: TrainedRun) -> CardClassifier:
        """Return the estimator of a training run, with its settings."""
        settings = run.origin.settings.as_parameters() | {"random_state": run.origin.settings.seed}
        own = cls(**{name: settings[name] for name in cls().get_params() if name in settings})
        return own._adopt_loaded(FittedCard.of_run(run))

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        groups: Any = None,
        dates: Any = None,
    ) -> CardClassifier:
        """Learn a card from the rows of `X` with outcomes `y`.

        Parameters
        ----------
        X : DataFrame, Arrow table or array
            Shape (n, columns).
        y : Series or array
            Shape (n,): two values. Its name is the target's.
        sample_weight : array or None
            Shape (n,): how many rows each row represents; rows of weight 0 are left out.
        groups : array or None
            Shape (n,): whose row each is; a borrower's rows stay on one side of every split.
        dates : array or None
            Shape (n,): the day of each row; the latest months validate.

        Raises
        ------
        ValueError
            If scikit-learn would refuse the arrays, or the target has not two values.
        UnfitRowsError
            If the rows cannot support a card: see `training.train.train_rows`.
        """
        table = table_of(self, X, reset=True)
        labels = labels_of(y, table.num_rows)
        rows = FlatRows(
            table, labels.name, self._bad_value(labels), weights_of(sample_weight, table.num_rows)
        )
        rows = with_columns(rows, labels, groups, dates)
        try:
            run = train_rows(rows, self._settings(), self._dictionary())
        except TrainingError as error:
            raise UnfitRowsError(str(error).replace("--bad VALUE", "bad=VALUE")) from error
        bad = labels.words.index(run.origin.source.facts["bad_value"])
        self.classes_, self.bad_class_ = labels.classes, labels.classes[bad]
        self.card_ = FittedCard.of_run(run)
        return self

    def fit_archive(self, archive: Archive | str | Path, as_of: date) -> CardClassifier:
        """Learn a card from the archive's ripe loans, as ``rongzi train --archive`` does.

        The estimator then predicts from member profiles.

        Raises
        ------
        TrainingError, ArchiveError
            See `training.train.train_archive`.
        """
        opened = archive if isinstance(archive, Archive) else Archive(Path(archive))
        return self._adopt_loaded(FittedCard.of_run(train_archive(opened, as_of, self._settings())))

    def _adopt_loaded(self, fitted: FittedCard) -> CardClassifier:
        self.card_, self.classes_, self.bad_class_ = fitted, np.array([0, 1]), 1
        self.feature_names_in_ = np.array(fitted.card.inputs, dtype=object)
        self.n_features_in_ = len(fitted.card.inputs)
        return self

    def _settings(self) -> Settings:
        if not isinstance(self.random_state, int | np.integer):
            raise ValueError("random_state is a whole number, because a card must be repeatable")
        known = set(_DEFAULT.as_parameters())
        own = {name: value for name, value in self.get_params().items() if name in known}
        own |= {
            "without": tuple(self.without), "directions": tuple((self.directions or {}).items()),
        }  # fmt: skip
        return replace(_DEFAULT, **own, seed=int(self.random_state))

    def _bad_value(self, labels: Labels) -> str | None:
        if self.bad is not None:
            return labels.word_of(self.bad)
        return labels.words[1] if self.positive_is_bad else None

    def _dictionary(self) -> Dictionary | None:
        if self.dictionary is None or isinstance(self.dictionary, Dictionary):
            return self.dictionary
        return read_dictionary(read_text_file(Path(self.dictionary)), str(self.dictionary))

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without people's rows, so that a pickled estimator has none."""
        state: dict[str, Any] = super().__getstate__()
        if "card_" in state:
            state = {**state, "card_": state["card_"].without_rows()}
        return state


def write_estimator(run: TrainedRun, path: Path) -> None:
    """Write the estimator of `run` with joblib, without people's rows.

    It is for analysts only, and no decision reads it: a joblib file runs code when it is loaded,
    and one flipped bit loads another model without an error.
    """
    joblib.dump(CardClassifier.from_run(run), path)
