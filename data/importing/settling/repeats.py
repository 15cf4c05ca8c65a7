"""The same row again, and rows that contradict each other.

One person, one member: an id number belongs to the member who holds it first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from model.archive.tables import EVENT_ON, RECORDED_AT, Table

#: Members whose newest version has an id number that another member's newest version has as well.
#: The holder is who had it first: in the archive, or else in the order of the import.
_REFUSE_SECOND = """
INSERT INTO verdicts
WITH known AS (
  SELECT -1 AS place, recorded_at, {key} AS member, {column} AS person FROM stored
  UNION ALL
  SELECT place, recorded_at, {key}, {column} FROM incoming ANTI JOIN verdicts USING (place)
),
newest AS (
  SELECT member, arg_max(person, (recorded_at, -place)) AS person FROM known GROUP BY member
),
holders AS (
  SELECT member, person, min(place) AS first_place
  FROM known SEMI JOIN newest USING (member, person) GROUP BY member, person
),
second AS (
  SELECT member, person FROM holders
  QUALIFY row_number() OVER (PARTITION BY person ORDER BY first_place, member) > 1
)
SELECT place, 'DUPLICATE_PERSON' FROM known SEMI JOIN second USING (member, person) WHERE place >= 0
"""


def refuse_second_persons(database: duckdb.DuckDBPyConnection, key: str, column: str) -> None:
    """Add ``DUPLICATE_PERSON`` for rows that give a held id number to another member.

    A refused row may leave an older version of its member as the newest one, so the question is
    put again until it finds nothing more.
    """
    refusal = _REFUSE_SECOND.format(key=key, column=column)
    while (counted := database.execute(refusal).fetchone()) and counted[0]:
        pass


#: Not a reason of the quarantine: the row is in the archive already and is only counted.
DUPLICATE = "DUPLICATE"

#: Rows that share their key with another row, of the import or of the archive. Stored rows stand
#: before all others; `content` is everything but the time of recording.
_RIVALS = """
CREATE OR REPLACE TEMP TABLE rivals AS
WITH arrived AS (FROM incoming ANTI JOIN verdicts USING (place)),
contested AS (
  SELECT {key} FROM (SELECT {key} FROM arrived UNION ALL SELECT {key} FROM stored)
  GROUP BY {key} HAVING count(*) > 1
)
SELECT place, dated, recorded_at, {key}, row({content}) AS content
FROM arrived SEMI JOIN contested USING ({key})
UNION ALL
SELECT -1, true, recorded_at, {key}, row({content})
FROM stored SEMI JOIN contested USING ({key})
"""

#: Of rows with one key and one recording time, the first stands. A later one is a duplicate or a
#: contradiction. A row that does not say when it was recorded is a duplicate as well when it
#: repeats the version in force; otherwise it is a correction, known since this import.
_JUDGE = """
INSERT INTO verdicts
WITH judged AS (
  SELECT place, dated, content,
    first_value(place) OVER same AS first_place,
    first_value(content) OVER same AS first_content,
    arg_max(content, recorded_at) FILTER (place = -1 AND recorded_at <= $moment)
      OVER (PARTITION BY {key}) AS in_force
  FROM rivals
  WINDOW same AS (PARTITION BY {key}, recorded_at ORDER BY place)
)
SELECT place,
  CASE
    WHEN place <> first_place AND content IS DISTINCT FROM first_content THEN 'CONFLICTING_ROW'
    WHEN place <> first_place THEN 'DUPLICATE'
    WHEN NOT dated AND content IS NOT DISTINCT FROM in_force THEN 'DUPLICATE'
  END AS code
FROM judged
WHERE place >= 0 AND code IS NOT NULL
"""


def find_repeats(database: duckdb.DuckDBPyConnection, table: Table, moment: datetime) -> None:
    """Add the verdicts on rows of `incoming` that repeat or contradict other rows of their key.

    Needs the views ``incoming`` and ``stored`` and the table ``verdicts``; rows that have a
    verdict already take no part.
    """
    content = [name for name in table.columns if name not in (*table.key, RECORDED_AT, EVENT_ON)]
    words = {"key": _names(table.key), "content": _names(content)}
    database.execute(_RIVALS.format_map(words))
    database.execute(_JUDGE.format_map(words), {"moment": moment})


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
