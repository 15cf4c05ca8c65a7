"""Names, numbers and texts as SQL that DuckDB, PostgreSQL and Spark read alike.

The SQL uses only what the three have in common. Spark reads backslashes in a text as escapes and
``${…}`` as its own variables, so such characters are written by their code. A number has an
exponent, because a number without one is a decimal in some and a double in others.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, get_args

from model.errors import CardError, GivenError

#: ``portable``: unquoted names, one text for all three; the others quote names in their own way.
Dialect = Literal["portable", "duckdb", "postgres", "spark"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_SOURCE = re.compile(r"[\w.\"`]+")
#: PostgreSQL cuts names after 63 bytes; the longest prefix of an attribute's name is ``points_``.
_MAX_NAME_BYTES = 56
_SPECIAL = re.compile(r"(['\\$\x00-\x1f\x7f])")


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
        raise GivenError(
            f"the columns {', '.join(quoted[:5])} need quotes, and databases quote differently;"
            f" choose one with --dialect {'|'.join(DIALECTS[1:])}"
        )
    if not _SOURCE.fullmatch(source):
        raise GivenError(
            f"{source!r} is not the name of a table or view; write it like schema.applicants"
        )


def added_column(prefix: str, attribute: str, index: int, dialect: Dialect) -> str:
    """Return the name of a column added for `attribute`, or for its `index` if that is too long."""
    is_long = len(attribute.encode()) > _MAX_NAME_BYTES
    return column(f"{prefix}_{index + 1 if is_long else attribute}", dialect)


def number(value: float) -> str:
    """Return `value` as a literal that every database reads as the same double."""
    digits = repr(float(value))
    return digits if "e" in digits else f"{digits.removesuffix('.0')}e0"


def text(value: str) -> str:
    """Return `value` as an expression that every database reads as the same text.

    Raises
    ------
    CardError
        If it contains a zero byte, which no PostgreSQL text can hold.
    """
    if "\0" in value:
        raise CardError(
            f"the spelling {value!r} contains a zero byte; clean the table and train again"
        )
    parts = [part for part in _SPECIAL.split(value) if part]
    pieces = [f"CHR({ord(p)})" if _SPECIAL.fullmatch(p) else f"'{p}'" for p in parts]
    if len(pieces) == 1 and not pieces[0].startswith("CHR"):
        return pieces[0]
    return f"CONCAT({', '.join(pieces)})" if pieces else "''"


def comment(line: str) -> str:
    """Return `line` as a comment without characters that could end it or start a variable."""
    safe = "".join(c if c.isprintable() and c not in "$;" else " " for c in line)
    return f"-- {safe}"
