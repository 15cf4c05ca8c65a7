"""The edition that the service reads: a private copy of verified bytes, read-only."""

from __future__ import annotations

import hashlib
import sqlite3
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from api.core.log import log
from api.editions.funnel import LEVELS, small_cells_of, sum_to_places
from api.editions.manifest import (
    DATABASE,
    Manifest,
    current_folder,
    manifest_bytes,
    manifest_payload,
    parse_manifest,
)
from api.editions.signature import verify_signature
from api.editions.small_cells import SmallCells
from api.editions.verified_copy import open_verified
from data.publishing.signing import trusted_keys
from model.card.bins import Columns, Floats

Row = dict[str, Any]
Contents = TypeVar("Contents")

#: Tables of ``edition.sqlite``.
PEOPLE, PROFILES, ATTRIBUTES, WHITELIST, PLACES, POSITIONS, FUNNEL, CHANGES, RELATIONS = (
    "people", "profiles", "attributes", "whitelist", "places", "positions", "funnel", "changes",
    "relations",
)  # fmt: skip
#: Kinds of rows of `RELATIONS`: a guarantor or a borrower, a cooperative.
GUARANTEE, MEMBERSHIP = "guarantee", "membership"
#: The column of `PROFILES` that holds the numbers, and how each is stored.
NUMBERS, FLOAT = "numbers", "<f8"
_HOUSEHOLD = "household_id"
#: Most profiles in memory, about 700 bytes each.
_MAX_CACHED = 1_024


@dataclass(frozen=True)
class PlaceFilter:
    """A filter by place, combined with the places that the caller may see.

    Attributes
    ----------
    county, township, village : str or None
        Prefixes of a village code, all of which must match; None matches every code.
    within : tuple of str
        Prefixes, one of which must match; ``("",)`` is everywhere, ``()`` nowhere.
    """

    county: str | None = None
    township: str | None = None
    village: str | None = None
    within: tuple[str, ...] = ("",)

    @property
    def narrowest(self) -> str | None:
        """The longest code of the filter."""
        return self.village or self.township or self.county

    def conditions(self, column: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return SQL conditions on the place code in `column`, with their values."""
        codes = [(code,) for code in (self.county, self.township, self.village) if code]
        alternatives = [*codes, self.within] if "" not in self.within else codes
        return [_any_prefix(column, prefixes) for prefixes in alternatives]


def _any_prefix(column: str, prefixes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    # ':' follows '9', so the range holds exactly the codes that begin with the prefix.
    ranges = " OR ".join(f"({column} >= ? AND {column} < ?)" for _ in prefixes)
    return f"({ranges or '0'})", tuple(bound for code in prefixes for bound in (code, code + ":"))


@dataclass(frozen=True)
class Profile:
    """A member's profile as the edition stores it.

    Attributes
    ----------
    numbers : Floats
        Shape (attributes,), in the order of `Edition.numbers`; NaN where missing.
    texts : mapping
        Texts and codes by name.
    place_code : str
        The member's village.
    """

    numbers: Floats
    texts: Mapping[str, str | None]
    place_code: str


class Edition:
    """A published edition, opened from a private copy of verified bytes."""

    def __init__(self, folder: Path, manifest: Manifest, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.manifest = manifest
        self.digest = hashlib.sha256(manifest_bytes(manifest)).hexdigest()
        self._connection = connection
        # The last request that uses the edition ends it, at no known moment.
        weakref.finalize(self, connection.close)
        self._cache: dict[str, Profile | None] = {}
        self._small_cells: dict[int, SmallCells] = {}
        self._tables = {row["name"] for row in self._all("SELECT name FROM sqlite_master")}
        self.numbers = tuple(
            row["name"] for row in self._all(f"SELECT name FROM {ATTRIBUTES} ORDER BY position")
        )

    @classmethod
    def current(cls, home: Path, *, allow_unsigned: bool = False) -> Edition:
        """Open the edition in use under `home`.

        Parameters
        ----------
        allow_unsigned
            Also open an edition of a release that did not sign editions.

        Raises
        ------
        EditionError
            If no edition is published, no trusted key signed it, or a byte differs.
        """
        folder = current_folder(home)
        payload = manifest_payload(folder)
        trusted = trusted_keys(home, "edition")
        key = verify_signature(folder, payload, trusted, allow_unsigned=allow_unsigned)
        if key is None:
            log.warning("unsigned edition in use")
        manifest = parse_manifest(folder, payload)
        database = open_verified(folder / DATABASE, manifest.files.get(DATABASE))
        return cls(folder, manifest, database)

    def profile(self, member_id: str) -> Profile | None:
        """Return the member's profile; None for an unknown member."""
        # One request reads the member's village and then the profile; an edition never changes.
        cache = self._cache
        if member_id not in cache:
            if len(cache) >= _MAX_CACHED:
                self._cache = {}
            cache[member_id] = self._profile(member_id)
        return cache[member_id]

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
        """Return the member's profile as columns for the kernel, arrays of shape (1,).

        None for an unknown member. Numbers and flags are floats, NaN where missing.
        """
        profile = self.profile(member_id)
        return None if profile is None else columns_of(self.numbers, [profile])

    def person(self, member_id: str) -> Row | None:
        """Return the member's masked name, id number and phone, and the names of the places."""
        return self._one(
            f"SELECT name, id_number, phone, village_code, county, township, village FROM {PEOPLE}"
            f" LEFT JOIN {PLACES} ON place_code = village_code WHERE member_id = ?",
            member_id,
        )

    def village_of(self, member_id: str) -> str | None:
        """Return the code of the member's village; None for an unknown member."""
        profile = self.profile(member_id)
        return None if profile is None else profile.place_code

    def household_of(self, member_id: str) -> tuple[str, ...]:
        """Return the ids of the other members of the member's household, in order.

        Editions of earlier releases have no index for this: there it reads every profile, which
        takes tens of milliseconds.
        """
        profile = self.profile(member_id)
        household = profile.texts.get(_HOUSEHOLD) if profile else None
        if household is None:
            return ()
        sql = f"SELECT member_id FROM {PROFILES} WHERE {_HOUSEHOLD} = ? ORDER BY member_id"
        found = (str(row["member_id"]) for row in self._all(sql, household))
        return tuple(other for other in found if other != member_id)

    def related_to(self, member_id: str) -> tuple[str, ...]:
        """Return the ids of a member's guarantors, and of whom the member guarantees, in order."""
        return self._relations("member_id", GUARANTEE, member_id, "other")

    def cooperatives_of(self, member_id: str) -> tuple[str, ...]:
        """Return the ids of the cooperatives that a member belongs to, in order."""
        return self._relations("member_id", MEMBERSHIP, member_id, "other")

    def members_of_cooperative(self, cooperative_id: str) -> tuple[str, ...]:
        """Return the ids of the members of a cooperative, in order."""
        return self._relations("other", MEMBERSHIP, cooperative_id, "member_id")

    def neighbours_of(self, member_id: str) -> tuple[str, ...]:
        """Return the ids of the members in the member's village, in order; with the member's."""
        village = self.village_of(member_id)
        sql = f"SELECT member_id FROM {WHITELIST} WHERE village_code = ? ORDER BY member_id"
        return tuple(str(row["member_id"]) for row in self._all(sql, village))

    def _relations(self, column: str, kind: str, value: str, wanted: str) -> tuple[str, ...]:
        """Return what is related; nothing in an edition of a release that stored no relations."""
        if RELATIONS not in self._tables:
            return ()
        sql = f"SELECT {wanted} AS found FROM {RELATIONS} WHERE kind = ? AND {column} = ?"
        rows = self._all(f"{sql} ORDER BY found", kind, value)
        return tuple(str(row["found"]) for row in rows)

    def villages_named(self, name: str, most: int) -> list[str]:
        """Return the codes of up to `most` villages of that name."""
        sql = (
            f"SELECT place_code FROM {PLACES} WHERE village = ? AND length(place_code) = 12"
            " ORDER BY place_code LIMIT ?"
        )
        return [row["place_code"] for row in self._all(sql, name, most)]

    def place_name(self, code: str) -> str | None:
        """Return county, township and village of a place by its code, as far as it names them."""
        row = self._one(
            f"SELECT county, township, village FROM {PLACES} WHERE place_code = ?", code
        )
        return " · ".join(filter(None, row.values())) or None if row else None

    def positions(self) -> dict[str, tuple[float, float]]:
        """Return latitude and longitude of places by code; empty in an edition without them."""
        if POSITIONS not in self._tables:
            return {}
        rows = self._all(f"SELECT * FROM {POSITIONS}")
        return {row["place_code"]: (row["latitude"], row["longitude"]) for row in rows}

    def row(self, member_id: str) -> Row | None:
        """Return the member's row of the whitelist."""
        return self._one(f"SELECT * FROM {WHITELIST} WHERE member_id = ?", member_id)

    def page(self, place: PlaceFilter, tier: str | None, after: Row | None, size: int) -> list[Row]:
        """Return up to `size` rows after the row `after`, ordered by village and member id."""
        conditions = place.conditions("village_code")
        where, values = [sql for sql, _ in conditions], [v for _, pair in conditions for v in pair]
        if tier:
            where, values = [*where, "tier = ?"], [*values, tier]
        if after:
            where.append("(village_code, member_id) > (?, ?)")
            values += [after["village_code"], after["member_id"]]
        sql = f"SELECT * FROM {WHITELIST} {_where(where)} ORDER BY village_code, member_id LIMIT ?"
        return self._all(sql, *values, size)

    def funnel(self, level: str, place: PlaceFilter) -> list[Row]:
        """Return the funnel of each place of `level` within `place`, with names, by code.

        If `place` covers only a part of such a place, its row counts that part.
        """
        digits = LEVELS[level]
        if any(len(code) > digits for code in place.within):
            return sum_to_places(self.funnel("village", place), digits)
        conditions = place.conditions("place_code")
        values = [v for _, pair in conditions for v in pair]
        sql = (
            f"SELECT * FROM {FUNNEL} LEFT JOIN {PLACES} USING (place_code)"
            f" {_where(['length(place_code) = ?', *(sql for sql, _ in conditions)])}"
            " ORDER BY place_code"
        )
        return self._all(sql, digits, *values)

    def read(self, contents: Callable[[sqlite3.Connection], Contents]) -> Contents:
        """Return what `contents` reads of the verified copy."""
        return contents(self._connection)

    def small_cells(self, smallest: int) -> SmallCells:
        """Return the cells of the funnel that hold fewer than `smallest` persons, or reveal one."""
        if smallest not in self._small_cells:
            rows = self._all(f"SELECT * FROM {FUNNEL}")
            self._small_cells[smallest] = small_cells_of(rows, smallest)
        return self._small_cells[smallest]

    def _one(self, sql: str, *values: object) -> Row | None:
        cursor = self._connection.execute(sql, values)
        row = cursor.fetchone()
        return None if row is None else _named(cursor, row)

    def _all(self, sql: str, *values: object) -> list[Row]:
        cursor = self._connection.execute(sql, values)
        return [_named(cursor, row) for row in cursor.fetchall()]


def columns_of(names: Sequence[str], profiles: Sequence[Profile]) -> Columns:
    """Return n profiles as columns for the kernel, arrays of shape (n,)."""
    # Transposed and copied, so that the values of one attribute are contiguous.
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
