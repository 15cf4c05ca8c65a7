"""``GET /v1/decisions/{decision_id}/evidence``: the evidence of a case as one signed file."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access.dependencies import Caller, DecisionId, LedgerInUse, ServiceInUse
from api.evidence.collect import evidence_of
from api.http.openapi import refusals
from api.http.problem_kinds import LEDGER_AWAY, UNKNOWN_DECISION

router = APIRouter(prefix="/v1", tags=["audit"])

_ZIP = "application/zip"


@router.get(
    "/decisions/{decision_id}/evidence",
    summary="Download the evidence of a case as one signed ZIP file",
    responses={
        200: {"content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}}},
        **refusals(UNKNOWN_DECISION, LEDGER_AWAY),
    },
    response_class=Response,
)
def get_evidence(
    decision_id: DecisionId, caller: Caller, service: ServiceInUse, ledger: LedgerInUse
) -> Response:
    """Return decision, inputs, card, policy, entries, seals and access log, signed by the ledger.

    `rongzi verify-bundle FILE.zip` checks it offline with public keys.
    """
    home = service.settings.home
    with ledger.read() as view:
        payload = evidence_of(view, decision_id, home, caller.subject, ledger.sign)
    name = f'attachment; filename="evidence-{decision_id}.zip"'
    return Response(payload, headers={"Content-Disposition": name}, media_type=_ZIP)
