"""XML parts read as a stream of events: nothing is kept, and document types are refused.

A workbook's zip package, opened only when its directory promises no harm.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
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

#: What `zipfile` raises over broken bytes; unknown packing methods among them.
_ZIP_FAULTS = (
    zipfile.BadZipFile, NotImplementedError, EOFError, struct.error, ValueError, zlib.error,
)  # fmt: skip
BLOCK_BYTES = 65_536
_ENCRYPTED_FLAG = 0x1
_END, _END_SIZE = b"PK\x05\x06", 22
_MAX_COMMENT = 65_535
#: Some writers, streaming ones of Java among them, end with a 64-bit record and its locator too.
_END64, _END64_SIZE = b"PK\x06\x06", 56 + 20


class Package:
    """The parts of an opened workbook."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}

    def has(self, part: str) -> bool:
        """Return whether the package holds `part` (names are not case-sensitive)."""
        return part.lower().lstrip("/") in self._names

    def blocks(self, part: str) -> Iterator[bytes]:
        """Yield the bytes of `part`, never more than the directory promises.

        Raises
        ------
        RefusedFileError
            If there is no such part, or its bytes are broken.
        """
        if not self.has(part):
            raise RefusedFileError("FILE_DAMAGED", part)
        try:
            with self._archive.open(self._names[part.lower().lstrip("/")]) as stream:
                while block := stream.read(BLOCK_BYTES):
                    yield block
        except _ZIP_FAULTS as error:
            raise RefusedFileError("FILE_DAMAGED", str(error)) from error


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open the workbook at `path`.

    Raises
    ------
    RefusedFileError
        If it is too large, encrypted, damaged or packed like a bomb. All of that is decided from
        the directory, before any part is unpacked.
    """
    size = path.stat().st_size
    if size > MAX_WORKBOOK_BYTES:
        raise RefusedFileError("FILE_TOO_LARGE", f"{size / MIB:.0f} MiB")
    _refuse_large_directory(path, size)
    with _zip_file(path) as archive:
        _refuse_bombs(archive.infolist())
        yield Package(archive)


def _zip_file(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _ZIP_FAULTS as error:
        raise RefusedFileError("FILE_DAMAGED", str(error)) from error


def _refuse_large_directory(path: Path, size: int) -> None:
    """Refuse before `zipfile` reads the directory whole; it trusts the size written at the end."""
    with path.open("rb") as file:
        file.seek(max(0, size - _MAX_COMMENT - _END_SIZE - _END64_SIZE))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + _END_SIZE:
        raise RefusedFileError("FILE_DAMAGED", "zip")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    longer = tail[max(0, end - _END64_SIZE) : end]
    if longer.startswith(_END64):  # then it counts instead
        directory = int.from_bytes(longer[40:48], "little")
    if directory > MAX_DIRECTORY_BYTES:
        raise RefusedFileError("FILE_BOMB", f"zip directory {directory:,} B")


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
    """Parse an XML part block by block, calling back; yield after each block.

    Raises
    ------
    RefusedFileError
        If it is not well-formed, ends early, or declares a document type: entities could make a
        small part expand without bound or fetch other files.
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
