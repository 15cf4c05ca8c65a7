"""Request and response bodies of differences between the bank's books and the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.cases.schemas import MemberNamed
from api.http.fields import EXPECTED, MAX_AMOUNT_YUAN
from api.http.free_text import Note
from api.http.schemas import strict_with_example
from model.reconciliation.comparison import DifferenceKind, Side


class BookDifferenceShape(MemberNamed):
    """One loan on which the bank's books and the ledger differ, as of the day of the books."""

    difference_id: str
    decision_id: str | None = Field(description="null: the bank has a loan without a payment")
    number: int | None = Field(description="the payment on the decision")
    place_code: str
    kinds: list[DifferenceKind]
    bank_yuan: int = Field(description="principal outstanding in the bank's books")
    ledger_yuan: int = Field(
        description="principal outstanding in the ledger as of the books; of the days of lag before"
        " them the one nearest to the bank's"
    )
    bank_lent_yuan: int = Field(description="paid out by the bank's books")
    ledger_paid_yuan: int = Field(description="paid out by the ledger")
    lent_on: date | None = Field(description="day of the bank's loan")
    days_past_due_at_bank: int
    books_on: date = Field(description="day of the bank's books")
    outstanding_yuan: int = Field(description="principal outstanding in the ledger today")
    exposure_yuan: int = Field(description="what counts as out today")
    side: Side | None = Field(description="whose figure holds; null while it is open")
    settled_by: str | None
    first_side: Side | None = Field(description="what a first person said; a second is needed")
    first_by: str | None


class BookDifferencesPage(BaseModel):
    """A page of differences."""

    rows: list[BookDifferenceShape]
    next_cursor: str | None = Field(description="null on the last page")


_Figure = Annotated[int, Field(ge=0, le=MAX_AMOUNT_YUAN)]


class SettlementRequest(BaseModel):
    """Whose figure holds, the two figures that the person saw, and why."""

    model_config = strict_with_example(
        side="BANK", bank_yuan=3000, ledger_yuan=5000, note="核对银行回单，还款已入账"
    )

    side: Annotated[Side, Field(description=EXPECTED["side"].en)]
    bank_yuan: Annotated[_Figure, Field(description=EXPECTED["bank_yuan"].en)]
    ledger_yuan: Annotated[_Figure, Field(description=EXPECTED["ledger_yuan"].en)]
    note: Annotated[Note, Field(description=EXPECTED["note"].en)]


class SettlementRecorded(BaseModel):
    """A person's word on a difference is on record."""

    difference_id: str
    side: Side
    is_final: bool = Field(description="false: another person must say the same")
    exposure_yuan: int = Field(description="what counts as out by it today")
    recorded_at: datetime
