"""What a page is made of: sections of prose, tables and pictures, in both languages.

A table is data. The page and the workbook are drawn from the same tables, so neither can hold a
number that the other lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from model.profile.dictionary import Text as Text
from training.measures.evaluate import Interval

#: How a column's values are written: a share as percent, an interval with its ends.
Kind = Literal["text", "code", "count", "number", "signed", "percent", "interval", "rate", "status"]
NOTHING = Text("", "")


def say(zh: str, en: str | None = None) -> Text:
    """Return a text in both languages, or one that is the same in both."""
    return Text(zh, zh if en is None else en)


@dataclass(frozen=True)
class Points:
    """Points of a bin or a cell, with the rows that the card learned them from.

    Attributes
    ----------
    is_few : bool
        Whether these are too few rows to carry the points alone; marked for the reader.
    """

    points: int
    rows: int
    is_few: bool


Cell = str | int | float | Text | Interval | Points | None


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading, how its values are written, and their decimals."""

    title: Text
    kind: Kind = "text"
    digits: int = 3


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        Names its sheet in the workbook; unique on a page.
    shaded : bool
        Whether cells of points are coloured from the fewest to the most.
    plain : bool
        Whether the headings are left out: a list of facts.
    """

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shaded: bool = False
    plain: bool = False


@dataclass(frozen=True)
class Prose:
    """A paragraph; `style` is a class of the page: ``soft``, ``mark`` or ``fail``, ``pass``."""

    text: Text
    style: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading below the section's own."""

    text: Text


@dataclass(frozen=True)
class Picture:
    """An SVG in both languages, from `training.reports.plots`; `name` is that of its own file."""

    name: str
    svg: str

    @property
    def inline(self) -> str:
        """The picture for use inside a page: without the XML declaration before ``<svg``."""
        return self.svg[self.svg.index("<svg") :]


@dataclass(frozen=True)
class Pictures:
    """Pictures that stand side by side where there is room."""

    each: tuple[Picture, ...]


@dataclass(frozen=True)
class Unmeasured:
    """A notice that something was not measured, and why."""

    why: Text


@dataclass(frozen=True)
class Tiles:
    """The few figures to see first: each a value and what it is."""

    each: tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class Illustrated:
    """A table under its own heading and facts, with its picture at its side."""

    table: Table
    picture: Picture
    heading: Text
    facts: Text


Part = Prose | Heading | Table | Pictures | Unmeasured | Tiles | Illustrated


@dataclass(frozen=True)
class Section:
    """One section of a page; `name` is its anchor."""

    name: str
    title: Text
    parts: tuple[Part, ...] = field(default=())


def tables_of(sections: Sequence[Section]) -> Iterator[tuple[Section, Table]]:
    """Yield every table of `sections` with its section, in the order of the page."""
    for section in sections:
        for part in section.parts:
            if isinstance(part, Table):
                yield section, part
            elif isinstance(part, Illustrated):
                yield section, part.table


def pictures_of(sections: Sequence[Section]) -> Iterator[Picture]:
    """Yield every picture of `sections`."""
    for section in sections:
        for part in section.parts:
            if isinstance(part, Pictures):
                yield from part.each
            elif isinstance(part, Illustrated):
                yield part.picture


def facts(name: str, title: Text, rows: Sequence[tuple[Text, Cell]]) -> Table:
    """Return a list of named facts as a table without headings."""
    columns = (Column(say("项目", "item")), Column(say("内容", "value")))
    return Table(name, title, columns, tuple(rows), plain=True)
