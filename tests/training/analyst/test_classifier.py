"""The estimator: the command line's card, and a perfect scikit-learn citizen."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from cli.main import rongzi
from model.card.card_file import read_card
from model.errors import TrainingError
from training import CardClassifier
from training.analyst.classifier import UnfitRowsError
from training.analyst.predictor import UnplacedWarning

ROWS = 1_200


def loans() -> pd.DataFrame:
    """Invented loans: two numbers, one with gaps, a text and the outcome ``defaulted``."""
    rng = np.random.default_rng(11)
    income, late = rng.normal(size=ROWS).round(3), rng.poisson(1.0, ROWS)
    crop = rng.choice(["小麦", "玉米", "苹果"], ROWS)
    log_odds = -1.6 - 1.2 * income + 0.7 * late + 0.8 * (crop == "苹果")
    frame = pd.DataFrame({"income": income, "late": late, "crop": crop})
    frame.loc[::13, "income"] = np.nan
    frame["defaulted"] = (rng.random(ROWS) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return frame


FRAME = loans()
X, Y = FRAME.drop(columns="defaulted"), FRAME["defaulted"]


def woe(**more: Any) -> CardClassifier:
    return CardClassifier(family="woe", resamples=20, **more)


@pytest.fixture(scope="module")
def fitted() -> CardClassifier:
    return woe().fit(X, Y)


def train_by_command_line(table: Path, family: str, seed: int, *more: str) -> Path:
    out = table.parent / f"card_{table.suffix[1:]}_{family}"
    done = CliRunner().invoke(
        rongzi,
        ["train", "--table", str(table), "--target", "defaulted", "--family", family,
         "--seed", str(seed), "--out", str(out), "--trained-by", "Wang Min",
         "--home", str(table.parent / "home"), "--mlruns", str(table.parent / "mlruns"), *more],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card folder of ``rongzi train --table loans.csv``, beside its MLflow store."""
    table = tmp_path_factory.mktemp("trained") / "loans.csv"
    FRAME.to_csv(table, index=False)
    return train_by_command_line(table, "woe", 7)


def test_a_frame_gives_the_card_of_the_command_line_digest_for_digest(trained: Path) -> None:
    of_frame = CardClassifier(family="woe", random_state=7).fit(X, Y)
    assert of_frame.card_.digest == read_card(trained).digest


def test_the_default_family_gives_the_command_lines_card_from_a_file_of_another_name(
    tmp_path: Path,
) -> None:
    FRAME.to_parquet(tmp_path / "another name.parquet")
    card = read_card(train_by_command_line(tmp_path / "another name.parquet", "auto", 54))
    assert CardClassifier().fit(X, Y).card_.digest == card.digest


def test_borrowers_days_and_a_shaped_card_are_those_of_the_command_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    borrower = pd.Series(rng.integers(0, 900, ROWS), name="borrower")
    days = np.datetime64("2021-01-15") + rng.integers(0, 720, ROWS).astype("timedelta64[D]")
    asked_on = pd.Series(days, name="asked_on")
    FRAME.assign(borrower=borrower, asked_on=asked_on).to_parquet(tmp_path / "loans.parquet")
    card = read_card(
        train_by_command_line(
            tmp_path / "loans.parquet", "woe", 54, "--group", "borrower", "--date", "asked_on",
            "--without", "crop", "--direction", "income=down", "--no-refit",
        )
    )  # fmt: skip
    shaped = CardClassifier(
        family="woe", without=["crop"], directions={"income": "down"}, refit=False
    ).fit(X, Y, groups=borrower, dates=asked_on)
    assert shaped.card_.digest == card.digest
    assert shaped.card_.card.attributes == ("income", "late")
    plain = CardClassifier(family="woe", without=["crop"], directions={"income": "down"})
    assert plain.fit(X, Y).card_.digest != card.digest


def test_borrowers_and_days_are_one_a_row_and_no_attribute() -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        woe().fit(X, Y, groups=[1, 2, 3])
    with pytest.raises(ValueError, match="already has a column 'late', the name of the dates"):
        woe().fit(X, Y, dates=X["late"])


def test_arrow_gives_the_card_of_pandas(fitted: CardClassifier) -> None:
    of_arrow = woe().fit(pa.Table.from_pandas(X), Y)
    assert of_arrow.card_.digest == fitted.card_.digest
    batch = pa.Table.from_pandas(X.head(20)).to_batches()[0]
    np.testing.assert_array_equal(of_arrow.score_points(batch), fitted.score_points(X.head(20)))


def test_an_array_of_numbers_gives_the_points_of_the_same_frame() -> None:
    numbers = X[["income", "late"]]
    of_array = woe().fit(numbers.to_numpy(), Y.to_numpy())
    of_frame = woe().fit(numbers, Y)
    assert not hasattr(of_array, "feature_names_in_")
    assert of_array.card_.card.inputs == ("x0", "x1")
    np.testing.assert_array_equal(
        of_array.score_points(numbers.to_numpy()), of_frame.score_points(numbers)
    )


def test_another_seed_or_outcome_gives_another_digest(fitted: CardClassifier) -> None:
    assert woe(random_state=55).fit(X, Y).card_.digest != fitted.card_.digest
    other = Y.copy()
    other.iloc[:5] = 1 - other.iloc[:5]
    assert woe().fit(X, other).card_.digest != fitted.card_.digest


def test_predictions_are_the_cards(fitted: CardClassifier) -> None:
    card, points = fitted.card_.card, fitted.score_points(X)
    proba = fitted.predict_proba(X)
    np.testing.assert_array_equal(proba[:, 1], card.pd(points))
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(fitted.predict(X), (proba[:, 1] > 0.5).astype(int))
    np.testing.assert_array_equal(fitted.decision_function(X) > 0, fitted.predict(X) == 1)
    assert points.dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "bad", "worst"),
    [(("bad", "good"), None, "bad"), (("paid", "late"), None, "late"), ((True, False), True, True),
     ((2.0, 1.0), 2.0, 2.0)],
)  # fmt: skip
def test_any_two_labels_keep_their_columns(labels: tuple[Any, Any], bad: Any, worst: Any) -> None:
    first, second = labels
    outcome = np.where(Y == 1, worst, second if worst == first else first)
    classifier = woe(bad=bad).fit(X, outcome)
    assert classifier.bad_class_ == worst
    column = classifier.classes_.tolist().index(worst)
    points, proba = classifier.score_points(X), classifier.predict_proba(X)
    assert np.corrcoef(points, proba[:, column])[0, 1] < -0.9
    assert set(classifier.predict(X)) <= set(classifier.classes_.tolist())


def test_which_value_is_bad_is_asked_where_the_rows_leave_it_open() -> None:
    with pytest.raises(UnfitRowsError, match=r"not clear which is bad.*bad=VALUE"):
        woe().fit(X, 1 - Y)
    stated = woe(bad=0).fit(X, 1 - Y)
    assert stated.bad_class_ == 0
    assert woe(positive_is_bad=True).fit(X, 1 - Y).bad_class_ == 1


def test_reasons_are_codes_or_sentences_of_the_rows_index(fitted: CardClassifier) -> None:
    rows = X.iloc[[13, 2, 0]]
    codes = fitted.reasons(rows)
    assert codes.index.tolist() == [13, 2, 0]
    assert "INCOME_MISSING" in codes.loc[13].tolist()
    zh, en = fitted.reasons(rows, "zh"), fitted.reasons(rows, "en")
    assert "缺少income" in zh.loc[13].tolist()
    assert "income is missing" in en.loc[13].tolist()
    assert (codes.isna() == zh.isna()).all(axis=None)
    with pytest.raises(ValueError, match="zh or en"):
        fitted.reasons(rows, "fr")


def test_a_clone_has_the_parameters_and_learns_the_same_card(fitted: CardClassifier) -> None:
    twin = clone(fitted)
    assert twin.get_params() == fitted.get_params()
    assert not hasattr(twin, "card_")
    assert twin.fit(X, Y).card_.digest == fitted.card_.digest


def test_a_pickle_predicts_the_same_and_has_no_persons_row(
    fitted: CardClassifier, tmp_path: Path
) -> None:
    joblib.dump(fitted, tmp_path / "own.joblib")
    again = joblib.load(tmp_path / "own.joblib")
    assert fitted.card_.run is not None
    assert again.card_.run is None
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(copy.deepcopy(fitted).predict(X), fitted.predict(X))
    with pytest.raises(TrainingError, match="not in memory"):
        again.card_.promote("Li Na", tmp_path)


def test_a_cross_validation_ranks_far_better_than_chance() -> None:
    assert cross_val_score(woe(), X, Y, cv=3, scoring="roc_auc").min() > 0.7


def test_the_run_holds_this_estimator(trained: Path) -> None:
    (path,) = (trained.parent / "mlruns").rglob("estimator.joblib")
    estimator = joblib.load(path)
    direct = CardClassifier(family="woe", random_state=7).fit(X, Y)
    np.testing.assert_array_equal(estimator.score_points(X), direct.score_points(X))
    assert estimator.card_.digest == direct.card_.digest
    assert clone(estimator).fit(X, Y).card_.digest == direct.card_.digest
    assert estimator.card_.run is None


def test_a_loaded_card_predicts_as_the_one_that_was_written(
    fitted: CardClassifier, tmp_path: Path
) -> None:
    loaded = CardClassifier.from_card(fitted.card_.write(tmp_path / "card", "Wang Min", tmp_path))
    assert loaded.card_.digest == fitted.card_.digest
    assert loaded.feature_names_in_.tolist() == list(fitted.card_.card.inputs)
    rows = X[loaded.feature_names_in_]
    np.testing.assert_array_equal(loaded.predict_proba(rows), fitted.predict_proba(X))


def test_a_written_card_is_the_folder_of_the_command_line(
    fitted: CardClassifier, trained: Path, tmp_path: Path
) -> None:
    own = fitted.card_.write(tmp_path / "card", "Wang Min", tmp_path)
    assert {p.name for p in own.iterdir()} == {p.name for p in trained.iterdir()}
    assert json.loads((own / "evidence.json").read_text("utf-8"))["trained_by"] == "Wang Min"


def test_a_card_is_promoted_by_another_person_and_signed(
    fitted: CardClassifier, tmp_path: Path
) -> None:
    store = tmp_path / "mlruns"
    with pytest.raises(TrainingError, match="trained this card"):
        fitted.card_.promote("Wang Min", tmp_path, store, trained_by="Wang Min")
    promotion = fitted.card_.promote("Li Na", tmp_path, store, trained_by="Wang Min")
    assert promotion.publication.card.approved_by == "Li Na"
    signed = CardClassifier.from_card(promotion.publication.folder, tmp_path)
    assert signed.card_.file.approved_by == "Li Na"
    assert signed.card_.digest == fitted.card_.digest


def test_exports_are_those_of_the_command_line(fitted: CardClassifier, tmp_path: Path) -> None:
    fitted.card_.write(tmp_path / "card", "Wang Min", tmp_path)
    for form in ("json", "sql"):
        done = CliRunner().invoke(
            rongzi, ["export-card", "--format", form, "--card", str(tmp_path / "card"),
                  "--home", str(tmp_path), "--out", str(tmp_path / f"cli.{form}")],
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        own = fitted.card_.export(tmp_path / f"own.{form}")
        assert own.read_bytes() == (tmp_path / f"cli.{form}").read_bytes()
    assert fitted.card_.export(tmp_path / "own.xlsx").read_bytes()[:2] == b"PK"
    with pytest.raises(ValueError, match=r"\.json, \.sql or \.xlsx"):
        fitted.card_.export(tmp_path / "own.pdf")


def test_a_column_in_another_unit_or_spelling_is_scored_with_a_warning(
    fitted: CardClassifier,
) -> None:
    with pytest.warns(UnplacedWarning, match=r"crop: .*unseen in training 1,200 \(100\.0%\)"):
        fitted.score_points(X.assign(crop=X.crop.map(lambda word: f"{word}品种")))
    with pytest.warns(UnplacedWarning, match=r"income: .*unreadable"):
        fitted.score_points(X.assign(income="3.5万元"))


def test_columns_are_checked_by_name(fitted: CardClassifier) -> None:
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(X.rename(columns={"late": "early"}))
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(X.assign(more=1))


def test_rows_without_an_outcome_and_a_target_among_the_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="leave out rows without an outcome"):
        woe().fit(X, Y.astype("float").where(Y.index != 3).astype(object))
    with pytest.raises(ValueError, match="already has a column 'defaulted'"):
        woe().fit(FRAME, Y)


def test_a_seed_is_a_number() -> None:
    with pytest.raises(ValueError, match="whole number"):
        woe(random_state=None).fit(X, Y)
