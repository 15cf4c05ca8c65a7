"""``GET /v1/models/…``: runs and cards, for whoever judges them.

A summary without a trusted signature is listed and tells nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.access.dependencies import ServiceInUse, SmallestCell
from api.http.fields import EXPECTED
from api.http.openapi import refusals
from api.http.problem_kinds import NOT_FOUND
from api.models.card_schemas import AgainstShape, CardHead, CardShape
from api.models.card_tables import card_head, card_tables, cards_against
from api.models.cards import known_card, promoted_cards, standing_of
from api.models.schemas import RunContent, RunHead, RunRow, RunShape
from api.models.small_counties import with_hidden_counties
from api.models.summaries import summaries, summary
from api.models.watch_schemas import (
    MonitoringContent,
    MonitoringHead,
    MonitoringRow,
    MonitoringShape,
    SwapSetContent,
    SwapSetHead,
    SwapSetRow,
    SwapSetShape,
)

router = APIRouter(prefix="/v1/models", tags=["models"])

_DIGEST = r"^[0-9a-f]{64}$"
CardDigest = Annotated[str, Path(pattern=_DIGEST, description=EXPECTED["digest"].en)]
OtherDigest = Annotated[str, Path(pattern=_DIGEST, description=EXPECTED["other_digest"].en)]
RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description=EXPECTED["run_id"].en)]


@router.get("/runs", summary="List training runs", responses=refusals())
def get_runs(service: ServiceInUse) -> list[RunRow]:
    """Return every run whose summary lies in the home, the verified ones first, latest first."""
    standing = standing_of(service)
    return [
        RunRow(**head, run=run, standing=standing(run.card_digest) if run else "NONE")
        for head, run in summaries(service.settings.home, "training", RunHead)
    ]


@router.get("/runs/{run_id}", summary="Show a training run", responses=refusals(NOT_FOUND))
def get_run(run_id: RunId, service: ServiceInUse) -> RunShape:
    """Return what a run found: measures with intervals, gates, vintages, fairness."""
    head, run = summary(service.settings.home, "training", run_id, RunContent)
    where = standing_of(service)(run.card_digest) if run else "NONE"
    return RunShape(**head, run=run, standing=where)


@router.get("/cards", summary="List the cards that were ever promoted", responses=refusals())
def get_cards(service: ServiceInUse) -> list[CardHead]:
    """Return every card whose signature verifies, the latest promotion first."""
    standing = standing_of(service)
    cards = promoted_cards(service.settings.home)
    return [card_head(known, standing(known.file.digest)) for known in cards]


@router.get("/cards/{digest}", summary="Show a card as tables", responses=refusals(NOT_FOUND))
def get_card(digest: CardDigest, service: ServiceInUse) -> CardShape:
    """Return points by bin, pairs as grids, and what the run that made it knew of each bin.

    A card that was never promoted comes from the verified summary of its run.
    """
    known = known_card(service.settings.home, digest)
    return card_tables(known, standing_of(service)(digest))


@router.get(
    "/cards/{digest}/against/{other_digest}",
    summary="Show two cards side by side",
    responses=refusals(NOT_FOUND),
)
def get_cards_against(
    digest: CardDigest, other_digest: OtherDigest, service: ServiceInUse
) -> AgainstShape:
    """Return the bins of two cards by attribute; null where one does not score it."""
    return cards_against(get_card(digest, service), get_card(other_digest, service))


@router.get("/monitoring", summary="List monitoring runs", responses=refusals())
def get_monitorings(service: ServiceInUse) -> list[MonitoringRow]:
    """Return every monitoring run whose summary lies in the home, verified and latest first."""
    found = summaries(service.settings.home, "monitoring", MonitoringHead)
    return [MonitoringRow(**head, run=run) for head, run in found]


@router.get("/monitoring/{run_id}", summary="Show a monitoring run", responses=refusals(NOT_FOUND))
def get_monitoring(run_id: RunId, service: ServiceInUse) -> MonitoringShape:
    """Return what moved since the card was trained: drift, migration, vintages, outcomes."""
    head, run = summary(service.settings.home, "monitoring", run_id, MonitoringContent)
    return MonitoringShape(**head, run=run)


@router.get(
    "/swap-sets", summary="List comparisons of a challenger with the card", responses=refusals()
)
def get_swap_sets(service: ServiceInUse) -> list[SwapSetRow]:
    """Return every comparison whose summary lies in the home, verified and latest first."""
    found = summaries(service.settings.home, "swap-sets", SwapSetHead)
    return [SwapSetRow(**head, run=run) for head, run in found]


@router.get("/swap-sets/{run_id}", summary="Show a comparison", responses=refusals(NOT_FOUND))
def get_swap_set(run_id: RunId, service: ServiceInUse, smallest: SmallestCell) -> SwapSetShape:
    """Return who enters and leaves each tier by a challenger: counts, and no member."""
    head, run = summary(service.settings.home, "swap-sets", run_id, SwapSetContent)
    return SwapSetShape(**head, run=with_hidden_counties(run, smallest) if run else None)
