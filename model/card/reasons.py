"""The reasons for a total: the points lost against the population's mean, by factor.

Points and references are integers, so the losses of all factors add up exactly to the gap between
the reference total and the member's total. The four largest losses are the reasons. What a factor
is and what is said of it: `model.card.reason_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Ints
from model.card.scorecard import Card

MAX_REASONS = 4


@dataclass(frozen=True)
class Reason:
    """One reason: a stable code, the points lost, and the sentence in both languages."""

    code: str
    points_lost: int
    zh: str
    en: str


def points_lost(card: Card, codes: Mapping[str, Ints], by_factor: Ints) -> Ints:
    """Return reference points less own points, shape (n, factors); positive is a loss.

    Where values of several attributes are missing for one cause, the first takes the loss of all.

    Parameters
    ----------
    by_factor
        What `Card.points_by_factor` returns for `codes`.
    """
    lost = card.factor_references - by_factor
    if card.tells_sides:
        missing = _missing(card, codes)
        for group in card.reason_table.told_once:
            own = missing[group]
            if own.any():
                _gather(lost, group, own.T)
    return lost


def _missing(card: Card, codes: Mapping[str, Ints]) -> NDArray[np.bool_]:
    """Return where the values of attributes are missing, shape (attributes, n)."""
    stacked = np.array([codes[name] for name in card.attributes])
    found: NDArray[np.bool_] = stacked == card.reason_table.missing[: len(stacked), None]
    return found


def _gather(lost: Ints, group: Ints, missing: NDArray[np.bool_]) -> None:
    """Move the loss of each row's `missing` members of `group` to the first of them, in place."""
    own = np.where(missing, lost[:, group], 0)
    lost[:, group] -= own
    lost[np.arange(len(lost)), group[missing.argmax(axis=1)]] += own.sum(axis=1)


def ranked(lost: Ints, least: int = 1) -> Ints:
    """Return the factor indices of the largest losses, -1 where there is none.

    Shape (n, MAX_REASONS). Equal losses keep the card's order, so that the same member always gets
    the same reasons. A loss below `least` points is told only where no loss reaches it.
    """
    order = np.argsort(-lost, axis=1, kind="stable")[:, :MAX_REASONS]
    found = lost[_rows_of(lost), order]
    told = found >= max(least, 1)
    told[:, 0] |= found[:, 0] > 0
    indices = np.full((len(lost), MAX_REASONS), -1, dtype=np.int64)
    indices[:, : order.shape[1]] = np.where(told, order, -1)
    return indices


def reason_codes(card: Card, codes: Mapping[str, Ints], order: Ints) -> NDArray[np.object_]:
    """Return the reason codes of each row, shape (n, MAX_REASONS); None where there is none."""
    table = card.reason_table
    pairs = len(table.factors) - len(card.attributes)
    bin_codes = np.zeros((len(table.factors), len(order)), dtype=np.int64)
    bin_codes[: len(table.factors) - pairs] = [codes[name] for name in card.attributes]
    index = np.maximum(order, 0)
    chosen: NDArray[np.object_] = table.codes[index, bin_codes[index, _rows_of(order)]]
    chosen[order < 0] = None
    return chosen


def _rows_of(table: Ints) -> Ints:
    return np.arange(len(table))[:, None]


def reason(card: Card, code: str, lost: int) -> Reason:
    """Return the full reason for a stable `code` of this card."""
    text = card.reason_table.texts[code]
    return Reason(code, lost, text.zh, text.en)
