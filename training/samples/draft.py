"""Draft a data dictionary for a flat table: types, ranges, roles, and notes for review."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from numpy.typing import NDArray

from data.storage.flat_table import numbers, words
from model.profile.dictionary import Text
from training.samples.identifiers import identifier_kind, is_date
from training.samples.sentinels import sentinels

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


def draft_dictionary(table: pa.Table, target: str, as_given: bool = False) -> str:
    """Return YAML in the dictionary's shape for every column of `table` but `target`.

    Parameters
    ----------
    as_given : bool
        Whether every value counts as one, and a column that may be protected is scored. A draft for
        review leaves out both: codes that seem to mean missing lie outside its ranges.
    """
    columns = [c for c in table.column_names if c != target]
    entries = [_entry(_draft_column(table[c], c, as_given)) for c in columns]
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


def _draft_column(column: pa.ChunkedArray, name: str, as_given: bool) -> DraftedColumn:
    text = words(column)
    present = text[np.array([word is not None for word in text.tolist()], dtype=bool)]
    if not len(present):
        return DraftedColumn(
            name, "text", "scored", ("every value is missing: training will drop it",)
        )
    as_number = numbers(column)
    if kind := identifier_kind(column, name):
        return _identifier(name, kind, as_number)
    drafted = (
        _number(name, as_number, as_given)
        if _holds_numbers(as_number)
        else _text(name, present, is_date(column), len(text))
    )
    return drafted if as_given else _unscored_if_protected(drafted)


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


def _number(name: str, values: NDArray[np.float64], as_given: bool) -> DraftedColumn:
    codes = sentinels(values)[: 0 if as_given else None]
    distinct = np.setdiff1d(values[np.isfinite(values)], codes)
    notes = [
        f"observed {_shown(distinct[0])} to {_shown(distinct[-1])}",
        *_missing(np.isnan(values)),
        *(_code_note(code, int((values == code).sum())) for code in codes),
    ]
    if np.isinf(values).any():
        notes.append(f"{np.isinf(values).sum():,} cells are no numbers and score as out of range")
    if len(distinct) == 1:
        return DraftedColumn(name, "number", "scored", (*notes, "constant: training will drop it"))
    kind = "flag" if set(distinct.tolist()) <= {0.0, 1.0} else "number"
    low, high = (0.0, 1.0) if kind == "flag" else _range(distinct, codes)
    return DraftedColumn(name, kind, "scored", tuple(notes), low, high)


def _code_note(code: float, rows: int) -> str:
    return (
        f"{_shown(code)} in {rows:,} rows lies far from the others and seems to mean missing: it is"
        " out of range here. If it means missing, blank these cells in every table; if it is a"
        " value, widen min and max"
    )


def _text(name: str, present: NDArray[np.object_], is_dates: bool, rows: int) -> DraftedColumn:
    distinct = np.unique(present.astype(str))
    notes = [f"{len(distinct):,} spellings", *_missing(np.arange(rows) >= len(present))]
    if len(distinct) == 1 and len(present) == rows:
        return DraftedColumn(name, "text", "scored", (*notes, "constant: training will drop it"))
    if is_dates:
        note = "dates: turn them into months or days before some date to score them"
        return DraftedColumn(name, "text", "audit", (*notes, note))
    return DraftedColumn(name, "text", "scored", tuple(notes))


def _range(
    distinct: NDArray[np.float64], codes: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """Return a plausible range: from 0 unless values are negative, to ten times the largest.

    It ends halfway to a code that would lie within.
    """
    largest = float(np.abs(distinct).max())
    ceiling = 10.0 ** math.ceil(math.log10(10 * largest)) if largest > 0 else 1.0
    low, high = (0.0 if distinct[0] >= 0 else -ceiling), ceiling
    for code in codes[(codes >= low) & (codes <= high)].tolist():
        if code < distinct[0]:
            low = max(low, (code + float(distinct[0])) / 2)
        else:
            high = min(high, (code + float(distinct[-1])) / 2)
    return low, high


def _missing(missing: NDArray[np.bool_]) -> list[str]:
    return [f"{missing.mean():.1%} missing"] if missing.any() else []


def may_be_protected(name: str) -> bool:
    """Return whether a column called `name` may hold a protected attribute, such as sex or age."""
    # Match whole words: "manager" and "mortgage" contain "age" but are no ages.
    parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return any(_PROTECTED.match(part) for part in re.split(r"[^a-zA-Z\u4e00-\u9fff]+", parts))


def _unscored_if_protected(drafted: DraftedColumn) -> DraftedColumn:
    if drafted.role != "scored" or not may_be_protected(drafted.name):
        return drafted
    note = (
        "may be protected: scoring by it may be unlawful, so it is kept for fairness checks only;"
        " role: scored is for the committee to decide"
    )
    return replace(drafted, role="audit", notes=(*drafted.notes, note))


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
