"""The shared strings of a workbook, which stay in memory while it is read."""

from __future__ import annotations

import re

from data.importing.files.sheets import cut
from data.importing.files.zip_package import Package, local_name, xml_blocks
from data.importing.limits import MAX_SHARED_CHARS, MAX_SHARED_TEXTS
from data.importing.refusals import RefusedFileError

#: A workbook writes characters that XML cannot hold as _x000D_.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """Return `text` with its escapes replaced; half of a surrogate pair becomes U+FFFD."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(escape: re.Match[str]) -> str:
    number = int(escape[1], 16)
    return "\ufffd" if 0xD800 <= number <= 0xDFFF else chr(number)


def read_shared_strings(package: Package, part: str | None) -> list[str]:
    """Return the shared strings in the order in which cells refer to them.

    Raises
    ------
    RefusedFileError
        If there are too many or they are too long for memory.
    """
    if not part:
        return []
    strings = _SharedStrings()
    for _ in xml_blocks(package.blocks(part), strings.start, strings.end, strings.text):
        strings.refuse_too_many()
    return strings.texts


class _SharedStrings:
    """Collects ``<si>`` elements; a rich text joins its runs, without phonetic hints."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._runs: list[str] = []
        self._is_text = False
        self._is_phonetic = False
        self._chars = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        """Open an element."""
        element = local_name(name)
        if element == "si":
            self._runs.clear()
        elif element == "rPh":
            self._is_phonetic = True
        self._is_text = element == "t" and not self._is_phonetic

    def text(self, characters: str) -> None:
        """Add characters to the current run."""
        if self._is_text:
            self._runs.append(characters)
            self._chars += len(characters)

    def end(self, name: str) -> None:
        """Close an element."""
        element = local_name(name)
        self._is_text = False
        if element == "rPh":
            self._is_phonetic = False
        elif element == "si":
            self.texts.append(cut(unescape("".join(self._runs))))

    def refuse_too_many(self) -> None:
        """Raise if the strings exceed the memory limits."""
        if len(self.texts) > MAX_SHARED_TEXTS or self._chars > MAX_SHARED_CHARS:
            raise RefusedFileError("FILE_BOMB", "sharedStrings")
