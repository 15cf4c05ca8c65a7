"""SQL that finds duplicate rows, conflicting rows, and one person under two member ids.

Every statement reads the views ``incoming`` and ``stored`` and adds to the table ``verdicts``. Rows
that already have a verdict take no part.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from model.archive.tables import EVENT_ON, RECORDED_AT, Table

#: No reason for quarantine: the archive already has the row, so it is only counted.
DUPLICATE = "DUPLICATE"
#: Rows that the archive holds in every column. A file that comes again consists of them, so a join
#: sets them aside before the windows below, which take many times its time and memory.
_REPEATED = """
INSERT INTO verdicts
SELECT row_id, 'DUPLICATE'
FROM (FROM incoming ANTI JOIN verdicts USING (row_id)) AS each SEMI JOIN stored ON {same}
"""
#: Keys that more than one row has, in the import and the archive together.
_CONTESTED = """
CREATE OR REPLACE TEMP TABLE contested AS
WITH arrived AS NOT MATERIALIZED (
  SELECT {key} FROM incoming ANTI JOIN verdicts USING (row_id)
)
SELECT {key}
FROM (
  SELECT {key} FROM arrived
  UNION ALL
  SELECT {key} FROM stored AS each SEMI JOIN arrived ON {same_as_arrived}
)
GROUP BY {key} HAVING count(*) > 1
"""
#: Rows with a contested key. Stored rows come first; `content` is every column but the key and the
#: recording time.
_RIVALS = """
CREATE OR REPLACE TEMP TABLE rivals AS
SELECT row_id, dated, recorded_at, {key}, row({content}) AS content
FROM (FROM incoming ANTI JOIN verdicts USING (row_id)) AS each
  SEMI JOIN contested ON {same_as_contested}
UNION ALL
SELECT -1, true, recorded_at, {key}, row({content})
FROM stored AS each SEMI JOIN contested ON {same_as_contested}
"""
#: Of rows with one key and one recording time, the first is valid and a later one is a duplicate or
#: a conflict. A row that states no recording time is also a duplicate if it repeats the version in
#: force; otherwise it is a correction, recorded by this import.
_JUDGE = """
INSERT INTO verdicts
WITH judged AS (
  SELECT row_id, dated, content,
    first_value(row_id) OVER same AS first_row,
    first_value(content) OVER same AS first_content,
    arg_max(content, recorded_at) FILTER (row_id = -1 AND recorded_at <= $moment)
      OVER (PARTITION BY {key}) AS in_force
  FROM rivals
  WINDOW same AS (PARTITION BY {key}, recorded_at ORDER BY row_id)
)
SELECT row_id,
  CASE
    WHEN row_id <> first_row AND content IS DISTINCT FROM first_content THEN 'CONFLICTING_ROW'
    WHEN row_id <> first_row THEN 'DUPLICATE'
    WHEN NOT dated AND content IS NOT DISTINCT FROM in_force THEN 'DUPLICATE'
  END AS code
FROM judged
WHERE row_id >= 0 AND code IS NOT NULL
"""


def find_repeats(database: duckdb.DuckDBPyConnection, table: Table, moment: datetime) -> None:
    """Add ``DUPLICATE`` and ``CONFLICTING_ROW`` for rows that repeat or contradict another row."""
    content = [name for name in table.columns if name not in (*table.key, RECORDED_AT, EVENT_ON)]
    names = {
        "key": _quote(table.key),
        "content": _quote(content),
        "same_as_arrived": _same(table.key, "arrived"),
        "same_as_contested": _same(table.key, "contested"),
    }
    whole = (*table.key, *content, RECORDED_AT)
    if database.execute("FROM stored LIMIT 1").fetchone():
        database.execute(_REPEATED.format(same=_same(whole, "stored")))
    database.execute(_CONTESTED.format_map(names))
    database.execute(_RIVALS.format_map(names))
    database.execute(_JUDGE.format_map(names), {"moment": moment})


def _quote(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _same(columns: Iterable[str], other: str) -> str:
    """Return the condition that a row of `each` and one of `other` are equal in `columns`.

    A blank equals a blank: a part of a key may be one.
    """
    return " AND ".join(f'each."{name}" IS NOT DISTINCT FROM {other}."{name}"' for name in columns)


#: Finds members whose newest version has the id number of another member's newest version. The
#: number belongs to the member who had it first, in the archive or in the order of the import.
_REFUSE_DUPLICATES = """
INSERT INTO verdicts
WITH known AS (
  SELECT -1 AS row_id, recorded_at, {key} AS member, {column} AS person FROM stored
  UNION ALL
  SELECT row_id, recorded_at, {key}, {column} FROM incoming ANTI JOIN verdicts USING (row_id)
),
newest AS (
  SELECT member, arg_max(person, (recorded_at, -row_id)) AS person FROM known GROUP BY member
),
holders AS (
  SELECT member, person, min(row_id) AS first_row
  FROM known SEMI JOIN newest USING (member, person) GROUP BY member, person
),
second AS (
  SELECT member, person FROM holders
  QUALIFY row_number() OVER (PARTITION BY person ORDER BY first_row, member) > 1
)
SELECT row_id, 'DUPLICATE_PERSON'
FROM known SEMI JOIN second USING (member, person)
WHERE row_id >= 0
"""


def refuse_duplicate_persons(database: duckdb.DuckDBPyConnection, key: str, column: str) -> None:
    """Add ``DUPLICATE_PERSON`` for rows that give another member's id number to a member.

    After a row is refused, an older version of its member may become the newest one, so the
    statement runs until it finds nothing more.
    """
    statement = _REFUSE_DUPLICATES.format(key=key, column=column)
    while (count := database.execute(statement).fetchone()) and count[0]:
        pass
