"""What visits confirmed, as rows of the archive that it lacks.

A confirmed income is a row of its own, with the evidence ``officer_visit``, from the day of the
visit to the day it lapses. A confirmed yield or address is a new version of the row on record: all
else in it stays. What the archive has already, or has from a later file, is not written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from api.core.calendar import CHINA
from api.ledger.commands import View
from api.visits.visits import VISITED, records_of
from data.storage.archive import Archive
from model.archive.tables import RECORDED_AT, archive_tables
from model.decision.visits import OFFICER_VISIT, Visit

Row = dict[str, Any]
_PAGE = 5_000


@dataclass(frozen=True)
class MemberVisit:
    """A visit, the member it was made to, and when it was recorded, on the bank's clock."""

    member_id: str
    visit: Visit
    recorded_at: datetime


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
    found = []
    page = view.entries_where(VISITED, limit=_PAGE)
    while page:
        for record in records_of(view, page):
            member = view.member_of(record.entry.subject_id)
            if member is not None:
                moment = record.entry.recorded_at.astimezone(CHINA).replace(tzinfo=None)
                found.append(MemberVisit(member, record.visit, moment.replace(microsecond=0)))
        page = view.entries_where(VISITED, after=page[-1].seq, limit=_PAGE)
    return sorted(found, key=lambda each: each.visit.visited_on)


def missing_rows(archive: Archive, visits: Sequence[MemberVisit]) -> ArchiveRows:
    """Return the rows by which `archive` lacks what `visits`, oldest first, confirmed."""
    people = sorted({each.member_id for each in visits})
    on_record = {name: _newest(archive, name, people) for name in ("incomes", "plots", "members")}
    plots, without = _plots(visits, on_record["plots"])
    rows = {
        "incomes": _incomes(visits, on_record["incomes"]),
        "plots": plots,
        "members": _members(visits, on_record["members"]),
    }
    return ArchiveRows({name: found for name, found in rows.items() if found}, tuple(without))


def _newest(archive: Archive, table: str, people: Sequence[str]) -> dict[tuple[Any, ...], Row]:
    """Return the newest version of each row of `people`, by its key."""
    stored = archive.read(table)
    rows = stored.filter(pc.is_in(stored["member_id"], value_set=_strings(people))).to_pylist()
    key = archive_tables()[table].key
    rows.sort(key=lambda row: row[RECORDED_AT])
    return {tuple(row[name] for name in key): row for row in rows}


def _strings(values: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string())


def _incomes(visits: Iterable[MemberVisit], on_record: Mapping[Any, Row]) -> list[Row]:
    rows: dict[tuple[Any, ...], Row] = {}
    for each in visits:
        visit = each.visit
        for kind, yuan in visit.incomes.items():
            key = (each.member_id, kind, OFFICER_VISIT, visit.visited_on)
            known = on_record.get(key)
            if known and known["yuan_a_year"] == yuan and known["to_on"] == visit.until:
                continue
            rows[key] = {
                "member_id": each.member_id,
                "kind": kind,
                "yuan_a_year": yuan,
                "evidence": OFFICER_VISIT,
                "from_on": visit.visited_on,
                "to_on": visit.until,
                RECORDED_AT: each.recorded_at,
            }
    return list(rows.values())


def _plots(
    visits: Iterable[MemberVisit], on_record: Mapping[Any, Row]
) -> tuple[list[Row], list[str]]:
    latest = {
        (each.member_id, found.season, crop): (each, found.kg_per_mu)
        for each in visits
        for crop, found in each.visit.harvests.items()
    }
    rows, without = list[Row](), list[str]()
    for (member, season, crop), (each, kg) in latest.items():
        wanted = (member, season, crop)
        known = [row for key, row in on_record.items() if key[:3] == wanted]
        rows += _versions(known, "yield_kg_per_mu", kg, each.recorded_at)
        if not known:
            without.append(f"{member}: no plot of {crop} in {season} on record")
    return rows, without


def _members(visits: Iterable[MemberVisit], on_record: Mapping[Any, Row]) -> list[Row]:
    latest = {each.member_id: each for each in visits if each.visit.resident_since}
    return [
        row
        for member, each in latest.items()
        for row in _versions(
            [on_record[(member,)]] if (member,) in on_record else [],
            "resident_since", each.visit.resident_since, each.recorded_at,
        )
    ]  # fmt: skip


def _versions(
    known: Iterable[Row], column: str, value: object, recorded_at: datetime
) -> Iterator[Row]:
    """Yield `known` rows with `value`, recorded with the visit, unless a later file wrote them."""
    for row in known:
        if row[column] != value and row[RECORDED_AT] < recorded_at:
            yield row | {column: value, RECORDED_AT: recorded_at}
