"""The rows of the funnel for a caller, and what each of its columns counts."""

from __future__ import annotations

from typing import Any

from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS, counts_borrowers_of_the_year
from api.http.schemas import count_shapes

FUNNEL_COUNTS = count_shapes(
    {
        "members": ("名单日建档会员", "members in the archive on the edition's day"),
        "consenting": ("其中授权有效的", "of these, with consent in force"),
        "eligible": (
            "无拒绝类规则命中的，即一、二、三级之和",
            "without a declining rule: first + second + third",
        ),
        "first": ("一级（预授信）", "first tier: pre-approved"),
        "second": ("二级（客户经理核实）", "second tier: an officer verifies"),
        "third": ("三级（培育，暂无额度）", "third tier: nurtured, no offer yet"),
        "none": ("不符合条件的", "not eligible"),
        "applied": (
            "档案中曾申请过任一贷款产品的会员，不限年份和渠道",
            "members who ever applied for any loan, by the branch files",
        ),
        "borrowers": (
            "档案中曾支用过贷款的会员，不限年份",
            "members who ever drew a loan, by the branch files",
        ),
        "borrowers_this_year": (
            "其中名单日所在年度支用过的",
            "of these, who drew in the year of the edition's day",
        ),
        "disbursed_yuan": (
            "档案所载贷款的累计发放额；不含仅记在本服务账本上的放款",
            "paid out ever, by the branch files; not what only this service's ledger holds",
        ),
        "disbursed_this_year_yuan": (
            "其中名单日所在年度发放的",
            "of this, paid out in the year of the edition's day",
        ),
    }
)

_POSITION = ("latitude", "longitude")
_THIS_YEAR = "disbursed_this_year_yuan"


def funnel_rows(
    edition: Edition, level: str, place: PlaceFilter, smallest: int | None
) -> list[dict[str, Any]]:
    """Return the funnel of each place of `level`; `smallest` hides counts of fewer persons.

    Of an edition that does not count the borrowers of the year, the amount of the year is then told
    of whole counties and of the total alone.
    """
    rows = edition.funnel(level, place)
    if smallest is None:
        return rows
    cells, digits = edition.small_cells(smallest), LEVELS[level]
    is_partial = any(len(code) > digits for code in place.within)
    villages = [row["place_code"] for row in edition.funnel("village", place)] if is_partial else []

    def parts(code: str) -> list[str] | None:
        return [each for each in villages if each.startswith(code)] if is_partial else None

    shown = [row | cells.shown(row["place_code"], row, parts(row["place_code"])) for row in rows]
    is_known = all(counts_borrowers_of_the_year(row) for row in rows)
    if not is_known and (is_partial or digits > LEVELS["county"]):
        # Nobody counted whose it is: of many borrowers, one may have drawn it.
        shown = [row | {_THIS_YEAR: None} for row in shown]
    return shown


def placed(edition: Edition, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return `rows` with the position of each place, None where it is not known.

    An edition of a release that stored no positions gives `rows` as they are.
    """
    positions = edition.positions()
    if not positions:
        return rows
    none = (None, None)
    return [
        row | dict(zip(_POSITION, positions.get(row["place_code"], none), strict=True))
        for row in rows
    ]
