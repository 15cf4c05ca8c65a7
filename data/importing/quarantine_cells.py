"""What a quarantined cell shows: enough to mend the row, nothing that identifies or runs."""

from __future__ import annotations

import re

from data.importing.text import FORMULA_STARTS, plain
from model.identity import id_number_flaw, mask_id_number, mask_name, mask_phone, normal_id_number
from model.tables import Column, Kind

_MASKS = {"id_number": mask_id_number, "phone": mask_phone, "text": mask_name}
_ID_LIKE = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_PHONE_LIKE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
#: Where eleven digits are an id or an amount rather than somebody's phone.
_NUMBERED: frozenset[Kind] = frozenset({"identifier", "village", "money", "number", "integer"})
HIDDEN = "***"


def shown_cell(raw: str, column: Column) -> str:
    """Return the text a quarantine file shows for a cell of `column`.

    Id numbers, phones and names are masked where the contract says so, and id numbers and phones
    that strayed into other columns as well. Whoever mends the row types them again.
    """
    if column.personal:
        return neutral(_MASKS[column.kind](raw))
    return shown_text(raw, has_phones=column.kind not in _NUMBERED)


def shown_text(raw: str, *, has_phones: bool = True) -> str:
    """Return a text of any origin with the id numbers in it masked, and the phones too."""
    text = plain(raw)
    masked = _ID_LIKE.sub(_masked_id, text)
    if has_phones:
        masked = _PHONE_LIKE.sub(lambda found: mask_phone(found[0]), masked)
    return neutral(raw if masked == text else masked)


def neutral(text: str) -> str:
    """Return `text` so that no spreadsheet runs it: an apostrophe before = + - @, tab and return.

    The import takes the apostrophe off again.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _masked_id(found: re.Match[str]) -> str:
    """Mask eighteen digits that hold a birth date; others are an id of the bank's own."""
    number = normal_id_number(found[0])
    return number if id_number_flaw(number) == "birth_date" else mask_id_number(number)
