"""Words of coded columns: the key that a word spells, and ordinary words that no list holds."""

from __future__ import annotations

import re

from data.importing.cells.cell import Field, Flaw, cell_text
from data.importing.limits import MAX_IDENTIFIER_CHARS
from data.storage.cell_text import plain, prose
from model.archive.tables import OTHER, Column

#: Words that say that nothing is known; an optional column keeps none of them.
_UNKNOWN = frozenset(
    {"未知", "不详", "不明", "不清楚", "未说明", "未填", "未填写", "未登记", "unknown"}
)
#: Marks between several words of one cell: 高中（中专）, 高中/中专, 高中、中专.
_BETWEEN_WORDS = re.compile(r"[()\[\]/、,;|或]+")
#: Digits of an id, a phone or an amount that strayed into a column of words.
_MANY_DIGITS = re.compile(r"[0-9]{6}")


def choice_key(text: str, column: Column) -> str | None:
    """Return the key of the choice that plain `text` spells, None if it is in no list.

    Several spellings of one choice, such as 高中（中专）, spell that choice.
    """
    keys = {
        plain(spelling).casefold(): key
        for key, spellings in column.choices.items()
        for spelling in (key, *spellings)
    } | ({OTHER: OTHER} if column.other else {})
    if key := keys.get(text.casefold()):
        return key
    parts = [part.strip() for part in _BETWEEN_WORDS.split(text.casefold()) if part.strip()]
    named = {keys.get(part) for part in parts}
    return named.pop() if len(named) == 1 else None


def unlisted_word(raw: str, field: Field) -> str | None:
    """Return the word of a cell that no list holds, as it is stored; None if there is none.

    Only an open column (`Column.other`) takes one. A word has a letter or a Chinese character and
    is no id, phone or amount.
    """
    text, column = cell_text(raw), field.column
    if column.other is None or text is None or isinstance(text, Flaw):
        return None
    if choice_key(text, column) or (column.optional and text.casefold() in _UNKNOWN):
        return None
    word = prose(raw)
    is_word = any(map(str.isalpha, word)) and not _MANY_DIGITS.search(text)
    return word if is_word and len(word) <= MAX_IDENTIFIER_CHARS else None
