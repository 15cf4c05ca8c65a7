"""Free text that the ledger keeps for ever: no number of a person may enter it, however written.

An id, phone or card number stays one in full-width, Arabic-Indic, Chinese or Suzhou digits, with
dots, dashes, invisible characters or a word between them. So digits are read as a person reads
them. Dates, years, sums and areas are ordinary in a note and are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

#: So many digits in a row may be an id, phone or card number; a year and a month are not.
MAX_DIGITS = 6
#: Digits of a phone number, from which two parts with a word between them count.
PHONE_DIGITS = 11
#: Numerals that Unicode does not count among the decimal digits.
_NUMERALS = {
    numeral: str(digit)
    for digit, numerals in enumerate(
        ("零〇○", "一壹幺", "二贰两貳", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for numeral in numerals
}
#: Characters that end a number: units of dates, money, area and weight, and counters.
_UNITS = frozenset(
    "年月日号時时点分秒周天季期岁元块角厘毛万萬千百十亿亩畝顷斤吨克里米升度个户人口头只羊座栋棚间株次笔项条份成%‰¥$"
)
#: Categories of characters that people write between digits: spaces and punctuation.
_SEPARATING = ("Z", "P", "S")
#: Categories of characters that nobody sees: format characters, marks and controls.
_INVISIBLE = ("Cf", "Mn", "Me", "Cc")
#: Categories of numerals that are no decimal digits: Roman, Suzhou and circled ones.
_OTHER_NUMERALS = ("Nl", "No")

# In the plain form "-" stands for a separator, "u" for a unit and "x" for any other character.
_PUNCTUATED = re.compile(r"\d(?:-{0,3}\d)*")
_WORDED = re.compile(r"\d(?:(?:-{0,3}|[-x]{1,2})\d)*")
_YEAR = r"(?:19|20)\d\d"
#: A day, or up to three years: what a part may be without being taken for a number of a person.
_DATE = re.compile(
    rf"{_YEAR}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])|{_YEAR}(?:-{_YEAR}){{0,2}}(?:-\d)?"
)
_ROUND = re.compile(r"[1-9]\d*00")


def longest_number(text: str) -> int:
    """Return how many digits the longest number in `text` has, however it is written.

    Parts with a word of one or two characters between them are one number if there are three of
    them, or if they are as long as a phone number together; round sums and dates are not.
    """
    plain = _plain(text)
    found = [_digits(part) for part in _PUNCTUATED.findall(plain) if not _DATE.fullmatch(part)]
    for joined in _WORDED.findall(plain):
        parts = re.split(r"-*x[-x]*", joined)
        digits = _digits(joined)
        is_ordinary = all(_DATE.fullmatch(part) or _ROUND.fullmatch(part) for part in parts)
        if not is_ordinary and (len(parts) > 2 or (len(parts) == 2 and digits >= PHONE_DIGITS)):
            found.append(digits)
    return max(found, default=0)


def refuse_numbers(text: str) -> str:
    """Return `text` if it holds no long number.

    Raises
    ------
    ValueError
        If it does.
    """
    if longest_number(text) > MAX_DIGITS:
        raise ValueError("contains a long number")
    return text


def _plain(text: str) -> str:
    """Return `text` with ASCII digits and a sign for the kind of every other character."""
    return "".join(
        _sign(part) for character in text for part in _numeral(character) or _normal(character)
    )


def _normal(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


def _numeral(character: str) -> str | None:
    """Return the digits of a numeral that normalisation would turn into letters or leave alone."""
    value = unicodedata.numeric(character, None)
    if value is None or unicodedata.category(character) not in _OTHER_NUMERALS:
        return None
    return str(int(value)) if value == int(value) else None


def _sign(character: str) -> str:
    if character in _NUMERALS:
        return _NUMERALS[character]
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category in _INVISIBLE:
        return ""
    if character in _UNITS:
        return "u"
    return "-" if category.startswith(_SEPARATING) else "x"


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


#: A note on a case or a visit.
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=1_000),
    AfterValidator(refuse_numbers),
]
