"""Concentration: how much of what was paid out is where, and with how few borrowers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from api.http.schemas import count_shapes
from api.ledger.commands import View
from api.ledger.tables import entries

#: Borrowers whose share together is shown.
LARGEST = 10
_MONEY = ("DISBURSED", "DISBURSEMENT_CANCELLED")
_SIGNED = case((entries.c.kind == "DISBURSED", 1), else_=-1) * func.coalesce(
    entries.c.amount_yuan, 0
)

CONCENTRATION_COUNTS = count_shapes(
    {
        "disbursements": ("账本中的放款笔数，已减去撤销", "payments in the ledger, less cancelled"),
        "disbursed_yuan": (
            "上述放款的金额（元），未减去还款",
            "amount of these payments, in yuan, without repayments subtracted",
        ),
        "share_percent": (
            "占所示各地放款额的百分比",
            "percentage of what was paid out in the places shown",
        ),
    }
)


def concentration(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the places of a portfolio with their share of what was paid out, largest first.

    The share of a place is None where its amount is hidden.
    """
    found = [
        {
            **{name: row[name] for name in ("place_code", "county", "township", "village")},
            "disbursements": row["in_total"]["disbursements"],
            "disbursed_yuan": row["in_total"]["disbursed_yuan"],
        }
        for row in rows
    ]
    total = sum(each["disbursed_yuan"] or 0 for each in found)
    for each in found:
        each["share_percent"] = _percent(each["disbursed_yuan"], total)
    return sorted(found, key=lambda each: (-(each["disbursed_yuan"] or 0), each["place_code"]))


def herfindahl(rows: Sequence[dict[str, Any]]) -> float | None:
    """Return the Herfindahl-Hirschman index of the shares shown: 1/n to 1; None without any."""
    amounts = [row["disbursed_yuan"] or 0 for row in rows]
    total = sum(amounts)
    return round(sum((amount / total) ** 2 for amount in amounts), 4) if total > 0 else None


def largest_share(view: View, places: Sequence[str], within: Callable[[str], bool]) -> float | None:
    """Return the percentage that the ten largest borrowers have of what was paid out.

    None if there are no more than ten: then the figure would be about each of them.
    """
    code = entries.c.place_code
    inside = [and_(code >= place, code < place + ":") for place in places]
    statement = (
        select(entries.c.subject_id, code, func.sum(_SIGNED))
        .where(entries.c.kind.in_(_MONEY), or_(*inside))
        .group_by(entries.c.subject_id, code)
    )
    amounts: dict[str, int] = {}
    for subject, place, amount in view.connection.execute(statement):
        if within(place) and amount > 0:
            amounts[subject] = amounts.get(subject, 0) + int(amount)
    if len(amounts) <= LARGEST:
        return None
    largest = sorted(amounts.values(), reverse=True)[:LARGEST]
    return _percent(sum(largest), sum(amounts.values()))


def _percent(part: int | None, whole: int) -> float | None:
    return round(100 * part / whole, 1) if part is not None and whole > 0 else None
