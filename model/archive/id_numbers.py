"""Check, read and mask Chinese identity numbers and mobile phone numbers.

Source of the check digit: GB 11643-1999, section 5 (ISO 7064, MOD 11-2).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

#: What is wrong with an identity number.
IdFlaw = Literal["form", "birth_date", "check_digit"]
Sex = Literal["female", "male"]

#: The region code of generated numbers; a region's first digit is 1 to 8.
GENERATED_REGION = "000000"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_PHONE = re.compile(r"1[3-9][0-9]{9}")
#: Area code (010, 02x, 03xx to 09xx), seven or eight digits that begin with 2 to 8, extension.
_LANDLINE = re.compile(
    r"(?:\+?86)?\(?(?P<area>0(?:10|2[0-9]|[3-9][0-9]{2}))\)?-?(?P<number>[2-8][0-9]{6,7})"
    r"(?:(?:-|转|#)(?P<extension>[0-9]{1,6}))?"
)
_STAR = "*"


def normal_id_number(text: str) -> str:
    """Return `text` with an upper-case check letter, because branches write x as well as X."""
    return text.upper()


def check_digit(first_17: str) -> str:
    """Return the eighteenth character of a number from its first 17 digits."""
    total = sum(w * int(digit) for w, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK_DIGITS[total % 11]


def id_number_flaw(id_number: str) -> IdFlaw | None:
    """Return what is wrong with `id_number`, or None if it is sound.

    Any six digits pass as a region, because many adults hold numbers of counties since renamed.
    """
    if not _ID_NUMBER.fullmatch(id_number):
        return "form"
    if _birth_date(id_number) is None:
        return "birth_date"
    return None if check_digit(id_number[:17]) == id_number[17] else "check_digit"


def is_generated(id_number: str) -> bool:
    """Return whether `id_number` was generated for data without any, so that it is nobody's."""
    return id_number.startswith(GENERATED_REGION)


def birth_date_of(id_number: str) -> date:
    """Return the birth date written in a sound `id_number`.

    Raises
    ------
    ValueError
        If digits 7 to 14 are not a calendar date.
    """
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def sex_of(id_number: str) -> Sex:
    """Return the sex written in a sound `id_number`: digit 17 is odd for men."""
    return "male" if int(id_number[16]) % 2 else "female"


def is_phone(text: str) -> bool:
    """Return whether `text` is a mainland mobile number: 1, then 3 to 9, then nine digits."""
    return _PHONE.fullmatch(text) is not None


def landline_of(text: str) -> str | None:
    """Return the landline that `text` writes as ``0635-8888888``, None if it writes none."""
    match = _LANDLINE.fullmatch(re.sub(r"\s|—", "", text))
    return "-".join(part for part in match.groups() if part) if match else None


def mask_id_number(text: str) -> str:
    """Return ``371***********1234``: enough to tell rows apart, too little to use."""
    return _mask(text, head=3, tail=4, min_length=15)


def mask_phone(text: str) -> str:
    """Return ``138****1234``."""
    return _mask(text, head=3, tail=4, min_length=11)


def mask_name(text: str) -> str:
    """Return the first character and stars; a name of one character becomes a star."""
    return _mask(text, head=1, tail=0, min_length=2)


def _mask(text: str, head: int, tail: int, min_length: int) -> str:
    if len(text) < min_length:
        return _STAR * len(text)
    hidden = _STAR * (len(text) - head - tail)
    return text[:head] + hidden + (text[-tail:] if tail else "")


def _birth_date(id_number: str) -> date | None:
    try:
        return birth_date_of(id_number)
    except ValueError:
        return None
