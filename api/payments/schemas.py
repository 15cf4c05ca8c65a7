"""Request body of the routes of payments."""

from __future__ import annotations

from pydantic import BaseModel

from api.http.schemas import Amount, strict_with_example


class DisbursementRequest(BaseModel):
    """A payment on an approved decision."""

    model_config = strict_with_example(amount_yuan=5000)

    amount_yuan: Amount
