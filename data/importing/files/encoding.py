"""In which encoding a csv file is written: what its bytes prove, not what its name says."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from data.importing.limits import MIB
from data.importing.refusals import RefusedFileError

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII = bytes(range(128))
#: UTF-16 text has a zero byte for each Latin letter, digit and comma; other text has none.
_ZERO_SHARE = 0.25
#: A few broken bytes cost their rows; beyond this share of the bytes that are not ASCII, the
#: encoding is another.
_DAMAGED_SHARES = {"utf-8": 0.3, "gb18030": 0.1}


def detect_encoding(path: Path) -> str:
    """Return the Python name of the encoding of `path`, to be decoded with ``errors="replace"``.

    A byte order mark decides; then zero bytes betray UTF-16; then the first line with Chinese in
    it, a title or the header: whole words in GB18030 are never valid UTF-8. If that line is broken
    too, the share of broken bytes decides.

    Raises
    ------
    RefusedFileError
        If the bytes are no text in any of them.
    """
    with path.open("rb") as file:
        head = file.read(MIB)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if utf_16 := _utf_16_without_bom(head):
        return utf_16
    if sound := _sound_first_line(head):
        return sound
    for name, share in _DAMAGED_SHARES.items():
        if _fits(path, name, share):
            return name
    raise RefusedFileError("FILE_ENCODING")


def _utf_16_without_bom(head: bytes) -> str | None:
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > _ZERO_SHARE * len(odd) and odd.count(0) > 4 * even.count(0):
        return "utf-16-le"
    if even.count(0) > _ZERO_SHARE * len(even) and even.count(0) > 4 * odd.count(0):
        return "utf-16-be"
    return None


def _sound_first_line(head: bytes) -> str | None:
    """Return the encoding in which the first line beyond ASCII is sound, if it is in any."""
    line = next((line for line in re.split(rb"[\r\n]+", head) if not line.isascii()), b"")
    for name in _DAMAGED_SHARES if line else ():
        try:
            line.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return None


def _fits(path: Path, name: str, share: float) -> bool:
    """Return whether at most `share` of the bytes beyond ASCII make no sense in encoding `name`."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    foreign = damaged = 0
    with path.open("rb") as file:
        while block := file.read(MIB):
            foreign += len(block.translate(None, _ASCII))
            damaged += decoder.decode(block).count("\ufffd")
    damaged += decoder.decode(b"", final=True).count("\ufffd")
    return damaged <= share * foreign
