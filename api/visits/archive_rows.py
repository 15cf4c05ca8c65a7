"""What visits confirmed, as rows of the archive that it lacks.

A confirmed income is a row of its own, with the evidence ``officer_visit``, from the day of the
visit to the day it lapses. A confirmed yield or address is a new version of the row on record: all
else in it stays. What the archive has already, or has from a later file, is not written again.

A withdrawn visit is taken out the same way: its income ends on the day it began, and a yield or an
address it wrote gets back what the archive held without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from api.core.calendar import CHINA
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.visits.visits import VISITED, records_of, withdrawals
from data.storage.archive import Archive
from model.archive.tables import RECORDED_AT, archive_tables
from model.decision.visits import OFFICER_VISIT, Visit

Row = dict[str, Any]
#: The versions of each row of a table, oldest first, by its key.
Versions = dict[tuple[Any, ...], list[Row]]
_PAGE = 5_000


@dataclass(frozen=True)
class MemberVisit:
    """A visit, the member it was made to, and when it was recorded, on the bank's clock.

    Attributes
    ----------
    withdrawn_at : datetime or None
        When it was withdrawn; None while it stands.
    """

    member_id: str
    visit: Visit
    recorded_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True)
class ArchiveRows:
    """Rows by table, and the findings that have no row on record to go into.

    Attributes
    ----------
    without_row : tuple of str
        Sentences that name the member, the crop and the season.
    """

    rows: Mapping[str, Sequence[Row]]
    without_row: tuple[str, ...]


def visits_in_ledger(view: View) -> list[MemberVisit]:
    """Return every visit of the ledger in order, without those to erased persons."""
    entries, found = _every_entry(view), []
    gone = withdrawals(entries)
    for record in records_of(view, entries):
        member = view.member_of(record.entry.subject_id)
        if member is not None:
            end = gone.get(record.entry.entry_id)
            moments = _moment(record.entry), _moment(end) if end else None
            found.append(MemberVisit(member, record.visit, *moments))
    return sorted(found, key=lambda each: each.visit.visited_on)


def _every_entry(view: View) -> list[Entry]:
    entries, page = list[Entry](), view.entries_where(VISITED, limit=_PAGE)
    while page:
        entries += page
        page = view.entries_where(VISITED, after=page[-1].seq, limit=_PAGE)
    return entries


def _moment(entry: Entry) -> datetime:
    return entry.recorded_at.astimezone(CHINA).replace(tzinfo=None, microsecond=0)


def missing_rows(archive: Archive, visits: Sequence[MemberVisit]) -> ArchiveRows:
    """Return the rows by which `archive` lacks what `visits`, oldest first, confirmed."""
    people = sorted({each.member_id for each in visits})
    on_record = {name: _versions(archive, name, people) for name in ("incomes", "plots", "members")}
    plots, without = _plots(visits, on_record["plots"])
    rows = {
        "incomes": _incomes(visits, on_record["incomes"]),
        "plots": plots,
        "members": _members(visits, on_record["members"]),
    }
    return ArchiveRows({name: found for name, found in rows.items() if found}, tuple(without))


def _versions(archive: Archive, table: str, people: Sequence[str]) -> Versions:
    """Return every version of each row of `people`, oldest first, by its key."""
    stored = archive.read(table)
    rows = stored.filter(pc.is_in(stored["member_id"], value_set=_strings(people))).to_pylist()
    key = archive_tables()[table].key
    found: Versions = {}
    for row in sorted(rows, key=lambda row: row[RECORDED_AT]):
        found.setdefault(tuple(row[name] for name in key), []).append(row)
    return found


def _strings(values: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string())


def _incomes(visits: Iterable[MemberVisit], on_record: Versions) -> list[Row]:
    by_key: dict[tuple[Any, ...], list[MemberVisit]] = {}
    for each in visits:
        for kind in each.visit.incomes:
            key = (each.member_id, kind, OFFICER_VISIT, each.visit.visited_on)
            by_key.setdefault(key, []).append(each)
    rows = (_income(key, same, on_record.get(key, [])) for key, same in by_key.items())
    return [row for row in rows if row]


def _income(
    key: tuple[Any, ...], visits: Sequence[MemberVisit], versions: Sequence[Row]
) -> Row | None:
    """Return the row of an income that visits of one day confirmed, unless it is on record."""
    _, kind, _, day = key
    valid, gone = _valid(visits), _withdrawn(visits)
    newest = versions[-1] if versions else None
    if valid:
        visit, moment = valid[-1].visit, _latest_moment([valid[-1]], gone)
        wanted = {"yuan_a_year": visit.incomes[kind], "to_on": visit.until}
    elif newest and newest["yuan_a_year"] in {each.visit.incomes[kind] for each in gone}:
        moment, wanted = _latest_moment([], gone), {**_pick(newest, "yuan_a_year"), "to_on": day}
    else:
        return None
    if newest and (wanted == _pick(newest, *wanted) or newest[RECORDED_AT] > moment):
        return None
    whose = dict(zip(archive_tables()["incomes"].key, key, strict=True))
    return {**whose, **wanted, RECORDED_AT: moment}


def _plots(visits: Sequence[MemberVisit], on_record: Versions) -> tuple[list[Row], list[str]]:
    of_crop: dict[tuple[str, str, str], list[tuple[MemberVisit, Any]]] = {}
    for each in visits:
        for crop, found in each.visit.harvests.items():
            key = (each.member_id, found.season, crop)
            of_crop.setdefault(key, []).append((each, found.kg_per_mu))
    rows, without = list[Row](), list[str]()
    for (member, season, crop), said in of_crop.items():
        known = [rows for key, rows in on_record.items() if key[:3] == (member, season, crop)]
        rows += _restated(known, "yield_kg_per_mu", said)
        if not known and any(each.withdrawn_at is None for each, _ in said):
            without.append(f"{member}: no plot of {crop} in {season} on record")
    return rows, without


def _members(visits: Iterable[MemberVisit], on_record: Versions) -> list[Row]:
    of_member: dict[str, list[tuple[MemberVisit, Any]]] = {}
    for each in visits:
        if each.visit.resident_since:
            of_member.setdefault(each.member_id, []).append((each, each.visit.resident_since))
    return [
        row
        for member, said in of_member.items()
        for row in _restated([on_record.get((member,), [])], "resident_since", said)
    ]


def _restated(
    rows: Iterable[Sequence[Row]], column: str, said: Sequence[tuple[MemberVisit, Any]]
) -> Iterator[Row]:
    """Yield a new version of each of `rows` whose `column` is not what the visits leave it.

    Parameters
    ----------
    rows
        The versions of each row, oldest first.
    said
        The visits that confirmed the column, oldest first, each with its value. The last one that
        was not withdrawn prevails, unless a later file wrote the row.
    """
    valid = [(each, value) for each, value in said if each.withdrawn_at is None]
    gone = [(each, value) for each, value in said if each.withdrawn_at is not None]
    written = {(each.recorded_at, value) for each, value in gone}
    for versions in rows:
        sound = [row for row in versions if (row[RECORDED_AT], row[column]) not in written]
        if not sound:
            continue
        newest, wanted = versions[-1], sound[-1][column]
        if valid and sound[-1][RECORDED_AT] < valid[-1][0].recorded_at:
            wanted = valid[-1][1]
        if newest[column] != wanted:
            undone = [each for each, _ in gone] if newest is not sound[-1] else []
            moment = _latest_moment([each for each, _ in valid[-1:]], undone)
            yield newest | {column: wanted, RECORDED_AT: moment}


def _valid(visits: Iterable[MemberVisit]) -> list[MemberVisit]:
    return [each for each in visits if each.withdrawn_at is None]


def _withdrawn(visits: Iterable[MemberVisit]) -> list[MemberVisit]:
    return [each for each in visits if each.withdrawn_at is not None]


def _latest_moment(valid: Iterable[MemberVisit], gone: Iterable[MemberVisit]) -> datetime:
    """Return when what the visits leave became known: the last visit or withdrawal."""
    ends = [each.withdrawn_at for each in gone if each.withdrawn_at is not None]
    return max([*(each.recorded_at for each in valid), *ends])


def _pick(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}
