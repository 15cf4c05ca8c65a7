"""The portfolio by place: members by tier, decisions, approvals and disbursements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from typing import Any

from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS
from api.editions.small_cells import SmallCells
from api.http.schemas import count_shapes
from api.portfolio.beside import Beside
from api.portfolio.totals import Totals

_TIERS = ("members", "first", "second", "third", "none")
_NAMES = ("county", "township", "village")
_PERIODS = ("this_year", "in_total")
_EXPOSURE, _LOANS = "exposure_yuan", "loans"

PORTFOLIO_COUNTS = count_shapes(
    {
        "members": ("名单日建档会员", "members in the archive on the edition's day"),
        "first": ("一级（预授信）", "first tier: pre-approved"),
        "second": ("二级（客户经理核实）", "second tier: an officer verifies"),
        "third": ("三级（培育，暂无额度）", "third tier: nurtured, no offer yet"),
        "none": ("不符合条件的", "not eligible"),
        "decisions": (
            "本服务账本中的决策，重复的申请只计一次",
            "decisions in this service's ledger; a repeated question counts once",
        ),
        "approved": (
            "系统或人工批准的决策，被撤销的在撤销当年减去",
            "approved by the service or by people; subtracted in the year of a reversal",
        ),
        "approved_yuan": ("上述批准的金额（元）", "amount of these approvals, in yuan"),
        "disbursements": (
            "账本中的放款笔数，撤销的在撤销当年减去；同一决策可分多笔",
            "payments in the ledger, several on one decision; subtracted in the year of a"
            " cancellation",
        ),
        "disbursed_yuan": (
            "上述放款的金额（元）；不含档案中由其他渠道发放的贷款，也未减去还款",
            "amount of these payments, in yuan; without loans of other channels in the archive, and"
            " without repayments subtracted",
        ),
        "repaid_yuan": (
            "账本中登记的还款本金（元），撤销的在撤销当年减去；与放款额之差为未还",
            "principal repaid on record in the ledger, in yuan; subtracted in the year of a"
            " cancellation. What was disbursed less this is outstanding",
        ),
        "loans": (
            "账本中的放款笔数，加上只有银行账簿有、账本没有放款的贷款",
            "payments in the ledger, and loans that only the bank's books have",
        ),
        "exposure_yuan": (
            "上述各笔的未还本金（元）：账本与银行账簿不一致的取大者，直至有人处理差异",
            "principal outstanding of these, in yuan: where ledger and bank differ, the larger"
            " figure until a person settles it",
        ),
    }
)


def portfolio(
    edition: Edition,
    totals: Mapping[tuple[str, int], Totals],
    beside: Mapping[str, Beside],
    level: str,
    within: Callable[[str], bool],
    year: int,
    hidden: tuple[SmallCells, SmallCells] | None = None,
) -> list[dict[str, Any]]:
    """Return one row for each place of `level` that has a village `within`, by code.

    Every row is a sum over villages, so that the rows add up at every level and for a caller of any
    places. A village that left the archive counts as long as the ledger has entries of it.

    Parameters
    ----------
    totals
        By village (12 digits) and year in China.
    beside
        What the bank's books add, by village.
    within
        Whether a village (12 digits) is to be counted.
    year
        The year of ``this_year``, in China.
    hidden
        The small cells of the edition, and those of the ledger; None shows every count.
    """
    names = {row["place_code"]: row for row in edition.funnel(level, PlaceFilter())}
    villages = edition.funnel("village", PlaceFilter())
    every = {row["place_code"] for row in villages} | {v for v, _ in totals} | set(beside)
    seen = {village for village in every if within(village)}
    rows: dict[str, dict[str, Any]] = {}

    def row_of(village: str) -> dict[str, Any]:
        code = village[: LEVELS[level]]
        if code not in rows:
            rows[code] = _empty_row(code, names.get(code, {}))
        return rows[code]

    for counts in villages:
        if counts["place_code"] in seen:
            row = row_of(counts["place_code"])
            for tier in _TIERS:
                row[tier] += counts[tier]
    for (village, year_of_totals), each in totals.items():
        if village in seen:
            row = row_of(village)
            row["in_total"] += each
            _add_exposure(row, _exposure(each))
            if year_of_totals == year:
                row["this_year"] += each
    for village, extra in beside.items():
        if village in seen:
            _add_exposure(row_of(village), (extra.loans, extra.extra_yuan))
    found = [_plain(rows[code]) for code in sorted(rows)]
    if hidden is None:
        return found
    parts = _parts(every, seen, LEVELS[level])
    return [_hidden(row, hidden, parts.get(row["place_code"])) for row in found]


def _exposure(totals: Totals) -> tuple[int, int]:
    """Return the payments of `totals` and what is outstanding of them on record."""
    return totals.disbursements, totals.disbursed_yuan - totals.repaid_yuan


def _add_exposure(row: dict[str, Any], added: tuple[int, int]) -> None:
    row[_LOANS] += added[0]
    row[_EXPOSURE] += added[1]


def _parts(every: Set[str], seen: Set[str], digits: int) -> dict[str, list[str]]:
    """Return the villages seen of each place of which others are not seen."""
    partial = {village[:digits] for village in every - seen}
    parts: dict[str, list[str]] = {code: [] for code in partial}
    for village in seen:
        if village[:digits] in partial:
            parts[village[:digits]].append(village)
    return parts


def _hidden(
    row: dict[str, Any],
    hidden: tuple[SmallCells, SmallCells],
    villages: Collection[str] | None,
) -> dict[str, Any]:
    """Return `row` without small cells; a row of a part of a place is judged by its `villages`."""
    code, (by_edition, by_ledger) = row["place_code"], hidden
    flat = {f"{period}.{name}": n for period in _PERIODS for name, n in row[period].items()}
    flat |= {name: row[name] for name in (_LOANS, _EXPOSURE)}
    shown = by_ledger.shown(code, flat, villages)
    periods = {
        period: {name: shown[f"{period}.{name}"] for name in row[period]} for period in _PERIODS
    }
    exposure = {name: shown[name] for name in (_LOANS, _EXPOSURE)}
    return {**row, **by_edition.shown(code, row, villages), **periods, **exposure}


def _empty_row(code: str, names: Mapping[str, Any]) -> dict[str, Any]:
    place = {name: names.get(name) for name in _NAMES}
    counts = dict.fromkeys((*_TIERS, _LOANS, _EXPOSURE), 0)
    return {"place_code": code, **place, **counts, "this_year": Totals(), "in_total": Totals()}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "this_year": vars(row["this_year"]), "in_total": vars(row["in_total"])}
