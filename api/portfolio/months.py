"""The trend: what each of the last months added, summed over the villages of a place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from datetime import date
from typing import Any

from api.editions.small_cells import (
    Layout,
    SmallCells,
    persons_of_villages,
    small_cells,
    sums_of_villages,
)
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
    kept: MutableMapping[tuple[date, int], SmallCells] | None = None,
) -> list[dict[str, Any]]:
    """Return one row a month, oldest first, over the villages `within`.

    Parameters
    ----------
    place
        Code of the place that is asked for; empty for all.
    smallest
        Hides counts of fewer, with what reveals them; None shows every count.
    kept
        The small cells of `found` by last month and threshold, which take half a second to find; it
        receives these.
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
        kept, key = {} if kept is None else kept, (months[-1], smallest)
        if key not in kept:
            kept[key] = _small_cells(found, months, villages, smallest)
        hidden = kept[key]
        inside = [village for village in villages if village.startswith(place)]
        shown = hidden.shown(place, total, None if len(seen) == len(inside) else seen)
    return [
        {"month": month, **{name: shown[f"{name}.{month}"] for name in (*_COUNTED, *_AMOUNTS)}}
        for month in months
    ]


def _small_cells(
    found: Mapping[tuple[str, date], Month],
    months: Sequence[date],
    villages: Mapping[str, Mapping[str, int]],
    smallest: int,
) -> SmallCells:
    """Return the cells of few persons; the sum of this year is told by the portfolio."""
    this_year = [month for month in months if month.year == months[-1].year]
    told = {f"{name}.{months[-1].year}": [f"{name}.{m}" for m in this_year] for name in _COUNTED}
    layout = _layout(months, told)
    people: dict[str, dict[str, Collection[str]]] = {}
    for (village, month), each in found.items():
        if month in months:
            behind = people.setdefault(village, {})
            behind |= {f"{name}.{month}": each.persons(name) for name in _COUNTED}
    for behind in people.values():
        for whole, parts in told.items():
            behind[whole] = {subject for part in parts for subject in behind.get(part, ())}
    rows = (
        (village, {**row, **{whole: sum(row[part] for part in told[whole]) for whole in told}})
        for village, row in villages.items()
    )
    persons = persons_of_villages(people, layout.counts, smallest)
    return small_cells(sums_of_villages(rows, layout.counts), layout, smallest, persons)


def _layout(months: Sequence[date], told: Mapping[str, Sequence[str]]) -> Layout:
    """Return the columns: a count a month, and their sums of the year, which are `told`."""
    return Layout(
        counts=(*(f"{name}.{month}" for month in months for name in _COUNTED), *told),
        sums=tuple((whole, *parts) for whole, parts in told.items()),
        amounts={
            f"{a}.{month}": f"{count}.{month}" for month in months for a, count in _AMOUNTS.items()
        },
        told=frozenset(told),
    )
