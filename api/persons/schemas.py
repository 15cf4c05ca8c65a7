"""What the routes of a person's rights give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class LookShape(BaseModel):
    """One look at the person's data."""

    at: datetime
    by: str
    route: str


class ExportShape(BaseModel):
    """All that is held about a person."""

    member_id: str
    exported_at: datetime
    archive: dict[str, Any] | None = Field(
        description="as GET /v1/members/{member_id} answers; null: not in the edition in use"
    )
    identity: dict[str, Any] | None = Field(
        description="what the ledger keeps apart; null: nothing"
    )
    consent: dict[str, Any]
    entries: list[dict[str, Any]] = Field(description="every ledger entry about the person")
    looks: list[LookShape] = Field(description="who looked at the person's data, oldest first")


class ErasedShape(BaseModel):
    """What erasure did."""

    erased_at: datetime
    entries_kept: int = Field(description="entries that stay and name nobody")
    archive_consents: bool = Field(
        description="the archive still holds consent, and a withdrawal at the counter is forgotten"
        " now: have it withdrawn there, or the next edition scores the person again"
    )
