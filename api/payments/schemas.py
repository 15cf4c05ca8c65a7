"""Request body of the routes of payments."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from api.http.fields import EXPECTED
from api.http.schemas import Amount, Day, strict_with_example


class DisbursementRequest(BaseModel):
    """A payment on an approved decision."""

    model_config = strict_with_example(amount_yuan=5000)

    amount_yuan: Amount


class RepaymentRequest(BaseModel):
    """Principal of a payment that was repaid."""

    model_config = strict_with_example(amount_yuan=2000, repaid_on="2023-10-08")

    amount_yuan: Amount
    repaid_on: Annotated[Day, Field(description=EXPECTED["repaid_on"].en)]
