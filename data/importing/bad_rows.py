"""The rows of a sheet that go to quarantine: flawed on their own, or refused beside others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.cells import Field
from data.importing.checking import PROBLEMS, RAW, SURPLUS
from data.importing.columns import parse_column
from data.importing.reasons import DISPLACED, Problem, read_problem, told_problem
from data.importing.repeats import DUPLICATE
from data.importing.settling import UNKNOWN, Verdicts
from data.importing.staging import AT, StagedSheet
from data.importing.storing import good_rows
from model.tables import Table, archive_tables


def bad_rows(sheet: StagedSheet, verdicts: Verdicts, parents: Mapping[str, pa.Array]) -> pa.Table:
    """Return every quarantined row of `sheet` in the order of its number.

    Parameters
    ----------
    parents : mapping of str to Arrow array of string
        The keys that the archive holds of each table that others refer to.
    """
    with pa.memory_map(str(sheet.bad)) as source:
        flawed = _with_unknown_parents(sheet, pa.ipc.open_file(source).read_all(), parents)
    refused = verdicts.codes != DUPLICATE
    late = _late(sheet, dict(zip(verdicts.at[refused], verdicts.codes[refused], strict=True)))
    return pa.concat_tables([flawed, *(rows.select(flawed.column_names) for rows in late)]).sort_by(
        AT
    )


def _with_unknown_parents(
    sheet: StagedSheet, rows: pa.Table, parents: Mapping[str, pa.Array]
) -> pa.Table:
    """Tell of flawed rows as well that their member or loan is unknown: one mending does then."""
    table = archive_tables()[sheet.table]
    for check in table.checks:
        if check.table and rows.num_rows:
            (name,) = check.columns
            keys = parse_column(
                rows[RAW + name].combine_chunks(), Field(table.columns[name])
            ).values
            is_unknown = pc.and_(keys.is_valid(), pc.invert(pc.is_in(keys, parents[check.table])))
            rows = _told_more(rows, is_unknown, Problem(UNKNOWN[check.table], check.columns))
    return rows


def _told_more(rows: pa.Table, which: pa.Array, problem: Problem) -> pa.Table:
    """Add `problem` to those of `which` rows, unless their cells are displaced."""
    told = rows[PROBLEMS].to_pylist()
    for at in np.flatnonzero(which.to_numpy(zero_copy_only=False)).tolist():
        if read_problem(told[at][0]).code not in DISPLACED:
            told[at].append(told_problem(problem))
    place = rows.column_names.index(PROBLEMS)
    return rows.set_column(place, PROBLEMS, pa.array(told, pa.list_(pa.string())))


def reasons(rows: pa.Table) -> Mapping[str, int]:
    """Return how many of the bad `rows` have each problem, by code, in alphabetical order."""
    problems = rows[PROBLEMS].combine_chunks()
    codes = pc.replace_substring_regex(pc.list_flatten(problems), r"\|.*", "")
    each = pa.table({"row": pc.list_parent_indices(problems), "code": codes})
    counted = (
        each.group_by(["row", "code"]).aggregate([]).group_by("code").aggregate([([], "count_all")])
    )
    return {row["code"]: row["count_all"] for row in counted.sort_by("code").to_pylist()}


def _late(sheet: StagedSheet, codes: Mapping[int, str]) -> list[pa.Table]:
    if not codes:
        return []
    table, positions = archive_tables()[sheet.table], np.array(list(codes))
    found = []
    for rows in good_rows(sheet):
        at = rows[AT].to_numpy()
        is_refused = np.isin(at, positions)
        told = [[told_problem(_problem(codes[each], table))] for each in at[is_refused]]
        kept = rows.filter(pa.array(is_refused))
        kept = kept.select([n for n in rows.column_names if n.startswith(RAW) or n == AT])
        kept = kept.append_column(PROBLEMS, pa.array(told, pa.list_(pa.string())))
        found.append(kept.append_column(SURPLUS, pa.array([""] * kept.num_rows, pa.string())))
    return found


def _problem(code: str, table: Table) -> Problem:
    """Return the problem with the columns that show it."""
    if code == "DUPLICATE_PERSON":
        return Problem(code, table.unique[0])
    if code == "CONFLICTING_ROW":
        return Problem(code, table.key)
    return Problem(code, next(check.columns for check in table.checks if check.table))
