"""The card as one SELECT: the same bins, points, PD and grade in DuckDB, PostgreSQL and Spark.

All three treat NaN as equal to itself and above every number, which separates missing values from
those out of range. The SELECT names every step, so that it can be compared with the printed card.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from model.card.bins import Bins, Ints
from model.card.card_file import CardFile
from model.card.derived import BEYOND, NEGLIGIBLE
from model.card.scorecard import Card
from model.card.sql_text import (
    Dialect,
    added_column,
    column,
    comment,
    number,
    refuse_unwritable,
    text,
)

_MAX_DOUBLE = float(np.finfo(np.float64).max)
#: Above every derived value of sources in range, and below the marker of one out of range.
_MAX_DERIVED = 1e300

#: Points that an attribute gets from one term: by its own bins, or by the bins of a pair.
_Part = tuple[tuple[str, ...], Ints]
#: Least and greatest value in range.
Range = tuple[float, float]


def card_sql(file: CardFile, source: str = "applicants", dialect: Dialect = "portable") -> str:
    """Return a SELECT that gives every row of `source` its points, PD and grade.

    The SELECT keeps the source's columns and adds ``value_<attribute>`` of a derived attribute,
    ``bin_<attribute>`` (the bin's number on the card), ``points_<attribute>``, ``points``, ``pd``
    and ``grade``. Numbers are compared as doubles, text letter for letter.

    Parameters
    ----------
    source : str
        The table or view with the card's inputs as columns.
    dialect : Dialect
        ``portable`` runs on all three databases if no column name needs quotes.

    Raises
    ------
    CardError
        If a name or a spelling cannot be written for `dialect`.
    """
    card = file.card
    refuse_unwritable([*card.inputs, *card.attributes], source, dialect)
    names = _Names(card, dialect)
    first = _select("t", _derived(card, names), source) if card.derived else ()
    return "\n".join(
        [
            *_heading(file),
            "WITH",
            *(["derived AS (", *first, "),"] if card.derived else ()),
            "binned AS (",
            *_select("t", _bins(card, names), "derived" if card.derived else source),
            "),",
            "pointed AS (",
            *_select("t", _points(card, names), "binned"),
            "),",
            "totalled AS (",
            *_select("t", [_total(card, names)], "pointed"),
            ")",
            *_select("t", [_pd(card), _grade(card)], "totalled"),
            "",
        ]
    )


class _Names:
    """The column names of one card in one dialect."""

    def __init__(self, card: Card, dialect: Dialect) -> None:
        self._index = {name: index for index, name in enumerate(card.attributes)}
        self._dialect = dialect

    def source(self, name: str) -> str:
        return column(name, self._dialect)

    def bin(self, name: str) -> str:
        return self._added("bin", name)

    def points(self, name: str) -> str:
        return self._added("points", name)

    def value(self, name: str) -> str:
        return self._added("value", name)

    def _added(self, prefix: str, name: str) -> str:
        return added_column(prefix, name, self._index[name], self._dialect)


def _heading(file: CardFile) -> Iterator[str]:
    yield comment(f"评分卡 scorecard {file.card.name}, SHA-256 {file.digest}")
    approval = f"{file.approved_by}, {file.approved_at}" if file.approved_by else "none 未批准"
    yield comment(f"批准 approved: {approval}")
    yield comment("DuckDB, PostgreSQL, Spark: NULL and NaN are missing; infinity is out of range")


def _select(alias: str, columns: Iterable[list[str]], source: str) -> Iterator[str]:
    """Yield a SELECT of everything in `source` and of `columns`, each a list of lines.

    ``OFFSET 0`` skips no row. Without it PostgreSQL would copy the expressions of a step into every
    use in the next step, and the PD table alone uses the total hundreds of times.
    """
    yield "SELECT"
    yield f"  {alias}.*,"
    *others, last = columns
    for lines in others:
        yield from (f"  {line}" for line in lines[:-1])
        yield f"  {lines[-1]},"
    yield from (f"  {line}" for line in last)
    yield f"FROM {source} AS {alias} OFFSET 0"


def _case(arms: Iterable[tuple[str, str]], otherwise: str, name: str) -> list[str]:
    lines = [f"  WHEN {condition} THEN {value}" for condition, value in arms]
    # CASE needs an arm; an attribute or a table with one entry has none.
    return (
        ["CASE", *lines, f"  ELSE {otherwise}", f"END AS {name}"]
        if lines
        else [f"{otherwise} AS {name}"]
    )


def _derived(card: Card, names: _Names) -> Iterator[list[str]]:
    """Yield the columns of derived values: NULL where missing, `_MAX_DOUBLE` where out of range."""
    for own in card.derived.values():
        first, second = (f"t.{names.source(source)}" for source in own.sources)
        ranges = (_derivable_range(card.bins[source]) for source in own.sources)
        arms = [
            (f"{_missing(first)} OR {_missing(second)}", "NULL"),
            (" OR ".join(map(_outside, (first, second), ranges)), number(_MAX_DOUBLE)),
        ]
        value = f"{_zero_if_negligible(first)} - {_zero_if_negligible(second)}"
        if own.kind == "ratio":
            arms.append((f"{second} < {number(NEGLIGIBLE)}", "NULL"))
            value = f"{_zero_if_negligible(first)} / ({_double(second)})"
        yield _case(arms, value, names.value(own.name))


def _derivable_range(bins: Bins) -> Range:
    low, high = _range(bins)
    return max(low, -BEYOND), min(high, BEYOND)


def _double(value: str) -> str:
    # PI() is a double in all three databases, so it converts integers and decimals to doubles.
    return f"{value} + 0e0 * PI()"


def _zero_if_negligible(value: str) -> str:
    negligible = f"WHEN ABS({value}) < {number(NEGLIGIBLE)} THEN {_double('0e0')}"
    return f"CASE {negligible} ELSE {_double(value)} END"


def _bins(card: Card, names: _Names) -> Iterator[list[str]]:
    for name in card.attributes:
        bins, label = card.bins[name], card.wording[name].label
        is_derived = name in card.derived
        value = f"t.{names.value(name) if is_derived else names.source(name)}"
        within = (-_MAX_DERIVED, _MAX_DERIVED) if is_derived else _range(bins)
        arms = _text_arms(bins, value) if bins.levels else _number_arms(bins, value, within)
        last = bins.out_of_range if bins.levels else bins.ordinary - 1
        yield [comment(f"{label.zh} · {label.en}"), *_case(arms, str(last), names.bin(name))]


def _range(bins: Bins) -> Range:
    low = -_MAX_DOUBLE if bins.minimum is None else bins.minimum
    return low, _MAX_DOUBLE if bins.maximum is None else bins.maximum


def _number_arms(bins: Bins, value: str, within: Range) -> Iterator[tuple[str, str]]:
    yield _missing(value), str(bins.missing)
    yield _outside(value, within), str(bins.out_of_range)
    for code, edge in enumerate(bins.edges):
        yield f"{value} < {number(edge)}", str(code)


def _missing(value: str) -> str:
    # PostgreSQL cannot compare an integer with NaN; the product is a double.
    return f"{value} IS NULL OR {value} * 1e0 = 'NaN'"


def _outside(value: str, within: Range) -> str:
    return f"{value} < {number(within[0])} OR {value} > {number(within[1])}"


def _text_arms(bins: Bins, value: str) -> Iterator[tuple[str, str]]:
    yield f"{value} IS NULL", str(bins.missing)
    for code, group in enumerate(bins.levels):
        if group:
            yield f"{value} IN ({', '.join(map(text, group))})", str(code)


def _points(card: Card, names: _Names) -> Iterator[list[str]]:
    for name in card.attributes:
        parts = [_lookup(*part, names) for part in _parts(card, name)]
        *others, last = parts
        sums = [line for part in others for line in [*part[:-1], f"{part[-1]} +"]]
        yield [*sums, *last[:-1], f"{last[-1]} AS {names.points(name)}"]


def _parts(card: Card, name: str) -> Iterator[_Part]:
    """Yield the point tables of `name`; a pair's points are split as the card splits them."""
    for term in card.terms:
        if name in term.attributes:
            half = term.points // 2
            first = name == term.attributes[0]
            single = len(term.attributes) == 1
            points = term.points if single else term.points - half if first else half
            yield term.attributes, points


def _lookup(attributes: Sequence[str], points: Ints, names: _Names) -> list[str]:
    """Return the lines of an expression that finds a row's `points` by its bins."""
    codes = [f"t.{names.bin(name)}" for name in attributes]
    if len(codes) == 1:
        return [_row(codes[0], points)]
    arms = [f"  WHEN {code} THEN {_row(codes[1], row)}" for code, row in enumerate(points)]
    return [f"CASE {codes[0]}", *arms, "END"]


def _row(code: str, points: Ints) -> str:
    if (points == points[0]).all():
        return str(points[0])
    arms = " ".join(f"WHEN {bin_} THEN {value}" for bin_, value in enumerate(points.tolist()))
    return f"CASE {code} {arms} END"


def _total(card: Card, names: _Names) -> list[str]:
    parts = [f"t.{names.points(name)}" for name in card.attributes]
    return [str(card.base), *(f"  + {part}" for part in parts[:-1]), f"  + {parts[-1]} AS points"]


def _pd(card: Card) -> list[str]:
    return _by_points(card, [number(pd) for pd in card.pd_values.tolist()], "pd")


def _grade(card: Card) -> list[str]:
    return _by_points(card, [text(grade) for grade in card.grade(card.pd_points)], "grade")


def _by_points(card: Card, values: Sequence[str], name: str) -> list[str]:
    """Return a CASE over totals; totals below the first entry have the value of the first entry."""
    steps = zip(card.pd_points[1:].tolist(), pairwise(values), strict=True)
    arms = [(f"t.points < {start}", below) for start, (below, value) in steps if below != value]
    return _case(arms, values[-1], name)
