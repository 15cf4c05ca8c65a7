"""Profiles of absent tables, empty tables and unknown members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cli.profile_ import command
from data.simulator.branch_files.dirt import STAINS
from data.storage.archive import Archive
from data.storage.profiles import columns_of, profile_as_of, profile_spine, write_profile
from model.archive.tables import RECORDED_AT, archive_tables
from model.errors import ArchiveError
from model.profile.dictionary import member_dictionary

AS_OF = date(2023, 10, 1)
ATTRIBUTES = list(member_dictionary().attributes)


@pytest.fixture(scope="module")
def few(simulated_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The first 60 members of the simulated archive, all their rows."""
    archive = Archive(tmp_path_factory.mktemp("few"))
    chosen = pc.unique(simulated_archive.read("members")["member_id"]).slice(0, 60)
    loans = simulated_archive.read("loans")
    theirs = loans.filter(pc.is_in(loans["member_id"], chosen))["loan_id"].combine_chunks()
    for table in archive_tables():
        rows = simulated_archive.read(table)
        if "member_id" in rows.column_names:
            rows = rows.filter(pc.is_in(rows["member_id"], chosen))
        elif "loan_id" in rows.column_names:
            rows = rows.filter(pc.is_in(rows["loan_id"], theirs))
        archive.append(table, rows)
    return archive


@pytest.fixture(scope="module")
def whole(few: Archive) -> pa.Table:
    return profile_as_of(few, AS_OF)


def _stored(tables: Mapping[str, pa.Table], folder: Path) -> Archive:
    archive = Archive(folder)
    for name, rows in tables.items():
        archive.append(name, rows)
    return archive


def test_a_profile_holds_every_attribute_of_the_dictionary_in_its_order(whole: pa.Table) -> None:
    assert whole.column_names == ["member_id", "as_of", *ATTRIBUTES]


def test_types_do_not_depend_on_which_tables_there_are(
    few: Archive, whole: pa.Table, tmp_path: Path
) -> None:
    only = _stored({"members": few.read("members")}, tmp_path)
    assert profile_as_of(only, AS_OF).schema == whole.schema


def _can_be_read(name: str, tables: set[str]) -> bool:
    """Return whether `tables` hold the attribute's sources, monthly or daily ones of loans."""
    needed, shapes = set(member_dictionary()[name].source), {"repayments", "instalments"}
    return (needed - shapes if shapes <= needed else needed) <= tables


@pytest.mark.parametrize("absent", sorted(STAINS.keys() - {"members"}))
def test_an_absent_table_leaves_exactly_its_attributes_missing(
    few: Archive, whole: pa.Table, absent: str, tmp_path: Path
) -> None:
    tables = {name: few.read(name) for name in archive_tables() if name != absent}
    found = profile_as_of(_stored(tables, tmp_path), AS_OF)
    for attribute in member_dictionary():
        if not _can_be_read(attribute.name, set(tables)):
            assert found[attribute.name].null_count == found.num_rows, attribute.name
        else:
            assert found[attribute.name].equals(whole[attribute.name]), attribute.name


def _recorded_later(rows: pa.Table) -> pa.Table:
    """Return one of `rows`, recorded after the profile's day: a table in which nothing is known."""
    one = rows.slice(0, 1)
    at = one.column_names.index(RECORDED_AT)
    later = pa.array(["2023-10-02"] * one.num_rows).cast(pa.timestamp("us"))
    return one.set_column(at, one.schema.field(at), later)


def test_an_empty_table_counts_nothing_where_an_absent_one_is_missing(
    few: Archive, tmp_path: Path
) -> None:
    later = {name: _recorded_later(few.read(name)) for name in archive_tables()}
    found = profile_as_of(_stored({**later, "members": few.read("members")}, tmp_path), AS_OF)
    for name in ("net_sales_12m", "parcels_sent_12m", "loans_open", "court_unresolved"):
        assert pc.unique(found[name]).to_pylist() == [0.0]
    for name in ("refund_share_12m", "worst_days_past_due_24m", "village_station_years"):
        assert found[name].null_count == found.num_rows


def test_without_members_there_is_nothing_to_profile(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="holds no members: import or simulate"):
        profile_as_of(Archive(tmp_path), AS_OF)


def test_a_damaged_part_is_named(few: Archive, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.append("members", few.read("members"))
    archive.parts("members")[0].write_bytes(b"PAR1 but no more")
    with pytest.raises(ArchiveError, match=r"part-000000\.parquet is damaged.*Restore"):
        profile_as_of(archive, AS_OF)


def test_damage_within_a_part_is_a_fault_that_says_what_to_do(few: Archive, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.append("members", few.read("members"))
    part = archive.parts("members")[0]
    whole = part.read_bytes()
    part.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    with pytest.raises(ArchiveError, match=r"is damaged.*Restore"):
        profile_as_of(archive, AS_OF)


def test_a_spine_keeps_its_rows_even_repeated_and_unknown(few: Archive, whole: pa.Table) -> None:
    known = whole["member_id"][0].as_py()
    spine = pa.table({"member_id": [known, "nobody", known], "as_of": [AS_OF] * 3})
    found = profile_spine(few, spine)
    assert found["member_id"].to_pylist() == sorted([known, known, "nobody"])
    assert found.slice(0, 1).equals(whole.slice(0, 1))
    assert found["consent_in_force"].to_pylist()[-1] is None


def test_only_members_visible_on_the_day_have_a_profile(few: Archive, whole: pa.Table) -> None:
    members = few.read("members")
    midnight = pa.scalar(AS_OF).cast(pa.timestamp("us"))
    seen = pc.and_(
        pc.less(members["recorded_at"], midnight), pc.less(members["event_on"], pa.scalar(AS_OF))
    )
    expected = sorted(set(members.filter(seen)["member_id"].to_pylist()))
    assert whole["member_id"].to_pylist() == expected


def test_no_name_id_number_or_phone_is_in_a_profile(few: Archive, whole: pa.Table) -> None:
    members = few.read("members")
    personal = {
        value for name in ("name", "id_number", "phone") for value in members[name].to_pylist()
    } - {None}
    values = {value for name in ATTRIBUTES for value in whole[name].to_pylist()}
    assert personal
    assert not personal & values


def test_columns_come_as_the_kernel_takes_them(whole: pa.Table) -> None:
    columns = columns_of(whole)
    assert columns["consent_in_force"].dtype == np.float64
    assert set(np.unique(columns["consent_in_force"])) <= {0.0, 1.0}
    worst = whole["worst_days_past_due_24m"]
    assert np.isnan(columns["worst_days_past_due_24m"]).sum() == worst.null_count
    assert columns["education"].dtype == object
    assert columns["education"].tolist() == whole["education"].to_pylist()


def test_parts_of_an_archive_do_not_change_a_byte_of_the_profile(
    few: Archive, whole: pa.Table, tmp_path: Path
) -> None:
    split = Archive(tmp_path / "split")
    for table in archive_tables():
        rows = few.read(table)
        third = rows.num_rows // 3 + 1
        for start in reversed(range(0, rows.num_rows, third)):
            split.append(table, rows.slice(start, third))
    write_profile(whole, tmp_path / "whole.parquet")
    write_profile(profile_as_of(split, AS_OF), tmp_path / "split.parquet")
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "split.parquet").read_bytes()


def test_the_command_writes_the_profile(few: Archive, whole: pa.Table, tmp_path: Path) -> None:
    out = tmp_path / "new" / "profile.parquet"
    options = ["--archive", str(few.folder), "--as-of", "2023-10-01", "--out", str(out)]
    result = CliRunner().invoke(command, options)
    assert result.exit_code == 0, result.output
    assert f"{whole.num_rows} profiles × {len(ATTRIBUTES)} attributes" in result.output
    assert pq.read_table(out).equals(whole)
