"""The card as an MLflow model, logged as code and run by MLflow: no pickle, no learner.

MLflow copies this file and the package `model` beside the card, and runs it in its own process
(``mlflow models serve``, ``spark_udf``); nothing in `training` imports it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from model.card.bins import Columns
from model.card.card_file import read_card
from model.card.reasons import MAX_REASONS, points_lost, ranked, reason_codes
from model.card.scorecard import Card


class CardModel(PythonModel):  # type: ignore[misc]  # untyped library
    """Score attributes: points, PD, grade and up to four reasons."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the card; its bytes are verified before they are parsed."""
        self.card: Card = read_card(Path(context.artifacts["card"])).card

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: Any = None
    ) -> pd.DataFrame:
        """Return one row per input row; an attribute's absent column counts as missing."""
        codes = self.card.codes(_columns(self.card, model_input))
        by_factor = self.card.points_by_factor(codes)
        totals = self.card.total(by_factor)
        lost = points_lost(self.card, codes, by_factor)
        reasons = reason_codes(self.card, codes, ranked(lost))
        scored = pd.DataFrame({"points": totals, "pd": self.card.pd(totals)})
        # Objects, so that an absent reason is None, which JSON supports, and not NaN.
        by_rank = pd.DataFrame(
            reasons, columns=[f"reason_{i + 1}" for i in range(MAX_REASONS)], dtype=object
        )
        result = pd.concat([scored.assign(grade=self.card.grade(totals)), by_rank], axis=1)
        return result.set_index(model_input.index)


def _columns(card: Card, frame: pd.DataFrame) -> Columns:
    return {
        name: _text(frame, name) if card.bins[name].levels else _numbers(frame, name)
        for name in card.inputs
    }


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)


def _text(frame: pd.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.object_]]:
    text = np.full(len(frame), None, dtype=object)
    if name in frame:
        present = frame[name].notna().to_numpy()
        text[present] = frame[name].astype(object).to_numpy()[present]
    return text


set_model(CardModel())
