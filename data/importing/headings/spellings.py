"""Every way a header may name a column of the contract, with the unit it names.

The Chinese headers and spellings of a file that branches send, and that an export writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from data.importing.cells.numbers import normal_unit
from data.importing.cells.text import plain
from model.archive.tables import Column, Table, archive_tables

#: How a flag is written in an exported file.
FLAG_WORDS = {True: "是", False: "否"}


def export_headers(table: Table) -> dict[str, str]:
    """Return the header of each column of `table`, by column name, in declared order.

    The unit stands in the header where the contract writes it there, such as ``面积（亩）``; the
    last column is ``recorded_at``, ``登记时间``.
    """
    return {name: column.zh for name, column in table.columns.items()}


def export_choices(column: Column) -> dict[str, str]:
    """Return the word written for each key of a `choice` column: its first Chinese spelling."""
    return {key: words[0] for key, words in column.choices.items()}


_BRACKETS = str.maketrans("[]【】〔〕〈〉{}", "()()()()()")
_ORNAMENTS = re.compile(r"^[*#\s]+|[*:\s]+$")
_BRACKETED = re.compile(r"(?P<name>.+?)\((?P<inside>[^()]*)\)")
#: How a unit is attached to a name.
_WITH_UNIT = ("{name}({unit})", "{name}(单位:{unit})", "{name}/{unit}", "{name}:{unit}",
              "{name}_{unit}", "{name}-{unit}", "{name},{unit}", "{name}{unit}")  # fmt: skip
#: What brackets may hold besides a unit: remarks to the person who fills in the form.
_REMARK = re.compile(
    r"必填|选填|可选|可空|可为空|非必填|整数|数字|小数|数值|如有|如无.*|单选|.*保留.*位.*"
)


class Spelled(NamedTuple):
    """The column a header means.

    Attributes
    ----------
    factor : Decimal or None
        Of the unit the header names, None when it names none.
    """

    column: str
    factor: Decimal | None


def header_word(header: str) -> str:
    """Return the spelling by which a header is looked up: narrow, lower case, without spaces."""
    word = re.sub(r"\s", "", plain(header)).translate(_BRACKETS).casefold()
    return _ORNAMENTS.sub("", word)


def spelled(table: str, header: str) -> Spelled | None:
    """Return the column of `table` that `header` means, None when it is unknown."""
    word = header_word(header)
    return _spellings(table).get(word) or _without_remark(table, word)


def unknown_unit(table: str, header: str) -> bool:
    """Return whether `header` names a column of `table` in a unit that cannot be converted."""
    found = _BRACKETED.fullmatch(header_word(header))
    column = found and _spellings(table).get(found["name"])
    return bool(column) and spelled(table, header) is None


def factor_of(column: Column, words: frozenset[str]) -> Decimal | None:
    """Return the factor of the only unit among `words` that `column` knows, else None."""
    found = {factor for unit, factor in column.units.items() if normal_unit(unit) in words}
    return found.pop() if len(found) == 1 else None


def _without_remark(table: str, word: str) -> Spelled | None:
    """Look up ``name(remark)``; a column that has units must not lose one to a remark."""
    found = _BRACKETED.fullmatch(word)
    named = found and _spellings(table).get(found["name"])
    if not found or not named:
        return None
    measured = archive_tables()[table].columns[named.column].unit is not None
    return named if not measured or _REMARK.fullmatch(found["inside"]) else None


@cache
def _spellings(table: str) -> dict[str, Spelled]:
    return {
        header_word(form): Spelled(column.name, factor)
        for column in archive_tables()[table].columns.values()
        for form, factor in _forms(column)
    }


def _forms(column: Column) -> Iterator[tuple[str, Decimal | None]]:
    for spelling in (column.name, column.zh, column.en, *column.also):
        yield spelling, _own_factor(column, spelling)
        bracketed = _BRACKETED.fullmatch(header_word(spelling))
        name = bracketed["name"] if bracketed else header_word(spelling)
        yield name, None
        for unit, factor in column.units.items():
            for form in _WITH_UNIT:
                yield form.format(name=name, unit=normal_unit(unit)), factor


def _own_factor(column: Column, spelling: str) -> Decimal | None:
    bracketed = _BRACKETED.fullmatch(header_word(spelling))
    words = {normal_unit(unit): factor for unit, factor in column.units.items()}
    return words.get(normal_unit(bracketed["inside"])) if bracketed else None
