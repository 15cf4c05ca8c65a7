"""Spellings of headers: those that an export writes, and all that an import accepts, with units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from data.importing.cells.numbers import normal_unit
from data.storage.cell_text import plain
from model.archive.tables import Column, Table, archive_tables

#: Words for a flag in an exported file.
FLAG_WORDS = {True: "是", False: "否"}


def export_headers(table: Table) -> dict[str, str]:
    """Return the header of each column of `table`, by column name, in declared order.

    Some headers include the unit, such as ``面积（亩）``; the last column is ``recorded_at``,
    ``登记时间``.
    """
    return {name: column.zh for name, column in table.columns.items()}


def export_choices(column: Column) -> dict[str, str]:
    """Return the exported word for each key of a `choice` column: its first Chinese spelling."""
    return {key: words[0] for key, words in column.choices.items()}


_BRACKETS = str.maketrans("[]【】〔〕〈〉{}", "()()()()()")
_ORNAMENTS = re.compile(r"^[*#\s]+|[*:\s]+$")
_BRACKETED = re.compile(r"(?P<name>.+?)\((?P<inside>[^()]*)\)")
#: Forms in which a header names a unit.
_WITH_UNIT = ("{name}({unit})", "{name}(单位:{unit})", "{name}/{unit}", "{name}:{unit}",
              "{name}_{unit}", "{name}-{unit}", "{name},{unit}", "{name}{unit}")  # fmt: skip
#: Brackets may hold a unit, or one of these remarks to the person who fills in the form.
_REMARK = re.compile(
    r"必填|选填|可选|可空|可为空|非必填|整数|数字|小数|数值|如有|如无.*|单选|.*保留.*位.*"
)


class SpellingMatch(NamedTuple):
    """The column that a header names.

    Attributes
    ----------
    factor : Decimal or None
        Factor of the unit that the header names, None if it names none.
    """

    column: str
    factor: Decimal | None


def normal_header(header: str) -> str:
    """Return `header` in the form used for comparison: narrow, lower case, without spaces."""
    narrow = re.sub(r"\s", "", plain(header)).translate(_BRACKETS).casefold()
    return _ORNAMENTS.sub("", narrow)


def match_spelling(table: str, header: str) -> SpellingMatch | None:
    """Return the column of `table` that `header` names, None if it names none."""
    normal = normal_header(header)
    return _spellings(table).get(normal) or _match_without_remark(table, normal)


def has_unknown_unit(table: str, header: str) -> bool:
    """Return whether `header` names a column of `table` in a unit that cannot be converted."""
    bracketed = _BRACKETED.fullmatch(normal_header(header))
    column = bracketed and _spellings(table).get(bracketed["name"])
    return bool(column) and match_spelling(table, header) is None


def unit_factor(column: Column, units: frozenset[str]) -> Decimal | None:
    """Return the factor of the only one of `units` that `column` knows, else None."""
    factors = {factor for unit, factor in column.units.items() if normal_unit(unit) in units}
    return factors.pop() if len(factors) == 1 else None


def _match_without_remark(table: str, header: str) -> SpellingMatch | None:
    """Match ``name(remark)``; a column with units accepts known remarks only, no other unit."""
    bracketed = _BRACKETED.fullmatch(header)
    named = bracketed and _spellings(table).get(bracketed["name"])
    if not bracketed or not named:
        return None
    has_unit = archive_tables()[table].columns[named.column].unit is not None
    return named if not has_unit or _REMARK.fullmatch(bracketed["inside"]) else None


@cache
def _spellings(table: str) -> dict[str, SpellingMatch]:
    return {
        normal_header(form): SpellingMatch(column.name, factor)
        for column in archive_tables()[table].columns.values()
        for form, factor in _forms(column)
    }


def _forms(column: Column) -> Iterator[tuple[str, Decimal | None]]:
    for spelling in (column.name, column.zh, column.en, *column.also):
        yield spelling, _own_factor(column, spelling)
        bracketed = _BRACKETED.fullmatch(normal_header(spelling))
        name = bracketed["name"] if bracketed else normal_header(spelling)
        yield name, None
        for unit, factor in column.units.items():
            for form in _WITH_UNIT:
                yield form.format(name=name, unit=normal_unit(unit)), factor


def _own_factor(column: Column, spelling: str) -> Decimal | None:
    bracketed = _BRACKETED.fullmatch(normal_header(spelling))
    factors = {normal_unit(unit): factor for unit, factor in column.units.items()}
    return factors.get(normal_unit(bracketed["inside"])) if bracketed else None
