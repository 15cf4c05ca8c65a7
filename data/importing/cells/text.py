"""What a cell says once the accidents of typing and encoding are taken off."""

from __future__ import annotations

import re
import unicodedata

#: Invisible marks that editors and web pages leave behind: zero width, direction, byte order.
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF, 0xAD])
#: ``="00123"`` is how exports keep a spreadsheet from dropping zeros.
_QUOTED_FORMULA = re.compile(r'="([^"]*)"', re.DOTALL)
#: An apostrophe in front of these is the mark of a neutralised formula, see quarantine.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_DASHES = frozenset("-‐‑‒–—―─－/\\")
_SPACE = re.compile(r"\s+")
_SPACE_IN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff·])\s+(?=[\u3400-\u9fff·])")


def visible(raw: str) -> str:
    """Return `raw` without invisible marks, spreadsheet quoting and outer spaces."""
    text = raw.translate(_INVISIBLE).strip()
    if quoted := _QUOTED_FORMULA.fullmatch(text):
        text = quoted[1].strip()
    if text.startswith("'") and text[1:].startswith(FORMULA_STARTS):
        text = text[1:]
    return text


def plain(raw: str) -> str:
    """Return `raw` for matching: full-width forms made narrow (NFKC), outer spaces gone."""
    text = unicodedata.normalize("NFKC", visible(raw)).strip()
    return text[1:].lstrip() if text.startswith("'") else text


def prose(raw: str) -> str:
    """Return `raw` as a stored text: NFC, single spaces, none between Chinese characters."""
    text = unicodedata.normalize("NFC", visible(raw))
    return _SPACE_IN_CHINESE.sub("", _SPACE.sub(" ", text)).strip()


def is_blank(text: str) -> bool:
    """Return whether `text` is nothing, or the dashes and slashes that stand for nothing."""
    return _DASHES.issuperset(text)


def has_control(text: str) -> bool:
    """Return whether `text` holds control characters other than white space."""
    return any(unicodedata.category(c) == "Cc" and not c.isspace() for c in text)
