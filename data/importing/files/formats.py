"""Detection of a file's format by its content, because names and endings can be wrong."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from data.importing.files.csv_file import open_csv
from data.importing.files.sheets import Sheet
from data.importing.files.workbook import open_workbook
from data.importing.refusals import RefusedFileError

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: The directory of an OLE container lies within its first sectors.
_OLE_HEAD = 1 << 20
_OTHER_FORMATS = {
    b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z", b"Rar!": "RAR", b"PAR1": "Parquet", b"{": "JSON", b"<": "HTML / XML",
}  # fmt: skip


def is_workbook(path: Path) -> bool:
    """Return whether `path` is a zip package, as a workbook is."""
    with path.open("rb") as file:
        return file.read(4) in _ZIP


def open_sheets(path: Path) -> AbstractContextManager[list[Sheet]]:
    """Open `path` as sheets of text cells.

    Raises
    ------
    RefusedFileError
        If the file is empty, encrypted, of another format, or refused by its reader.
    """
    with path.open("rb") as file:
        head = file.read(_OLE_HEAD)
    if not head:
        raise RefusedFileError("FILE_EMPTY")
    if head.startswith(_OLE):
        raise RefusedFileError("FILE_ENCRYPTED" if _ENCRYPTED in head else "FILE_OLD_EXCEL")
    if head.startswith(_ZIP):
        return open_workbook(path)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, name in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise RefusedFileError("FILE_UNKNOWN_FORMAT", name)
    return open_csv(path)
