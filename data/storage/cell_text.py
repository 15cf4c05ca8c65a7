"""Removal of typing and encoding accidents from the text of a cell."""

from __future__ import annotations

import re
import unicodedata

#: Invisible characters from editors and web pages: zero width, direction, byte order marks.
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0xAD])
#: Exports write ``="00123"`` so that a spreadsheet keeps the zeros.
_QUOTED_FORMULA = re.compile(r'="([^"]*)"', re.DOTALL)
#: Quarantine files put an apostrophe before these characters so that no formula runs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_DASHES = frozenset("-‐‑‒–—―─－/\\")
_SPACE = re.compile(r"\s+")
_SPACE_IN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff·])\s+(?=[\u3400-\u9fff·])")


def visible(raw: str) -> str:
    """Return `raw` without invisible characters, spreadsheet quoting and outer spaces."""
    text = raw.translate(_INVISIBLE).strip()
    if quoted := _QUOTED_FORMULA.fullmatch(text):
        text = quoted[1].strip()
    if text.startswith("'") and text[1:].startswith(FORMULA_STARTS):
        text = text[1:]
    return text


def plain(raw: str) -> str:
    """Return `raw` for comparison: full-width forms made narrow (NFKC), without outer spaces."""
    text = unicodedata.normalize("NFKC", visible(raw)).strip()
    return text[1:].lstrip() if text.startswith("'") else text


def prose(raw: str) -> str:
    """Return `raw` as it is stored: NFC, single spaces, none between Chinese characters."""
    text = unicodedata.normalize("NFC", visible(raw))
    return _SPACE_IN_CHINESE.sub("", _SPACE.sub(" ", text)).strip()


def is_blank(text: str) -> bool:
    """Return whether `text` is empty or holds only dashes and slashes."""
    return _DASHES.issuperset(text)


def has_control_character(text: str) -> bool:
    """Return whether `text` holds control characters other than white space."""
    return any(unicodedata.category(c) == "Cc" and not c.isspace() for c in text)
