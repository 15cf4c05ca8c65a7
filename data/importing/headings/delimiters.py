"""Delimiters that a csv file must not have: the refusal names the one that its header has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.importing.headings.heading import Heading, find_heading
from data.importing.refusals import Refusal

#: Splits a header line at each of these, and how a refusal shows the delimiter.
_OTHERS = {
    "\x01": "SOH (0x01)", "\x02": "STX (0x02)", "\x03": "ETX (0x03)", "\x1e": "RS (0x1E)",
    "\x1f": "US (0x1F)", "，": "full-width comma (U+FF0C)", "；": "full-width semicolon (U+FF1B)",
    "｜": "full-width bar (U+FF5C)", "、": "enumeration comma (U+3001)", "¦": "¦", "^": "^",
    "~": "~", "@": "@", "#": "#", "$": "$", ":": ":", "!": "!", "/": "/", "\\": "\\",
    "&": "&", "*": "*", " ": "space", "\u3000": "full-width space (U+3000)",
}  # fmt: skip


def other_delimiter(
    rows: Sequence[Sequence[str]], delimiter: str, heading: Heading | Refusal
) -> str | None:
    """Return the delimiter other than `delimiter` that the header has, as shown, None if none.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows of the file, split at `delimiter`.
    heading : Heading or Refusal
        What was found in `rows`.
    """
    if isinstance(heading, Heading):
        marks = [text for text in heading.unknown if not any(map(str.isalnum, text))]
        return f"{delimiter}{marks[0]}{delimiter}" if marks else None
    lines = [delimiter.join(cells) for cells in rows]
    found = (shown for mark, shown in _OTHERS.items() if _is_heading(lines, mark))
    return next(found, None)


def _is_heading(lines: Sequence[str], mark: str) -> bool:
    """Return whether a line split at `mark`, repeated or not, names a table."""
    pattern = re.compile(f"(?:{re.escape(mark)})+")
    split = [pattern.split(line) for line in lines if mark in line]
    return bool(split) and isinstance(find_heading(split), Heading)
