"""Names, numbers and words as SQL that DuckDB, PostgreSQL and Spark read alike.

Where the three differ, what they share is used: Spark takes backslashes in a text for escapes and
``${…}`` for its own variables, so that such letters are written by their code; a number has an
exponent, since without one it is a decimal here and a double there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, get_args

from model.errors import CardError

#: ``portable``: unquoted names, one text for all three; the others quote names as each does.
Dialect = Literal["portable", "duckdb", "postgres", "spark"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_SOURCE = re.compile(r"[\w.\"`]+")
#: PostgreSQL cuts names after 63 bytes; the longest word put before an attribute's is ``points_``.
_LONGEST_NAME_BYTES = 56
_BY_CODE = re.compile(r"(['\\$\x00-\x1f\x7f])")


def column(name: str, dialect: Dialect) -> str:
    """Return the column `name` as `dialect` writes it."""
    if dialect == "portable":
        return name
    quote = "`" if dialect == "spark" else '"'
    return quote + name.replace(quote, 2 * quote) + quote


def refuse_unwritable(names: Collection[str], source: str, dialect: Dialect) -> None:
    """Refuse columns and a table that cannot be written as SQL.

    Raises
    ------
    CardError
        If a portable SELECT would have to quote a name, or `source` names no table.
    """
    quoted = [name for name in names if not _PLAIN_NAME.fullmatch(name)]
    if dialect == "portable" and quoted:
        raise CardError(
            f"the columns {', '.join(quoted[:5])} need quotes, which databases write differently;"
            f" choose one with --dialect {'|'.join(DIALECTS[1:])}"
        )
    if not _SOURCE.fullmatch(source):
        raise CardError(f"{source!r} names no table or view; write it like schema.applicants")


def added(prefix: str, attribute: str, place: int, dialect: Dialect) -> str:
    """Return the name of a column added for `attribute`, the card's number `place`."""
    long = len(attribute.encode()) > _LONGEST_NAME_BYTES
    return column(f"{prefix}_{place + 1 if long else attribute}", dialect)


def number(value: float) -> str:
    """Return `value` as a literal that every database reads as the same double."""
    written = repr(float(value))
    return written if "e" in written else f"{written.removesuffix('.0')}e0"


def text(word: str) -> str:
    """Return `word` as an expression that every database reads as the same text.

    Raises
    ------
    CardError
        If it holds the letter of code 0, which no PostgreSQL text can.
    """
    if "\0" in word:
        raise CardError(f"the spelling {word!r} holds a zero byte; clean the table and train again")
    parts = [part for part in _BY_CODE.split(word) if part]
    written = [f"CHR({ord(p)})" if _BY_CODE.fullmatch(p) else f"'{p}'" for p in parts]
    if len(written) == 1 and not written[0].startswith("CHR"):
        return written[0]
    return f"CONCAT({', '.join(written)})" if written else "''"


def comment(line: str) -> str:
    """Return `line` as a comment: no letter of it can end the line or be read as a variable."""
    safe = "".join(c if c.isprintable() and c not in "$;" else " " for c in line)
    return f"-- {safe}"
