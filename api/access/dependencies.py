"""Parameters and dependencies that routes share: principal, key, ids, place, page, ledger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query
from pydantic import BeforeValidator

from api.access.enforce import principal_of
from api.core.principal import Principal
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources, resources_of
from api.http.fields import EXPECTED, IDEMPOTENCY_KEY, MAX_PAGE, MEMBER_ID
from api.http.ledger import get_ledger
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
from api.ledger.commands import IdempotencyScope
from api.ledger.writer import Ledger

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

#: What any write may be refused with, whatever it is about.
WRITE = (IN_PROGRESS, KEY_REUSED, NOT_READY, LEDGER_AWAY, LEDGER_BUSY)
#: The same for a write with a body.
WRITE_BODY = (
    MALFORMED_BODY, INVALID_BODY, BODY_TOO_LARGE, BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE, *WRITE,
)  # fmt: skip

Caller = Annotated[Principal, Depends(principal_of)]
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


def _plain_digits(value: Any) -> Any:
    # The validator behind it also takes "+5", "5.0" and "1_000".
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,6}", value):
        raise ValueError("digits only")
    return value


async def _place(
    principal: Annotated[Principal, Depends(principal_of)],
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
    return PlaceFilter(county, township, village, within=principal.places)


Within = Annotated[PlaceFilter, Depends(_place)]
PageSize = Annotated[
    int,
    BeforeValidator(_plain_digits),
    Query(ge=1, le=MAX_PAGE, description=EXPECTED["page_size"].en),
]


def idempotency(asker: Principal, route: str, key: str, **request: Any) -> IdempotencyScope:
    """Return the idempotency scope of a write: its path values and body count as the request."""
    return IdempotencyScope.of(asker.subject, route, key, request)


def within(asker: Principal, place: PlaceFilter) -> Callable[[str], bool]:
    """Return whether a village lies in the caller's places and in the place asked for."""
    prefixes = [code for code in (place.county, place.township, place.village) if code]

    def reached(village: str) -> bool:
        return asker.reaches(village) and all(village.startswith(code) for code in prefixes)

    return reached
