"""Free text that the ledger keeps for ever: no number of a person may enter it, however written.

An id, phone or card number stays one in full-width, Arabic-Indic or Chinese digits, with dots,
dashes or invisible characters between them. So digits are read as a person reads them.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

#: So many digits in a row may be an id, phone or card number; a year and a month are not.
MAX_DIGITS = 6
#: Characters between two digits that do not end a number.
_MAX_GAP = 3
#: Numerals that Unicode does not count among the decimal digits.
_NUMERALS = {
    numeral: digit
    for digit, numerals in enumerate(
        ("零〇○", "一壹幺", "二贰两貳", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for numeral in numerals
}
#: Categories of characters that people write between digits: spaces and punctuation.
_SEPARATING = ("Z", "P", "S")
#: Categories of characters that nobody sees: format characters, marks and controls.
_INVISIBLE = ("Cf", "Mn", "Me", "Cc")


def longest_number(text: str) -> int:
    """Return how many digits the longest number in `text` has, however it is written."""
    longest = run = gap = 0
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if _is_digit(character):
            run, gap = run + 1, 0
            longest = max(longest, run)
        elif category in _INVISIBLE:
            continue
        elif category.startswith(_SEPARATING) and gap < _MAX_GAP:
            gap += 1
        else:
            run = gap = 0
    return longest


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


def _is_digit(character: str) -> bool:
    return character in _NUMERALS or unicodedata.digit(character, None) is not None


#: A note on a case or a visit.
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=1_000),
    AfterValidator(refuse_numbers),
]
