"""Parameters and dependencies that routes share: caller, write, ids, place filter, page, ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Path, Query, Request, Response
from pydantic import BeforeValidator

from api.access.enforce import principal_of
from api.access.matrix import may_see_persons
from api.core.principal import Principal
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources, Service, resources_of, service_of
from api.http.fields import EXPECTED, IDEMPOTENCY_KEY, MAX_PAGE, MEMBER_ID
from api.http.ledger import get_ledger, to_response
from api.http.problem_kinds import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    IN_PROGRESS,
    INVALID_BODY,
    KEY_REUSED,
    LEDGER_AWAY,
    LEDGER_BUSY,
    MALFORMED_BODY,
    NOT_READY,
    UNSUPPORTED_MEDIA_TYPE,
)
from api.ledger.commands import Command, IdempotencyScope
from api.ledger.writer import Ledger
from model.policy.controls import controls_on

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

#: The refusals that every write may give.
WRITE = (IN_PROGRESS, KEY_REUSED, NOT_READY, LEDGER_AWAY, LEDGER_BUSY)
#: The refusals that every request with a body may give.
BODY = (MALFORMED_BODY, INVALID_BODY, BODY_TOO_LARGE, BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE)
#: The refusals that every write with a body may give.
WRITE_BODY = (*BODY, *WRITE)

Caller = Annotated[Principal, Depends(principal_of)]
ServiceInUse = Annotated[Service, Depends(service_of)]
ResourcesInUse = Annotated[Resources, Depends(resources_of)]
LedgerInUse = Annotated[Ledger, Depends(get_ledger)]
DecisionId = Annotated[str, Path(pattern=UUID, description=EXPECTED["decision_id"].en)]
MemberId = Annotated[str, Path(pattern=MEMBER_ID, description=EXPECTED["member_id"].en)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=IDEMPOTENCY_KEY,
        description=EXPECTED["Idempotency-Key"].en,
    ),
]
VillageCode = Annotated[str, Path(pattern=r"^[0-9]{12}$", description=EXPECTED["village_code"].en)]


@dataclass(frozen=True)
class Write:
    """A write request: its caller, its route and idempotency key, and the ledger it goes to."""

    caller: Principal
    route: str
    key: str
    ledger: Ledger

    @property
    def actor(self) -> str:
        """The caller's account."""
        return self.caller.subject

    def scope(self, **request: Any) -> IdempotencyScope:
        """Return the idempotency scope of this write; `request` has its path values and body."""
        return IdempotencyScope.of(self.actor, self.route, self.key, request)

    async def send(self, command: Command) -> Response:
        """Write `command` to the ledger and return its answer."""
        return to_response(await self.ledger.write(command, self.caller.authority))


async def _write(
    request: Request, caller: Caller, ledger: LedgerInUse, key: IdempotencyKey
) -> Write:
    return Write(caller, request.scope["route"].name, key, ledger)


WriteRequest = Annotated[Write, Depends(_write)]


def _plain_day(value: Any) -> Any:
    # Pydantic's dates also accept a time of day and seconds since 1970.
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a day")
    return value


#: Days that a ledger can hold; arithmetic on them stays within a calendar.
_DAYS = {"ge": date(2000, 1, 1), "le": date(2999, 12, 31)}
Since = Annotated[
    date | None, BeforeValidator(_plain_day), Query(**_DAYS, description=EXPECTED["since"].en)
]
Until = Annotated[
    date | None, BeforeValidator(_plain_day), Query(**_DAYS, description=EXPECTED["until"].en)
]


def plain_digits(value: Any) -> Any:
    """Refuse a number of an address that is not written as we write it.

    Pydantic's integers also accept "+5", "5.0", "1_000" and "05": one object would have many
    addresses.

    Raises
    ------
    ValueError
        If it is something else than digits without a leading zero.
    """
    if isinstance(value, str) and not re.fullmatch(r"0|[1-9][0-9]{0,5}", value):
        raise ValueError("digits only")
    return value


async def _place_filter(
    caller: Caller,
    county: Annotated[
        str | None, Query(pattern=r"^[0-9]{6}$", description=EXPECTED["county"].en)
    ] = None,
    township: Annotated[
        str | None, Query(pattern=r"^[0-9]{9}$", description=EXPECTED["township"].en)
    ] = None,
    village: Annotated[
        str | None, Query(pattern=r"^[0-9]{12}$", description=EXPECTED["village"].en)
    ] = None,
) -> PlaceFilter:
    return PlaceFilter(county, township, village, within=caller.places)


Within = Annotated[PlaceFilter, Depends(_place_filter)]
PageSize = Annotated[
    int,
    BeforeValidator(plain_digits),
    Query(ge=1, le=MAX_PAGE, description=EXPECTED["page_size"].en),
]
Level = Annotated[
    Literal["total", "county", "township", "village"], Query(description=EXPECTED["level"].en)
]


async def _smallest_cell(caller: Caller, service: ServiceInUse) -> int | None:
    """Return the smallest count that the caller may see; None if the caller may see the persons."""
    exact = may_see_persons(caller.roles)
    return None if exact else controls_on(service.today()).smallest_cell


SmallestCell = Annotated[int | None, Depends(_smallest_cell)]


def within(caller: Principal, place: PlaceFilter) -> Callable[[str], bool]:
    """Return a test of whether a village lies in the caller's places and in the filter's place."""
    prefixes = [code for code in (place.county, place.township, place.village) if code]

    def contains(village: str) -> bool:
        return caller.reaches(village) and all(village.startswith(code) for code in prefixes)

    return contains
