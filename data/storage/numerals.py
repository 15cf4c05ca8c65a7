"""Numerals as branches and spreadsheets write them: signs, thousands, currency, units.

The import and the reading of flat tables share this form.
"""

from __future__ import annotations

import re
from decimal import Decimal

from data.storage.cell_text import is_blank, plain

NUMERAL = re.compile(
    r"¥?\s*(?P<sign>[+-]?)(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?P<fraction>\.[0-9]*)?"
    r"\s*(?P<unit>[^0-9.,+\-\s].*)?"
)
#: Spellings of "no value" in a column of numbers; in a column of text they are values.
NO_NUMBER = frozenset({"", "na", "n/a", "#n/a", "nan", "nat", "null", "none", "?", "-", "."})
#: Units that a cell of a flat table may name, and their factors. A flat table declares no unit, so
#: a cell in another unit (万元) is unreadable.
_UNITS = {"%": Decimal("0.01"), "元": Decimal(1)}


def number_of(text: str) -> float | None:
    """Return the number that `text` writes: NaN for none, None if it is no number.

    Beside Python's own forms it reads what the import reads: full-width digits, ``36,342.32``,
    ``¥1,200``, ``1,200元``. A percentage is a share: ``46.4%`` is 0.464.
    """
    if text.strip().lower() in NO_NUMBER:
        return float("nan")
    bare = plain(text).replace("−", "-")
    if bare.lower() in NO_NUMBER or is_blank(bare):
        return float("nan")
    try:
        # Python accepts "1_000" as a number; in a table it is an identifier.
        number = float(bare.replace("_", "x"))
    except ValueError:
        return _with_signs(bare)
    # An infinity stands for a failed division; it is no value that anything was measured at.
    return None if number in (float("inf"), float("-inf")) else number


def _with_signs(text: str) -> float | None:
    match = NUMERAL.fullmatch(text)
    if not match or not (match["digits"] or (match["fraction"] or "").strip(".")):
        return None
    factor = _UNITS.get((match["unit"] or "元").strip())
    if factor is None:
        return None
    digits = match["digits"].replace(",", "") + (match["fraction"] or "")
    return float(Decimal(match["sign"] + digits) * factor)
