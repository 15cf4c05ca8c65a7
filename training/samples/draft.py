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

#: A column of numbers may have this share of words (they score as out of range).
_MAX_WORDS = 0.01
#: Text with more distinct values than this share of rows identifies rows, not groups of people.
_NEARLY_UNIQUE = 0.95
#: Amounts may be unique too; ids are numbers that count up, or that have a name of an id.
_ID = re.compile(r"(^|[^a-z])(id|key|serial|number|no)$|编号|号码|序号", re.IGNORECASE)
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*")
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
# reason     what a person is told when the attribute loses points: put it in their words
"""


def _draft_column(column: pa.ChunkedArray, name: str) -> DraftedColumn:
    text = words(column)
    present = text[np.array([word is not None for word in text.tolist()], dtype=bool)]
    if not len(present):
        return DraftedColumn(
            name, "text", "scored", ("every value is missing: training will drop it",)
        )
    as_number = numbers(column)
    if np.isinf(as_number).mean() <= _MAX_WORDS and np.isfinite(as_number).any():
        return _number(name, as_number)
    return _text(name, present, len(text))


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
    is_integer = bool((finite == np.floor(finite)).all())
    if (
        is_integer
        and len(distinct) == len(finite)
        and (_ID.search(name) or (np.diff(finite) > 0).all())
    ):
        return DraftedColumn(name, "number", "audit", (*notes, "whole numbers, each once: an id?"))
    kind = "flag" if set(distinct.tolist()) <= {0.0, 1.0} else "number"
    low, high = (0.0, 1.0) if kind == "flag" else _range(distinct)
    return DraftedColumn(name, kind, "scored", (*notes, *_protected(name)), low, high)


def _text(name: str, present: NDArray[np.object_], rows: int) -> DraftedColumn:
    distinct = np.unique(present.astype(str))
    notes = [f"{len(distinct):,} spellings", *_missing(np.arange(rows) >= len(present))]
    if len(distinct) == 1 and len(present) == rows:
        return DraftedColumn(name, "text", "scored", (*notes, "constant: training will drop it"))
    if sum(bool(_DATE.fullmatch(word)) for word in distinct.tolist()) > 0.9 * len(distinct):
        note = "dates: turn them into months or days before some date to score them"
        return DraftedColumn(name, "text", "audit", (*notes, note))
    if len(distinct) > _NEARLY_UNIQUE * len(present) and len(distinct) > 50:
        return DraftedColumn(
            name, "text", "audit", (*notes, "nearly every value is unique: an id?")
        )
    return DraftedColumn(name, "text", "scored", (*notes, *_protected(name)))


def _range(distinct: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return a plausible range: from 0 unless values are negative, to ten times the largest."""
    largest = float(np.abs(distinct).max())
    ceiling = 10.0 ** math.ceil(math.log10(10 * largest)) if largest > 0 else 1.0
    return (0.0 if distinct[0] >= 0 else -ceiling), ceiling


def _missing(missing: NDArray[np.bool_]) -> list[str]:
    return [f"{missing.mean():.1%} missing"] if missing.any() else []


def _protected(name: str) -> list[str]:
    # Match whole words: "manager" and "mortgage" contain "age" but are no ages.
    parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    found = any(_PROTECTED.match(part) for part in re.split(r"[^a-zA-Z\u4e00-\u9fff]+", parts))
    return (
        ["may be protected: scoring by it may be unlawful, consider role: audit"] if found else []
    )


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
        "reason": {
            "zh": f"“{name}”的情况得分低于平均水平",
            "en": f"“{name}” scores below the average",
        },
        "missing": {"zh": f"缺少“{name}”", "en": f"“{name}” is missing"},
    }
