"""A desk, a member with a line, and the bank's books beside them."""

from __future__ import annotations

from typing import Any

import pytest

from api.core.calendar import date_in_china
from api.decisions.commands import Decide
from model.decision.decision import Request
from tests.conftest import Desk
from tests.support.bank import Bank

Member = dict[str, Any]


@pytest.fixture
def member(desk: Desk) -> Member:
    return desk.member("FIRST")


@pytest.fixture
def bank(desk: Desk) -> Bank:
    return Bank(desk)


@pytest.fixture
def line(desk: Desk, member: Member) -> str:
    """An approved line of 10,000 yuan for twelve months."""
    profile = desk.resources.edition.profile(member["member_id"])
    assert profile is not None
    request, today = Request(10_000, 12, "inputs", True), date_in_china(desk.now)
    found: str = desk.do(
        Decide(None, "o-1", member["member_id"], request, profile, desk.resources, today)
    )["decision_id"]
    return found
