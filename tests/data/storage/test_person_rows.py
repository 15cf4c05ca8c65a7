"""One person's rows in the archive: found by the contract's keys, erased, others untouched."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data.storage import person_rows
from data.storage.archive import Archive, ArchiveWriter
from data.storage.person_rows import erase_rows, profile_of, refuses_erasure, rows_of
from data.storage.profiles import profile_as_of
from model.archive.tables import archive_tables

DAY = date(2023, 10, 1)


@pytest.fixture
def archive(simulated_archive: Archive, tmp_path: Path) -> Archive:
    return Archive(Path(shutil.copytree(simulated_archive.folder, tmp_path / "archive")))


@pytest.fixture(scope="module")
def borrowers(simulated_archive: Archive, member_profile: pa.Table) -> dict[bool, str]:
    """A member with a running loan, and one whose loans and joint accounts are all settled."""
    loans = simulated_archive.read("loans", ["member_id", "guarantor_id", "disbursed_on"])
    paid = loans.filter(pc.is_valid(loans["disbursed_on"]))["member_id"]
    guarantors = pc.unique(loans["guarantor_id"].drop_null())
    owes = pc.greater(pc.fill_null(member_profile["balance_outstanding"], 0), 0)
    has_loan = pc.is_in(member_profile["member_id"], pc.unique(paid))
    is_free = pc.invert(pc.is_in(member_profile["member_id"], guarantors))
    wanted = {True: pc.and_(has_loan, owes),
              False: pc.and_(pc.and_(has_loan, is_free), pc.invert(owes))}  # fmt: skip
    return {k: member_profile.filter(m)["member_id"][0].as_py() for k, m in wanted.items()}


def _replace(archive: Archive, part: Path, rows: pa.Table) -> None:
    with archive.writing() as written:
        written.replace_part("loans", part, rows)
        written.remove_replaced()


def _all_rows(archive: Archive) -> dict[str, pa.Table]:
    return {name: archive.read(name) for name in archive_tables()}


def test_every_row_of_the_person_goes_and_no_other(
    archive: Archive, borrowers: dict[bool, str]
) -> None:
    member, before = borrowers[False], _all_rows(archive)
    person = rows_of(archive, member)
    assert {"members", "loans", "repayments", "cashflow"} <= person.by_table.keys()
    removed = erase_rows(archive, person)
    assert removed == {name: rows.num_rows for name, rows in person.by_table.items()}
    for name, rows in _all_rows(archive).items():
        assert rows.num_rows == before[name].num_rows - removed.get(name, 0)
    assert rows_of(archive, member).by_table == {}
    assert _holding(archive, person.keys) == []


def test_others_have_the_same_profile_but_for_neighbours(
    archive: Archive, borrowers: dict[bool, str], member_profile: pa.Table
) -> None:
    person = rows_of(archive, borrowers[False])
    household = person.by_table["members"]["household_id"][-1].as_py()
    erase_rows(archive, person)
    after = profile_as_of(archive, DAY)
    assert borrowers[False] not in after["member_id"].to_pylist()
    is_other = pc.and_(
        pc.not_equal(member_profile["member_id"], borrowers[False]),
        pc.not_equal(pc.fill_null(member_profile["household_id"], ""), household or "-"),
    )
    before = member_profile.filter(is_other)
    after = after.filter(pc.is_in(after["member_id"], before["member_id"].combine_chunks()))
    for name in ("net_sales_12m", "average_balance_12m", "balance_outstanding"):
        assert after[name].to_pylist() == before[name].to_pylist()


def test_an_erasure_that_is_interrupted_changed_nothing_or_ends_when_run_again(
    archive: Archive, borrowers: dict[bool, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    member, digest = borrowers[False], archive.digest()
    whole = rows_of(archive, member)
    writes = 0
    without = person_rows._without

    def fails_later(*values: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes == 4:
            raise OSError("the power went")
        return without(*values)

    monkeypatch.setattr(person_rows, "_without", fails_later)
    with pytest.raises(OSError, match="power"):
        erase_rows(archive, whole)
    monkeypatch.undo()
    assert archive.digest() == digest
    # Killed after the new list was written, before the old bytes were removed.
    monkeypatch.setattr(ArchiveWriter, "remove_replaced", ArchiveWriter.commit)
    erase_rows(archive, whole)
    monkeypatch.undo()
    assert _holding(archive, whole.keys)
    erase_rows(archive, rows_of(archive, member))
    assert _holding(archive, whole.keys) == []


def _holding(archive: Archive, keys: Collection[str]) -> list[Path]:
    """Return the files of the archive, visible or not, in which one of `keys` stands."""
    found = []
    for part in sorted(archive.folder.rglob("*.parquet")):
        texts = [c for c in pq.read_table(part).columns if pa.types.is_string(c.type)]
        if any(pc.any(pc.is_in(c, pa.array(sorted(keys)))).as_py() for c in texts):
            found.append(part)
    return found


def test_the_archive_is_written_on_after_an_erasure(
    archive: Archive, borrowers: dict[bool, str]
) -> None:
    rows = archive.read("villages")
    erase_rows(archive, rows_of(archive, borrowers[False]))
    erase_rows(archive, rows_of(archive, borrowers[True]))
    archive.append("loans", archive.read("loans").slice(0, 1))
    names = [part.name for part in archive.parts("loans")]
    assert names[0].startswith("part-000000-002")
    assert names[-1] == f"part-{len(names) - 1:06d}.parquet"
    assert archive.pinned().read("villages").equals(rows)


def test_a_joint_account_stays_with_the_other_holder(archive: Archive) -> None:
    accounts = archive.read("accounts")
    counted = accounts.group_by("account_id").aggregate([("member_id", "count_distinct")])
    joint = counted.filter(pc.greater(counted["member_id_count_distinct"], 1))
    assert joint.num_rows, "the simulated archive has joint accounts"
    account = joint["account_id"][0].as_py()
    holders = accounts.filter(pc.equal(accounts["account_id"], account))["member_id"].to_pylist()
    person = rows_of(archive, holders[0])
    assert account not in person.keys
    paid = archive.read("standing_payments")
    erase_rows(archive, person)
    kept = archive.read("standing_payments")
    of_account = [pc.sum(pc.equal(t["account_id"], account)).as_py() for t in (paid, kept)]
    assert of_account[0] == of_account[1]


def test_a_running_loan_or_guarantee_forbids_the_erasure(
    archive: Archive, borrowers: dict[bool, str]
) -> None:
    assert refuses_erasure(archive, rows_of(archive, borrowers[False]), DAY) is None
    owing = rows_of(archive, borrowers[True])
    assert refuses_erasure(archive, owing, DAY) == "a loan is outstanding"
    part = archive.parts("loans")[0]
    loans = pq.read_table(part)
    mine = pc.equal(loans["member_id"], borrowers[True])
    named = pc.if_else(mine, pa.scalar(borrowers[False]), loans["guarantor_id"])
    index = loans.column_names.index("guarantor_id")
    _replace(archive, part, loans.set_column(index, "guarantor_id", named))
    guarantor = rows_of(archive, borrowers[False])
    assert "guarantees" in str(refuses_erasure(archive, guarantor, DAY))


def test_a_settled_loan_of_another_forgets_its_guarantor(
    archive: Archive, borrowers: dict[bool, str]
) -> None:
    person = rows_of(archive, borrowers[False])
    part = archive.parts("loans")[0]
    loans = pq.read_table(part)
    other = loans.filter(pc.not_equal(loans["member_id"], person.member_id))["loan_id"][0]
    named = pc.if_else(
        pc.equal(loans["loan_id"], other), pa.scalar(person.member_id), loans["guarantor_id"]
    )
    index = loans.column_names.index("guarantor_id")
    _replace(archive, part, loans.set_column(index, "guarantor_id", named))
    erase_rows(archive, person)
    left = archive.read("loans", ["loan_id", "guarantor_id"])
    row = left.filter(pc.equal(left["loan_id"], other))
    assert row["guarantor_id"].to_pylist() == [None] * row.num_rows
    assert row.num_rows


def test_the_profile_of_the_own_rows_is_the_persons_profile(
    archive: Archive, borrowers: dict[bool, str], member_profile: pa.Table
) -> None:
    member = borrowers[True]
    alone = profile_of(archive, rows_of(archive, member), DAY).to_pylist()[0]
    whole = member_profile.filter(pc.equal(member_profile["member_id"], member)).to_pylist()[0]
    for name in ("balance_outstanding", "net_sales_12m", "worst_days_past_due_24m", "birth_date"):
        assert alone.get(name) == whole.get(name)
    assert alone["balance_outstanding"] > 0


def test_a_phone_number_that_a_family_shares_is_nobodys_key(
    archive: Archive, borrowers: dict[bool, str]
) -> None:
    alone = rows_of(archive, borrowers[False])
    phone = alone.by_table["members"]["phone"].drop_null()[-1].as_py()
    assert phone in alone.keys
    part = archive.parts("members")[0]
    members = pq.read_table(part)
    is_other = pc.equal(members["member_id"], borrowers[True])
    phones = pc.if_else(is_other, pa.scalar(phone), members["phone"])
    index = members.column_names.index("phone")
    with archive.writing() as written:
        written.replace_part("members", part, members.set_column(index, "phone", phones))
    shared = rows_of(archive, borrowers[False])
    assert phone not in shared.keys
    assert phone in shared.hints
