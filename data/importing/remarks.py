"""Rows that are no data: blank lines, totals, notes below the table, the header once more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.importing.heading import Heading
from data.importing.spellings import header_word
from data.importing.text import is_blank, plain

_TOTAL = re.compile(r".{0,12}(合计|总计|小计|累计|共计)|(sub|grand)?total", re.IGNORECASE)
_NOTE = re.compile(
    r"(制表|填表|审核|复核|经办|负责|统计|报送|联系|单位|打印|日期|注|备注|说明).{0,8}:.*",
    re.DOTALL,
)


def is_remark(cells: Sequence[str], heading: Heading) -> bool:
    """Return whether a row holds no record: its key is blank but for the word that says so."""
    words = [header_word(cell) for cell in cells]
    filled = [position for position, word in enumerate(words) if word]
    if not filled or words[: len(heading.cells)] == [header_word(c) for c in heading.cells]:
        return True
    first = filled[0]
    said = _TOTAL.fullmatch(words[first]) or _NOTE.fullmatch(words[first])
    return bool(said) and all(
        place.position == first or is_blank(_cell(cells, place.position))
        for name, place in heading.places.items()
        if name in heading.table.key
    )


def _cell(cells: Sequence[str], position: int) -> str:
    return plain(cells[position]) if position < len(cells) else ""
