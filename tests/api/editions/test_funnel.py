"""The funnel reconciles: the parts add up to the total at every level."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.editions.edition import Edition, PlaceFilter
from api.editions.funnel import LEVELS, STEPS, Counts, funnel, refuse_unreconciled
from api.editions.sources import borrowing, visible
from api.members.funnel import funnel_rows
from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import archive_tables
from model.errors import EditionError
from tests.support.recording.home import old_home

_VILLAGES = st.sampled_from(
    ["371502001001", "371502001002", "371502002001", "371581001001", "371581001002"]
)
_TIERS = st.sampled_from(["FIRST", "SECOND", "THIRD", "NONE"])
_MEMBERS = st.lists(
    st.tuples(_VILLAGES, _TIERS, st.booleans(), st.integers(0, 2), st.integers(0, 50_000)),
    min_size=1,
    max_size=60,
)


def _funnel(members: list[tuple[str, str, bool, int, int]]) -> dict[str, Counts]:
    village, tier, consents, stage, yuan = (
        np.array(column, dtype=object) for column in zip(*members, strict=True)
    )
    drew = stage == 2
    steps = {
        "consenting": (tier != "NONE") | consents.astype(bool),
        "eligible": tier != "NONE",
        **{name: tier == name.upper() for name in ("first", "second", "third", "none")},
        "applied": stage >= 1,
        "borrowers": drew,
        "borrowers_this_year": drew & (yuan % 3 > 0),
        "borrowers_earlier": drew & (yuan % 3 < 2),
        "disbursed_yuan": yuan * drew,
        "disbursed_this_year_yuan": yuan * drew // 2,
    }
    return dict(funnel(village, steps))


@given(_MEMBERS)
def test_parts_add_up_to_the_whole_at_every_level(
    members: list[tuple[str, str, bool, int, int]],
) -> None:
    counted = _funnel(members)
    total = asdict(counted[""])
    assert total["members"] == len(members)
    for digits in LEVELS.values():
        parts = [asdict(counts) for code, counts in counted.items() if len(code) == digits]
        assert {step: sum(part[step] for part in parts) for step in STEPS} == total


@given(_MEMBERS)
def test_a_place_counts_exactly_the_members_of_its_villages(
    members: list[tuple[str, str, bool, int, int]],
) -> None:
    for code, counts in _funnel(members).items():
        assert counts.members == sum(member[0].startswith(code) for member in members)


@given(_MEMBERS, st.randoms())
def test_the_order_of_members_is_irrelevant(
    members: list[tuple[str, str, bool, int, int]], luck: Random
) -> None:
    shuffled = list(members)
    luck.shuffle(shuffled)
    assert _funnel(shuffled) == _funnel(members)


_SOUND = Counts(
    members=10, consenting=9, eligible=6, first=1, second=2, third=3, none=4, applied=5,
    borrowers=4, borrowers_this_year=3, borrowers_earlier=2,
    disbursed_yuan=100, disbursed_this_year_yuan=50,
)  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": 11},
        {"eligible": 5},
        {"consenting": 5},
        {"consenting": 11},
        {"borrowers": 6},
        {"applied": 11},
        {"borrowers_this_year": 5},
        {"borrowers_earlier": 5},
        {"borrowers_earlier": 0},
        {"disbursed_this_year_yuan": 101},
    ],
)
def test_counts_that_contradict_each_other_are_refused(wrong: dict[str, int]) -> None:
    assert _SOUND.reconciles()
    with pytest.raises(EditionError, match="does not reconcile"):
        refuse_unreconciled({"": replace(_SOUND, **wrong)})


def test_a_level_that_misses_a_member_is_refused() -> None:
    part = replace(_SOUND, members=9, none=3)
    with pytest.raises(EditionError, match="by county does not add up"):
        refuse_unreconciled({"": _SOUND, "371502": part, "371502001": part, "371502001001": part})


def test_a_simulated_edition_reconciles_to_its_archive(
    published_home: Path, simulated_archive: Archive, as_of: date
) -> None:
    rows = pq.read_table(published_home / "rows.parquet")
    members = visible(simulated_archive, "members", as_of)
    assert rows["member_id"].to_pylist() == sorted(members["member_id"].to_pylist())
    loans = visible(simulated_archive, "loans", as_of)
    loans = loans.filter(pc.equal(loans["product"], "rongzi_e"))
    drawn = [
        (row["amount"], row["disbursed_on"])
        for row in loans.to_pylist()
        if row["disbursed_on"] is not None and row["disbursed_on"] < as_of
    ]
    ids = rows["member_id"].to_numpy(zero_copy_only=False)
    found = borrowing(simulated_archive, as_of, ids)
    assert found.disbursed_yuan.sum() == sum(amount for amount, _ in drawn)
    assert found.disbursed_this_year_yuan.sum() == sum(
        amount for amount, day in drawn if day.year == as_of.year
    )
    assert found.applied.sum() == len(set(loans["member_id"].to_pylist()))
    assert found.borrowers.sum() < found.applied.sum()
    drew = {
        is_this_year: {
            row["member_id"]
            for row in loans.to_pylist()
            if row["disbursed_on"] is not None
            and row["disbursed_on"] < as_of
            and (row["disbursed_on"].year == as_of.year) == is_this_year
        }
        for is_this_year in (True, False)
    }
    assert found.borrowers_this_year.sum() == len(drew[True])
    assert found.borrowers_earlier.sum() == len(drew[False])
    assert found.borrowers.sum() == len(drew[True] | drew[False])


def test_of_several_versions_of_a_row_the_last_one_known_that_day_counts(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path)
    for recorded, amount, disbursed in (
        ("2023-01-03", 10_000, None),
        ("2023-02-01", 12_000, date(2023, 2, 1)),
        ("2023-03-01", 99_000, date(2023, 2, 1)),
    ):
        archive.append("loans", _loan(recorded, amount, disbursed))
    ids = np.array(["A", "B"], dtype=object)
    early = borrowing(archive, date(2023, 2, 1), ids)
    later = borrowing(archive, date(2023, 3, 1), ids)
    assert (early.applied.tolist(), early.disbursed_yuan.tolist()) == ([True, False], [0, 0])
    assert later.disbursed_yuan.tolist() == [12_000, 0]
    assert borrowing(archive, date(2023, 3, 2), ids).disbursed_yuan.tolist() == [99_000, 0]


def test_a_loan_counts_for_this_year_from_the_first_of_january(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.append("loans", _loan("2022-12-01", 5_000, date(2022, 12, 31)))
    ids = np.array(["A"], dtype=object)
    found = borrowing(archive, date(2023, 1, 2), ids)
    assert found.disbursed_yuan.tolist() == [5_000]
    assert found.disbursed_this_year_yuan.tolist() == [0]
    assert borrowing(archive, date(2022, 12, 31), ids).disbursed_yuan.tolist() == [0]


def _loan(recorded: str, amount: int, disbursed: date | None) -> pa.Table:
    row = {
        "loan_id": "L1", "member_id": "A", "applied_on": date(2022, 11, 1), "decision": "approved",
        "disbursed_on": disbursed, "amount": Decimal(amount), "annual_rate": None, "months": 12,
        "repayment": "harvest_bullet", "purpose": None,
        "recorded_at": datetime.fromisoformat(recorded),
    }  # fmt: skip
    schema = arrow_schema(archive_tables()["loans"])
    fields = [schema.field(name) for name in row]
    return pa.Table.from_pylist([row], schema=pa.schema(fields))


def test_an_edition_that_counts_no_borrowers_of_the_year_tells_its_amount_of_counties_alone(
    tmp_path: Path,
) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    edition = Edition.current(home, allow_unsigned=True)
    for level in LEVELS:
        # No count is below one, so only the rule of the level hides the amount.
        rows = funnel_rows(edition, level, PlaceFilter(), 1)
        assert rows
        assert all("borrowers_this_year" not in row for row in rows)
        is_told = any(row["disbursed_this_year_yuan"] is not None for row in rows)
        assert is_told == (level in ("total", "county"))
    villages = edition.funnel("village", PlaceFilter())
    part = PlaceFilter(within=tuple(row["place_code"] for row in villages[:3]))
    rows = funnel_rows(edition, "county", part, 1)
    assert sum(row["members"] for row in rows) > 0
    assert all(row["disbursed_this_year_yuan"] is None for row in rows)
