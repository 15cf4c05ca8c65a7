"""The reasons for a total: the points lost against the population's mean, by attribute.

Points and references are integers, so the losses of all attributes add up exactly to the gap
between the reference total and the member's total. The four largest losses are the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Ints
from model.card.scorecard import Card
from model.profile.dictionary import Text

MAX_REASONS = 4
State = Literal["", "MISSING", "OUT_OF_RANGE"]

# Ledgers store answers with these two sentences, and a replay compares them with this text: a new
# wording needs a new name beside the old one.
_OUT_OF_RANGE = Text(
    zh="“{label}”的记录超出合理范围，请核对原始资料",
    en="the record of “{label}” is outside the plausible range; please check the source",
)
#: For text: a word that the card has seldom seen is not implausible.
_UNKNOWN = Text(
    zh="“{label}”的内容少见或未登记，请核对原始资料",
    en="the entry for “{label}” is rare or unknown; please check the source",
)


@dataclass(frozen=True)
class Reason:
    """One reason: a stable code, the points lost, and the sentence in both languages."""

    code: str
    points_lost: int
    zh: str
    en: str


def points_lost(card: Card, by_attribute: Ints) -> Ints:
    """Return reference points less own points, shape (n, attributes); positive is a loss."""
    return card.references - by_attribute


def ranked(lost: Ints) -> Ints:
    """Return the attribute indices of the largest losses, -1 where there is none.

    Shape (n, MAX_REASONS). Equal losses keep the card's order, so that the same member always gets
    the same reasons.
    """
    order = np.argsort(-lost, axis=1, kind="stable")[:, :MAX_REASONS]
    indices = np.full((len(lost), MAX_REASONS), -1, dtype=np.int64)
    indices[:, : order.shape[1]] = np.where(lost[_rows_of(lost), order] > 0, order, -1)
    return indices


def reason_codes(card: Card, codes: dict[str, Ints], order: Ints) -> NDArray[np.object_]:
    """Return the reason codes of each row, shape (n, MAX_REASONS); None where there is none."""
    table = _code_table(card.attributes)
    index = np.maximum(order, 0)
    state = np.array([codes[name] for name in card.attributes])[index, _rows_of(order)]
    kind = np.minimum(np.maximum(state - card.ordinary[index] + 1, 0), 2)
    chosen: NDArray[np.object_] = table[index, kind]
    chosen[order < 0] = None
    return chosen


def _rows_of(table: Ints) -> Ints:
    return np.arange(len(table))[:, None]


def reason(card: Card, code: str, lost: int) -> Reason:
    """Return the full reason for a stable `code` of this card."""
    name, state = _parts_of_code(card.attributes)[code]
    text = _text(card, name, state)
    return Reason(code, lost, text.zh, text.en)


def text_unless_ordinary(card: Card, name: str, code: int) -> Text | None:
    """Return the sentence for a missing or out-of-range value; None for an ordinary one."""
    state = _STATES[min(max(code - card.bins[name].ordinary + 1, 0), 2)]
    return _text(card, name, state) if state else None


def _text(card: Card, name: str, state: State) -> Text:
    wording = card.wording[name]
    if state == "OUT_OF_RANGE":
        unknown = _UNKNOWN if card.bins[name].levels else _OUT_OF_RANGE
        label = wording.label
        return Text(unknown.zh.format(label=label.zh), unknown.en.format(label=label.en))
    return wording.missing if state == "MISSING" else wording.reason


_STATES: tuple[State, ...] = ("", "MISSING", "OUT_OF_RANGE")


def _code(attribute: str, state: State) -> str:
    return f"{attribute.upper()}_{state}" if state else attribute.upper()


@cache
def _code_table(attributes: tuple[str, ...]) -> NDArray[np.object_]:
    return np.array(
        [[_code(name, state) for state in _STATES] for name in attributes], dtype=object
    )


@cache
def _parts_of_code(attributes: tuple[str, ...]) -> dict[str, tuple[str, State]]:
    return {_code(name, state): (name, state) for name in attributes for state in _STATES}
