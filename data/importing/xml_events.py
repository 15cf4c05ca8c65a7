"""XML parts read as a stream of events: nothing is kept, and document types are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from data.importing.refusals import RefusedFileError

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
