"""Archives of several prefectures: other people in other places, and copies that say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.simulator import Simulation, load_scenario, prefectures, simulate
from data.storage.archive import Archive
from model.archive.id_numbers import id_number_flaw, is_phone
from model.archive.tables import archive_tables

#: Columns by which the rows of one prefecture name each other, and what they name.
REFERENCES = {
    "member_id": "members",
    "guarantor_id": "members",
    "village_code": "villages",
    "loan_id": "loans",
    "account_id": "accounts",
    "station_id": "stations",
    "cooperative_id": "cooperatives",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Return five prefectures of 220 members, of which the last three are copies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefectures, "LARGEST", 220)
        patch.setattr(prefectures, "SIMULATED", 2)
        planned = prefectures.prefectures(1_100, 54)
        yield _written(Archive(tmp_path_factory.mktemp("prefectures")), planned)


def _written(archive: Archive, planned: list[prefectures.Prefecture]) -> Archive:
    assert [*prefectures.write_prefectures(archive, planned, _simulated)] == planned
    return archive


def _simulated(members: int, seed: int) -> Simulation:
    return simulate(load_scenario(), members, 12, seed)


def test_members_are_divided_and_copies_are_named() -> None:
    small = prefectures.prefectures(100_000, 54)
    assert [(each.members, each.seed, each.copy_of) for each in small] == [(100_000, 54, None)]
    million = prefectures.prefectures(1_000_000, 54)
    assert [each.copy_of for each in million] == [None] * 10
    assert len({each.seed for each in million}) == 10
    odd = prefectures.prefectures(250_001, 54)
    assert [each.members for each in odd] == [83_334, 83_334, 83_333]
    many = prefectures.prefectures(10_000_000, 54)
    assert sum(each.members for each in many) == 10_000_000
    assert [each.copy_of for each in many[10:]] == [*range(10)] * 9


def test_the_first_prefecture_is_the_archive_of_one(archive: Archive) -> None:
    alone = _simulated(220, 54)
    for table in archive_tables():
        rows = archive.read(table)
        own = rows.slice(0, alone.table(table).num_rows)
        assert own.drop(["event_on"]).equals(alone.table(table).cast(own.drop(["event_on"]).schema))


def test_no_person_and_no_id_stands_in_two_prefectures(archive: Archive) -> None:
    members = archive.read("members")
    people = pc.count_distinct(members["member_id"]).as_py()
    assert people == 1_100
    assert pc.count_distinct(members["id_number"]).as_py() == people
    assert not [n for n in members["id_number"].to_pylist() if id_number_flaw(n)]
    phones = members["phone"].drop_null().to_pylist()
    assert all(is_phone(each) for each in phones)
    counties = set(pc.utf8_slice_codeunits(members["village_code"], 0, 4).to_pylist())
    assert counties == {"3715", "9001", "9002", "9003", "9004"}
    by_prefecture = [_phones(members, code) for code in sorted(counties)]
    assert all(by_prefecture)
    assert sum(map(len, by_prefecture)) == len(set().union(*by_prefecture))


def _phones(members: pa.Table, code: str) -> set[str]:
    there = members.filter(pc.starts_with(members["village_code"], code))
    return set(there["phone"].drop_null().to_pylist())


def test_rows_name_rows_of_their_own_prefecture(archive: Archive) -> None:
    for table, declared in archive_tables().items():
        rows = archive.read(table)
        for column in declared.columns.keys() & REFERENCES.keys():
            known = archive.read(REFERENCES[column])
            key = "member_id" if column == "guarantor_id" else column
            named = set(rows[column].drop_null().to_pylist())
            assert named <= set(known[key].to_pylist()), (table, column)


def test_a_copy_repeats_all_but_who_and_where(archive: Archive) -> None:
    sales = archive.read("sales")
    copied = sales.filter(pc.ends_with(sales["member_id"], "-2"))
    source = sales.filter(pc.invert(pc.match_substring(sales["member_id"], "-")))
    told = ["month", "channel", "orders", "amount", "recorded_at"]
    assert copied.num_rows > 0
    assert copied.select(told).equals(source.select(told))


def test_the_same_seed_writes_the_same_bytes(archive: Archive, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefectures, "LARGEST", 220)
        patch.setattr(prefectures, "SIMULATED", 2)
        again = _written(Archive(tmp_path), prefectures.prefectures(1_100, 54))
    assert again.digest() == archive.digest()


def test_a_run_that_fails_leaves_no_prefecture(tmp_path: Path) -> None:
    def fails(members: int, seed: int) -> Simulation:
        if seed != 54:
            raise OSError("disk full")
        return _simulated(220, seed)

    planned = prefectures.prefectures(100_001, 54)
    with pytest.raises(OSError, match="disk full"):
        [*prefectures.write_prefectures(Archive(tmp_path), planned, fails)]
    assert not Archive(tmp_path).parts("members")


def test_rows_of_the_first_prefecture_stay_as_they_are() -> None:
    rows = pa.table({"village_code": ["371503106213"]})
    assert prefectures.moved("villages", rows, 0) is rows
