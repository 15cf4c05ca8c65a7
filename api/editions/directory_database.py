"""``directory.sqlite`` as publication writes it; `Directory` reads it in the service."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from api.editions.blind_index import SEARCHED, BlindIndex
from api.editions.contents import Contents
from model.decision.whitelist_changes import Change, MemberStatus

_PEOPLE = (
    "CREATE TABLE people (member_id TEXT PRIMARY KEY, village_code TEXT, household INTEGER,"
    " id_number TEXT, phone TEXT, name TEXT) WITHOUT ROWID"
)
_MOVES = (
    "CREATE TABLE moves (village_code TEXT, member_id TEXT, change TEXT, reason TEXT,"
    " tier_before TEXT, tier_after TEXT, points_before INTEGER, points_after INTEGER,"
    " PRIMARY KEY (village_code, member_id)) WITHOUT ROWID"
)
_INDEXES = ("household", *SEARCHED, "village_code, member_id")


def write_directory(path: Path, contents: Contents, index: BlindIndex) -> None:
    """Write the directory of `contents` to a new database; equal contents give equal bytes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # A failed publication deletes the whole draft, so it needs no journal.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for statement in (_PEOPLE, _MOVES):
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", _people(contents, index)
        )
        connection.executemany(
            "INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _moves(contents)
        )
        for number, columns in enumerate(_INDEXES):
            connection.execute(f"CREATE INDEX people_{number} ON people ({columns})")
        connection.execute("COMMIT")


def _people(contents: Contents, index: BlindIndex) -> Iterator[tuple[Any, ...]]:
    rows, identities = contents.rows, contents.people.identities
    blind = (
        [None if text is None else index.of(kind, text) for text in identities[kind].to_pylist()]
        for kind in SEARCHED
    )
    members = rows["member_id"].to_pylist()
    return zip(
        members, rows["village_code"].to_pylist(), _households(contents), *blind, strict=True
    )


def _households(contents: Contents) -> list[int]:
    """Return each member's household as a number; a member without one is a household alone."""
    pairs = zip(
        contents.profile["household_id"].to_pylist(),
        contents.rows["member_id"].to_pylist(),
        strict=True,
    )
    numbers: dict[tuple[str, str], int] = {}
    return [
        numbers.setdefault(("home", home) if home else ("member", member), len(numbers))
        for home, member in pairs
    ]


def _moves(contents: Contents) -> list[tuple[Any, ...]]:
    villages = contents.villages
    rows = [_move(each, villages[each.member_id]) for each in contents.moves]
    return sorted(rows, key=lambda row: row[:2])


def _move(move: Change, village: str) -> tuple[Any, ...]:
    def points(status: MemberStatus | None) -> int | None:
        return status.points if status else None

    tiers = [status.tier if status else None for status in (move.before, move.after)]
    both = points(move.before), points(move.after)
    return village, move.member_id, move.change, move.reason, *tiers, *both
