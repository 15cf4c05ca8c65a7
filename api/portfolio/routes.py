"""Routes of the portfolio: its sums by place, where the money is, its months, its quality."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from api.access.dependencies import (
    Caller,
    LedgerInUse,
    Level,
    ResourcesInUse,
    SmallestCell,
    Within,
    within,
)
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY
from api.ledger.commands import View
from api.portfolio.book import BooksInUse, months_until
from api.portfolio.concentration import (
    CONCENTRATION_COUNTS,
    EXPOSURE,
    concentration,
    herfindahl,
    largest_exposure,
    largest_share,
)
from api.portfolio.months import MONTH_COUNTS, MONTHS, trend
from api.portfolio.persons import Persons, PersonsInUse
from api.portfolio.portfolio import PORTFOLIO_COUNTS, portfolio
from api.portfolio.quality import QUALITY_COUNTS, quality
from api.portfolio.schemas import ConcentrationShape, PortfolioShape, QualityShape, TrendShape
from api.portfolio.tally import Tally, TallyInUse

router = APIRouter(prefix="/v1", tags=["members and whitelist"])


@router.get(
    "/portfolio",
    summary="Count members, decisions, approvals and disbursements by place",
    responses=refusals(NOT_READY, LEDGER_AWAY),
)
def get_portfolio(
    caller: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    tally: TallyInUse,
    persons: PersonsInUse,
    place: Within,
    smallest: SmallestCell,
    level: Level = "county",
) -> PortfolioShape:
    """Return the totals of each place of `level`, for this year and since the start.

    A caller who may not see the persons gets null for small counts.
    """
    with ledger.read() as view:
        year = date_in_china(view.now).year
        found = _portfolio(view, resources, tally, persons, level, within(caller, place), smallest)
    return PortfolioShape.model_validate(
        {
            "as_of": resources.edition.manifest.day,
            "year": year,
            "level": level,
            "counts": PORTFOLIO_COUNTS,
            "rows": found,
        }
    )


def _portfolio(
    view: View,
    resources: Resources,
    tally: Tally,
    persons: Persons,
    level: str,
    inside: Callable[[str], bool],
    smallest: int | None,
) -> list[dict[str, Any]]:
    totals, beside = tally.totals(view), tally.beside(view)
    year, edition, hidden = date_in_china(view.now).year, resources.edition, None
    if smallest is not None:
        of_ledger = persons.small_cells(view, tally.differences(view), year, smallest)
        hidden = edition.small_cells(smallest), of_ledger
    return portfolio(edition, totals, beside, level, inside, year, hidden)


@router.get(
    "/concentration",
    summary="Show where, and with how few borrowers, the money is that was paid out",
    responses=refusals(NOT_READY, LEDGER_AWAY),
)
def get_concentration(
    caller: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    tally: TallyInUse,
    persons: PersonsInUse,
    place: Within,
    smallest: SmallestCell,
    level: Level = "county",
) -> ConcentrationShape:
    """Return each place's share of the payments in the ledger, largest first; no person.

    Beside it, the share of what is out today, by the larger of ledger and bank until settled.
    """
    inside = within(caller, place)
    with ledger.read() as view:
        largest = largest_share(view, caller.places, inside, smallest)
        out = largest_exposure(view, tally, caller.places, inside, smallest)
        sums = _portfolio(view, resources, tally, persons, level, inside, smallest)
    rows = concentration(sums)
    return ConcentrationShape.model_validate(
        {
            "level": level,
            "counts": CONCENTRATION_COUNTS,
            "largest_ten_percent": largest,
            "herfindahl": herfindahl(rows),
            "largest_ten_exposure_percent": out,
            "exposure_herfindahl": herfindahl(rows, EXPOSURE),
            "rows": rows,
        }
    )


@router.get(
    "/portfolio/months",
    summary="Show what each of the last months added",
    responses=refusals(LEDGER_AWAY),
)
def get_portfolio_months(
    caller: Caller,
    ledger: LedgerInUse,
    books: BooksInUse,
    place: Within,
    smallest: SmallestCell,
) -> TrendShape:
    """Return decisions, payments and repayments of this month and the twelve before it."""
    code = place.village or place.township or place.county or ""
    with ledger.read() as view, books.lock:
        months = months_until(date_in_china(view.now), MONTHS)
        book, inside = books.at(view), within(caller, place)
        rows = trend(book.months, months, code, inside, smallest, book.small_months)
    return TrendShape.model_validate({"counts": MONTH_COUNTS, "rows": rows})


@router.get(
    "/portfolio/quality",
    summary="Show arrears, and expected against actual loss, by place",
    responses=refusals(NOT_READY, LEDGER_AWAY),
)
def get_portfolio_quality(
    caller: Caller,
    resources: ResourcesInUse,
    ledger: LedgerInUse,
    books: BooksInUse,
    place: Within,
    smallest: SmallestCell,
    level: Level = "county",
) -> QualityShape:
    """Return each place's borrowers by days past due, and what was expected to be lost.

    By the ledger: payments, and repayments on record. Instalments in the archive are no part of it.
    PD, LGD and EAD are those of the decision.
    """
    inside = within(caller, place)
    with ledger.read() as view, books.lock:
        today = date_in_china(view.now)
        loans = books.at(view).all_loans()
        rows = quality(resources.edition, loans, level, inside, today, smallest)
    return QualityShape.model_validate(
        {"on": today, "level": level, "counts": QUALITY_COUNTS, "rows": rows}
    )
