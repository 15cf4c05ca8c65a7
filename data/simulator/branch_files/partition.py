"""Which branch sends which row: townships send people, counties send flows by year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.arrays import Ints
from data.simulator.world.places import COUNTIES

Tables = Mapping[str, pa.Table]
#: Tables of the townships' workbooks, in the order of their sheets.
TOWNSHIP_TABLES = ("members", "plots", "assessments")
#: Tables sent monthly, as one file per county and year; and those sent as one file per county.
MONTHLY_TABLES = ("parcels", "sales", "cashflow", "repayments")
COUNTY_TABLES = ("villages", "loans", "adverse_records")
_COUNTY_DIGITS, _TOWNSHIP_DIGITS = 6, 9


@dataclass(frozen=True)
class Branches:
    """The village code of each member, and the borrower of each loan."""

    members: pa.Table
    loans: pa.Table

    @classmethod
    def of(cls, tables: Tables) -> Branches:
        """Read who lives where from the archive's own rows."""
        return cls(
            members=_first_of_each(tables["members"], "member_id", "village_code"),
            loans=_first_of_each(tables["loans"], "loan_id", "member_id"),
        )

    def village_of(self, table: str, rows: pa.Table) -> pa.ChunkedArray:
        """Return the village each row belongs to."""
        if "village_code" in rows.column_names:
            return rows["village_code"]
        members = rows["member_id"] if "member_id" in rows.column_names else self._borrower(rows)
        return _looked_up(members, self.members)

    def _borrower(self, rows: pa.Table) -> pa.ChunkedArray:
        return _looked_up(rows["loan_id"], self.loans)


def by_township(branches: Branches, table: str, rows: pa.Table) -> Iterator[tuple[str, Ints]]:
    """Yield each township's code (9 digits) with the positions of its rows."""
    return _groups(pc.utf8_slice_codeunits(branches.village_of(table, rows), 0, _TOWNSHIP_DIGITS))


def by_county(branches: Branches, table: str, rows: pa.Table) -> Iterator[tuple[str, Ints]]:
    """Yield each county's code (6 digits) with the positions of its rows."""
    return _groups(pc.utf8_slice_codeunits(branches.village_of(table, rows), 0, _COUNTY_DIGITS))


def by_county_and_year(
    branches: Branches, table: str, rows: pa.Table
) -> Iterator[tuple[str, Ints]]:
    """Yield ``371502-2023`` with the positions of that county's rows of that year."""
    county = pc.utf8_slice_codeunits(branches.village_of(table, rows), 0, _COUNTY_DIGITS)
    year = pc.cast(pc.year(rows["month"]), pa.string())
    return _groups(pc.binary_join_element_wise(county, year, "-"))


def county_name(code: str) -> str:
    """Return the name of the county whose code `code` begins with."""
    return dict(COUNTIES)[code[:_COUNTY_DIGITS]]


def _first_of_each(rows: pa.Table, key: str, value: str) -> pa.Table:
    """Return each distinct key with its first value."""
    keys = pc.unique(rows[key])
    first = pc.index_in(keys, rows[key].combine_chunks())
    return pa.table({key: keys, value: rows[value].take(first)})


def _looked_up(keys: pa.ChunkedArray, table: pa.Table) -> pa.ChunkedArray:
    found = pc.index_in(keys, table.column(0).combine_chunks())
    return table.column(1).take(found)


def _groups(keys: pa.ChunkedArray) -> Iterator[tuple[str, Ints]]:
    """Yield each distinct key, in order, with the positions of its rows in their own order."""
    encoded = keys.combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(words) + 1))
    for code in sorted(range(len(words)), key=words.__getitem__):
        yield words[code], order[edges[code] : edges[code + 1]]
