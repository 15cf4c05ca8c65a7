"""The Chinese headers and spellings of a file that branches send, and that an export writes."""

from __future__ import annotations

from model.archive.tables import Column, Table

#: How a flag is written in an exported file.
FLAG_WORDS = {True: "是", False: "否"}


def export_headers(table: Table) -> dict[str, str]:
    """Return the header of each column of `table`, by column name, in declared order.

    The unit stands in the header where the contract writes it there, such as ``面积（亩）``; the
    last column is ``recorded_at``, ``登记时间``.
    """
    return {name: column.zh for name, column in table.columns.items()}


def export_choices(column: Column) -> dict[str, str]:
    """Return the word written for each key of a `choice` column: its first Chinese spelling."""
    return {key: words[0] for key, words in column.choices.items()}
