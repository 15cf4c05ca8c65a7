"""One person, one member: an id number belongs to the member who holds it first."""

from __future__ import annotations

import duckdb

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
