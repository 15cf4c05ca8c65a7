"""An archive divided among pieces of members, so that a piece's profiles read its rows alone.

A profile reads the member's own rows, and those of whoever was ever recorded in the same household,
on the same account or with the same loan: these people stand together. A piece gets the rows of
all who stand with one of its members, so a row may lie in several pieces. Tables of places,
stations and cooperatives stay whole, and what everyone is compared with is computed beforehand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.storage.engines import Engine
from model.archive.tables import archive_tables
from model.card.bins import Ints

#: By table, the column whose equal values say that members stand together.
TIES: Mapping[str, str] = {
    "members": "household_id",
    "accounts": "account_id",
    "loans": "loan_id",
}
#: By table without a member, the table that has the member, and the column by which.
REACHED: Mapping[str, tuple[str, str]] = {
    "standing_payments": ("accounts", "account_id"),
    "instalments": ("loans", "loan_id"),
    "repayments": ("loans", "loan_id"),
    "loan_events": ("loans", "loan_id"),
}


@dataclass(frozen=True)
class Divided:
    """The rows of an archive's tables by piece, as Parquet files in `folder`.

    Attributes
    ----------
    tables : tuple of str
        Those that are divided; the others stay whole.
    """

    engine: Engine
    folder: Path
    tables: tuple[str, ...]

    def turn_to(self, piece: int) -> None:
        """Let the engine's tables hold the rows of `piece`, and no others of divided tables."""
        for name in self.tables:
            written = [*(self.folder / name).glob("piece=*")]
            own = sorted((self.folder / name / f"piece={piece}").glob("*.parquet"))
            if own:
                self.engine.show(name, own)
            elif written:
                self.engine.show(name, [next(written[0].glob("*.parquet"))], empty=True)


def divide(
    engine: Engine, tables: Collection[str], members: pa.Array, size: int, folder: Path
) -> Divided:
    """Divide the engine's archive `tables` into pieces of `size` of the `members` each.

    Parameters
    ----------
    tables
        Names of the tables that the engine has.
    members
        Ids, each once, in the order in which the pieces take them.
    folder
        For the files, which hold personal data: private to the run, and removed with it.
    """
    engine.hold("needed", _needed(engine, tables, members, size))
    divided = []
    for name in tables:
        if (sql := _rows_by_piece(name, tables)) is not None:
            engine.write_by(sql, "piece", folder / name)
            divided.append(name)
    return Divided(engine, folder, tuple(divided))


def _rows_by_piece(name: str, tables: Collection[str]) -> str | None:
    columns = archive_tables()[name].columns
    if "member_id" in columns:
        # A profile reads no personal text but the number that tells birth and sex.
        unread = [each for each, column in columns.items() if column.personal]
        blank = [f"NULL::VARCHAR AS {each}" for each in unread if each != "id_number"]
        rows = f"{name}.* REPLACE ({', '.join(blank)})" if blank else f"{name}.*"
        return f"SELECT {rows}, piece FROM {name} JOIN needed USING (member_id)"
    source, key = REACHED.get(name, ("", ""))
    if source not in tables:
        return None
    return (
        f"SELECT {name}.*, piece FROM {name} JOIN"
        f" (SELECT DISTINCT {key}, piece FROM {source} JOIN needed USING (member_id))"
        f" USING ({key})"
    )


def _needed(engine: Engine, tables: Collection[str], members: pa.Array, size: int) -> pa.Table:
    """Return ``member_id`` and ``piece``: whose rows each piece needs."""
    ties = [
        engine.select(f"SELECT DISTINCT member_id, {key} FROM {name} WHERE {key} IS NOT NULL")
        for name, key in TIES.items()
        if name in tables
    ]
    known = pc.unique(
        pa.chunked_array([members, *(c for t in ties for c in t["member_id"].chunks)])
    )
    pairs = [(_index(t["member_id"], known), _codes(t.column(1))) for t in ties]
    label = _together(len(known), pairs)
    # Those of one label, of one piece: each label with the pieces of its members.
    places = np.unique(
        np.stack([label[: len(members)], np.arange(len(members)) // size], axis=1), axis=0
    )
    start, end = (np.searchsorted(places[:, 0], label, side) for side in ("left", "right"))
    count = end - start
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    piece = places[np.repeat(start, count) + within, 1]
    who = known.take(pa.array(np.repeat(np.arange(len(known)), count)))
    return pa.table({"member_id": who, "piece": piece})


def _together(number: int, ties: Collection[tuple[Ints, Ints]]) -> Ints:
    """Return a label for each of `number` members, equal for those who stand together.

    Parameters
    ----------
    ties
        Pairs of arrays of equal length: a member, and the number of what ties it to others.
    """
    label = np.arange(number)
    while True:
        before = label.copy()
        for member, tie in ties:
            least = np.full(tie.max(initial=-1) + 1, number)
            np.minimum.at(least, tie, label[member])
            np.minimum.at(label, member, least[tie])
        if np.array_equal(before, label):
            return label


def _index(ids: pa.ChunkedArray, known: pa.Array) -> Ints:
    return np.asarray(pc.index_in(ids, known), dtype=np.int64)


def _codes(keys: pa.ChunkedArray) -> Ints:
    return np.asarray(keys.combine_chunks().dictionary_encode().indices, dtype=np.int64)
