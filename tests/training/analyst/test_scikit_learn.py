"""scikit-learn's own checks, with named exceptions, and what those demand on enough rows.

The checks in `REFUSED` train on 9 to 40 rows of noise, or on rows of which one class has two. Such
rows carry no card: `fit` says so by an `UnfitRowsError`, and no other error. The tests below hold
what these checks demand on rows that carry a card.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

from training import CardClassifier
from training.analyst.classifier import UnfitRowsError

#: Check → why its rows carry no card.
ONE_CLASS = "one class has so few rows that none is left to validate on"
NOISE = "the outcome is noise, so the card would rank people by chance"
REFUSED = {
    "check_dict_unchanged": ONE_CLASS,
    "check_dont_overwrite_attributes": ONE_CLASS,
    "check_dont_overwrite_parameters": ONE_CLASS,
    "check_dtype_object": NOISE,
    "check_estimators_dtypes": NOISE,
    "check_f_contiguous_array_estimator": ONE_CLASS,
    "check_fit2d_predict1d": ONE_CLASS,
    "check_fit_check_is_fitted": NOISE,
    "check_fit_idempotent": NOISE,
    "check_fit_score_takes_y": NOISE,
    "check_methods_sample_order_invariance": ONE_CLASS,
    "check_methods_subset_invariance": ONE_CLASS,
    "check_n_features_in": NOISE,
    "check_n_features_in_after_fitting": NOISE,
    "check_sample_weight_equivalence_on_dense_data": "nine rows, one of them of the second class",
    "check_supervised_y_2d": NOISE,
}


def small(**more: Any) -> CardClassifier:
    """An estimator that accepts the few rows of most checks, and scikit-learn's positive class."""
    return CardClassifier(
        family="woe", positive_is_bad=True, folds=2, least_bads=1, least_held_bads=1,
        chance_errors=-100.0, least_iv=0.0, resamples=20, **more,
    )  # fmt: skip


def name_of(check: Any) -> str:
    return str(getattr(check, "func", check).__name__)


def checks_of(estimator: CardClassifier) -> list[Any]:
    # The one left out is for arrays on graphics cards, which the estimator does not take.
    return [
        pytest.param(own, check, id=name_of(check))
        for own, check in estimator_checks_generator(estimator)
        if name_of(check) != "check_array_api_input"
    ]


def refusal(error: BaseException | None) -> UnfitRowsError | None:
    """The refusal that `error` is or that a check turned into `error`."""
    while error is not None and not isinstance(error, UnfitRowsError):
        error = error.__cause__ or error.__context__
    return error


@pytest.mark.parametrize(("estimator", "check"), checks_of(small()))
@pytest.mark.filterwarnings("ignore")
def test_a_check_of_scikit_learn_passes_or_its_rows_are_refused(
    estimator: CardClassifier, check: Callable[[CardClassifier], None]
) -> None:
    try:
        check(estimator)
    except Exception as error:
        if refusal(error) is None or name_of(check) not in REFUSED:
            raise


@pytest.mark.parametrize(("estimator", "check"), checks_of(CardClassifier(family="woe")))
@pytest.mark.filterwarnings("ignore")
def test_with_the_defaults_a_check_passes_or_its_rows_are_refused(
    estimator: CardClassifier, check: Callable[[CardClassifier], None]
) -> None:
    """By default a card needs 45 bads, and asks which value is bad: few checks have such rows."""
    try:
        check(estimator)
    except Exception as error:
        if refusal(error) is None:
            raise


ROWS = 400


def numbers() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(ROWS, 3))
    return x, (rng.random(ROWS) < 1 / (1 + np.exp(1.0 + 1.5 * x[:, 0] - x[:, 1]))).astype(int)


X, Y = numbers()
METHODS = ("predict", "predict_proba", "decision_function", "score_points")


@pytest.fixture(scope="module")
def fitted() -> CardClassifier:
    return small().fit(X, Y)


@pytest.mark.parametrize("method", METHODS)
def test_each_row_is_scored_by_itself_in_any_order(fitted: CardClassifier, method: str) -> None:
    whole = getattr(fitted, method)(X)
    order = np.random.default_rng(1).permutation(ROWS)
    np.testing.assert_array_equal(getattr(fitted, method)(X[order]), whole[order])
    one_by_one = np.concatenate([getattr(fitted, method)(X[[row]]) for row in range(20)])
    np.testing.assert_array_equal(one_by_one, whole[:20])


def test_prediction_leaves_the_estimator_as_it_was(fitted: CardClassifier) -> None:
    before = dict(vars(fitted))
    for method in (*METHODS, "reasons"):
        getattr(fitted, method)(X)
    assert vars(fitted) == before


def test_a_second_fit_gives_the_same_card(fitted: CardClassifier) -> None:
    assert small().fit(X, Y).fit(X, Y).card_.digest == fitted.card_.digest


def test_a_fit_changes_no_parameter_and_adds_only_fitted_attributes() -> None:
    estimator = small()
    before = estimator.get_params()
    added = set(vars(estimator.fit(X, Y))) - set(before)
    assert estimator.get_params() == before
    assert all(name.endswith("_") and not name.startswith("_") for name in added)


@pytest.mark.parametrize("kind", ["float32", "int64", "object", "F"])
def test_an_array_of_any_kind_and_order_gives_the_card_of_its_values(kind: str) -> None:
    given = np.asfortranarray(X) if kind == "F" else (X * 100).round().astype(kind)
    plain = X if kind == "F" else np.asarray(given, dtype=np.float64)
    assert small().fit(given, Y).card_.digest == small().fit(plain, Y).card_.digest


def test_a_column_of_outcomes_is_flattened_with_a_warning(fitted: CardClassifier) -> None:
    with pytest.warns(DataConversionWarning, match="1d array"):
        again = small().fit(X, Y[:, None])
    assert again.card_.digest == fitted.card_.digest


def test_one_row_without_columns_is_refused_before_it_is_scored(fitted: CardClassifier) -> None:
    with pytest.raises(ValueError, match="Reshape your data"):
        fitted.predict(X[0])
    with pytest.raises(ValueError, match="expecting 3 features"):
        fitted.predict(X[:, :2])


def test_a_frame_keeps_its_names_after_a_fit_on_an_array() -> None:
    estimator = small().fit(X, Y)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    assert estimator.fit(frame, Y).feature_names_in_.tolist() == ["a", "b", "c"]
    assert estimator.n_features_in_ == 3
