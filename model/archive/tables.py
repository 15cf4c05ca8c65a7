"""The archive contract as typed values, read from its only declaration, ``archive.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from model.errors import ContractError

Kind = Literal[
    "identifier", "id_number", "phone", "village", "place", "text", "choice", "integer", "number",
    "money", "date", "month", "season", "flag", "timestamp",
]  # fmt: skip
CheckKind = Literal[
    "not_after", "not_before_birth", "blank_before_birth", "since_birth", "at_most", "id_agrees",
    "known",
]  # fmt: skip

#: Column of every row: when the row became known (local time of the bank, no zone).
RECORDED_AT = "recorded_at"
#: Column added when a row is stored: the date that a profile compares with its as-of date.
EVENT_ON = "event_on"
#: Stored choice of a word that an open column's list does not hold; `Column.other` keeps the word.
OTHER = "other"


@dataclass(frozen=True)
class Column:
    """One column of an archive table.

    Attributes
    ----------
    zh, en, also : str, str, tuple of str
        Headers that a branch may write: Chinese, English, and common synonyms.
    minimum, maximum : Decimal or None
        Inclusive range in the column's own unit.
    units : mapping of str to Decimal
        Unit spellings a header may name, with the factor that converts them to `unit`.
    lenient : bool
        A wrong value costs the value and leaves a remark; the row is stored without it.
    other : str or None
        The column that keeps a word outside `choices`; the choice is then `OTHER`. None: such a
        word is refused.
    optional, absent : bool
        Whether a cell may be blank, and whether a file may lack the column.
    default : str or None
        The value of rows whose file or archive lacks the column, or whose cell is blank.
    """

    name: str
    zh: str
    en: str
    kind: Kind
    also: tuple[str, ...] = ()
    unit: str | None = None
    places: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    optional: bool = False
    absent: bool = False
    personal: bool = False
    future: bool = False
    lenient: bool = False
    other: str | None = None
    default: str | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class RowCheck:
    """A rule across the columns of one row, or from a row to another table (`known`)."""

    check: CheckKind
    columns: tuple[str, ...]
    table: str | None = None


@dataclass(frozen=True)
class Table:
    """One archive table: its columns in order, its key and the column that dates a row."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    event: str | None
    columns: Mapping[str, Column]
    checks: tuple[RowCheck, ...]
    unique: tuple[tuple[str, ...], ...]


@cache
def archive_tables() -> Mapping[str, Table]:
    """Return every declared table by name, in the order of an import (parents first)."""
    text = resources.files("model.archive").joinpath("archive.yaml").read_text(encoding="utf-8")
    return {name: _table(name, spec) for name, spec in yaml.safe_load(text).items()}


#: Declared once for all tables; where a branch omits it, the time of the import is used.
RECORDED_AT_COLUMN = Column(
    name=RECORDED_AT,
    zh="登记时间",
    en="Recorded at",
    kind="timestamp",
    also=("录入时间", "登记日期", "更新时间"),
    absent=True,
)


def season_start(season: str) -> date:
    """Return the first day of a season's sowing, which is the event date of a plot.

    ``2023-S`` (summer harvest: wheat) is sown in October 2022, ``2023-A`` (autumn harvest) in June
    2023, ``2023-G`` (greenhouse, market from March) is planted in January 2023.
    """
    year, harvest = int(season[:4]), season[5:]
    return {"S": date(year - 1, 10, 1), "A": date(year, 6, 1), "G": date(year, 1, 1)}[harvest]


#: Month and day by which a season's harvest is in: summer wheat, autumn maize, greenhouse crops.
HARVESTED_BY: Mapping[str, tuple[int, int]] = {"S": (6, 10), "A": (9, 30), "G": (5, 31)}


def season_harvest(season: str) -> date:
    """Return the day by which the harvest of a season is in."""
    return date(int(season[:4]), *HARVESTED_BY[season[5:]])


#: Spellings of units of money in a header or cell, in yuan.
_MONEY_UNITS = {
    "元": 1, "人民币元": 1, "yuan": 1, "CNY": 1, "RMB": 1,
    "百元": 100, "千元": 1000, "万": 10000, "万元": 10000, "万元人民币": 10000,
}  # fmt: skip


def _table(name: str, spec: Mapping[str, Any]) -> Table:
    columns = {key: _column(key, value) for key, value in spec["columns"].items()}
    table = Table(
        name=name,
        zh=spec["zh"],
        en=spec["en"],
        key=tuple(spec["key"]),
        event=spec["event"],
        columns={**columns, RECORDED_AT: RECORDED_AT_COLUMN},
        checks=tuple(
            RowCheck(item["check"], tuple(item["columns"]), item.get("table"))
            for item in spec.get("checks", ())
        ),
        unique=tuple(tuple(group) for group in spec.get("unique", ())),
    )
    _refuse_unknown_columns(table)
    return table


def _column(name: str, spec: Mapping[str, Any]) -> Column:
    kind = spec["kind"]
    money_units = _MONEY_UNITS if kind == "money" else {}
    return Column(
        name=name,
        zh=spec["zh"],
        en=spec["en"],
        kind=kind,
        also=tuple(spec.get("also", ())),
        unit=spec.get("unit"),
        places=2 if kind == "money" else spec.get("places", 0),
        minimum=_decimal(spec.get("min")),
        maximum=_decimal(spec.get("max")),
        optional=spec.get("optional", False),
        absent=spec.get("absent", False),
        personal=spec.get("personal", False),
        future=spec.get("future", False),
        lenient=spec.get("lenient", False),
        other=spec.get("other"),
        default=spec.get("default"),
        choices={key: tuple(words) for key, words in spec.get("choices", {}).items()},
        units={
            unit: Decimal(str(factor)) for unit, factor in spec.get("units", money_units).items()
        },
    )


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _refuse_unknown_columns(table: Table) -> None:
    names = {
        *table.key,
        *(c for check in table.checks if check.check != "known" for c in check.columns),
    }
    names |= {table.event} if table.event else set()
    names |= {column.other for column in table.columns.values() if column.other}
    if unknown := names - table.columns.keys():
        raise ContractError(f"archive.yaml, {table.name}: unknown columns {sorted(unknown)}")
