"""Request body of the routes of payments."""

from __future__ import annotations

from pydantic import BaseModel

from api.http.schemas import Amount, example


class DisbursementRequest(BaseModel):
    """A payment on an approved decision."""

    model_config = example(amount_yuan=5000)

    amount_yuan: Amount
