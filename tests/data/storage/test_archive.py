"""The archive: parts are added and never changed, complete or absent, by one writer at a time."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, archive_tables
from model.errors import ArchiveError, BusyError

MOMENT = datetime.fromisoformat("2023-06-01T00:00:00")


def plots(*seasons):
    """Return a sound row for each season, without the event date that the store adds."""
    schema = arrow_schema(archive_tables()["plots"])
    schema = schema.remove(schema.get_field_index(EVENT_ON))
    fixed = {
        "member_id": "M1", "crop": "wheat", "area_mu": Decimal("1.00"), "tenure": "own",
        "recorded_at": MOMENT,
    }  # fmt: skip
    return pa.Table.from_pylist([{**fixed, "season": season} for season in seasons], schema)


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path)


def test_an_absent_table_is_empty(archive):
    assert archive.read("plots").num_rows == 0
    assert archive.read("plots").schema == arrow_schema(archive_tables()["plots"])


def test_rows_are_read_in_the_order_they_were_appended_with_their_event_date(archive):
    archive.append("plots", plots("2023-S", "2023-A"))
    archive.append("plots", plots("2023-G"))
    found = archive.read("plots", ["season", EVENT_ON]).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        ("2023-S", date(2022, 10, 1)),
        ("2023-A", date(2023, 6, 1)),
        ("2023-G", date(2023, 1, 1)),
    ]


def test_no_rows_leave_no_part(archive):
    assert archive.append("plots", plots()) is None
    assert archive.parts("plots") == []


def test_the_bytes_of_a_part_do_not_depend_on_how_its_rows_came(tmp_path):
    seasons = [f"{year}-{harvest}" for year in range(2000, 2040) for harvest in "SAG"]
    whole, pieces = Archive(tmp_path / "whole"), Archive(tmp_path / "pieces")
    whole.append("plots", plots(*seasons))
    with pieces.writing() as written:
        written.append_stream("plots", [plots(), *(plots(season) for season in seasons)])
    assert whole.digest() == pieces.digest()


def test_a_part_appears_complete_or_not_at_all(archive):
    def broken():
        yield plots("2023-S")
        raise OSError("disk full")

    before = archive.digest()
    with pytest.raises(OSError, match="disk full"), archive.writing() as written:
        written.append_stream("plots", broken())
    assert archive.parts("plots") == []
    assert archive.digest() == before
    archive.append("plots", plots("2023-A"))
    assert archive.read("plots")["season"].to_pylist() == ["2023-A"]


def test_rows_that_do_not_fit_the_contract_are_refused(archive):
    with pytest.raises(ArchiveError, match="plots"):
        archive.append("plots", pa.table({"member_id": ["M1"]}))


def test_only_one_writer_locks_the_archive(archive):
    with archive.writing(), pytest.raises(BusyError, match="another import"):
        archive.append("plots", plots("2023-S"))
    archive.append("plots", plots("2023-S"))


def test_what_is_written_is_seen_by_its_writer_at_once_and_by_others_together(archive):
    with archive.writing() as written:
        written.append_stream("plots", [plots("2023-S")])
        written.append_stream("plots", [plots("2023-A")])
        assert written.read("plots").num_rows == 2
        assert archive.read("plots").num_rows == 0
    assert archive.read("plots").num_rows == 2


def test_a_write_that_fails_leaves_the_archive_as_it_was(archive):
    archive.append("plots", plots("2023-S"))
    before = archive.digest()

    def killed():
        yield plots("2023-G")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), archive.writing() as written:  # noqa: PT012
        written.append_stream("plots", [plots("2023-A")])
        written.append_stream("plots", killed())
    assert archive.digest() == before
    assert len(list(archive.folder.rglob("*.parquet"))) == 1
