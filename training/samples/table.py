"""A flat table's rows as a sample: the columns that its dictionary scores, and its target."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from data.storage.flat_table import Kind, flat_columns, numbers, unreadable
from model.card.bins import Floats
from model.card.scorecard import Card
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, Text
from training.samples.draft import may_be_protected
from training.samples.groups import table_groups, ungrouped
from training.samples.identifiers import UNIQUE, identifier_kind
from training.samples.sample import Rows, Sample, Values
from training.samples.sentinels import sentinels
from training.samples.target import Target

#: A text column with more different numbers among its words was probably meant as numbers.
_MANY_NUMBERS = 20


def flat_sample(
    table: pa.Table,
    outcome: Target,
    dictionary: Dictionary,
    target: str,
    weight: Floats | None = None,
    compared: Mapping[str, Kind] | None = None,
) -> Sample:
    """Return the rows with a known outcome, in file order; every row is another borrower.

    Parameters
    ----------
    compared : mapping of str to Kind or None
        Columns that the card does not score but another does, which is compared on the same rows.
    weight : Floats or None
        Shape (table rows,): how many rows each row represents.

    Raises
    ------
    TrainingError
        If the dictionary scores the target, no column, a column that the table lacks, or two
        columns whose reasons would share a code.
    """
    kinds = _kinds(dictionary)
    if target in kinds:
        raise TrainingError(f"the dictionary scores the target {target!r} itself; remove it there")
    absent = [name for name in kinds if name not in table.column_names]
    if absent:
        raise TrainingError(
            f"the dictionary scores columns the table lacks: {', '.join(absent)};"
            " remove them from the dictionary or give them another role"
        )
    _refuse_equal_codes(kinds)
    if not kinds:
        raise TrainingError("the dictionary scores no column of the table (role: scored)")
    known = table.filter(pa.array(outcome.known))
    rows = np.arange(known.num_rows, dtype=np.int64)
    groups = table_groups(known, dictionary)
    columns = flat_columns(known, {**(compared or {}), **kinds})
    return Sample(
        columns, outcome.bad, rows, np.zeros_like(rows), groups,
        None if weight is None else weight[outcome.known],
    )  # fmt: skip


def compared_kinds(
    table: pa.Table, dictionary: Dictionary, champion: Card | None, unscored: Iterable[str]
) -> dict[str, Kind]:
    """Return the columns beside those scored on which the champion can score the same rows.

    These are its inputs, and the attributes of `dictionary` that the analyst keeps out of the card.
    A column that identifies people is none of them.

    Parameters
    ----------
    unscored : iterable of str
        Columns that are never kept: the target, and those that split the rows.
    """
    kinds: dict[str, Kind] = _kinds(dictionary)
    for name in champion.inputs if champion else ():
        kinds.setdefault(name, "text" if champion and champion.bins[name].levels else "number")
    found = set(table.column_names).difference(unscored)
    return {
        name: kind
        for name, kind in kinds.items()
        if name in found and identifier_kind(table[name], name) in (None, UNIQUE)
    }


def flat_digest(
    table: pa.Table,
    outcome: Target,
    dictionary: Dictionary,
    weight: Floats | None = None,
    splits: Iterable[Rows] = (),
) -> str:
    """Return the SHA-256 over the values that a card learns from: scored columns and outcomes.

    It does not depend on how they are stored: csv, Parquet or a frame. `splits` are the borrowers
    and months that shape the splits, if columns of the table do.
    """
    digest = hashlib.sha256()
    for name, values in flat_columns(table, _kinds(dictionary)).items():
        digest.update(json.dumps([name, str(values.dtype)]).encode())
        digest.update(_bytes_of(values))
    bad = np.full(len(outcome.known), -1, dtype=np.int8)
    bad[outcome.known] = outcome.bad
    digest.update(bad.tobytes())
    if weight is not None:
        digest.update(_bytes_of(weight))
    for split in splits:
        digest.update(split.astype("<i8").tobytes())
    return digest.hexdigest()


def _bytes_of(values: Values) -> bytes:
    if values.dtype == object:
        return json.dumps(values.tolist()).encode()
    # One form of zero and of "missing".
    plain = np.where(np.isnan(values), np.nan, values + 0.0)
    return np.asarray(plain, dtype="<f8").tobytes()


def _kinds(dictionary: Dictionary) -> dict[str, Kind]:
    return {
        name: "text" if dictionary[name].type == "text" else "number"
        for name in dictionary.named("scored")
    }


def without_identifiers(table: pa.Table, dictionary: Dictionary) -> Dictionary:
    """Return `dictionary` with role ``audit`` for scored columns that identify people.

    A number that is only unique may be an amount, so the dictionary decides on it.
    """
    settled = {}
    for attribute in dictionary:
        is_scored = attribute.role == "scored" and attribute.name in table.column_names
        kind = identifier_kind(table[attribute.name], attribute.name) if is_scored else None
        is_personal = kind not in (None, UNIQUE)
        settled[attribute.name] = replace(attribute, role="audit") if is_personal else attribute
    return replace(dictionary, attributes=settled)


def table_notes(table: pa.Table, dictionary: Dictionary) -> tuple[str, ...]:
    """Return what a reader of the run should know of the table's columns.

    That is what was left out, what was not read as written, what is scored though it may be
    protected, and codes that train as values. But for such a code, no note shows a value.
    """
    return (
        *(
            f"{name}：{kind.zh}，不评分也不分组 · {kind.en}: neither scored nor a protected group"
            for name, kind in ungrouped(table, dictionary).items()
        ),
        *_unread(table, dictionary),
        *_doubtful(table, dictionary),
    )


def _doubtful(table: pa.Table, dictionary: Dictionary) -> Iterator[str]:
    """Yield which scored columns may be protected, and which codes train as values."""
    for name in dictionary.named("scored"):
        own = dictionary[name]
        if may_be_protected(name):
            yield f"{name}：可能受保护，仍可入模 · may be protected, and may enter the card"
        if own.type == "text":
            continue
        values = numbers(table[name])
        low = -np.inf if own.minimum is None else own.minimum
        high = np.inf if own.maximum is None else own.maximum
        for code in sentinels(values).tolist():
            if low <= code <= high:
                rows = int((values == code).sum())
                yield (
                    f"{name}：{rows:,} 行为 {code:g}，远离其他取值，疑为缺失，仍按数值训练"
                    f" · {code:g} in {rows:,} rows lies far from the others, seems to mean missing,"
                    " and trains as a value"
                )


def _unread(table: pa.Table, dictionary: Dictionary) -> Iterator[str]:
    for name in dictionary.named("scored"):
        if dictionary[name].type != "text":
            count = int(unreadable(table[name]).sum())
            what = Text("不是数字，按超出范围训练", "are no numbers and train as out of range")
        else:
            count = _numerals_among_words(table[name])
            what = Text("是数字，按文字训练", "are numbers and train as text")
        if count:
            share = f"{count / table.num_rows:.1%}"
            zh, en = f"{count:,} 个值（{share}）{what.zh}", f"{count:,} values ({share}) {what.en}"
            yield f"{name}：{zh} · {en}"


def _numerals_among_words(column: pa.ChunkedArray) -> int:
    """Return how many values of a text column are numbers, if it has words and many numbers."""
    values = numbers(column)
    finite = values[np.isfinite(values)]
    is_mixed = np.isinf(values).any() and len(np.unique(finite)) > _MANY_NUMBERS
    return len(finite) if is_mixed else 0


def _refuse_equal_codes(names: Iterable[str]) -> None:
    """Refuse columns whose reasons would share a code: codes are upper case."""
    owner: dict[str, str] = {}
    for name in names:
        for ending in ("", "_MISSING", "_OUT_OF_RANGE"):
            other = owner.setdefault(name.upper() + ending, name)
            if other != name:
                raise TrainingError(
                    f"columns {other!r} and {name!r} would share the reason code"
                    f" {name.upper() + ending}; rename one of them"
                )
