"""Safe reading of a workbook's zip package and of its XML parts as streams of events."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote
from xml.parsers import expat

from data.importing.limits import (
    MAX_DIRECTORY_BYTES,
    MAX_PACKING_RATIO,
    MAX_UNPACKED_BYTES,
    MAX_WORKBOOK_BYTES,
    MIB,
    PACKING_RATIO_FROM_BYTES,
)
from data.importing.refusals import RefusedFileError

#: What `zipfile` raises for broken bytes or an unknown compression method.
_ZIP_ERRORS = (
    zipfile.BadZipFile, NotImplementedError, EOFError, struct.error, ValueError, zlib.error,
)  # fmt: skip
BLOCK_BYTES = 65_536
_ENCRYPTED_FLAG = 0x1
_END, _END_SIZE = b"PK\x05\x06", 22
_MAX_COMMENT = 65_535
#: Some writers, such as streaming ones in Java, also write a 64-bit end record and its locator.
_END64, _END64_SIZE = b"PK\x06\x06", 56 + 20


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open the workbook at `path`.

    Raises
    ------
    RefusedFileError
        If the file is too large, encrypted, damaged or a zip bomb. The directory decides, before
        any part is unpacked.
    """
    size = path.stat().st_size
    if size > MAX_WORKBOOK_BYTES:
        raise RefusedFileError("FILE_TOO_LARGE", f"{size / MIB:.0f} MiB")
    _refuse_large_directory(path, size)
    with _open_zip(path) as archive:
        _refuse_bombs(archive.infolist())
        yield Package(archive)


class Package:
    """The parts of an opened workbook."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_normal_name(name): name for name in archive.namelist()}

    def has(self, part: str) -> bool:
        """Return whether the package has `part`, however the zip spells its name."""
        return _normal_name(part) in self._names

    def blocks(self, part: str) -> Iterator[bytes]:
        """Yield the bytes of `part`, at most as many as the directory states.

        Raises
        ------
        RefusedFileError
            If there is no such part or its bytes are broken.
        """
        if not self.has(part):
            raise RefusedFileError("FILE_DAMAGED", part)
        try:
            with self._archive.open(self._names[_normal_name(part)]) as stream:
                while block := stream.read(BLOCK_BYTES):
                    yield block
        except _ZIP_ERRORS as error:
            raise RefusedFileError("FILE_DAMAGED", str(error)) from error


def _normal_name(name: str) -> str:
    """Return a part name for comparison.

    Names are not case-sensitive; writers also use backslashes, percent signs and a leading ``./``.
    """
    return normpath("/" + unquote(name).replace("\\", "/")).lstrip("/").lower()


def _refuse_large_directory(path: Path, size: int) -> None:
    """Refuse a large directory before `zipfile` reads all of it: it trusts the stated size."""
    with path.open("rb") as file:
        file.seek(max(0, size - _MAX_COMMENT - _END_SIZE - _END64_SIZE))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + _END_SIZE:
        raise RefusedFileError("FILE_DAMAGED", "zip")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    end64 = tail[max(0, end - _END64_SIZE) : end]
    if end64.startswith(_END64):  # its size replaces the 32-bit one
        directory = int.from_bytes(end64[40:48], "little")
    if directory > MAX_DIRECTORY_BYTES:
        raise RefusedFileError("FILE_BOMB", f"zip directory {directory:,} B")


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _ZIP_ERRORS as error:
        raise RefusedFileError("FILE_DAMAGED", str(error)) from error


def _refuse_bombs(parts: list[zipfile.ZipInfo]) -> None:
    if any(part.flag_bits & _ENCRYPTED_FLAG for part in parts):
        raise RefusedFileError("FILE_ENCRYPTED")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES:
        raise RefusedFileError("FILE_BOMB", f"{unpacked / MIB:,.0f} MiB")
    for part in parts:
        ratio = part.file_size / max(1, part.compress_size)
        if part.file_size > PACKING_RATIO_FROM_BYTES and ratio > MAX_PACKING_RATIO:
            raise RefusedFileError("FILE_BOMB", f"1 : {ratio:,.0f}")


Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


def xml_blocks(
    blocks: Iterable[bytes], start: Start, end: End | None = None, text: Text | None = None
) -> Iterator[None]:
    """Parse an XML part block by block with callbacks; yield after each block.

    Raises
    ------
    RefusedFileError
        If the part is not well-formed, ends early, or declares a document type: its entities could
        expand without bound or fetch other files.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    if end:
        parser.EndElementHandler = end
    if text:
        parser.CharacterDataHandler = text
    try:
        for block in blocks:
            parser.Parse(block)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise RefusedFileError("FILE_DAMAGED", f"xml: {error}") from error


def local_name(name: str) -> str:
    """Return an element or attribute name without its namespace prefix."""
    return name.rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise RefusedFileError("FILE_BOMB", "XML DOCTYPE")
