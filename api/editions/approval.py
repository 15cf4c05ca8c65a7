"""What a publication changes beyond its limits, and the person whose word lets it pass.

A slip of the keyboard (``--as-of 2030-01-01``), an archive whose flows ended, or a county whose
files are missing would otherwise empty or fill the first tier in one night.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.editions.catalogue import PUBLISHED, ROLLED_BACK
from api.editions.change import Change, Excess, beyond, measures
from api.editions.contents import Before, Contents
from api.editions.manifest import as_of_folder
from api.editions.publish import Previous
from data.storage.archive import Archive
from model.archive.tables import EVENT_ON
from model.errors import EditionError, GivenError
from model.policy.publication import PublicationLimits
from model.profile.dictionary import Text

_LONGEST_NAME, _SHORTEST_REASON, _LONGEST_REASON = 100, 5, 500


@dataclass(frozen=True)
class Approval:
    """The named person who lets a publication pass, why, and by which order, if by one.

    Raises
    ------
    GivenError
        If name or reason is empty, too long, or not one line.
    """

    by: str
    because: str
    order: str | None = None

    def __post_init__(self) -> None:
        is_name = self.by.strip() and self.by.isprintable() and len(self.by) <= _LONGEST_NAME
        if not is_name:
            raise GivenError("--approved-by: expected the name of a person, in one line")
        length = len(self.because.strip())
        if not (_SHORTEST_REASON <= length <= _LONGEST_REASON and self.because.isprintable()):
            raise GivenError(
                f"--because: expected a reason of {_SHORTEST_REASON} to {_LONGEST_REASON}"
                " characters, in one line"
            )


class HeldError(EditionError):
    """A publication beyond its limits without a person's word; nothing was published."""

    def __init__(self, excesses: tuple[Excess, ...]) -> None:
        super().__init__(
            "nothing was published: "
            + "; ".join(each.text.en for each in excesses)
            + ". Find the cause; if it is right, a named person publishes it with"
            " --approved-by NAME --because TEXT"
        )
        self.excesses = excesses


def excesses(
    contents: Contents,
    archive: Archive,
    previous: Previous,
    missing_before: dict[str, float],
    limits: PublicationLimits,
    today: date,
) -> Iterator[Excess]:
    """Yield what the publication changes beyond `limits`.

    Parameters
    ----------
    missing_before
        Share of members without a value in the previous edition, by attribute that the card scores.
    today
        Today in China; in a demo the day it plays on.
    """
    yield from _of_date(contents.basis.as_of, previous, today)
    yield from _of_tables(archive, contents.basis.as_of, limits)
    if previous.before is None:
        return
    yield from beyond(measures(_change(contents, previous.before, missing_before), limits))


def of_rollback(said: Sequence[Mapping[str, Any]]) -> Iterator[Excess]:
    """Yield that a person went back to an earlier edition, and none was published since.

    The next night would publish again what that person had taken out of use.

    Parameters
    ----------
    said
        The record of publications, oldest first.
    """
    last = next((line for line in reversed(said) if line["kind"] in (PUBLISHED, ROLLED_BACK)), None)
    if last is None or last["kind"] == PUBLISHED:
        return
    edition, by, because = last["edition"], last["approved_by"], last["because"]
    # One may go forward again by the same command.
    if as_of_folder(edition) <= as_of_folder(last.get("replaces", edition)):
        yield Excess(
            "ROLLED_BACK",
            Text(
                f"{by} 已回退到名单 {edition}（{because}）",
                f"{by} went back to the edition {edition} ({because})",
            ),
        )


def _of_date(as_of: date, previous: Previous, today: date) -> Iterator[Excess]:
    if as_of > today:
        zh = f"名单日期 {as_of} 晚于今天 {today}"
        yield Excess("AS_OF_IN_FUTURE", Text(zh, f"as-of {as_of} is after today, {today}"))
    if previous.folder and as_of_folder(previous.folder) > as_of:
        before = as_of_folder(previous.folder)
        zh = f"名单日期 {as_of} 早于现用名单 {before}"
        yield Excess(
            "OLDER_EDITION", Text(zh, f"as-of {as_of} is before the edition in use, {before}")
        )
    if previous.damage:
        zh = "现用名单已损坏，无法比较"
        yield Excess("NOT_COMPARED", Text(zh, "the edition in use is damaged and was not compared"))


def _of_tables(archive: Archive, as_of: date, limits: PublicationLimits) -> Iterator[Excess]:
    for table, most in limits.freshest_within_days.items():
        days = archive.read(table, [EVENT_ON])[EVENT_ON]
        newest = pc.max(days.filter(pc.less(days, pa.scalar(as_of)))).as_py() if len(days) else None
        if newest is not None and (as_of - newest).days > most:
            age = (as_of - newest).days
            zh = f"档案表 {table} 最新记录为 {newest}，距名单日期 {age} 天（至多 {most} 天）"
            en = f"table {table} ends on {newest}, {age} days before as-of (at most {most})"
            yield Excess("STALE_TABLE", Text(zh, en))


def _change(contents: Contents, before: Before, missing_before: dict[str, float]) -> Change:
    first_was, first_now = _firsts(before.rows), _firsts(contents.rows)
    return Change(
        members=(before.rows.num_rows, contents.rows.num_rows),
        first=(len(first_was), len(first_now)),
        moved=len(first_was ^ first_now),
        points_shift=_mean_shift(before.rows, contents.rows),
        missing={
            name: (was, missing_share(contents.profile[name]))
            for name, was in missing_before.items()
        },
    )


def _firsts(rows: pa.Table) -> set[str]:
    return set(rows["member_id"].filter(pc.equal(rows["tier"], "FIRST")).to_pylist())


def _mean_shift(before: pa.Table, after: pa.Table) -> float | None:
    """Return the mean change of points of members scored in both; None if there are none."""
    position = pc.index_in(after["member_id"], before["member_id"].combine_chunks())
    was = before["points"].combine_chunks().take(position.combine_chunks())
    mean: float | None = pc.mean(pc.subtract(after["points"].combine_chunks(), was)).as_py()
    return mean


def missing_share(column: pa.ChunkedArray) -> float:
    """Return the share of rows without a value, 0 to 1."""
    missing = pc.sum(pc.is_null(column, nan_is_null=pa.types.is_floating(column.type))).as_py()
    return float(missing or 0) / max(len(column), 1)


def missing_shares(path: str, names: list[str]) -> dict[str, float]:
    """Return the share of rows without a value of each of `names` in the Parquet file at `path`."""
    present = set(pq.read_schema(path).names)
    columns = [name for name in names if name in present]
    return {name: missing_share(pq.read_table(path, columns=[name])[name]) for name in columns}
