"""Draft a data dictionary for a flat table: types, ranges, roles, and notes for review."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from data.storage.flat_table import numbers, words
from model.profile.dictionary import Text
from training.samples.identifiers import identifier_kind, is_date

#: A column of numbers may have this share of words (they train and score as out of range).
_MAX_WORDS = 0.01
#: It may have more words, up to this share of its values, if its numbers are so many that they
#: cannot be spellings of a few groups.
_MAX_WORDS_OF_MANY, _MANY_NUMBERS = 0.5, 20
_PROTECTED = re.compile(
    r"sex|gender|age|birth|ethnic|race|nation|foreign|religi|marit|educat|disab"
    r"|性别|年龄|出生|民族|国籍|宗教|婚姻|学历|教育|残疾",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class DraftedColumn:
    """The draft of one column; `notes` are for the person who reviews it."""

    name: str
    type: str
    role: str
    notes: tuple[str, ...]
    minimum: float | None = None
    maximum: float | None = None


def draft_dictionary(table: pa.Table, target: str) -> str:
    """Return YAML in the dictionary's shape for every column of `table` but `target`."""
    entries = [_entry(_draft_column(table[c], c)) for c in table.column_names if c != target]
    return _HEAD.format(target=json.dumps(target, ensure_ascii=False)) + "".join(entries)


_HEAD = """\
# A draft from the table itself; target: {target}. Read it before you train on it.
#
# role       scored: may enter the card; audit: never scored, kept for fairness checks
# direction  how risk moves when the value rises: up, down, or free (no sign is imposed)
# min, max   plausible range, inclusive; a value outside scores in the out-of-range bin
# reason     what a person is told when the attribute loses points: put it in their words, true of
#            every value that scores less than the best
# below,     of a free number, in place of the reason: what is told of a value on that side of the
# above      range that scores best
"""


def _draft_column(column: pa.ChunkedArray, name: str) -> DraftedColumn:
    text = words(column)
    present = text[np.array([word is not None for word in text.tolist()], dtype=bool)]
    if not len(present):
        return DraftedColumn(
            name, "text", "scored", ("every value is missing: training will drop it",)
        )
    as_number = numbers(column)
    if kind := identifier_kind(column, name):
        return _identifier(name, kind, as_number)
    return (
        _number(name, as_number)
        if _holds_numbers(as_number)
        else _text(name, present, is_date(column), len(text))
    )


def _identifier(name: str, kind: Text, as_number: NDArray[np.float64]) -> DraftedColumn:
    """Draft a column that no card scores; its values are not shown."""
    type_ = "number" if _holds_numbers(as_number) else "text"
    return DraftedColumn(name, type_, "audit", (f"{kind.zh} · {kind.en}: left out",))


def _holds_numbers(values: NDArray[np.float64]) -> bool:
    """Return whether a column with these `values` is one of numbers, infinities being words."""
    words_found = np.isinf(values)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return False
    return bool(
        words_found.mean() <= _MAX_WORDS
        or (
            words_found.sum() <= _MAX_WORDS_OF_MANY * (len(finite) + words_found.sum())
            and len(np.unique(finite)) > _MANY_NUMBERS
        )
    )


def _number(name: str, values: NDArray[np.float64]) -> DraftedColumn:
    finite = values[np.isfinite(values)]
    distinct = np.unique(finite)
    notes = [
        f"observed {_shown(distinct[0])} to {_shown(distinct[-1])}",
        *_missing(np.isnan(values)),
    ]
    if np.isinf(values).any():
        notes.append(f"{np.isinf(values).sum():,} cells are no numbers and score as out of range")
    if len(distinct) == 1:
        return DraftedColumn(name, "number", "scored", (*notes, "constant: training will drop it"))
    kind = "flag" if set(distinct.tolist()) <= {0.0, 1.0} else "number"
    low, high = (0.0, 1.0) if kind == "flag" else _range(distinct)
    return DraftedColumn(name, kind, "scored", (*notes, *_protected(name)), low, high)


def _text(name: str, present: NDArray[np.object_], is_dates: bool, rows: int) -> DraftedColumn:
    distinct = np.unique(present.astype(str))
    notes = [f"{len(distinct):,} spellings", *_missing(np.arange(rows) >= len(present))]
    if len(distinct) == 1 and len(present) == rows:
        return DraftedColumn(name, "text", "scored", (*notes, "constant: training will drop it"))
    if is_dates:
        note = "dates: turn them into months or days before some date to score them"
        return DraftedColumn(name, "text", "audit", (*notes, note))
    return DraftedColumn(name, "text", "scored", (*notes, *_protected(name)))


def _range(distinct: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return a plausible range: from 0 unless values are negative, to ten times the largest."""
    largest = float(np.abs(distinct).max())
    ceiling = 10.0 ** math.ceil(math.log10(10 * largest)) if largest > 0 else 1.0
    return (0.0 if distinct[0] >= 0 else -ceiling), ceiling


def _missing(missing: NDArray[np.bool_]) -> list[str]:
    return [f"{missing.mean():.1%} missing"] if missing.any() else []


def may_be_protected(name: str) -> bool:
    """Return whether a column called `name` may hold a protected attribute, such as sex or age."""
    # Match whole words: "manager" and "mortgage" contain "age" but are no ages.
    parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return any(_PROTECTED.match(part) for part in re.split(r"[^a-zA-Z\u4e00-\u9fff]+", parts))


def _protected(name: str) -> list[str]:
    if not may_be_protected(name):
        return []
    return ["may be protected: scoring by it may be unlawful, consider role: audit"]


def _shown(value: float) -> str:
    return f"{value:.10g}"


def _entry(drafted: DraftedColumn) -> str:
    notes = "".join(f"# {note}\n" for note in drafted.notes)
    spec = yaml.safe_dump(
        {drafted.name: _spec(drafted)}, allow_unicode=True, sort_keys=False, width=1000
    )
    return f"\n{notes}{spec}"


def _spec(drafted: DraftedColumn) -> dict[str, Any]:
    name = drafted.name
    bounds = {} if drafted.minimum is None else {"min": drafted.minimum, "max": drafted.maximum}
    return {
        "zh": name,
        "en": name,
        "flow": "information",
        "type": drafted.type,
        "role": drafted.role,
        "direction": "free",
        **bounds,
        "reason": _told(name, "不在最有利的范围内", "is outside the most favourable range"),
        **({} if drafted.type == "text" else _sides(name)),
        "missing": {"zh": f"缺少{name}", "en": f"{name} is missing"},
    }


def _sides(name: str) -> dict[str, dict[str, str]]:
    """Return what is told of a number on either side of the most favourable range."""
    return {
        "below": _told(name, "低于最有利的范围", "is below the most favourable range"),
        "above": _told(name, "高于最有利的范围", "is above the most favourable range"),
    }


def _told(name: str, zh: str, en: str) -> dict[str, str]:
    return {"zh": f"{name}{zh}", "en": f"{name} {en}"}
