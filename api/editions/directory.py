"""``directory.sqlite``: the edition's people as the counter looks for them, and changes of tier.

It holds no name, number or phone, only their blind indexes. A decision never reads it, so that it
lies beside ``edition.sqlite`` instead of in it; editions of earlier releases have none.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.editions.blind_index import BlindIndex
from api.editions.edition import PlaceFilter
from api.editions.manifest import DIRECTORY, Manifest
from api.editions.verified_copy import open_verified

Row = dict[str, Any]
#: A condition in SQL, with its values.
Condition = tuple[str, tuple[str, ...]]


class Directory:
    """The directory of one edition, opened from a private copy of verified bytes."""

    def __init__(self, connection: sqlite3.Connection, index: BlindIndex | None) -> None:
        self._connection, self._index = connection, index
        # The last request that uses the directory ends it, at no known moment.
        weakref.finalize(self, connection.close)

    @classmethod
    def of(cls, folder: Path, manifest: Manifest, index: BlindIndex | None) -> Directory | None:
        """Open the directory in the edition's `folder`; None if its release wrote none.

        Raises
        ------
        EditionError
            If a byte of it differs from the manifest.
        """
        if DIRECTORY not in manifest.files:
            return None
        return cls(open_verified(folder / DIRECTORY, manifest.files[DIRECTORY]), index)

    @property
    def can_search(self) -> bool:
        """Whether the key of the index is here."""
        return self._index is not None

    def find(
        self,
        wanted: Mapping[str, str],
        villages: Sequence[str] | None,
        place: PlaceFilter,
        after: tuple[str, str] | None,
        size: int,
    ) -> list[str]:
        """Return up to `size` member ids within `place`, ordered by village and member id.

        Parameters
        ----------
        wanted
            Texts by field of `SEARCHED`, all of which must match.
        villages
            Codes of villages, one of which must match; None for any.
        after
            Village and member id of the last row of the page before.
        """
        if self._index is None:
            return []
        conditions: list[Condition] = [
            (f"{kind} = ?", (self._index.of(kind, text),)) for kind, text in wanted.items()
        ]
        if villages is not None:
            marks = ", ".join("?" * len(villages))
            conditions.append((f"village_code IN ({marks})", tuple(villages)))
        rows = self._page("people", [*conditions, *place.conditions("village_code")], after, size)
        return [row["member_id"] for row in rows]

    def holds_name(self, member_id: str, text: str) -> bool:
        """Return whether `text` holds the member's name; False if the key of the index is away."""
        row = self._connection.execute(
            "SELECT name FROM people WHERE member_id = ?", (member_id,)
        ).fetchone()
        if self._index is None or row is None or row[0] is None:
            return False
        return self._index.holds_name(text, row[0])

    def household_of(self, member_id: str) -> int:
        """Return how many members of the archive belong to the member's household, itself too."""
        (found,) = self._connection.execute(
            "SELECT count(*) FROM people WHERE household ="
            " (SELECT household FROM people WHERE member_id = ?)",
            (member_id,),
        ).fetchone()
        return int(found)

    def moves(
        self,
        place: PlaceFilter,
        kinds: Sequence[str],
        after: tuple[str, str] | None,
        size: int,
    ) -> list[Row]:
        """Return up to `size` changes of tier within `place`, ordered by village and member id."""
        conditions = place.conditions("village_code")
        if kinds:
            conditions.append((f"change IN ({', '.join('?' * len(kinds))})", tuple(kinds)))
        return self._page("moves", conditions, after, size)

    def _page(
        self,
        table: str,
        conditions: Sequence[Condition],
        after: tuple[str, str] | None,
        size: int,
    ) -> list[Row]:
        if after:
            conditions = [*conditions, ("(village_code, member_id) > (?, ?)", after)]
        where = " AND ".join(sql for sql, _ in conditions) or "1"
        values = [value for _, bound in conditions for value in bound]
        cursor = self._connection.execute(
            f"SELECT * FROM {table} WHERE {where} ORDER BY village_code, member_id LIMIT ?",
            (*values, size),
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
