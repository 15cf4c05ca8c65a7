"""``GET /v1/accounts``: who has which roles, in which places, with which second factor."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from api.access.access_control import AccessControl, access_control_of
from api.access.account import Account
from api.access.accounts import Accounts
from api.access.second_factor import SecondFactors
from api.access.threads import on_thread
from api.core.principal import Role
from api.http.access_problems import SECOND_FACTOR_DIFFERS
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, NO_ACCOUNTS_HERE
from api.http.problems import ProblemError

Factor = Literal["CONFIRMED", "NONE", "DIFFERS"]

router = APIRouter(prefix="/v1/accounts", tags=["signing in"])


class AccountShape(BaseModel):
    """An account, without anything that would let somebody sign in."""

    account: str = Field(examples=["officer-371502"])
    roles: list[Role]
    places: list[str] = Field(description="prefixes of place codes; '' means everywhere")
    is_enabled: bool = Field(description="whether it may sign in")
    second_factor: Factor = Field(
        description="CONFIRMED once its owner confirmed an authenticator; DIFFERS if the database"
        " holds another than the audit states, which somebody changed"
    )

    @classmethod
    def of(cls, account: Account, second_factor: Factor) -> Self:
        """Return the shape of `account`."""
        return cls(
            account=account.name,
            roles=sorted(account.roles),
            places=[*account.places],
            is_enabled=account.is_enabled,
            second_factor=second_factor,
        )


async def accounts_of(
    access: Annotated[AccessControl, Depends(access_control_of)],
) -> Accounts:
    """Return the accounts of the home, which none has where a provider keeps them."""
    if access.accounts is None:
        raise ProblemError(NO_ACCOUNTS_HERE)
    return access.accounts


@router.get("", summary="List the accounts", responses=refusals(NO_ACCOUNTS_HERE, LEDGER_AWAY))
async def get_accounts(
    accounts: Annotated[Accounts, Depends(accounts_of)],
) -> list[AccountShape]:
    """Return every account by name, for administrators and auditors."""
    return await on_thread(_told, accounts)


def _told(accounts: Accounts) -> list[AccountShape]:
    factors = SecondFactors(accounts)
    return [AccountShape.of(each, _factor(factors, each.name)) for each in accounts.all()]


def _factor(factors: SecondFactors, name: str) -> Factor:
    try:
        return "CONFIRMED" if factors.has(name) else "NONE"
    except ProblemError as error:
        if error.kind is not SECOND_FACTOR_DIFFERS:
            raise
        return "DIFFERS"
