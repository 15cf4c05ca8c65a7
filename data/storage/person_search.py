"""Whether a file can hold one of some texts: a look at its bytes, before it is parsed.

A false alarm costs the time of parsing; a text that is there is never missed. So what is written in
an unusual way counts as a file that can hold it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from xml.parsers import expat
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.compute as pc

from data.storage.text_file import is_utf_16

#: Encodings of text files in which a text is one run of bytes.
_ENCODINGS = ("utf-8", "gb18030", "latin-1")
_QUOTE = b'"'
#: Numbers with an exponent and characters by number, which may stand for another text.
_UNUSUAL = re.compile(r"[0-9.][Ee][+-]?[0-9]|_x[0-9A-Fa-f]{4}_")
_WORKBOOK = "xl/workbook.xml"


def text_may_hold(payload: bytes, texts: Collection[str]) -> bool:
    """Return whether a text file of these bytes can have a cell that equals one of `texts`."""
    if is_utf_16(payload):
        return True
    # A quoted cell may double a quote, or go on behind the last one.
    bare = payload.replace(_QUOTE, b"")
    return any(each in bare for each in _encoded(texts))


def workbook_may_hold(path: Path, texts: Collection[str]) -> bool:
    """Return whether the workbook at `path` can have a cell that equals one of `texts`.

    Raises
    ------
    BadZipFile, RuntimeError, ExpatError
        If it is damaged or protected.
    """
    with ZipFile(path) as book:
        names = book.namelist()
        if _WORKBOOK not in names:
            return True
        shown = (_characters(book.read(name)) for name in names if name.lower().endswith(".xml"))
        return any(
            _UNUSUAL.search(each) is not None or any(text in each for text in texts)
            for each in shown
        )


def _characters(part: bytes) -> str:
    """Return the texts of an XML part without its tags; a text may be written in several runs."""
    found: list[str] = []
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = found.append
    parser.Parse(part, True)
    return "".join(found)


def columns_hold(columns: Iterable[pa.ChunkedArray], texts: Collection[str]) -> bool:
    """Return whether a value of text `columns` equals one of `texts`."""
    return any(
        pc.any(pc.is_in(each, value_set=pa.array(sorted(texts), each.type))).as_py()
        for each in columns
    )


def _encoded(texts: Collection[str]) -> set[bytes]:
    found: set[bytes] = set()
    for text in texts:
        for encoding in _ENCODINGS:
            try:
                found.add(text.encode(encoding).replace(_QUOTE, b""))
            except UnicodeEncodeError:
                continue
    return found
