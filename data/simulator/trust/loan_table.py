"""A plain table of loans: outcome, and what the archive knew on the day of application.

It is independent of the profile, so that the archive is judged before any profile of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.performance import BAD_DAYS, INDETERMINATE_DAYS, performance
from data.simulator.totals import last_month, latest

#: Archive tables that the loan table reads.
SOURCES = (
    "loans", "instalments", "repayments", "loan_events", "cashflow", "sales", "parcels",
    "assessments", "adverse_records", "plots",
)  # fmt: skip
#: Groups of attributes: the prefix of their columns before ``__``.
GROUPS = ("balances", "capital", "commerce", "logistics", "information", "months", "days", "asked")


def loan_table(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return one row per ripe loan that is good or bad, in order of loan id.

    Loans applied for in the first recorded year are left out: their flows are not on record.

    Parameters
    ----------
    tables : mapping of str to pa.Table
        All versions of the rows of `SOURCES`.

    Returns
    -------
    pa.Table
        ``loan_id``, ``member_id``, ``disbursed_on``, ``product``, ``bad`` (bool), and attributes
        named ``group__attribute`` as doubles, null where nothing is known. Rows recorded on or
        after the day of application are not seen; the latest version before it counts.
    """
    query = resources.files(__package__).joinpath("loan_table.sql").read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        for name in SOURCES:
            connection.register(name, tables[name])
        connection.register("ripe", _ripe(tables))
        return connection.sql(query).to_arrow_table()


def columns_of(table: pa.Table, *groups: str) -> list[str]:
    """Return the names of the attributes of `groups`."""
    return [name for name in table.column_names if name.partition("__")[0] in groups]


def _ripe(tables: Mapping[str, pa.Table]) -> pa.Table:
    loans = latest("loans", tables["loans"])
    lent = loans.filter(pc.is_valid(loans["disbursed_on"]))
    newest = {name: latest(name, tables[name]) for name in ("instalments", "loan_events")}
    ripe, worst = performance(
        lent, newest["instalments"], newest["loan_events"], last_month(tables["repayments"])
    )
    bad = worst >= BAD_DAYS
    chosen = pa.array(ripe & (bad | (worst < INDETERMINATE_DAYS)))
    return pa.table({"loan_id": lent["loan_id"], "bad": pa.array(bad)}).filter(chosen)
