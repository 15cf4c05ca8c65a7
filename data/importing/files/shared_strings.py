"""The texts that the cells of a workbook share, kept in memory while it is read."""

from __future__ import annotations

import re

from data.importing.files.sheets import cut
from data.importing.files.zip_package import Package, local_name, xml_blocks
from data.importing.limits import MAX_SHARED_CHARS, MAX_SHARED_TEXTS
from data.importing.refusals import RefusedFileError

#: Characters that XML cannot hold are written as _x000D_.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """Return `text` with its escaped characters; half a surrogate pair is no character."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return "\ufffd" if 0xD800 <= number <= 0xDFFF else chr(number)


def read_shared_texts(package: Package, part: str | None) -> list[str]:
    """Return the shared texts in the order cells refer to them.

    Raises
    ------
    RefusedFileError
        If they are too many or too long to be kept.
    """
    if not part:
        return []
    texts = _Texts()
    for _ in xml_blocks(package.blocks(part), texts.start, texts.end, texts.text):
        texts.refuse_too_many()
    return texts.found


class _Texts:
    """Collects ``<si>`` elements; a rich text is the sum of its runs, without phonetic hints."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._runs: list[str] = []
        self._collects = False
        self._phonetic = False
        self._chars = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        """Open an element."""
        element = local_name(name)
        if element == "si":
            self._runs.clear()
        elif element == "rPh":
            self._phonetic = True
        self._collects = element == "t" and not self._phonetic

    def text(self, characters: str) -> None:
        """Take characters of a run."""
        if self._collects:
            self._runs.append(characters)
            self._chars += len(characters)

    def end(self, name: str) -> None:
        """Close an element."""
        element = local_name(name)
        self._collects = False
        if element == "rPh":
            self._phonetic = False
        elif element == "si":
            self.found.append(cut(unescaped("".join(self._runs))))

    def refuse_too_many(self) -> None:
        """Raise when what is kept outgrows its bounds."""
        if len(self.found) > MAX_SHARED_TEXTS or self._chars > MAX_SHARED_CHARS:
            raise RefusedFileError("FILE_BOMB", "sharedStrings")
