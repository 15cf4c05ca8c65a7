"""XML parts read as a stream of events: nothing is kept, and document types are refused."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile

from data.importing.refusals import RefusedFileError

_BLOCK = 65_536

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


def xml_blocks(
    stream: IO[bytes], start: Start, end: End | None = None, text: Text | None = None
) -> Iterator[None]:
    """Parse `stream` block by block, calling back; yield after each block.

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
        while block := stream.read(_BLOCK):
            parser.Parse(block)
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, zlib.error, EOFError, BadZipFile) as error:
        raise RefusedFileError("FILE_DAMAGED", f"xml: {error}") from error


def local_name(name: str) -> str:
    """Return an element or attribute name without its namespace prefix."""
    return name.rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise RefusedFileError("FILE_BOMB", "XML DOCTYPE")
