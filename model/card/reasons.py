"""Why a total is what it is: points lost against the population's mean, by attribute, exactly.

With integer points and an integer reference, the losses of all attributes add up to the gap between
the reference total and the member's total; the four largest are told.
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

MOST = 4
State = Literal["", "MISSING", "OUT_OF_RANGE"]

# These two sentences are in answers that ledgers keep, and replays hold them against this text:
# another wording needs a new name beside the old.
_OUT_OF_RANGE = Text(
    zh="“{label}”的记录超出合理范围，请核对原始资料",
    en="the record of “{label}” is outside the plausible range; please check the source",
)
#: Of text: nothing is implausible about a word the card has seldom seen.
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
    """Return the attribute indices of the largest losses, shape (n, MOST); -1 where there is none.

    Equal losses keep the card's order, so that the same member always hears the same reasons.
    """
    order = np.argsort(-lost, axis=1, kind="stable")[:, :MOST]
    found = np.full((len(lost), MOST), -1, dtype=np.int64)
    found[:, : order.shape[1]] = np.where(lost[_rows_of(lost), order] > 0, order, -1)
    return found


def reason_codes(card: Card, codes: dict[str, Ints], order: Ints) -> NDArray[np.object_]:
    """Return the reason codes of each row, shape (n, MOST); None where there is none."""
    table = _code_table(card.attributes)
    place = np.maximum(order, 0)
    state = np.array([codes[name] for name in card.attributes])[place, _rows_of(order)]
    kind = np.minimum(np.maximum(state - card.ordinary[place] + 1, 0), 2)
    found: NDArray[np.object_] = table[place, kind]
    found[order < 0] = None
    return found


def _rows_of(table: Ints) -> Ints:
    return np.arange(len(table))[:, None]


def reason(card: Card, code: str, lost: int) -> Reason:
    """Return the full reason behind a stable `code` of this card."""
    name, state = _parts_of_code(card.attributes)[code]
    text = _text(card, name, state)
    return Reason(code, lost, text.zh, text.en)


def text_unless_ordinary(card: Card, name: str, code: int) -> Text | None:
    """Return what to say of a value that is missing or out of range; None of an ordinary one."""
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
