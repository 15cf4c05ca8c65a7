"""The trend: what each of the last months added, summed over the villages of a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from api.editions.small_cells import Layout, small_cells, sums_of_villages
from api.http.schemas import count_shapes
from api.portfolio.book import Month

#: This month and the twelve before it, so that the same month of last year is beside it.
MONTHS = 13
_COUNTED = ("decisions", "disbursements", "repayments")
_AMOUNTS: Mapping[str, str] = {
    "disbursed_yuan": "disbursements", "repaid_yuan": "repayments",
}  # fmt: skip

MONTH_COUNTS = count_shapes(
    {
        "decisions": (
            "当月的决策，重复的申请只计一次",
            "decisions of the month; a repeated question counts once",
        ),
        "disbursements": (
            "当月的放款笔数，减去当月的撤销",
            "payments of the month, less cancellations of the month",
        ),
        "disbursed_yuan": ("上述放款的金额（元）", "amount of these payments, in yuan"),
        "repayments": (
            "当月登记的还款笔数，减去当月的撤销",
            "repayments recorded in the month, less cancellations of the month",
        ),
        "repaid_yuan": ("上述还款的本金（元）", "principal of these repayments, in yuan"),
    }
)


def trend(
    found: Mapping[tuple[str, date], Month],
    months: Sequence[date],
    place: str,
    within: Callable[[str], bool],
    smallest: int | None = None,
) -> list[dict[str, Any]]:
    """Return one row a month, oldest first, over the villages `within`.

    Parameters
    ----------
    place
        Code of the place that is asked for; empty for all.
    smallest
        Hides counts of fewer, with what reveals them; None shows every count.
    """
    villages: dict[str, dict[str, int]] = {}
    columns = [f"{name}.{month}" for month in months for name in (*_COUNTED, *_AMOUNTS)]
    for (village, month), each in found.items():
        if month in months:
            row = villages.setdefault(village, dict.fromkeys(columns, 0))
            for name in (*_COUNTED, *_AMOUNTS):
                row[f"{name}.{month}"] = getattr(each, name)
    seen = [village for village in villages if within(village)]
    total = {column: sum(villages[each][column] for each in seen) for column in columns}
    shown: Mapping[str, int | None] = total
    if smallest is not None:
        layout = _layout(months)
        hidden = small_cells(sums_of_villages(villages.items(), layout.counts), layout, smallest)
        inside = [village for village in villages if village.startswith(place)]
        shown = hidden.shown(place, total, None if len(seen) == len(inside) else seen)
    return [
        {"month": month, **{name: shown[f"{name}.{month}"] for name in (*_COUNTED, *_AMOUNTS)}}
        for month in months
    ]


def _layout(months: Sequence[date]) -> Layout:
    """Return the columns: a count a month; the sums of each year are known from the portfolio."""
    years = sorted({month.year for month in months})
    return Layout(
        counts=tuple(f"{name}.{month}" for month in months for name in _COUNTED),
        sums=tuple(
            tuple(f"{name}.{month}" for month in months if month.year == year)
            for name in _COUNTED
            for year in years
        ),
        amounts={
            f"{a}.{month}": f"{count}.{month}" for month in months for a, count in _AMOUNTS.items()
        },
    )
