"""Masking of cells that a quarantine file shows: no identifier is readable, no formula runs."""

from __future__ import annotations

import re

from data.storage.cell_text import FORMULA_STARTS, plain
from model.archive.id_numbers import (
    id_number_flaw,
    mask_id_number,
    mask_name,
    mask_phone,
    normal_id_number,
)
from model.archive.tables import Column, Kind

_MASKS = {"id_number": mask_id_number, "phone": mask_phone, "text": mask_name}
_ID_LIKE = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_PHONE_LIKE = re.compile(
    r"(?<![0-9A-Za-z])(1[3-9][0-9]{9}|0(10|2[0-9]|[3-9][0-9]{2})-?[2-8][0-9]{6,7})(?![0-9A-Za-z])"
)
#: Kinds in which eleven digits are an id or an amount, not a phone number.
_NUMERIC_KINDS: frozenset[Kind] = frozenset(
    {"identifier", "village", "place", "money", "number", "integer"}
)


def mask_cell(raw: str, column: Column) -> str:
    """Return the text that a quarantine file shows for a cell of `column`.

    Id numbers, phones and names are masked in the columns that the contract declares personal, id
    numbers and phones in every other column too. The branch enters them again.
    """
    if column.personal:
        return escape_formula(_MASKS[column.kind](raw))
    return mask_text(raw, has_phones=column.kind not in _NUMERIC_KINDS)


def mask_text(raw: str, *, has_phones: bool = True) -> str:
    """Return any text with the id numbers in it masked, and the phones if `has_phones`."""
    text = plain(raw)
    masked = _ID_LIKE.sub(_mask_id, text)
    if has_phones:
        masked = _PHONE_LIKE.sub(lambda match: mask_phone(match[0]), masked)
    return escape_formula(raw if masked == text else masked)


def escape_formula(text: str) -> str:
    """Return `text` with an apostrophe before = + - @, tab or return, so that it cannot run.

    The import removes the apostrophe.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _mask_id(match: re.Match[str]) -> str:
    """Mask eighteen digits that contain a birth date; others are an id of the bank."""
    number = normal_id_number(match[0])
    return number if id_number_flaw(number) == "birth_date" else mask_id_number(number)
