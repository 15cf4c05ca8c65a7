"""Whom officers visit."""

from __future__ import annotations

from typing import Any

import pytest

from api.editions.edition import PlaceFilter
from tests.conftest import Desk


@pytest.fixture
def poor(desk: Desk) -> dict[str, Any]:
    """A member who is declined for want of an income on record alone."""
    edition = desk.resources.edition
    for row in edition.page(PlaceFilter(), "THIRD", None, 1_200):
        columns = edition.columns(row["member_id"])
        assert columns is not None
        shown = columns["documented_wages_evidence"][0]
        owes = max(columns[name][0] for name in ("balance_outstanding", "debt_service_12m"))
        if (
            row["knock_outs"] == "NO_REPAYMENT_CAPACITY"
            and shown is None
            and row["points"] >= 630
            and owes == 0
        ):
            return {**row, "months": 12}
    raise AssertionError("nobody is declined for want of income alone")
