"""The rows of a sheet that go to quarantine: flawed on their own, or refused beside others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from data.importing.checking import PROBLEMS, RAW, SURPLUS
from data.importing.reasons import Problem, read_problem, told_problem
from data.importing.repeats import DUPLICATE
from data.importing.settling import Verdicts
from data.importing.staging import AT, StagedSheet
from data.importing.storing import good_rows
from model.tables import Table, archive_tables


def bad_rows(sheet: StagedSheet, verdicts: Verdicts) -> pa.Table:
    """Return every quarantined row of `sheet` in the order of its number."""
    with pa.memory_map(str(sheet.bad)) as source:
        flawed = pa.ipc.open_file(source).read_all()
    refused = verdicts.codes != DUPLICATE
    late = _late(sheet, dict(zip(verdicts.at[refused], verdicts.codes[refused], strict=True)))
    return pa.concat_tables([flawed, *(each.select(flawed.column_names) for each in late)]).sort_by(
        AT
    )


def reasons(rows: pa.Table) -> Mapping[str, int]:
    """Return how many of the bad `rows` have each problem, by code, in alphabetical order."""
    counted: Counter[str] = Counter()
    for told in rows[PROBLEMS].to_pylist():
        counted.update({read_problem(each).code for each in told})
    return dict(sorted(counted.items()))


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
