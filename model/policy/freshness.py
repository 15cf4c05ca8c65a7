"""Freshness: how old each table may be for a profile, as dated numbers of ``freshness.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from model.archive.tables import archive_tables
from model.errors import ContractError, StaleTableError
from model.policy.policy_file import limits_in_force, read_limits_file, whole_number
from model.policy.texts import text_of

_FILE = "freshness.yaml"
_MOST_MONTHS = 120


def months_allowed(day: date) -> Mapping[str, int]:
    """Return the months that may lie between a table's last month and the month before `day`.

    Raises
    ------
    ContractError
        If a number has no value by that day, or is no whole number from 0 to 120.
    """
    return read_freshness(text_of(_FILE), day)


def read_freshness(text: str, day: date) -> Mapping[str, int]:
    """Return the months in YAML `text` in force on `day`; see `months_allowed`."""
    limits = limits_in_force(read_limits_file(text, _FILE), day, _FILE)
    if unknown := sorted(limits.keys() - archive_tables().keys()):
        raise ContractError(f"{_FILE}: the archive has no table {', '.join(unknown)}")
    return {
        table: whole_number(_FILE, table, limit["value"], _MOST_MONTHS)
        for table, limit in limits.items()
    }


def sent_regularly(day: date) -> frozenset[str]:
    """Return the tables that every county sends again and again.

    These are tables of months and those with a limit on `day`. In the others a county without newer
    rows may simply have had nothing to record, such as a new cooperative.
    """
    monthly = (
        name
        for name, table in archive_tables().items()
        if table.event is not None and table.columns[table.event].kind == "month"
    )
    return frozenset(monthly) | months_allowed(day).keys()


def months_behind(last_month: date, as_of: date) -> int:
    """Return the full months between `last_month` and the month before `as_of`."""
    return (as_of.year - last_month.year) * 12 + as_of.month - last_month.month - 1


def stale_tables(last_months: Mapping[str, date], as_of: date) -> dict[str, int]:
    """Return the tables that are older at `as_of` than policy allows, each with its months behind.

    Parameters
    ----------
    last_months
        The first day of the last month known, of each table that has rows.
    """
    allowed = months_allowed(as_of)
    behind = {table: months_behind(month, as_of) for table, month in last_months.items()}
    return {table: age for table, age in behind.items() if age > allowed.get(table, age)}


def refuse_stale(
    last_months: Mapping[str, date], as_of: date, allowed: Collection[str]
) -> frozenset[str]:
    """Return the stale tables, all of which `allowed` names.

    Raises
    ------
    StaleTableError
        If another table is stale; the message names each with its last month and the limit.
    """
    stale, limits = stale_tables(last_months, as_of), months_allowed(as_of)
    refused = [
        f"{table} ends in {last_months[table]:%Y-%m}, {age} months behind, at most {limits[table]}"
        for table, age in stale.items()
        if table not in allowed
    ]
    if refused:
        raise StaleTableError(
            f"too old for a profile as of {as_of}: {'; '.join(refused)}. Import newer files, or"
            " name the table by --allow-stale: its attributes are then unknown"
        )
    return frozenset(stale)
