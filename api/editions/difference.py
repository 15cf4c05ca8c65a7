"""What changed from one edition to another, read from the databases that the service serves from.

Attributes that only fairness audits use are not in them, and so not compared.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.editions.catalogue import folder_of
from api.editions.change import Change, Measure, measures
from api.editions.edition import ATTRIBUTES, FLOAT, NUMBERS, PROFILES, WHITELIST, Edition
from api.editions.manifest import DATABASE, read_manifest
from api.editions.verified_copy import open_verified
from data.publishing.published_card import card_with_digest
from model.policy.publication import publication_limits_on
from model.profile.dictionary import member_dictionary

FIRST, ABSENT = "FIRST", "-"
#: Profiles in memory at once.
_BATCH = 16_384
#: A member's tier and points.
_Rows = dict[str, tuple[str, int | None]]


@dataclass(frozen=True)
class Difference:
    """What changed from one edition to another.

    Attributes
    ----------
    moves : mapping of (str, str) to int
        Members by tier before and after; ``-`` where the member is in one edition only.
    points_shift : float or None
        Mean change of points of members scored in both.
    missing : mapping of str to (float, float)
        Share of members without a value, before and after, of attributes where it moved.
    measures : tuple of Measure
        What the limits of publication bound, with the limits of the day.
    """

    moves: Mapping[tuple[str, str], int]
    points_shift: float | None
    missing: Mapping[str, tuple[float, float]]
    measures: tuple[Measure, ...]

    def count(self, *, before: str | None = None, after: str | None = None) -> int:
        """Return the members of a tier before, or after, or both; None stands for any tier."""
        return sum(
            members
            for (was, now), members in self.moves.items()
            if before in (None, was) and after in (None, now)
        )

    @property
    def members_before(self) -> int:
        """Members of the earlier edition."""
        return self.count() - self.count(before=ABSENT)

    @property
    def members_after(self) -> int:
        """Members of the later edition."""
        return self.count() - self.count(after=ABSENT)

    @property
    def enters(self) -> int:
        """Members who enter the first tier."""
        return self.count(after=FIRST) - self.count(before=FIRST, after=FIRST)

    @property
    def leaves(self) -> int:
        """Members who leave the first tier."""
        return self.count(before=FIRST) - self.count(before=FIRST, after=FIRST)


def difference(
    home: Path, before: str, after: str, day: date, in_use: Edition | None = None
) -> Difference:
    """Compare two editions, their databases verified first, by the limits of `day`.

    Parameters
    ----------
    in_use
        The edition that the service has open: it is not copied and verified again.

    Raises
    ------
    EditionError
        If one does not exist or is damaged.
    CardError
        If the card of the later one is not in the home.
    """
    old, new = folder_of(home, before), folder_of(home, after)
    sources = (
        _Source(f, weakref.ref(in_use) if in_use and in_use.folder.name == f.name else None)
        for f in (old, new)
    )
    moves, shift, missing = _compared(*sources)
    card = card_with_digest(home, read_manifest(new).card_digest).card
    scored = {name: missing[name] for name in sorted(card.inputs) if name in missing}
    found = Difference(moves, shift, missing, ())
    change = Change(
        members=(found.members_before, found.members_after),
        first=(found.count(before=FIRST), found.count(after=FIRST)),
        moved=found.enters + found.leaves,
        points_shift=shift,
        missing=scored,
    )
    return replace(found, measures=tuple(measures(change, publication_limits_on(day))))


@dataclass(frozen=True)
class _Source:
    """An edition's folder, and the verified copy that the service has open of it, if it has one.

    The name of a folder holds the digest of its content, so what was read of it stays true: equal
    folders are equal sources. A reference that is kept here keeps no edition open.
    """

    folder: Path
    opened: weakref.ref[Edition] | None = field(default=None, compare=False)

    def contents(self) -> tuple[_Rows, dict[str, float]]:
        """Return the rows of the whitelist, and the share of members without a value."""
        edition = self.opened() if self.opened else None
        if edition is not None:
            return edition.read(_contents)
        # To open one copies and verifies its whole database, which takes longest: once for all.
        with closing(_opened(self.folder)) as connection:
            return _contents(connection)


def _contents(connection: sqlite3.Connection) -> tuple[_Rows, dict[str, float]]:
    return _rows(connection), _missing_shares(connection)


@lru_cache(maxsize=32)
def _compared(
    old: _Source, new: _Source
) -> tuple[dict[tuple[str, str], int], float | None, dict[str, tuple[float, float]]]:
    (before, was), (after, now) = _contents_of(old), _contents_of(new)
    missing = {
        name: (was[name], now[name]) for name in now if was.get(name, now[name]) != now[name]
    }
    return dict(_moves(before, after)), _mean_shift(before, after), missing


# One edition is compared with several. The rows of a full archive take about 15 MB.
@lru_cache(maxsize=4)
def _contents_of(source: _Source) -> tuple[_Rows, dict[str, float]]:
    return source.contents()


def _opened(folder: Path) -> sqlite3.Connection:
    return open_verified(folder / DATABASE, read_manifest(folder).files.get(DATABASE))


def _rows(edition: sqlite3.Connection) -> _Rows:
    found = edition.execute(f"SELECT member_id, tier, points FROM {WHITELIST}")
    return {member: (tier, points) for member, tier, points in found}


def _moves(before: _Rows, after: _Rows) -> Iterator[tuple[tuple[str, str], int]]:
    none = (ABSENT, None)
    members = before.keys() | after.keys()
    yield from sorted(
        Counter((before.get(m, none)[0], after.get(m, none)[0]) for m in members).items()
    )


def _mean_shift(before: _Rows, after: _Rows) -> float | None:
    pairs = ((before[member][1], after[member][1]) for member in before.keys() & after.keys())
    shifts = [now - was for was, now in pairs if was is not None and now is not None]
    return sum(shifts) / len(shifts) if shifts else None


def _missing_shares(edition: sqlite3.Connection) -> dict[str, float]:
    """Return the share of members without a value by attribute, 0 to 1."""
    numbers = [n for (n,) in edition.execute(f"SELECT name FROM {ATTRIBUTES} ORDER BY position")]
    columns = [row[1] for row in edition.execute(f"PRAGMA table_info({PROFILES})")]
    texts = [name for name in columns if name not in ("member_id", NUMBERS)]
    # Names come from the dictionary, see `write_database`.
    nulls = "".join(f', count(*) - count("{name}")' for name in texts)
    members, *absent = edition.execute(f"SELECT count(*){nulls} FROM {PROFILES}").fetchone()
    counted = dict(zip(texts, absent, strict=True))
    counted |= dict(zip(numbers, _missing_numbers(edition, len(numbers)).tolist(), strict=True))
    known = {each.name for each in member_dictionary()}
    return {name: count / max(members, 1) for name, count in counted.items() if name in known}


def _missing_numbers(edition: sqlite3.Connection, width: int) -> NDArray[np.int64]:
    missing = np.zeros(width, dtype=np.int64)
    rows = edition.execute(f"SELECT {NUMBERS} FROM {PROFILES}")
    while batch := rows.fetchmany(_BATCH):
        cells = np.frombuffer(b"".join(row[0] for row in batch), dtype=FLOAT)
        missing += np.isnan(cells.reshape(len(batch), width)).sum(axis=0)
    return missing
