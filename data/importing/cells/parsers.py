"""`parse_cell` and the parser of each kind of column; ids, choices, flags and text are here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from data.importing.cells.cell import Field, Flaw, Value, blank_value, cell_text
from data.importing.cells.dates import parse_date, parse_moment, parse_month, parse_season
from data.importing.cells.numbers import parse_decimal, parse_integer
from data.importing.cells.words import choice_key, unlisted_word
from data.importing.limits import MAX_CELL_CHARS, MAX_IDENTIFIER_CHARS, MAX_TEXT_CHARS
from data.storage.cell_text import prose
from model.archive.id_numbers import id_number_flaw, is_phone, landline_of, normal_id_number
from model.archive.tables import OTHER, Kind

Parser = Callable[[str, Field], Value | Flaw]
#: Words for "nothing to report"; in a flag they mean no, in a text they may be a name.
_NOTHING = frozenset({"无", "暂无"})
_NOTHING_IS_A_VALUE: frozenset[Kind] = frozenset({"flag", "text"})


def parse_cell(raw: str, field: Field) -> Value | Flaw:
    """Return the stored value of a cell, None if an optional cell is blank, or its flaw."""
    if len(raw) > MAX_CELL_CHARS:
        return Flaw("TOO_LONG")
    text, kind = cell_text(raw), field.column.kind
    if text is None or (text in _NOTHING and kind not in _NOTHING_IS_A_VALUE):
        return blank_value(field.column)
    if isinstance(text, Flaw):
        return text
    return _PARSERS[kind](raw if kind == "text" else text, field)


_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
#: A long id that a spreadsheet turned into a number; real ids hold no plus sign or point.
_LOST_DIGITS = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+|[0-9]\.[0-9]+[eE][0-9]+|[0-9]{16,}\.0+")
#: A short id that a spreadsheet turned into a number keeps its digits and gains a point.
_INTEGER_FLOAT = re.compile(r"([0-9]{1,15})\.0+")
#: Eighteen digits whose last three became zeros: a spreadsheet keeps 15 digits.
_ROUNDED_ID = re.compile(r"[0-9]{15}000")
_VILLAGE = re.compile(r"[0-9]{12}")
_PLACE = re.compile(r"[0-9]{6}|[0-9]{9}|[0-9]{12}")
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


def _parse_identifier(text: str, field: Field) -> str | Flaw:
    """Return an id as it is written, with leading zeros and case; "NA" is a valid id."""
    text = _drop_zero_fraction(text)
    if _LOST_DIGITS.fullmatch(text):
        return Flaw("ID_DIGITS_LOST")
    if not _IDENTIFIER.fullmatch(text):
        return Flaw("NOT_AN_IDENTIFIER")
    return text if len(text) <= MAX_IDENTIFIER_CHARS else Flaw("TOO_LONG")


def _parse_id_number(text: str, field: Field) -> str | Flaw:
    """Return a citizen's id number with a valid birth date and check digit (GB 11643)."""
    number = normal_id_number(re.sub(r"\s", "", text))
    if _LOST_DIGITS.fullmatch(number):
        return Flaw("ID_DIGITS_LOST")
    flaw = id_number_flaw(number)
    if flaw is None:
        return number
    if _ROUNDED_ID.fullmatch(number):
        return Flaw("ID_DIGITS_LOST")
    return Flaw("MASKED_VALUE" if "*" in number else _ID_FLAWS[flaw])


def _parse_phone(text: str, field: Field) -> str | Flaw:
    """Return a mobile number of digits only, or a landline as area code, dash and number."""
    if landline := landline_of(text):
        return landline
    number = _COUNTRY_CODE.sub("", re.sub(r"[\s-]", "", _drop_zero_fraction(text)))
    if _LOST_DIGITS.fullmatch(number):
        return Flaw("ID_DIGITS_LOST")
    if is_phone(number):
        return number
    return Flaw("MASKED_VALUE" if "*" in number else "NOT_A_PHONE")


def _parse_village(text: str, field: Field) -> str | Flaw:
    """Return a village's administrative code of twelve digits."""
    return _parse_code(text, _VILLAGE, "NOT_A_VILLAGE_CODE")


def _parse_place(text: str, field: Field) -> str | Flaw:
    """Return the administrative code of a county, a township or a village."""
    return _parse_code(text, _PLACE, "NOT_A_PLACE_CODE")


def _parse_code(text: str, pattern: re.Pattern[str], flaw: str) -> str | Flaw:
    code = _drop_zero_fraction(text)
    if _LOST_DIGITS.fullmatch(code):
        return Flaw("ID_DIGITS_LOST")
    return code if pattern.fullmatch(code) else Flaw(flaw)


def _parse_choice(text: str, field: Field) -> str | Flaw:
    """Return the key of the choice that `text` spells, `OTHER` for a word an open column keeps."""
    if key := choice_key(text, field.column):
        return key
    return OTHER if unlisted_word(text, field) else Flaw("UNKNOWN_CHOICE")


def _parse_flag(text: str, field: Field) -> bool | Flaw:
    """Return yes or no."""
    return _FLAGS.get(text.casefold(), Flaw("NOT_A_FLAG"))


def _parse_prose(raw: str, field: Field) -> str | Flaw:
    """Return a free text without typing accidents."""
    text = prose(raw)
    if field.column.personal and "*" in text:
        return Flaw("MASKED_VALUE")
    return text if len(text) <= MAX_TEXT_CHARS else Flaw("TOO_LONG")


def _drop_zero_fraction(text: str) -> str:
    match = _INTEGER_FLOAT.fullmatch(text)
    return match[1] if match else text


#: Each parser takes the plain text of a cell that is not blank; `text` takes the raw text.
_PARSERS: Mapping[Kind, Parser] = {
    "identifier": _parse_identifier,
    "id_number": _parse_id_number,
    "phone": _parse_phone,
    "village": _parse_village,
    "place": _parse_place,
    "text": _parse_prose,
    "choice": _parse_choice,
    "integer": parse_integer,
    "number": parse_decimal,
    "money": parse_decimal,
    "date": parse_date,
    "month": parse_month,
    "season": parse_season,
    "flag": _parse_flag,
    "timestamp": parse_moment,
}
