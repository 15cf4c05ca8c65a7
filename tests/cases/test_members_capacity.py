"""What must hold of the hand-made members' capacity: imported, profiled and decided."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from data.importing.importer import import_files
from data.storage.archive import Archive
from data.storage.profiles import profile_spine
from model.card.bins import Columns
from model.decision.capacity import finances
from model.decision.decision import Decision, Request, decide
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD

MEMBERS = Path(__file__).with_name("members")
AS_OF = date(2023, 10, 1)
POLICY = policy_on(AS_OF)
#: Members whose capacity the tests below speak of.
ASKED = ("D01", "D20", "D23", "D24", "D25", "D32")
Profiles = dict[str, Columns]


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    """The profile of each of `ASKED`, with the household's place, arrays of shape (1,)."""
    folder = tmp_path_factory.mktemp("members")
    archive = Archive(folder / "archive")
    moment = datetime(2023, 9, 30, 20, tzinfo=UTC).replace(tzinfo=None)
    import_files([MEMBERS], archive, folder / "quarantine", moment, workers=1)
    spine = pa.table({"member_id": ASKED, "as_of": pa.array([AS_OF] * len(ASKED))})
    rows = profile_spine(archive, spine).to_pylist()
    return {row["member_id"]: _columns(row) for row in rows}


def _columns(row: dict[str, object]) -> Columns:
    columns: Columns = {
        each.name: np.array([row[each.name]], dtype=object if each.type == "text" else np.float64)
        for each in member_dictionary()
    }
    return {**columns, "household_borrower": np.array([1.0])}


def _answer(columns: Columns, amount: int = 10_000, months: int = 12) -> Decision:
    request = Request(amount, months, "inputs")
    return decide(columns, request, AS_OF, POLICY, CASES_CARD)


def _counted(columns: Columns) -> dict[str, int]:
    """Return what counts of each source of income, in yuan a year."""
    lines = finances(columns, AS_OF, POLICY).income.lines
    return {each.source: int(each.counted[0]) // 10_000 for each in lines}


def test_d01_has_an_offer_out_of_fields_that_count_line_by_line(profiles: Profiles) -> None:
    answer = _answer(profiles["D01"])
    assert (answer.outcome, answer.tier) == ("APPROVE", "FIRST")
    counted = _counted(profiles["D01"])
    # 10 mu of wheat and maize, 2 mu of melons at normal yields, 80 yuan of subsidy a month; the
    # last maize is still standing, so nine tenths of a usual yield count.
    assert counted["wheat"] == 10 * 1300 * 68 // 100 - 10 * 430
    assert counted["melon"] == 2 * 19800 * 68 // 100 - 2 * 7200
    assert counted["subsidy"] == 960


@pytest.mark.parametrize("member", ASKED)
def test_two_years_never_give_a_larger_limit_than_one(profiles: Profiles, member: str) -> None:
    year, two_years = (_answer(profiles[member], months=months) for months in (12, 24))
    assert two_years.pd == year.pd
    assert two_years.limit_yuan <= year.limit_yuan


def test_d20_stays_in_its_tier_while_a_loan_runs_and_exposure_stays_within_the_caps(
    profiles: Profiles,
) -> None:
    running = profiles["D20"]
    assert running["balance_outstanding"][0] == 40_000
    free = {**running, "balance_outstanding": np.zeros(1), "debt_service_12m": np.zeros(1)}
    answer, without = _answer(running), _answer(free)
    # The tier is what the points give: the running loan costs points, and no tier besides.
    for each in (answer, without):
        is_first = (each.points or 0) >= POLICY.tiers["FIRST"]
        assert each.tier == ("FIRST" if is_first else "SECOND")
    assert answer.limit_yuan + 40_000 <= max(
        POLICY["product_cap_yuan"], 40_000 + without.limit_yuan
    )
    assert answer.limit_yuan < without.limit_yuan


def test_d24_earns_nothing_on_two_hundred_mu_whose_lease_has_ended(profiles: Profiles) -> None:
    assert profiles["D24"]["area_wheat_mu"][0] == 200
    counted = _counted(profiles["D24"])
    assert counted["wheat"] == counted["maize"] == 0
    assert _answer(profiles["D24"]).tier == "THIRD"


def test_d24_with_a_lease_that_runs_earns_on_the_land_and_pays_its_rent(profiles: Profiles) -> None:
    leased = {**profiles["D24"], "harvest_wheat_mu": np.array([200.0])}
    rented = {**leased, "rent_12m": np.array([200 * 250.0])}
    assert _answer(leased).limit_yuan > _answer(rented).limit_yuan > 0


@pytest.mark.parametrize("member", ["D23", "D25"])
def test_who_farms_no_fields_needs_no_fields_for_an_offer(profiles: Profiles, member: str) -> None:
    wages = {**profiles[member], "wages_credited_12m": np.array([40_000.0])}
    assert _counted(profiles[member])["wheat"] == 0
    assert _answer(wages).tier == "FIRST"


def test_d32_has_no_offer_on_declared_labourers_and_hears_what_evidence_counts(
    profiles: Profiles,
) -> None:
    answer = _answer(profiles["D32"])
    assert profiles["D32"]["labourers"][0] == 3
    assert (answer.outcome, answer.tier, answer.limit_yuan) == ("DECLINE", "THIRD", 0)
    told = next(each for each in answer.knock_outs if each.code == "NO_REPAYMENT_CAPACITY")
    assert "wages on an account" in told.en
    assert "工资入账" in told.zh


@pytest.mark.parametrize("member", ASKED)
@pytest.mark.parametrize("labourers", [0.0, 3.0, 20.0])
def test_declared_labourers_change_nothing(
    profiles: Profiles, member: str, labourers: float
) -> None:
    declared = {**profiles[member], "labourers": np.array([labourers])}
    assert _answer(declared) == _answer(profiles[member])
