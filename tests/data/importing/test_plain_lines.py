"""Lines of a csv file that are parsed at once give what reading record by record gives."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.importing.files import csv_file, csv_records
from data.importing.files.csv_file import open_csv
from data.importing.files.csv_records import LineSource, Records
from data.importing.files.plain_lines import parse_plain_lines
from data.importing.files.sheets import ColumnRows, cut
from data.importing.importer import import_files
from data.importing.limits import MAX_CELL_CHARS
from data.storage.archive import Archive
from model.archive.tables import archive_tables
from tests.support.sending_branch import FIRST, LATER, SendingBranch, member, parcels

HOSTILE = [
    "", " ", '"', '""', '"a"', '"a,b"', '"a\nb"', '"a\r\nb"', 'a"b', '"a"b', '"a""b"',
    '"a" ', ' "a"',
    "１２３", "1,234", '"1,234"', "\ufeff", "\x00", "\r", "\u2028", "\x0b", "NULL", "null", "-",
    "无", "2023年5月1日", "二〇二三年", "\ufffd", "'=1",
    "x" * MAX_CELL_CHARS, "x" * (MAX_CELL_CHARS + 1),
]  # fmt: skip
cells = st.one_of(st.sampled_from(HOSTILE), st.text('ab"\r\n, １', max_size=5))
lines = st.lists(cells, min_size=1, max_size=3).map(",".join)
texts = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(lines, min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n", "\r\n", '"', "\n\n"]),
)


def by_records(text):
    """Return each record's cells, and whether its quotation mark is never closed."""
    records = Records(LineSource(io.StringIO(text, newline="")), ",")
    return [([cut(cell) for cell in cells], records.is_unclosed) for cells in records]


@settings(deadline=None, max_examples=300)
@given(texts)
@example('a,b\nc,"d\n')
@example('a,b\nc,"d')
@example('a"b,c\nd,"e\n')
@example('"a"b,"c""d"\r\ne,f')
@example("a,b\n\nc,d\n")
@example("\ufeffa,b\nc,d\n")
@example("a,b\rc,d\n")
def test_lines_parsed_at_once_are_the_records_they_are(text):
    columns = parse_plain_lines(text, ",")
    if columns is not None:
        assert [(row, False) for row in ColumnRows(columns)] == by_records(text)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)] * 3),
        min_size=1,
    ),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_lines_as_programs_write_them_are_parsed_at_once(rows, quoting, end):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(rows)
    columns = parse_plain_lines(text.getvalue(), ",")
    if not text.getvalue().startswith("\ufeff"):
        assert columns is not None
        assert [tuple(row) for row in ColumnRows(columns)] == rows


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(texts, min_size=1, max_size=6))
def test_a_file_read_by_blocks_has_the_rows_of_its_records(tmp_path, blocks):
    text = "会员编号,月份\n" + "".join(blocks)
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8-sig", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_records, "BLOCK_CHARS", 24)
        patch.setattr(csv_file, "HEADER_SEARCH_ROWS", 1)
        with open_csv(path) as (sheet,):
            chunks = list(sheet.chunks)
    numbers = [number for chunk in chunks for number in chunk.numbers]
    unclosed = {number for chunk in chunks for number in chunk.unclosed}
    rows = [list(row) for chunk in chunks for row in chunk.rows]
    assert numbers == list(range(1, len(rows) + 1))
    assert [
        (row, number in unclosed) for number, row in zip(numbers, rows, strict=True)
    ] == by_records(text)


def messy_files(folder):
    """Write members, and parcels with every hostile cell in every column, sound rows between."""
    branch = SendingBranch(folder)
    people = branch.file("members.csv", "members", [member(n) for n in range(200)])
    sound = [parcels(n) for n in range(200)]
    spoiled = [
        parcels(n, **{column: cell})
        for column in ("member_id", "month", "sent", "recorded_at")
        for n, cell in enumerate(HOSTILE)
    ]
    written = branch.file("parcels.csv", "parcels", sound + spoiled + sound[:90])
    text = written.read_text("gb18030")
    raw = "".join(f"M{n:03d},{cell},1,2,0,0,2023-06-02\r\n" for n, cell in enumerate(HOSTILE))
    broken = branch.folder / "broken.csv"
    broken.write_text(text + raw + "合计,,9\r\n" + text.partition("\r\n")[2] * 2, "utf-8")
    wide = branch.folder / "wide.csv"
    body = (line + (",, ," if n % 99 else ",,多,") for n, line in enumerate(text.splitlines()))
    wide.write_text("\n".join(body), "utf-8")
    return [people, written, broken, wide]


def outcome(files, home: Path):
    archive, quarantine = Archive(home / "archive"), home / "quarantine"
    reports = [import_files(files, archive, quarantine, at, workers=1) for at in (FIRST, LATER)]
    shown = [
        (each.totals, each.reasons, [(f.refusal, f.refused_sheets, f.sheets) for f in each.files])
        for each in reports
    ]
    tables = {name: archive.read(name).to_pylist() for name in archive_tables()}
    return shown, tables, {path.name: path.read_bytes() for path in quarantine.iterdir()}


def test_a_messy_inbox_has_the_outcome_of_reading_each_record(tmp_path, monkeypatch):
    files = messy_files(tmp_path)
    monkeypatch.setattr(csv_records, "BLOCK_CHARS", 2000)
    at_once = outcome(files, tmp_path / "at once")
    monkeypatch.setattr(csv_file, "parse_plain_lines", lambda *_: None)
    assert at_once == outcome(files, tmp_path / "by records")
    first, again = at_once[0]
    assert first[0].accepted > 300
    assert first[0].quarantined > 50
    assert again[0].accepted == 0
