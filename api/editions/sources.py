"""Data of an edition from the archive besides the profiles: people, places, loans."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.storage.archive import Archive
from model.archive.id_numbers import mask_id_number, mask_name, mask_phone
from model.archive.tables import EVENT_ON, RECORDED_AT, archive_tables
from model.card.bins import Ints

_POSITION = ("latitude", "longitude")
#: Decimal places of a degree: about a metre.
_PLACES = 5


def visible(archive: Archive, table: str, as_of: date) -> pa.Table:
    """Return the rows of `table` known before `as_of`, the latest version of each key.

    As for a profile, event date and ``recorded_at`` must be before the start of the day.
    """
    rows, midnight = archive.read(table), datetime.combine(as_of, time.min)
    known = pc.and_(
        pc.less(rows[EVENT_ON], pa.scalar(as_of)),
        pc.less(rows[RECORDED_AT], pa.scalar(midnight, pa.timestamp("us"))),
    )
    return _latest(rows.filter(known), archive_tables()[table].key)


def _latest(rows: pa.Table, key: tuple[str, ...]) -> pa.Table:
    numbered = rows.append_column("row", pa.array(np.arange(rows.num_rows)))
    newest_first = [(RECORDED_AT, "descending"), ("row", "descending")]
    ordered = numbered.select([*key, RECORDED_AT, "row"]).sort_by(newest_first)
    firsts = ordered.group_by(list(key), use_threads=False).aggregate([("row", "first")])
    return rows.take(firsts["row_first"].combine_chunks())


@dataclass(frozen=True)
class People:
    """Masked identities, each list of length n; None where the archive has no value.

    Attributes
    ----------
    identities : pa.Table
        The same columns unmasked. They are indexed and written to no file of the edition.
    """

    name: list[str | None]
    id_number: list[str | None]
    phone: list[str | None]
    identities: pa.Table


def people(archive: Archive, as_of: date, member_id: NDArray[np.object_]) -> People:
    """Return the masked identity of each of `member_id`, in that order."""
    rows = visible(archive, "members", as_of)
    found = pc.index_in(pa.array(member_id, pa.string()), rows["member_id"].combine_chunks())
    masks = {"name": mask_name, "id_number": mask_id_number, "phone": mask_phone}
    plain = {name: rows[name].combine_chunks().take(found) for name in masks}
    masked = {name: _mask(plain[name], mask) for name, mask in masks.items()}
    return People(**masked, identities=pa.table(plain))


def _mask(texts: pa.Array, mask: Callable[[str], str]) -> list[str | None]:
    encoded = texts.dictionary_encode()
    masked = pa.array(map(mask, encoded.dictionary.to_pylist()), pa.string())
    return list(masked.take(encoded.indices).to_numpy(zero_copy_only=False))


def place_names(archive: Archive, as_of: date) -> dict[str, tuple[str, str | None, str | None]]:
    """Return (county, township, village) names by place code; coarser places have fewer names."""
    rows = visible(archive, "villages", as_of).sort_by("village_code")
    names: dict[str, tuple[str, str | None, str | None]] = {}
    columns = ("village_code", "county", "township", "village")
    for code, county, township, village in zip(
        *(rows[name].to_pylist() for name in columns), strict=True
    ):
        names.setdefault(code[:6], (county, None, None))
        names.setdefault(code[:9], (county, township, None))
        names[code] = (county, township, village)
    return names


def place_positions(archive: Archive, as_of: date) -> dict[str, tuple[float, float]]:
    """Return latitude and longitude, in degrees, by place code: the mean of the place's stations.

    Of counties, townships and villages; a place without a station of known position is absent.
    """
    rows = visible(archive, "stations", as_of)
    columns = (rows[name].to_pylist() for name in ("village_code", *_POSITION))
    stations: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for village, latitude, longitude in zip(*columns, strict=True):
        if latitude is not None and longitude is not None:
            for digits in (6, 9, 12):
                stations.setdefault(village[:digits], []).append((latitude, longitude))
    return {
        code: (_mean(lat for lat, _ in at), _mean(lon for _, lon in at))
        for code, at in stations.items()
    }


def _mean(degrees: Iterable[Decimal]) -> float:
    each = list(degrees)
    # Decimals have an exact sum, whatever their order.
    return float(round(sum(each, Decimal()) / len(each), _PLACES))


@dataclass(frozen=True)
class Borrowing:
    """Each member's applications and draws, shape (n,); each loan in integer yuan."""

    applied: NDArray[np.bool_]
    borrowers: NDArray[np.bool_]
    borrowers_this_year: NDArray[np.bool_]
    borrowers_earlier: NDArray[np.bool_]
    disbursed_yuan: Ints
    disbursed_this_year_yuan: Ints


def borrowing(archive: Archive, as_of: date, member_id: NDArray[np.object_]) -> Borrowing:
    """Return the 融资E borrowing of each of `member_id` before `as_of`, in that order.

    The bank's other farmer loans are no part of the funnel.
    """
    rows = visible(archive, "loans", as_of)
    rows = rows.filter(pc.equal(rows["product"], "rongzi_e"))
    found = pc.index_in(rows["member_id"].combine_chunks(), pa.array(member_id, pa.string()))
    is_known = pc.is_valid(found)
    rows, member = rows.filter(is_known), np.asarray(found.filter(is_known), dtype=np.int64)
    drawn_on = rows["disbursed_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    drawn = drawn_on < np.datetime64(as_of)  # an undrawn loan is NaT, which compares false
    this_year = drawn & (drawn_on >= np.datetime64(date(as_of.year, 1, 1)))
    yuan = np.array([_to_yuan(amount) for amount in rows["amount"].to_pylist()], dtype=np.int64)
    n = len(member_id)
    return Borrowing(
        applied=_sum(n, member, np.ones(len(member), dtype=np.int64)) > 0,
        borrowers=_sum(n, member, drawn.astype(np.int64)) > 0,
        borrowers_this_year=_sum(n, member, this_year.astype(np.int64)) > 0,
        borrowers_earlier=_sum(n, member, (drawn & ~this_year).astype(np.int64)) > 0,
        disbursed_yuan=_sum(n, member, yuan * drawn),
        disbursed_this_year_yuan=_sum(n, member, yuan * this_year),
    )


def _to_yuan(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_EVEN))


def _sum(n: int, member: Ints, values: Ints) -> Ints:
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, member, values)
    return total
