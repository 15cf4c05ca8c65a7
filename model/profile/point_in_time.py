"""What was known as of a date: the only place that defines which rows are visible.

A row is visible as of a date if its event date and its ``recorded_at`` are both before that date.
Of the visible versions of a key the latest recorded one is in force. Both comparisons use full
days, so each version has a day after which it is known and, if a later version exists, a day after
which it is superseded. These days are computed once per table, whatever the number of dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import ibis
from ibis.expr.types import Table

from model.archive.tables import EVENT_ON, RECORDED_AT, archive_tables
from model.profile.consent_terms import ALWAYS_FIRST, DatedTerms
from model.profile.windows import completed_months, month_number

#: The columns that identify one profile.
KEYS = ("member_id", "as_of")

#: The longest window over monthly rows, in months; older months are dropped first. Raise it for a
#: formula that looks further back.
LONGEST_WINDOW = 24


@dataclass(frozen=True)
class PointInTime:
    """The archive's tables as visible to the rows of a spine, each with its own as-of date.

    Attributes
    ----------
    tables : mapping of str to ibis.Table
        All versions of the archive's rows, by table name, as declared in ``archive.yaml``.
    spine : ibis.Table
        Distinct pairs of ``member_id`` and ``as_of`` (date).
    consent_terms : sequence of (date, ConsentTerms)
        What policy asks of consents, by the as-of date from which it does.
    yield_medians : ibis.Table or None
        Those of `model.profile.flows.land.yield_medians`, computed beforehand; None computes them
        with the profile.
    """

    tables: Mapping[str, Table]
    spine: Table
    consent_terms: DatedTerms = ALWAYS_FIRST
    yield_medians: Table | None = None

    def rows(self, table: str) -> Table:
        """Return the rows of `table` in force for each spine row, with `as_of` and `months_ago`."""
        recent = self._recent(table, self._own(table))
        dated = versions(table, recent).inner_join(self.spine, "member_id")
        return with_age(table, in_force(dated))

    def by_everyone(self) -> PointInTime:
        """Return the archive as visible to all members on the first day of each as-of month.

        Comparisons with everyone change little within a month, and a training spine has a date for
        every day of application.
        """
        months = self.spine.select(as_of=self.spine.as_of.truncate("M")).distinct()
        everyone = self.tables["members"].select("member_id").distinct()
        return replace(self, spine=everyone.cross_join(months))

    def by_mates(self, people: Table) -> PointInTime:
        """Return the archive as visible to those of `people` who may live with a spine member.

        That is whoever was ever recorded in a household in which the spine's member ever was.
        """
        homes = self.tables["members"].select("member_id", "household_id").distinct()
        own = self.spine.inner_join(homes, "member_id").select("as_of", "household_id").distinct()
        mates = homes.inner_join(own, "household_id").select(*KEYS).distinct()
        return replace(self, spine=mates.semi_join(people, "member_id"))

    def _own(self, table: str) -> Table:
        rows, key = self.tables[table], archive_tables()[table].key
        own = rows.semi_join(self.spine, "member_id")
        # A correction may move a row to another member, so take all versions of its key.
        return own if "member_id" in key else rows.semi_join(own, list(key))

    def _recent(self, table: str, rows: Table) -> Table:
        if archive_tables()[table].event != "month":
            return rows
        earliest = month_number(self.spine.as_of).min().as_scalar()
        return rows.filter(month_number(rows.month) + LONGEST_WINDOW >= earliest)


def versions(table: str, rows: Table) -> Table:
    """Return all versions of `rows` with ``known_on`` and ``superseded_on``.

    A version is visible from the day after ``known_on`` to ``superseded_on``, which is the smallest
    ``known_on`` of the versions recorded later. Versions recorded at the same instant are ordered
    by their content, so that the order of rows never matters. Decimals become integers of their
    smallest unit; personal columns are dropped.
    """
    spec = archive_tables()[table]
    if table == "members":
        rows = _completed(rows)
    public = [name for name, column in spec.columns.items() if not column.personal]
    plain = rows.select(*(_exact(rows, name) for name in public), EVENT_ON)
    known = plain.mutate(known_on=ibis.greatest(plain[RECORDED_AT].date(), plain[EVENT_ON]))
    content = sorted(set(public) - {*spec.key, RECORDED_AT})
    later = ibis.window(
        group_by=list(spec.key),
        order_by=[known[name].desc() for name in (RECORDED_AT, *content)],
        preceding=(None, 1),
        following=None,
    )
    return known.mutate(superseded_on=known.known_on.min().over(later)).drop(RECORDED_AT)


def in_force(rows: Table) -> Table:
    """Return the versions that are visible and not yet superseded at their ``as_of``."""
    return rows.filter(
        rows.known_on < rows.as_of,
        rows.superseded_on.isnull() | (rows.superseded_on >= rows.as_of),
    ).drop("known_on", "superseded_on")


def with_age(table: str, rows: Table) -> Table:
    """Append ``months_ago``: full months before the as-of date, 0 for the latest."""
    if archive_tables()[table].event == "month":
        return rows.mutate(months_ago=month_number(rows.as_of) - month_number(rows.month) - 1)
    return rows.mutate(months_ago=completed_months(rows[EVENT_ON], rows.as_of))


def _completed(rows: Table) -> Table:
    """Return members with a blank birth date or sex read from the id number (GB 11643).

    An import reads them too; archives of earlier releases hold blanks.
    """
    digits = [rows.id_number.substr(start, size) for start, size in ((6, 4), (10, 2), (12, 2))]
    born = ibis.date(*(part.try_cast("int64") for part in digits))
    sex = (rows.id_number.substr(16, 1).try_cast("int64") % 2 == 1).ifelse("male", "female")
    return rows.mutate(
        birth_date=ibis.coalesce(rows.birth_date, born), gender=ibis.coalesce(rows.gender, sex)
    )


def _exact(rows: Table, name: str) -> ibis.Value:
    column = rows[name]
    if not column.type().is_decimal():
        return column
    return (column * 10 ** column.type().scale).cast("int64").name(name)
