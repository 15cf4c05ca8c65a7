"""The parser of each kind of column: one definition for a cell, a row and a whole file.

Identifiers, choices, flags and free text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from data.importing.cells.cell import Field, Flaw, Value, cell_text, missing
from data.importing.cells.dates import parse_date, parse_moment, parse_month, parse_season
from data.importing.cells.numbers import parse_decimal, parse_whole
from data.importing.cells.text import plain, prose
from data.importing.limits import MAX_CELL_CHARS, MAX_IDENTIFIER_CHARS, MAX_TEXT_CHARS
from model.archive.id_numbers import id_number_flaw, is_phone, normal_id_number
from model.archive.tables import Column, Kind

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
#: What a spreadsheet makes of a long id; the plus sign or point cannot stand in a real one.
_LOST_DIGITS = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+|[0-9]\.[0-9]+[eE][0-9]+|[0-9]{16,}\.0+")
#: A short id that passed through a number keeps its digits and gains a point.
_WHOLE_FLOAT = re.compile(r"([0-9]{1,15})\.0+")
#: Eighteen digits of which the last three became zeros: 15 digits is all a spreadsheet keeps.
_ROUNDED_ID = re.compile(r"[0-9]{15}000")
_VILLAGE = re.compile(r"[0-9]{12}")
_COUNTRY_CODE = re.compile(r"(\+|00)?86-?(?=1[0-9]{10}$)")
_FLAGS = {
    **dict.fromkeys(("是", "y", "yes", "1", "true", "有", "√", "✓"), True),
    **dict.fromkeys(("否", "n", "no", "0", "false", "无", "×", "✗"), False),
}
_ID_FLAWS = {
    "form": "NOT_AN_ID_NUMBER",
    "birth_date": "ID_NUMBER_BIRTH_DATE",
    "check_digit": "ID_NUMBER_CHECK_DIGIT",
}


def parse_identifier(text: str, field: Field) -> str | Flaw:
    """Return an id as it is written: leading zeros, case, and ids such as "NA" stay."""
    text = _without_point(text)
    if _LOST_DIGITS.fullmatch(text):
        return Flaw("ID_DIGITS_LOST")
    if not _IDENTIFIER.fullmatch(text):
        return Flaw("NOT_AN_IDENTIFIER")
    return text if len(text) <= MAX_IDENTIFIER_CHARS else Flaw("TOO_LONG")


def parse_id_number(text: str, field: Field) -> str | Flaw:
    """Return a citizen's id number with a sound birth date and check digit (GB 11643)."""
    number = normal_id_number(re.sub(r"\s", "", text))
    if _LOST_DIGITS.fullmatch(number):
        return Flaw("ID_DIGITS_LOST")
    flaw = id_number_flaw(number)
    if flaw is None:
        return number
    if _ROUNDED_ID.fullmatch(number):
        return Flaw("ID_DIGITS_LOST")
    return Flaw("MASKED_VALUE" if "*" in number else _ID_FLAWS[flaw])


def parse_phone(text: str, field: Field) -> str | Flaw:
    """Return a mobile number without country code, spaces and dashes."""
    number = _COUNTRY_CODE.sub("", re.sub(r"[\s-]", "", _without_point(text)))
    if _LOST_DIGITS.fullmatch(number):
        return Flaw("ID_DIGITS_LOST")
    if is_phone(number):
        return number
    return Flaw("MASKED_VALUE" if "*" in number else "NOT_A_PHONE")


def parse_village(text: str, field: Field) -> str | Flaw:
    """Return a village's administrative code of twelve digits."""
    code = _without_point(text)
    if _LOST_DIGITS.fullmatch(code):
        return Flaw("ID_DIGITS_LOST")
    return code if _VILLAGE.fullmatch(code) else Flaw("NOT_A_VILLAGE_CODE")


def parse_choice(text: str, field: Field) -> str | Flaw:
    """Return the key of the choice that `text` spells."""
    return _spellings(field.column).get(text.casefold(), Flaw("UNKNOWN_CHOICE"))


def parse_flag(text: str, field: Field) -> bool | Flaw:
    """Return yes or no."""
    return _FLAGS.get(text.casefold(), Flaw("NOT_A_FLAG"))


def parse_prose(raw: str, field: Field) -> str | Flaw:
    """Return a free text with its typing accidents taken off."""
    text = prose(raw)
    if field.column.personal and "*" in text:
        return Flaw("MASKED_VALUE")
    return text if len(text) <= MAX_TEXT_CHARS else Flaw("TOO_LONG")


def _without_point(text: str) -> str:
    whole = _WHOLE_FLOAT.fullmatch(text)
    return whole[1] if whole else text


def _spellings(column: Column) -> dict[str, str]:
    return {
        plain(word).casefold(): key
        for key, words in column.choices.items()
        for word in (key, *words)
    }


Parser = Callable[[str, Field], Value | Flaw]

#: Each takes the plain text of a cell that is not blank; `text` takes it as it was typed.
PARSERS: Mapping[Kind, Parser] = {
    "identifier": parse_identifier,
    "id_number": parse_id_number,
    "phone": parse_phone,
    "village": parse_village,
    "text": parse_prose,
    "choice": parse_choice,
    "integer": parse_whole,
    "number": parse_decimal,
    "money": parse_decimal,
    "date": parse_date,
    "month": parse_month,
    "season": parse_season,
    "flag": parse_flag,
    "timestamp": parse_moment,
}

#: Words for "nothing to report"; they say no in a flag and may be a name in a text.
_NOTHING = frozenset({"无", "暂无"})
_NOTHING_IS_A_VALUE: frozenset[Kind] = frozenset({"flag", "text"})


def parse_cell(raw: str, field: Field) -> Value | Flaw:
    """Return the stored value of a cell, None when an optional one is blank, or its flaw."""
    if len(raw) > MAX_CELL_CHARS:
        return Flaw("TOO_LONG")
    text, kind = cell_text(raw), field.column.kind
    if text is None or (text in _NOTHING and kind not in _NOTHING_IS_A_VALUE):
        return missing(field.column)
    if isinstance(text, Flaw):
        return text
    return PARSERS[kind](raw if kind == "text" else text, field)
