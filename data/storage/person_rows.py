"""The rows of one person in the archive: found by the contract's keys, read, and erased.

Parts of the archive are replaced here alone: a person's right to erasure outranks the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.storage.archive import Archive
from data.storage.private_files import scratch
from data.storage.profiles import profile_as_of
from model.archive.tables import Table, archive_tables

MEMBER, GUARANTOR = "member_id", "guarantor_id"
_OUTSTANDING = "balance_outstanding"


@dataclass(frozen=True)
class PersonRows:
    """What the archive holds about one member.

    Attributes
    ----------
    by_table : mapping of str to pa.Table
        The member's rows in each table that has any, all versions.
    owned : mapping of str to frozenset of str
        Keys of loans and accounts that are the member's alone, by table.

    shared_phones : frozenset of str
        Phone numbers that other members have too, such as a family's: they are nobody's key.
    """

    member_id: str
    by_table: Mapping[str, pa.Table]
    owned: Mapping[str, frozenset[str]]
    shared_phones: frozenset[str] = frozenset()

    @property
    def keys(self) -> frozenset[str]:
        """Member id, id number, phone, and the keys that are the member's alone."""
        found = {self.member_id, *(key for each in self.owned.values() for key in each)}
        phones = self._texts("phone") - self.shared_phones
        return frozenset(found | self._texts("id_number") | phones)

    @property
    def hints(self) -> frozenset[str]:
        """What may be the person's or another's: every name on record, and shared numbers."""
        return frozenset(self._texts("name") | self.shared_phones)

    def _texts(self, column: str) -> set[str]:
        members = self.by_table.get("members")
        return {text for text in members[column].to_pylist() if text} if members else set()

    @property
    def last_day(self) -> date | None:
        """The last day on which any of the rows became known."""
        days = [pc.max(rows["recorded_at"]).as_py() for rows in self.by_table.values()]
        return max((day.date() for day in days if day), default=None)


def rows_of(archive: Archive, member_id: str) -> PersonRows:
    """Return the rows of `member_id`; tables without a member follow their parent's key.

    A key that another member's rows have too, such as a joint account, is not the person's alone:
    its rows are left out.
    """
    found: dict[str, pa.Table] = {}
    owned: dict[str, frozenset[str]] = {}
    for name, table in archive_tables().items():
        rows = archive.read(name)
        mask = _mask(table, rows, member_id, owned)
        if mask is None:
            continue
        if MEMBER in table.columns and name in _referred():
            owned[name] = _own_keys(table, rows, mask)
        mine = rows.filter(mask)
        if mine.num_rows:
            found[name] = mine
    return PersonRows(member_id, found, owned, _shared_phones(archive, member_id))


def refuses_erasure(archive: Archive, person: PersonRows, today: date) -> str | None:
    """Return why the law forbids an erasure now: a running loan or guarantee; None if nothing does.

    The balance is the profile's own, of an archive that holds the person's rows only.
    """
    if _owes(archive, [person], today):
        return "a loan is outstanding"
    loans = archive.read("loans", [MEMBER, GUARANTOR])
    borrowers = loans.filter(pc.equal(loans[GUARANTOR], person.member_id))[MEMBER]
    guaranteed = [rows_of(archive, each) for each in pc.unique(borrowers).to_pylist()]
    if guaranteed and _owes(archive, guaranteed, today):
        return "the person guarantees a loan that is outstanding"
    return None


def erase_rows(archive: Archive, person: PersonRows) -> dict[str, int]:
    """Remove the person's rows from every part; return the number of rows removed by table.

    All parts change at once: an erasure that is interrupted changed nothing, or ends when it is run
    again. Other people's rows that name the person as guarantor lose that name.

    Raises
    ------
    ArchiveError
        If another process writes the archive, or a part is damaged.
    """
    removed: dict[str, int] = {}
    with archive.writing() as written:
        for name, table in archive_tables().items():
            for part in written.parts(name):
                kept, count = _without(part, table, person)
                if kept is not None:
                    written.replace_part(name, part, kept)
                    removed[name] = removed.get(name, 0) + count
        written.remove_replaced()
    return {name: count for name, count in removed.items() if count}


def _mask(
    table: Table, rows: pa.Table, member_id: str, owned: Mapping[str, frozenset[str]]
) -> pa.ChunkedArray | None:
    """Return which `rows` are the person's; None if the table is about no person."""
    if MEMBER in table.columns:
        return pc.equal(rows[MEMBER], member_id)
    for parent, column in _parents(table):
        if parent in owned:
            return pc.is_in(rows[column], pa.array(sorted(owned[parent]), pa.string()))
    return None


def _parents(table: Table) -> Iterator[tuple[str, str]]:
    for check in table.checks:
        if (
            check.check == "known"
            and check.table
            and MEMBER in archive_tables()[check.table].columns
        ):
            yield check.table, check.columns[0]


def _shared_phones(archive: Archive, member_id: str) -> frozenset[str]:
    members = archive.read("members", [MEMBER, "phone"])
    is_mine = pc.equal(members[MEMBER], member_id)
    mine, others = (members.filter(mask)["phone"] for mask in (is_mine, pc.invert(is_mine)))
    return frozenset(others.filter(pc.is_in(others, pc.unique(mine.drop_null()))).to_pylist())


@cache
def _referred() -> frozenset[str]:
    """Return the tables about members, besides members, to whose rows other tables refer."""
    every = archive_tables().values()
    return frozenset(parent for table in every for parent, _ in _parents(table)) - {"members"}


def _own_keys(table: Table, rows: pa.Table, mask: pa.ChunkedArray) -> frozenset[str]:
    """Return the values of the table's first key column that only the person's rows have."""
    key = table.key[0]
    mine, others = rows.filter(mask)[key], rows.filter(pc.invert(mask))[key]
    return frozenset(mine.to_pylist()) - frozenset(
        others.filter(pc.is_in(others, pc.unique(mine))).to_pylist()
    )


def _without(part: Path, table: Table, person: PersonRows) -> tuple[pa.Table | None, int]:
    """Return the rows that stay of a part, None if all do, and how many go."""
    names = pq.read_schema(part).names
    wanted = dict.fromkeys([MEMBER, GUARANTOR, *(column for _, column in _parents(table))])
    columns = [column for column in wanted if column in names]
    keys = pq.read_table(part, columns=columns)
    mask = _mask(table, keys, person.member_id, person.owned)
    if mask is None:
        return None, 0
    count = int(pc.sum(mask).as_py() or 0)
    if not count and not pc.any(_guaranteed(keys, person.member_id)).as_py():
        return None, 0
    return _without_guarantor(pq.read_table(part).filter(pc.invert(mask)), person.member_id), count


def _guaranteed(rows: pa.Table, member_id: str) -> pa.ChunkedArray:
    if GUARANTOR not in rows.column_names:
        return pa.chunked_array([], pa.bool_())
    return pc.fill_null(pc.equal(rows[GUARANTOR], member_id), False)


def _without_guarantor(rows: pa.Table, member_id: str) -> pa.Table:
    if GUARANTOR not in rows.column_names:
        return rows
    named = _guaranteed(rows, member_id)
    blank = pc.if_else(named, pa.scalar(None, pa.string()), rows[GUARANTOR])
    return rows.set_column(rows.column_names.index(GUARANTOR), GUARANTOR, blank)


def profile_of(archive: Archive, person: PersonRows, today: date) -> pa.Table:
    """Return the profile of one person as of `today`, one row, from an archive of the own rows.

    Comparisons with neighbours and values about others of the household are missing or as for a
    person alone.
    """
    return _profile(archive, [person], today)


def _owes(archive: Archive, people: Sequence[PersonRows], today: date) -> bool:
    if not any("members" in each.by_table for each in people):
        return False
    balances = _profile(archive, people, today)[_OUTSTANDING]
    return bool(pc.any(pc.greater(pc.fill_null(balances, 0), 0)).as_py())


def _profile(archive: Archive, people: Sequence[PersonRows], today: date) -> pa.Table:
    with scratch() as folder:
        alone = Archive(folder)
        for name, table in archive_tables().items():
            if MEMBER not in table.columns and not list(_parents(table)):
                alone.append(name, archive.read(name))
            else:
                parts = [each.by_table[name] for each in people if name in each.by_table]
                if parts:
                    alone.append(name, pa.concat_tables(parts))
        return profile_as_of(alone, today)
