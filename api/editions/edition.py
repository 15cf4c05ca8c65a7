"""The edition the service answers from: a private copy of verified bytes, read-only."""

from __future__ import annotations

import hashlib
import sqlite3
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from api.editions.database import (
    ATTRIBUTES,
    FLOAT,
    FUNNEL,
    NUMBERS,
    PEOPLE,
    PLACES,
    PROFILES,
    WHITELIST,
    open_verified,
)
from api.editions.funnel import LEVELS, merged
from api.editions.manifest import (
    DATABASE,
    REMEDY,
    Manifest,
    current_folder,
    manifest_bytes,
    read_manifest,
)
from model.card.bins import Columns, Floats

Row = dict[str, Any]

#: Profiles kept at hand: some 700 bytes each.
_MOST_RECENT = 1_024


@dataclass(frozen=True)
class PlaceFilter:
    """A part of the edition: what is asked for, within what may be told.

    Attributes
    ----------
    county, township, village : str or None
        Prefixes of a village code that all must hold; None asks for all.
    within : tuple of str
        Prefixes of which one must hold; ``("",)`` is everywhere, ``()`` nowhere.
    """

    county: str | None = None
    township: str | None = None
    village: str | None = None
    within: tuple[str, ...] = ("",)

    @property
    def narrowest(self) -> str | None:
        """The longest code asked for."""
        return self.village or self.township or self.county

    def conditions(self, column: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return SQL conditions on the place code in `column`, with their bounds."""
        asked = [(code,) for code in (self.county, self.township, self.village) if code]
        bounds = [*asked, self.within] if "" not in self.within else asked
        return [_any_prefix(column, prefixes) for prefixes in bounds]


def _any_prefix(column: str, prefixes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    # ':' follows '9', so the range holds exactly the codes that begin with the prefix.
    ranges = " OR ".join(f"({column} >= ? AND {column} < ?)" for _ in prefixes)
    return f"({ranges or '0'})", tuple(bound for code in prefixes for bound in (code, code + ":"))


@dataclass(frozen=True)
class Profile:
    """A member's profile as the edition keeps it.

    Attributes
    ----------
    numbers : Floats
        Shape (attributes,), in the order of `Edition.numbers`; NaN where missing.
    texts : mapping
        Words and codes by name.
    place_code : str
        The member's village.
    """

    numbers: Floats
    texts: Mapping[str, str | None]
    place_code: str


class Edition:
    """A published edition, opened from bytes that were verified and cannot change any more.

    Raises
    ------
    EditionError
        By `Edition.current` if no edition is published or a byte of it differs.
    """

    def __init__(self, folder: Path, manifest: Manifest, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.manifest = manifest
        self.digest = hashlib.sha256(manifest_bytes(manifest)).hexdigest()
        self._connection = connection
        # An edition ends with the last request that holds it, not at a moment anyone could name.
        weakref.finalize(self, connection.close)
        self._recent: dict[str, Profile | None] = {}
        self.numbers = tuple(
            row["name"] for row in self._all(f"SELECT name FROM {ATTRIBUTES} ORDER BY position")
        )

    @classmethod
    def current(cls, home: Path) -> Edition:
        """Open the edition in use under `home`."""
        folder = current_folder(home)
        manifest = read_manifest(folder)
        database = open_verified(folder / DATABASE, manifest.files.get(DATABASE), REMEDY)
        return cls(folder, manifest, database)

    def profile(self, member_id: str) -> Profile | None:
        """Return the member's profile; None for an unknown member."""
        # One request asks where the member lives and then for the profile; nothing changes here.
        recent = self._recent
        if member_id not in recent:
            if len(recent) >= _MOST_RECENT:
                self._recent = {}
            recent[member_id] = self._profile(member_id)
        return recent[member_id]

    def _profile(self, member_id: str) -> Profile | None:
        row = self._one(
            f"SELECT {PROFILES}.*, {PEOPLE}.village_code AS place_code FROM {PROFILES}"
            f" JOIN {PEOPLE} USING (member_id) WHERE member_id = ?",
            member_id,
        )
        if row is None:
            return None
        del row["member_id"]
        numbers, place_code = np.frombuffer(row.pop(NUMBERS), dtype=FLOAT), row.pop("place_code")
        return Profile(numbers, row, place_code)

    def columns(self, member_id: str) -> Columns | None:
        """Return the member's profile as the kernel takes it, arrays of shape (1,).

        None for an unknown member. Numbers and flags are floats, NaN where missing.
        """
        found = self.profile(member_id)
        return None if found is None else columns_of(self.numbers, [found])

    def person(self, member_id: str) -> Row | None:
        """Return the member's masked name, id number and phone, and the names of the places."""
        return self._one(
            f"SELECT name, id_number, phone, village_code, county, township, village FROM {PEOPLE}"
            f" LEFT JOIN {PLACES} ON place_code = village_code WHERE member_id = ?",
            member_id,
        )

    def village_of(self, member_id: str) -> str | None:
        """Return the code of the village where the member lives; None for an unknown member."""
        found = self.profile(member_id)
        return None if found is None else found.place_code

    def row(self, member_id: str) -> Row | None:
        """Return the member's row of the whitelist."""
        return self._one(f"SELECT * FROM {WHITELIST} WHERE member_id = ?", member_id)

    def page(self, place: PlaceFilter, tier: str | None, after: Row | None, size: int) -> list[Row]:
        """Return up to `size` rows by village and member id, beginning behind the row `after`."""
        conditions = place.conditions("village_code")
        where, bounds = [sql for sql, _ in conditions], [v for _, pair in conditions for v in pair]
        if tier:
            where, bounds = [*where, "tier = ?"], [*bounds, tier]
        if after:
            where.append("(village_code, member_id) > (?, ?)")
            bounds += [after["village_code"], after["member_id"]]
        sql = f"SELECT * FROM {WHITELIST} {_where(where)} ORDER BY village_code, member_id LIMIT ?"
        return self._all(sql, *bounds, size)

    def funnel(self, level: str, place: PlaceFilter) -> list[Row]:
        """Return the funnel of each place of `level` within `place`, with names, by code.

        Where `place` holds only a part of one, its row counts that part.
        """
        digits = LEVELS[level]
        if any(len(code) > digits for code in place.within):
            return merged(self.funnel("village", place), digits)
        conditions = place.conditions("place_code")
        bounds = [v for _, values in conditions for v in values]
        sql = (
            f"SELECT * FROM {FUNNEL} LEFT JOIN {PLACES} USING (place_code)"
            f" {_where(['length(place_code) = ?', *(sql for sql, _ in conditions)])}"
            " ORDER BY place_code"
        )
        return self._all(sql, digits, *bounds)

    def _one(self, sql: str, *values: object) -> Row | None:
        cursor = self._connection.execute(sql, values)
        row = cursor.fetchone()
        return None if row is None else _named(cursor, row)

    def _all(self, sql: str, *values: object) -> list[Row]:
        cursor = self._connection.execute(sql, values)
        return [_named(cursor, row) for row in cursor.fetchall()]


def columns_of(names: Sequence[str], profiles: Sequence[Profile]) -> Columns:
    """Return n profiles as the kernel takes them, arrays of shape (n,)."""
    # A transposed copy: each attribute's values lie side by side.
    table = np.array([profile.numbers for profile in profiles]).T.copy()
    texts = {
        name: np.array([profile.texts[name] for profile in profiles], dtype=object)
        for name in profiles[0].texts
    }
    return texts | dict(zip(names, table, strict=True))


def _where(conditions: list[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _named(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
