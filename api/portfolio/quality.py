"""The quality of the loan book by place: arrears, and the loss that was expected against the one.

The source is the ledger: payments, and repayments on record. A payment is due as a whole on its
last day. Instalments in the archive are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS
from api.editions.small_cells import (
    Layout,
    persons_of_villages,
    small_cells,
    sums_of_villages,
)
from api.http.schemas import count_shapes
from api.portfolio.book import Loan
from api.portfolio.borrower import BANDS, COUNTED, borrowers, columns_of

_AMOUNTS: Mapping[str, str] = {
    "drawn_yuan": "borrowers",
    "outstanding_yuan": "running",
    **{f"{band}_yuan": band for band in BANDS},
    "judged_yuan": "judged",
    "expected_default_yuan": "judged",
    "expected_loss_yuan": "judged",
    "defaulted_yuan": "defaulted",
    "loss_yuan": "defaulted",
}
_LAYOUT = Layout(
    counts=COUNTED,
    sums=(("running", *BANDS),),
    at_most=(("running", "borrowers"), ("judged", "borrowers"), ("defaulted", "judged")),
    amounts=_AMOUNTS,
)
_COLUMNS = (*COUNTED, *_AMOUNTS)
#: Parts of a yuan in which sums of products are kept, so that they are exact.
_PARTS: Mapping[str, int] = {
    "expected_default_yuan": 10**8, "expected_loss_yuan": 10**10, "loss_yuan": 100,
}  # fmt: skip

QUALITY_COUNTS = count_shapes(
    {
        "borrowers": ("放过款的借款人（账本）", "borrowers who were ever paid, by the ledger"),
        "drawn_yuan": (
            "对其放款的本金（元），已减去撤销",
            "principal paid to them, less cancelled",
        ),
        "running": ("有未还本金的借款人", "borrowers with principal outstanding"),
        "outstanding_yuan": (
            "未还本金（元）：放款减去登记的还款",
            "principal outstanding, in yuan: paid out less repayments on record",
        ),
        "current": ("其中没有逾期的", "of these, nothing past due"),
        "current_yuan": ("其未还本金（元）", "their principal outstanding, in yuan"),
        "overdue_1_29": ("最长逾期 1 至 29 天的", "worst payment 1 to 29 days past due"),
        "overdue_1_29_yuan": ("其未还本金（元）", "their principal outstanding, in yuan"),
        "overdue_30_59": ("最长逾期 30 至 59 天的", "worst payment 30 to 59 days past due"),
        "overdue_30_59_yuan": ("其未还本金（元）", "their principal outstanding, in yuan"),
        "overdue_60_89": ("最长逾期 60 至 89 天的", "worst payment 60 to 89 days past due"),
        "overdue_60_89_yuan": ("其未还本金（元）", "their principal outstanding, in yuan"),
        "overdue_from_90": ("最长逾期 90 天以上的", "worst payment 90 days past due or more"),
        "overdue_from_90_yuan": ("其未还本金（元）", "their principal outstanding, in yuan"),
        "judged": (
            "有放款到期满 90 天的借款人：结果已知，且决策时有违约概率和损失参数",
            "borrowers with payments whose last day is 90 days past, so that the outcome is known,"
            " and whose decision has a PD and a policy with LGD and EAD",
        ),
        "judged_yuan": ("这些放款的本金（元）", "principal of these payments, in yuan"),
        "expected_default_yuan": (
            "预期违约敞口（元）：违约概率 × 敞口系数 × 本金，均按决策时的取值",
            "expected exposure in default: PD × EAD × principal, each as at the decision",
        ),
        "expected_loss_yuan": (
            "预期损失（元）：上项 × 违约损失率",
            "expected loss: that × LGD, as at the decision",
        ),
        "defaulted": (
            "其中到期满 90 天仍未还清的借款人",
            "of these borrowers, those who still owe principal 90 days past its last day",
        ),
        "defaulted_yuan": (
            "其逾期 90 天以上的未还本金（元），未计可能的回收",
            "their principal that is 90 days past due, before anything is recovered",
        ),
        "loss_yuan": (
            "估计的实际损失（元）：上项 × 决策时的违约损失率；账本不记核销和回收",
            "estimated actual loss: that × LGD; the ledger records no write-off and no recovery",
        ),
    }
)


def quality(
    edition: Edition,
    loans: Iterable[Loan],
    level: str,
    within: Callable[[str], bool],
    today: date,
    smallest: int | None = None,
) -> list[dict[str, Any]]:
    """Return one row for each place of `level` with a borrower `within`, by code.

    Every row is a sum over villages, and every count is of borrowers.

    Parameters
    ----------
    smallest
        Hides counts of fewer, with what reveals them; None shows every count.
    """
    villages, people = _villages(loans, today)
    hidden = None
    if smallest is not None:
        hidden = small_cells(
            sums_of_villages(villages.items(), COUNTED),
            _LAYOUT,
            smallest,
            persons_of_villages(people, COUNTED, smallest),
        )
    names = {row["place_code"]: row for row in edition.funnel(level, PlaceFilter())}
    rows: dict[str, dict[str, Any]] = {}
    for village, counts in villages.items():
        if within(village):
            code = village[: LEVELS[level]]
            row = rows.setdefault(code, dict.fromkeys(_COLUMNS, 0))
            for column in _COLUMNS:
                row[column] += counts[column]
    found = []
    for code in sorted(rows):
        row = {column: _whole(column, count) for column, count in rows[code].items()}
        if hidden is not None:
            row = hidden.shown(code, row, _part(code, villages, within))
        place = names.get(code, {})
        named = {name: place.get(name) for name in ("county", "township", "village")}
        found.append({"place_code": code, **named, **row})
    return found


def _whole(column: str, count: int) -> int:
    parts = _PARTS.get(column, 1)
    return (count + parts // 2) // parts


def _part(
    code: str, villages: Mapping[str, Any], within: Callable[[str], bool]
) -> Sequence[str] | None:
    """Return the villages of a place that a row adds up; None if it adds up all of them."""
    inside = [village for village in villages if village.startswith(code)]
    seen = [village for village in inside if within(village)]
    return None if len(seen) == len(inside) else seen


def _villages(
    loans: Iterable[Loan], today: date
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, set[str]]]]:
    """Return the row of each village, and the borrowers behind each count of it."""
    villages: dict[str, dict[str, int]] = {}
    people: dict[str, dict[str, set[str]]] = {}
    for (village, subject), mine in borrowers(loans).items():
        row = villages.setdefault(village, dict.fromkeys(_COLUMNS, 0))
        behind = people.setdefault(village, {column: set() for column in COUNTED})
        for column, count in columns_of(mine, today).items():
            row[column] += count
            if count and column in behind:
                behind[column].add(subject)
    return villages, people
