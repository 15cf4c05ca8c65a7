"""``GET /v1/duties``: what is kept apart on one case, and which accounts may do which half."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.access.account_routes import accounts_of
from api.access.accounts import Accounts
from api.access.dependencies import ServiceInUse
from api.access.duty_holders import DUTY_TEXTS, DutyHolders, Finding, FindingLevel, Pair
from api.access.threads import on_thread
from api.core.principal import Role
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NO_ACCOUNTS_HERE
from api.http.schemas import TextShape
from model.policy.controls import DUTIES, Duty, controls_on

router = APIRouter(prefix="/v1/duties", tags=["signing in"])


class DutyShape(BaseModel):
    """A duty, and who may do it at all, or complete what another began."""

    duty: Duty
    text: TextShape
    roles: list[Role]
    accounts: list[str] = Field(description="enabled accounts by name")


class TeamShape(BaseModel):
    """Who may begin the halves of a pair where a place lies."""

    place: str = Field(description="prefix of place codes; '' means everywhere")
    one: list[str]
    other: list[str]


class PairShape(BaseModel):
    """Two duties that one person may not do on one case."""

    one: Duty
    other: Duty
    both: list[str] = Field(description="accounts that may do either, each on other cases")
    by_roles: list[str] = Field(description="those of `both` of which no single role does")
    teams: list[TeamShape]

    @classmethod
    def of(cls, pair: Pair) -> PairShape:
        """Return the shape of `pair`."""
        teams = [
            TeamShape(place=each.place, one=[*each.one], other=[*each.other]) for each in pair.teams
        ]
        return cls(
            one=pair.one, other=pair.other, both=[*pair.both], by_roles=[*pair.by_roles],
            teams=teams,
        )  # fmt: skip


class DutyFindingShape(BaseModel):
    """Something to know about how duties are held."""

    code: str = Field(description="stable, such as ROLES_JOIN_DUTIES")
    level: FindingLevel
    accounts: list[str]
    text: TextShape

    @classmethod
    def of(cls, finding: Finding) -> DutyFindingShape:
        """Return the shape of `finding`."""
        text = TextShape(zh=finding.text.zh, en=finding.text.en)
        return cls(code=finding.code, level=finding.level, accounts=[*finding.accounts], text=text)


class DutiesShape(BaseModel):
    """The duties of a case under the controls of a day."""

    on: date = Field(description="the day whose controls hold")
    duties: list[DutyShape]
    pairs: list[PairShape]
    findings: list[DutyFindingShape] = Field(description="unsafe first")


@router.get(
    "",
    summary="Read which duties are kept apart and who may do them",
    responses=refusals(NO_ACCOUNTS_HERE, LEDGER_AWAY),
)
async def get_duties(
    accounts: Annotated[Accounts, Depends(accounts_of)], service: ServiceInUse
) -> DutiesShape:
    """Return duties, pairs, holders and findings, for administrators and auditors.

    Pairs are those of the controls, by which a second half is refused; who may do a half is read
    from the access matrix. Only enabled accounts count.
    """
    today = service.today()
    return _told(today, DutyHolders(controls_on(today), await on_thread(accounts.all)))


def _told(today: date, holders: DutyHolders) -> DutiesShape:
    duties = [
        DutyShape(
            duty=duty,
            text=TextShape(zh=DUTY_TEXTS[duty].zh, en=DUTY_TEXTS[duty].en),
            roles=holders.roles_of(duty),
            accounts=[*holders.names_of(duty)],
        )
        for duty in DUTIES
    ]
    return DutiesShape(
        on=today,
        duties=duties,
        pairs=[PairShape.of(each) for each in holders.pairs],
        findings=[DutyFindingShape.of(each) for each in holders.findings()],
    )
