"""``GET /v1/portfolio``: members by tier, decisions, approvals and disbursements, by place."""

from __future__ import annotations

from fastapi import APIRouter

from api.access.dependencies import Caller, LedgerInUse, Level, ResourcesInUse, Within, within
from api.core.calendar import date_in_china
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NOT_READY
from api.portfolio.portfolio import portfolio
from api.portfolio.schemas import PortfolioShape
from api.portfolio.tally import TallyInUse

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
    place: Within,
    level: Level = "county",
) -> PortfolioShape:
    """Return the totals of each place of `level`, for this year and since the start."""
    with ledger.read() as view:
        totals, year = tally.totals(view), date_in_china(view.now).year
    rows = portfolio(resources.edition, totals, level, within(caller, place), year)
    return PortfolioShape.model_validate(
        {"as_of": resources.edition.manifest.day, "year": year, "level": level, "rows": rows}
    )
