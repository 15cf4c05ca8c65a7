"""Response bodies of the routes of a person's rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class LookShape(BaseModel):
    """One access to the person's data."""

    at: datetime
    by: str
    route: str


class ExportShape(BaseModel):
    """All data stored about a person."""

    member_id: str
    exported_at: datetime
    archive: dict[str, Any] | None = Field(
        description="the answer of GET /v1/members/{member_id}; null if not in the edition in use"
    )
    identity: dict[str, Any] | None = Field(
        description="the identity row of the ledger; null without one"
    )
    consent: dict[str, Any]
    entries: list[dict[str, Any]] = Field(description="every ledger entry about the person")
    looks: list[LookShape] = Field(description="accesses to the person's data, oldest first")


class ErasedShape(BaseModel):
    """The result of an erasure."""

    erased_at: datetime
    entries_kept: int = Field(description="entries that stay and identify nobody")
    archive_consents: bool = Field(
        description="whether the edition in use records consent. The next one counts the erasure as"
        " a withdrawal, whatever the archive says, until consent is given on a later day"
    )
