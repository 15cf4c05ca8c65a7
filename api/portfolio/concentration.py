"""Concentration: how much of what was paid out, and is out, is where, and with how few."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from api.http.schemas import count_shapes
from api.ledger.commands import View
from api.ledger.tables import entries
from api.portfolio.tally import Tally

#: Borrowers whose share together is shown.
LARGEST = 10
_MONEY = ("DISBURSED", "DISBURSEMENT_CANCELLED")
_BALANCE = (*_MONEY, "REPAID", "REPAYMENT_CANCELLED")
_AMOUNT = func.coalesce(entries.c.amount_yuan, 0)
#: What was paid out, and what is outstanding of it.
_PAID = case((entries.c.kind == "DISBURSED", 1), else_=-1) * _AMOUNT
_OUT = case((entries.c.kind.in_(("DISBURSED", "REPAYMENT_CANCELLED")), 1), else_=-1) * _AMOUNT
#: The column of what is out today.
EXPOSURE = "exposure_yuan"

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
        "exposure_yuan": (
            "未还本金（元）：账本与银行账簿不一致的取大者，直至有人处理差异",
            "principal outstanding, in yuan: where ledger and bank differ, the larger figure until"
            " a person settles it",
        ),
        "exposure_percent": (
            "占所示各地未还本金的百分比",
            "percentage of what is outstanding in the places shown",
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
            EXPOSURE: row[EXPOSURE],
        }
        for row in rows
    ]
    for amount, share in (("disbursed_yuan", "share_percent"), (EXPOSURE, "exposure_percent")):
        total = sum(each[amount] or 0 for each in found)
        for each in found:
            each[share] = _percent(each[amount], total)
    return sorted(found, key=lambda each: (-(each["disbursed_yuan"] or 0), each["place_code"]))


def herfindahl(rows: Sequence[dict[str, Any]], amount: str = "disbursed_yuan") -> float | None:
    """Return the Herfindahl-Hirschman index of the shares shown: 1/n to 1; None without any."""
    amounts = [max(row[amount] or 0, 0) for row in rows]
    total = sum(amounts)
    return round(sum((amount / total) ** 2 for amount in amounts), 4) if total > 0 else None


def largest_share(
    view: View, places: Sequence[str], within: Callable[[str], bool], smallest: int | None = None
) -> float | None:
    """Return the percentage that the ten largest borrowers have of what was paid out.

    None if there are no more than ten: then the figure would be about each of them. The rest is
    told with it, so it must be of at least `smallest` borrowers.
    """
    return _of_largest(_by_borrower(view, places, within, _MONEY, _PAID), smallest)


def largest_exposure(
    view: View,
    tally: Tally,
    places: Sequence[str],
    within: Callable[[str], bool],
    smallest: int | None = None,
) -> float | None:
    """Return the percentage that the ten largest borrowers have of what is out today.

    None where `largest_share` would be.
    """
    amounts = _by_borrower(view, places, within, _BALANCE, _OUT)
    for subject, each in tally.differences(view):
        if within(each.place_code):
            amounts[subject] = amounts.get(subject, 0) + each.extra_yuan
    return _of_largest(amounts, smallest)


def _by_borrower(
    view: View,
    places: Sequence[str],
    within: Callable[[str], bool],
    kinds: Sequence[str],
    signed: ColumnElement[int],
) -> dict[str, int]:
    """Return the sum of the `signed` amounts of `kinds` by subject, over the villages `within`."""
    code = entries.c.place_code
    inside = [and_(code >= place, code < place + ":") for place in places]
    statement = (
        select(entries.c.subject_id, code, func.sum(signed))
        .where(entries.c.kind.in_(kinds), or_(*inside))
        .group_by(entries.c.subject_id, code)
    )
    amounts: dict[str, int] = {}
    for subject, place, amount in view.connection.execute(statement):
        if within(place):
            amounts[subject] = amounts.get(subject, 0) + int(amount)
    return amounts


def _of_largest(amounts: Mapping[str, int], smallest: int | None) -> float | None:
    positive = sorted((each for each in amounts.values() if each > 0), reverse=True)
    if len(positive) < LARGEST + (smallest or 1):
        return None
    return _percent(sum(positive[:LARGEST]), sum(positive))


def _percent(part: int | None, whole: int) -> float | None:
    return round(100 * part / whole, 1) if part is not None and whole > 0 else None
