"""Pages of counts: the funnel from archive to money and the portfolio, by place, and as a workbook.

They show no person: a caller who may not see persons gets no count of few of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from api.console.page import Page
from api.console.pictures import FunnelBar, funnel_bars, trend_picture
from api.console.tiles import FIGURES, Figure, tile_map
from api.console.workbook import Cell, Sheet, sent
from api.http.schemas import CountShape
from api.members.schemas import FunnelRow, FunnelShape
from api.portfolio.schemas import (
    ConcentrationShape,
    PortfolioRow,
    PortfolioShape,
    QualityRow,
    QualityShape,
    TrendShape,
)

#: Steps of the funnel that are drawn, widest first.
_STEPS = ("members", "consenting", "eligible", "first", "applied", "borrowers")
_FUNNEL = (
    "members", "consenting", "eligible", "first", "second", "third", "none", "applied", "borrowers",
    "disbursed_yuan", "disbursed_this_year_yuan",
)  # fmt: skip
_SUMS = ("decisions", "approved", "approved_yuan", "disbursements", "disbursed_yuan")


@dataclass(frozen=True)
class Figures:
    """The counts of the places of one level within a place."""

    level: str
    funnel: FunnelShape
    total: FunnelRow | None
    portfolio: PortfolioShape
    steps: list[FunnelBar]
    trend: TrendShape
    quality: QualityShape


async def show_figures(page: Page) -> Response:
    """Show funnel and portfolio of the places inside a place, with a way into each of them."""
    figures = await _figures(page)
    concentration = None
    if page.may("get_concentration"):
        concentration = await page.calls.read(
            "get_concentration", ConcentrationShape, level=figures.level, **_place(page)
        )
    return page.show(
        "figures.html",
        figures=figures,
        concentration=concentration,
        sums=_SUMS,
        picture=trend_picture(figures.trend.rows),
        tiles=tile_map(figures.funnel.rows, figures.quality.rows, _shaded_by(page)),
        names={row.place_code: _named(row) for row in figures.funnel.rows},
        # An officer lists decisions of their own alone, which are not those that are counted.
        opens_decisions=page.may("list_decisions") and page.may("get_overrides"),
        opens_members=page.may("get_whitelist"),
    )


async def get_workbook(page: Page) -> Response:
    """Return what the page shows as a workbook."""
    figures = await _figures(page)
    sheets = [
        _funnel_sheet(page, figures),
        _portfolio_sheet(page, figures),
        _trend_sheet(page, figures),
        _quality_sheet(page, figures),
    ]
    day = figures.funnel.as_of
    return sent(sheets, f"rongzi-figures-{day}.xlsx")


def _shaded_by(page: Page) -> Figure:
    """Return the figure by which the tiles are shaded."""
    asked = page.asked("picture")
    return next((each for each in FIGURES if each == asked), FIGURES[0])


def _place(page: Page) -> dict[str, str | None]:
    return {"county": page.asked("county"), "township": page.asked("township")}


async def _figures(page: Page) -> Figures:
    place = _place(page)
    level = "village" if place["township"] else "township" if place["county"] else "county"
    funnel = await page.calls.read("get_funnel", FunnelShape, level=level, **place)
    whole = await page.calls.read("get_funnel", FunnelShape, level="total", **place)
    portfolio = await page.calls.read("get_portfolio", PortfolioShape, level=level, **place)
    total = whole.rows[0] if whole.rows else None
    counts = {name: getattr(total, name) for name in _STEPS} if total else {}
    trend = await page.calls.read("get_portfolio_months", TrendShape, **place)
    quality = await page.calls.read("get_portfolio_quality", QualityShape, level=level, **place)
    return Figures(level, funnel, total, portfolio, funnel_bars(counts), trend, quality)


def _named(row: FunnelRow | PortfolioRow | QualityRow) -> str:
    return row.village or row.township or row.county or row.place_code


def _funnel_sheet(page: Page, figures: Figures) -> Sheet:
    label = {each.name: getattr(each, page.session.language) for each in figures.funnel.counts}
    head: list[Cell] = ["code", "place", *(label[name] for name in _FUNNEL)]
    rows = [
        [row.place_code, _named(row), *(getattr(row, name) for name in _FUNNEL)]
        for row in figures.funnel.rows
    ]
    return Sheet("funnel", [head, *rows])


def _portfolio_sheet(page: Page, figures: Figures) -> Sheet:
    shape = figures.portfolio
    label = {each.name: getattr(each, page.session.language) for each in shape.counts}
    year = str(shape.year)
    periods: list[Cell] = ["", "", *([year] * len(_SUMS)), *(["total"] * len(_SUMS))]
    head: list[Cell] = ["code", "place", *([label[name] for name in _SUMS] * 2)]
    rows = [
        [row.place_code, _named(row)]
        + [getattr(period, name) for period in (row.this_year, row.in_total) for name in _SUMS]
        for row in shape.rows
    ]
    return Sheet("portfolio", [periods, head, *rows])


def _trend_sheet(page: Page, figures: Figures) -> Sheet:
    names, head = _columns(page, figures.trend.counts)
    rows = [
        [f"{row.month:%Y-%m}", *(getattr(row, name) for name in names)]
        for row in figures.trend.rows
    ]
    return Sheet("months", [["month", *head], *rows])


def _quality_sheet(page: Page, figures: Figures) -> Sheet:
    names, head = _columns(page, figures.quality.counts)
    rows = [
        [row.place_code, _named(row), *(getattr(row, name) for name in names)]
        for row in figures.quality.rows
    ]
    return Sheet("quality", [["code", "place", *head], *rows])


def _columns(page: Page, counts: list[CountShape]) -> tuple[list[str], list[str]]:
    """Return the names of columns, and what each counts in the language of the page."""
    language = page.session.language
    return [each.name for each in counts], [getattr(each, language) for each in counts]
