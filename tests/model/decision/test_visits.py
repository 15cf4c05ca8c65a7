"""What a visit stands in for: the later word holds, and stronger evidence holds over it."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decision.visits import Harvest, Visit, confirmed, counts_visits
from model.policy.policy import policy_on
from model.profile.windows import completed_years

AS_OF = date(2023, 10, 1)
BEFORE, AFTER = AS_OF - timedelta(days=1), AS_OF
CONNECTION = ibis.duckdb.connect()
UNKNOWN = {
    "documented_wages_yuan": math.nan, "documented_wages_evidence": None,
    "declared_income_yuan": math.nan, "yield_wheat_kg": math.nan,
    "resident_since": math.nan, "resident_years": math.nan,
}  # fmt: skip


def visit(recorded: date = AFTER, visited: date | None = None, **found: Any) -> Visit:
    fields = {"incomes": {}, "harvests": {}, **found}
    made = visited or recorded
    return Visit(f"{made}-{found}", recorded, made, made + timedelta(days=365), **fields)


def test_an_income_that_nothing_showed_counts_with_the_evidence_of_a_visit() -> None:
    found = confirmed(UNKNOWN, [visit(incomes={"wages": 36_000})], AS_OF)
    assert found.values == {
        "documented_wages_yuan": 36_000.0,
        "documented_wages_evidence": "officer_visit",
        "declared_income_yuan": 0.0,
    }
    assert len(found.visits) == 1


@pytest.mark.parametrize("evidence", ["account", "tax", "contract"])
def test_stronger_evidence_holds_over_a_visit(evidence: str) -> None:
    profile = UNKNOWN | {"documented_wages_yuan": 9.0, "documented_wages_evidence": evidence}
    assert confirmed(profile, [visit(incomes={"wages": 36_000})], AS_OF).values == {}


@pytest.mark.parametrize(("recorded", "holds"), [(BEFORE, False), (AFTER, True)])
def test_a_visit_that_the_edition_may_know_leaves_its_values_alone(
    recorded: date, holds: bool
) -> None:
    profile = UNKNOWN | {
        "documented_wages_yuan": 9.0, "documented_wages_evidence": "officer_visit",
        "yield_wheat_kg": 500.0, "resident_since": 0.0, "resident_years": 53.0,
    }  # fmt: skip
    made = visit(
        recorded,
        incomes={"wages": 1},
        harvests={"wheat": Harvest("2023-S", 90)},
        resident_since=date(2023, 1, 1),
    )
    found = confirmed(profile, [made], AS_OF)
    assert bool(found.values) is holds
    assert found.visits == ((made,) if holds else ())
    if holds:
        assert (found.values["yield_wheat_kg"], found.values["resident_years"]) == (90, 0.0)


def test_a_visit_fills_in_what_the_edition_leaves_out_whenever_it_was_recorded() -> None:
    made = visit(BEFORE, harvests={"wheat": Harvest("2023-S", 90)})
    assert confirmed(UNKNOWN, [made], AS_OF).values == {"yield_wheat_kg": 90}


def test_the_last_visit_counts_and_of_one_day_the_last_recorded() -> None:
    old, first, second = (
        visit(AFTER, visited, incomes={"wages": yuan})
        for visited, yuan in ((BEFORE, 3), (AFTER, 1), (AFTER, 2))
    )
    for visits, yuan in (([first, second, old], 2.0), ([second, first, old], 1.0)):
        found = confirmed(UNKNOWN, visits, AS_OF)
        assert found.values["documented_wages_yuan"] == yuan
        assert len(found.visits) == 1


def test_an_edition_without_the_attribute_ignores_the_visit() -> None:
    made = visit(
        incomes={"wages": 1},
        harvests={"wheat": Harvest("2023-S", 90)},
        resident_since=date(2023, 1, 1),
    )
    assert confirmed({}, [made], AS_OF).values == {}


def test_visits_count_from_october_2023() -> None:
    assert counts_visits(policy_on(date(2023, 10, 1)))
    assert not counts_visits(policy_on(date(2023, 9, 30)))


days = st.dates(date(1950, 1, 1), date(2030, 12, 31))


@given(days, days)
def test_years_of_residence_are_those_that_a_profile_counts(since: date, as_of: date) -> None:
    found = confirmed(UNKNOWN, [visit(as_of, resident_since=since)], as_of)
    exact = CONNECTION.to_pyarrow(completed_years(ibis.literal(since), ibis.literal(as_of)))
    assert found.values["resident_years"] == exact.as_py()
