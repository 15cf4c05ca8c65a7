"""One person's rows in loose files: removed by key, others and their formulas untouched."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.storage.person_files import erase_from_file, files_below
from data.storage.person_search import text_may_hold, workbook_may_hold
from model.errors import UnreadableFileError

KEYS = frozenset({"M900", "L7001", "1001", "999901197001010014"})
NAMES = frozenset({"钱多"})


def _csv(tmp_path: Path, text: str, encoding: str) -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_the_person_go_and_every_other_byte_stays(
    tmp_path: Path, encoding: str, end: str
) -> None:
    lines = ["会员编号,姓名,备注", "M900,钱多,无", 'M901,孙一,"两\n行"', "M902,钱多,同名"]
    path = _csv(tmp_path, end.join(lines) + end, encoding)
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert (found.rows, found.doubtful) == (1, 1)
    expected = end.join([lines[0], *lines[2:]]) + end
    assert path.read_bytes() == expected.encode(encoding)


def test_a_short_key_counts_under_its_heading_only(tmp_path: Path) -> None:
    text = "贷款编号,应还金额\n1001,500\n2002,1001\n"
    path = _csv(tmp_path, text, "utf-8")
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert found.rows == 1
    assert path.read_text(encoding="utf-8") == "贷款编号,应还金额\n2002,1001\n"


def test_the_loan_of_another_that_names_the_person_as_guarantor_is_left_to_look_at(
    tmp_path: Path,
) -> None:
    text = "贷款编号,会员编号,担保人编号\nL8000,M901,M900\n"
    path = _csv(tmp_path, text, "utf-8")
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert (found.rows, found.doubtful) == (0, 1)
    assert path.read_text(encoding="utf-8") == text


def test_a_row_of_a_workbook_is_emptied_and_formulas_point_where_they_did(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["会员编号 member", "额度 limit"], ["M900", 500], ["M901", 700], [None, "=B2+B3"]):
        sheet.append(row)
    other = book.create_sheet("变动")
    other.append(["会员编号", "身份证号"])
    other.append(["M905", "999901197001010014"])
    path = tmp_path / "branch.xlsx"
    book.save(path)
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert found.rows == 2
    left = openpyxl.load_workbook(path)
    assert [cell.value for cell in left["变动"][2]] == [None, None]
    cells = [[cell.value for cell in row] for row in left.worksheets[0].iter_rows()]
    assert cells[1:] == [[None, None], ["M901", 700], [None, "=B2+B3"]]


def test_rows_of_a_parquet_file_go_by_any_key(tmp_path: Path) -> None:
    path = tmp_path / "profile.parquet"
    members = ["M899", "M900", "M901"]
    pq.write_table(pa.table({"member_id": members, "points": [1, 2, 3]}), path)
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert found.rows == 1
    assert pq.read_table(path).to_pydict() == {"member_id": ["M899", "M901"], "points": [1, 3]}


def test_a_file_that_holds_nothing_of_the_person_is_not_written(tmp_path: Path) -> None:
    path = _csv(tmp_path, "会员编号\nM901\n", "utf-8")
    before = path.stat()
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert found.rows == 0
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_what_cannot_be_read_is_an_error_and_other_kinds_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    (tmp_path / "b.docx").write_bytes(b"x")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / ".hidden.csv").write_text("会员编号\nM900\n", encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="by hand"):
        erase_from_file(tmp_path / "a.xlsx", KEYS, NAMES)
    assert erase_from_file(tmp_path / "b.docx", KEYS, NAMES) is None
    names = [path.name for path in files_below([tmp_path])]
    assert sorted(names) == [".hidden.csv", "a.xlsx", "b.docx"]


def test_stores_with_ways_of_their_own_are_left_out_and_no_file_is_read_twice(
    tmp_path: Path,
) -> None:
    for name in ("archive/loans", "inbox"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "archive" / "loans" / "part-000000.parquet").touch()
    (tmp_path / "inbox" / "a.csv").touch()
    (tmp_path / "link").symlink_to(tmp_path / "archive")
    below = list(files_below([tmp_path, tmp_path / "inbox"], [tmp_path / "archive"]))
    assert below == [tmp_path / "inbox" / "a.csv"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("cell", ["M900", '"M900"', "'M900", "钱多", '"钱多"', '"M9"00'])
def test_a_look_at_the_bytes_misses_no_cell_that_parsing_finds(
    tmp_path: Path, encoding: str, cell: str
) -> None:
    text = f"会员编号,姓名\n{cell},孙一\n"
    assert text_may_hold(text.encode(encoding), KEYS | NAMES)
    found = erase_from_file(_csv(tmp_path, text, encoding), KEYS, NAMES)
    assert found is not None
    assert found.rows + found.doubtful == 1


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_without_the_person_is_not_parsed(tmp_path: Path, encoding: str) -> None:
    text = "会员编号,姓名\nM901,孙一\n"
    assert not text_may_hold(text.encode(encoding), KEYS | NAMES)
    book = openpyxl.Workbook()
    book.active.append(["M901", "孙一", 5, 1.25])
    book.save(tmp_path / "file.xlsx")
    assert not workbook_may_hold(tmp_path / "file.xlsx", KEYS | NAMES)


@pytest.mark.parametrize("value", ["M900", 1001, 1001.0, "钱多", "'M900"])
def test_a_look_into_a_workbook_misses_no_cell_that_parsing_finds(
    tmp_path: Path, value: str | float
) -> None:
    path, book = tmp_path / "file.xlsx", openpyxl.Workbook()
    book.active.append(["贷款编号"])
    book.active.append([value])
    book.save(path)
    assert workbook_may_hold(path, KEYS | NAMES)
    found = erase_from_file(path, KEYS, NAMES)
    assert found is not None
    assert found.rows + found.doubtful == 1


@pytest.mark.parametrize(
    "written",
    [
        "<is><r><t>M9</t></r><r><rPr><b/></rPr><t>00</t></r></is>",
        "<is><t>&#77;900</t></is>",
        "<is><t><![CDATA[M900]]></t></is>",
        "<is><t>_x004D_900</t></is>",
    ],
)
def test_a_text_in_runs_or_characters_by_number_is_found_in_a_workbook(
    tmp_path: Path, written: str
) -> None:
    path, book = tmp_path / "file.xlsx", openpyxl.Workbook()
    book.active.append(["编号"])
    book.active.append(["here"])
    book.save(path)
    _write_cell(path, written)
    assert workbook_may_hold(path, KEYS)


def _write_cell(path: Path, new: str) -> None:
    """Write a cell of the workbook's sheet in another way."""
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    text = re.sub(
        r'<c r="A2"[^>]*>.*?</c>', f'<c r="A2" t="inlineStr">{new}</c>', parts[sheet].decode()
    )
    assert new in text
    with ZipFile(path, "w") as book:
        for name, part in (parts | {sheet: text.encode()}).items():
            book.writestr(name, part)
