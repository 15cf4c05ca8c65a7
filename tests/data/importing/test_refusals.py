"""Files that cannot be read, or that would exhaust the machine, are refused in bounded memory."""

import json
import struct
import subprocess
import sys
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importing.refusals import REFUSALS, Refusal
from data.importing.settling.staging import stage_file

MOMENT = datetime.fromisoformat("2026-01-01")
PARCELS = ["会员编号", "月份", "寄件量", "收件量", "极速鲜寄件量", "破损理赔件数"]
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
START = f'<worksheet xmlns="{SPACE}"><sheetData>'
END = "</sheetData></worksheet>"
#: Stages one file and prints its refusal and the growth of memory in MiB.
READ = """
import json, resource, sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from data.importing.settling.staging import stage_file
import data.importing.cells.columns, pyarrow.ipc
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
with TemporaryDirectory() as folder:
    done = stage_file(Path(sys.argv[1]), 0, Path(folder), datetime(2026, 1, 1))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([done.refusal.code if done.refusal else None, (after - before) / 1024]))
"""


def read_apart(path):
    """Return the refusal and the memory in MiB that reading `path` took in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    code, memory = json.loads(run.stdout)
    return code, memory


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook whose parts are replaced by the given chunks of text."""

    def write(**parts):
        plain, path = tmp_path / "plain.xlsx", tmp_path / "hostile.xlsx"
        with xlsxwriter.Workbook(plain) as book:
            book.add_worksheet("表").write(0, 0, "a")
        with (
            zipfile.ZipFile(plain) as source,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
        ):
            for name in source.namelist():
                part = parts.get(name.rpartition("/")[2].partition(".")[0])
                with target.open(name, "w", force_zip64=False) as file:
                    for chunk in part if part else [source.read(name)]:
                        file.write(chunk if isinstance(chunk, bytes) else chunk.encode())
        return path

    return write


def many(text, times):
    block = text * 10_000
    return [block] * (times // 10_000)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        # A sheet of 600 MB in a file of 0.6 MB.
        ({"sheet1": [START, *many(" " * 60, 10_000_000), END]}, "FILE_BOMB"),
        # A single cell in the last corner of the sheet.
        (
            {"sheet1": [START, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', END]},
            "FILE_TOO_WIDE",
        ),
        # A document type whose entities would grow to gigabytes.
        (
            {
                "sheet1": [
                    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>',
                    START, '<row><c t="str"><v>&c;</v></c></row>', END,
                ]
            },
            "FILE_BOMB",
        ),
        # Rows without end, packed like a bomb, and a row that no sheet has.
        ({"sheet1": [START, *many('<row r="5"/>', 5_000_000), END]}, "FILE_BOMB"),
        ({"sheet1": [START, '<row r="5000000"><c><v>1</v></c></row>', END]}, "FILE_TOO_LONG"),
        # Ranges of merged cells that overlap without end.
        (
            {
                "sheet1": [
                    START[:-11], "<sheetData/>", "<mergeCells>",
                    *many('<mergeCell ref="A2:A1048576"/>', 120_000), "</mergeCells></worksheet>",
                ]
            },
            "FILE_TOO_LONG",
        ),
        # More shared texts than any branch has words.
        (
            {
                "sharedStrings": [
                    f'<sst xmlns="{SPACE}">', *many("<si><t>a</t></si>", 2_500_000), "</sst>",
                ]
            },
            "FILE_BOMB",
        ),
    ],
    ids=["unpacked", "corner", "entities", "rows", "far", "merged", "texts"],
)  # fmt: skip
def test_a_hostile_workbook_is_refused_in_bounded_memory(workbook, parts, code):
    found, memory = read_apart(workbook(**parts))
    assert found == code
    assert memory < 300


def test_one_long_text_in_many_cells_does_not_fill_the_memory(workbook):
    texts = "".join(f"<si><t>{word}</t></si>" for word in [*PARCELS, "x" * 32_000])
    first = "".join(f'<c t="s"><v>{n}</v></c>' for n in range(6))
    row = "<row>" + '<c t="s"><v>6</v></c>' * 6 + "</row>"
    path = workbook(
        sharedStrings=[f'<sst xmlns="{SPACE}">{texts}</sst>'],
        sheet1=[START, f"<row>{first}</row>", *many(row, 10_000), END],
    )
    found, memory = read_apart(path)
    assert found is None
    assert memory < 700


@settings(deadline=None, max_examples=100)
@given(position=st.integers(0, 10**6), junk=st.binary(max_size=12), keep=st.integers(0, 10**6))
def test_no_damage_to_a_file_is_more_than_a_refusal(samples, position, junk, keep):
    for path in samples:
        content = bytearray(path.read_bytes())
        at = position % len(content)
        content[at : at + len(junk)] = junk
        if keep < 10**5:
            content = content[: keep % len(content)]
        damaged = path.with_name(f"damaged{path.suffix}")
        damaged.write_bytes(content)
        done = stage_file(damaged, 0, path.parent, MOMENT)
        assert done.refusal or done.sheets


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A workbook and a csv of some sound rows."""
    folder = tmp_path_factory.mktemp("samples")
    rows = [[f"M{n:03d}", "2023-05", n, 2, 1, 0] for n in range(30)]
    with xlsxwriter.Workbook(folder / "sound.xlsx") as book:
        sheet = book.add_worksheet("寄递")
        for number, row in enumerate([PARCELS, *rows]):
            sheet.write_row(number, 0, row)
    lines = [",".join(map(str, row)) for row in [PARCELS, *rows]]
    (folder / "sound.csv").write_text("\r\n".join(lines), encoding="gb18030", newline="")
    return [folder / "sound.xlsx", folder / "sound.csv"]


@pytest.mark.parametrize("name", ["none.csv", ".", "/dev/zero"])
def test_what_is_no_regular_file_is_named(tmp_path, name):
    assert stage_file(tmp_path / name, 0, tmp_path, MOMENT).refusal == Refusal("FILE_MISSING")


@pytest.mark.parametrize("part", ["word/document.xml", "xl/workbook.bin"])
def test_another_office_format_is_named(tmp_path, part):
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(
            "_rels/.rels", f'<R><Relationship Id="a" Type="{kind}" Target="{part}"/></R>'
        )
        package.writestr(part, "<document/>")
    refusal = stage_file(path, 0, tmp_path, MOMENT).refusal
    assert refusal is not None
    assert refusal.code == "FILE_UNKNOWN_FORMAT"


@pytest.mark.parametrize(("claimed", "code"), [(None, None), (1 << 40, "FILE_BOMB")])
def test_a_workbook_that_ends_in_64_bits_is_read_unless_its_directory_is_endless(
    samples, tmp_path, claimed, code
):
    content = samples[0].read_bytes()
    end = content.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", content[end + 10 : end + 20])
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, claimed or size, start
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    path = tmp_path / "long.xlsx"
    path.write_bytes(content[:end] + record + locator + content[end:])
    refusal = stage_file(path, 0, tmp_path, MOMENT).refusal
    assert (refusal.code if refusal else None) == code


def test_every_refusal_says_what_it_is_in_both_languages():
    for code in REFUSALS:
        text = Refusal(code, "X").text()
        assert any("\u4e00" <= c <= "\u9fff" for c in text.zh)
        assert text.en.isascii()
